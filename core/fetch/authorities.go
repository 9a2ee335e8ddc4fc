// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
)

// Authorities are those that certificates are checked against; nil stands for the system's.
func (p Policy) Authorities() (*x509.CertPool, error) {
	if p.CAFile == "" {
		return nil, nil
	}
	file, err := os.ReadFile(p.CAFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read fetch.caFile: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate authorities of the system: %w", err)
	}
	if !pool.AppendCertsFromPEM(file) {
		return nil, fmt.Errorf("fetch.caFile %s holds no certificate in PEM form", p.CAFile)
	}
	return pool, nil
}

// maxReads is how many reads of the file may be under way at once. Only a disk that hangs has so many.
const maxReads = maxHeld

// authorities are those of a policy. A request waits for them, and a disk may hang: then they are waited for no longer than
// for the server that is asked.
func (f *Fetcher) authorities(ctx context.Context, policy Policy) (*x509.CertPool, error) {
	if policy.CAFile == "" {
		return nil, nil
	}
	type outcome struct {
		pool *x509.CertPool
		err  error
	}
	if f.reading.Add(1) > maxReads {
		f.reading.Add(-1)
		return nil, fmt.Errorf("cannot read fetch.caFile: %d reads of it have not come back", maxReads)
	}
	read := make(chan outcome, 1)
	go func() {
		defer f.reading.Add(-1)
		pool, err := policy.Authorities()
		read <- outcome{pool, err}
	}()
	select {
	case got := <-read:
		return got.pool, got.err
	case <-ctx.Done():
		return nil, fmt.Errorf("cannot read fetch.caFile: %w", ctx.Err())
	}
}
