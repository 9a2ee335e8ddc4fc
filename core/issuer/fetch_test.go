// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

func TestAnswersThatAreRefused(t *testing.T) {
	always := func(answer http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool { answer(w, r); return true }
	}
	text := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return always(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	}
	bomb := &bytes.Buffer{}
	packer := gzip.NewWriter(bomb)
	_, _ = packer.Write(make([]byte, 10<<20))
	require.NoError(t, packer.Close())
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		says   string
	}{
		"not found":   {always(http.NotFound), "status 404"},
		"S12 a page":  {text("<html>login</html>"), "not a discovery document"},
		"a list":      {text("[]"), "not a discovery document"},
		"no keys":     {nil, "has no jwks_uri"},
		"S10 endless": {always(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 257<<10)) }), "longer than 262144 bytes"},
		"S10 compressed": {always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}), "not a discovery document"},
		"S10 a long header": {always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", maxDocument))
		}), "header"},
		"S13 redirects in circles": {always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/.well-known/openid-configuration", http.StatusFound)
		}), "more than 3 redirects"},
		"S8 S9 redirect to http": {always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}), "is not an https URL"},
		"S9 redirect to a file": {always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}), "is not an https URL"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, httptest.NewServer)
			if c.answer == nil {
				c.answer = text(`{"issuer": "` + o.URL + `"}`)
			}
			o.answer(c.answer)
			f := newFixture(t, o.provider())
			assert.Contains(t, f.said(), "the keys of an identity provider cannot be read")
			assert.Contains(t, f.said(), c.says)
			_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
			require.ErrorIs(t, err, token.ErrUnavailable)
			requireExplained(t, err)
			assert.ErrorContains(t, err, c.says, "who asks about a token is told, too")
		})
	}
	t.Run("S13 redirects are counted", func(t *testing.T) {
		o := newOrigin(t, httptest.NewServer)
		asked := 0
		o.answer(always(func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.Redirect(w, r, "/.well-known/openid-configuration", http.StatusFound)
		}))
		newFixture(t, o.provider())
		assert.Equal(t, 1+maxRedirects, asked)
	})
	t.Run("S8 keys on this machine, named by another", func(t *testing.T) {
		o := newOrigin(t, httptest.NewServer)
		for place, document := range map[string]object{
			"https://idp.example.com/a/.well-known/openid-configuration": {"issuer": "https://idp.example.com/a", "jwks_uri": o.URL + "/keys"},
			"https://idp.example.com/b/.well-known/openid-configuration": {"issuer": "https://idp.example.com/b", "jwks_uri": "https://idp.example.com/moved"},
		} {
			f := newFixture(t)
			f.transport = web{place: document, "https://idp.example.com/moved": {"": o.URL + "/keys"}}
			f.configure(t, config.Provider{Name: "a", URL: place})
			f.refresh(t)
			assert.Contains(t, f.said(), o.URL)
			assert.Contains(t, f.said(), "is not an https URL")
			assert.Zero(t, o.count())
		}
	})
	t.Run("S9 keys over http", func(t *testing.T) {
		o := newOrigin(t, httptest.NewServer)
		o.answer(text(`{"issuer": "` + o.URL + `", "jwks_uri": "http://192.0.2.1/keys"}`))
		assert.Contains(t, newFixture(t, o.provider()).said(), "is not an https URL")
	})
	t.Run("nobody listens", func(t *testing.T) {
		o := newOrigin(t, httptest.NewServer)
		o.Close()
		f := newFixture(t, o.provider())
		f.now = f.now.Add(Interval)
		f.refresh(t)
		assert.Equal(t, 1, strings.Count(f.said(), "cannot connect"), "said once")
	})
	t.Run("a key that is weak", func(t *testing.T) {
		o := newOrigin(t, httptest.NewServer)
		o.mu.Lock()
		o.keys = strings.Replace(o.keys, `"keys":[`, `"keys":[{"kty":"oct","kid":"x"},`, 1)
		o.mu.Unlock()
		f := newFixture(t, o.provider())
		assert.Contains(t, f.said(), "a key of an identity provider was left out")
		_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
		require.NoError(t, err)
	})
}

// failing answers each request with another error.
type failing struct {
	tries int
	with  func(try int) error
}

// RoundTrip implements http.RoundTripper.
func (f *failing) RoundTrip(*http.Request) (*http.Response, error) {
	f.tries++
	return nil, f.with(f.tries)
}

// What fails each half minute for the same cause is said once, although the system words it with its ports and times.
func TestCausesAreToldWithoutWhatDiffersEachTime_B19(t *testing.T) {
	expired := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "idp.example.com"},
		NotBefore: noon.Add(-48 * time.Hour), NotAfter: noon.Add(-24 * time.Hour),
	}
	name := func(text string) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: text, Name: "idp.example.com", Server: "192.0.2.53:53"}}
	}
	for what, c := range map[string]struct {
		with func(try int) error
		says string
	}{
		"an expired certificate": {func(try int) error {
			return &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{
				Cert: expired, Reason: x509.Expired, Detail: fmt.Sprintf("current time is %d", try),
			}}
		}, "a certificate, of CN=idp.example.com, is valid from 2026-05-30T12:00:00Z until 2026-05-31T12:00:00Z only: renew it"},
		"a name server that is down": {func(try int) error {
			return name(fmt.Sprintf("read udp 127.0.0.1:%d->127.0.0.53:53: read: connection refused", 50000+try))
		}, "cannot find the host idp.example.com: connection refused"},
		"an unknown host": {func(int) error { return name("no such host") }, "cannot find the host idp.example.com: no such host"},
		"a connection that breaks": {func(try int) error {
			return &net.OpError{Op: "read", Source: &net.TCPAddr{Port: 50000 + try}, Err: io.ErrUnexpectedEOF}
		}, "cannot connect: unexpected EOF"},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			f.transport = &failing{with: c.with}
			f.configure(t, config.Provider{Name: "a", URL: "https://idp.example.com"})
			for range 3 {
				f.refresh(t)
				f.now = f.now.Add(Interval)
			}
			assert.Equal(t, 3, f.transport.(*failing).tries)
			assert.Contains(t, f.said(), c.says)
			assert.Equal(t, 1, strings.Count(f.said(), "cannot be read"), f.said())
		})
	}
}

// hanging answers nothing until the request is given up.
type hanging struct{ limits []time.Duration }

// RoundTrip implements http.RoundTripper.
func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if deadline, limited := r.Context().Deadline(); limited {
		h.limits = append(h.limits, time.Until(deadline))
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A provider that answers slowly is given up, at its discovery document and at its keys.
func TestSlowProvider_S10_B21(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &hanging{}
		f := newFixture(t)
		f.transport = slow
		f.configure(t, config.Provider{Name: "slow", URL: "https://idp.example.com"})
		f.refresh(t)
		assert.Equal(t, []time.Duration{maxTime}, slow.limits)
		assert.Contains(t, f.said(), "cannot be read")
		assert.Contains(t, f.said(), "deadline exceeded")
	})
}

func TestCertificateAuthorityOfTheCompany_S14(t *testing.T) {
	o := newOrigin(t, func(handler http.Handler) *httptest.Server {
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // the refusal is what is tested
		server.StartTLS()
		return server
	})
	f := newFixture(t, o.provider())
	_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrUnavailable)
	requireExplained(t, err)
	assert.Contains(t, f.said(), "certificate")

	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: o.Certificate().Raw}), 0o600))
	f.config.Fetch.CAFile = file
	f.now = f.now.Add(Interval)
	f.refresh(t)
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err)
}
