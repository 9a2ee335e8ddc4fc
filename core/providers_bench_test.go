// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"ndoap/core"
	"ndoap/core/config"
)

// crowded is a service with count providers, the last of which issued a token, and a function that serves a request with it.
func crowded(b *testing.B, count int) (serve func()) {
	b.Helper()
	f, private := external(b, nil)
	theirs := f.config.Providers[0]
	f.config.Providers = nil
	for i := range count - 1 {
		another := theirs
		another.Name, another.Issuers = fmt.Sprint("p", i), []string{fmt.Sprintf("https://idp%d.example.com", i)}
		f.config.Providers = append(f.config.Providers, another)
	}
	f.config.Providers = append(f.config.Providers, theirs)
	f.reconfigure(b, func(*config.Config) {})
	return f.presenting(b, private)
}

// presenting returns a function that serves a request with a token of the provider.
func (f *fixture) presenting(b *testing.B, private ed25519.PrivateKey) func() {
	b.Helper()
	request := raw(core.RawRequest, "/db.nsf")
	request.People = people()
	request.Headers.Set("Authorization", f.issued(b, private, nil))
	serve := func() {
		if f.service.Serve(request).Verdict != core.Authenticated {
			b.Fatal("a good token was refused")
		}
	}
	serve() // from now on the directory's answer is known
	return serve
}

// BenchmarkBearerOfProviders serves the same request with one provider and with a hundred in turn. ratio-100:1 is what the
// others cost.
func BenchmarkBearerOfProviders(b *testing.B) {
	counts := []int{1, 100}
	serve := []func(){crowded(b, counts[0]), crowded(b, counts[1])}
	spent := make([]time.Duration, len(counts))
	b.ReportAllocs()
	for b.Loop() {
		for i := range serve {
			start := time.Now()
			serve[i]()
			spent[i] += time.Since(start)
		}
	}
	for i, count := range counts {
		b.ReportMetric(float64(spent[i])/float64(b.N), fmt.Sprintf("ns-with-%d", count))
	}
	b.ReportMetric(float64(spent[1])/float64(spent[0]), "ratio-100:1")
}
