// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// authority is a certificate authority of the test's own, in a file.
type authority struct {
	certificate *x509.Certificate
	private     *ecdsa.PrivateKey
	file        string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	made := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	var err error
	made.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}}, made.private.Public(), made.private)
	require.NoError(t, err)
	made.certificate, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(made.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return made
}

// serve starts a TLS server on 127.0.0.1 whose certificate names host and the address, and counts its connections.
func (a *authority) serve(t *testing.T, handler http.HandlerFunc, change ...func(*x509.Certificate)) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"keys.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	for _, apply := range change {
		apply(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.private)
	require.NoError(t, err)
	connections := &atomic.Int32{}
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) // handshakes that are meant to fail
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, connections
}

// fetcher trusts the authority and may ask the loopback network, where the test's servers are.
func (a *authority) fetcher() *Fetcher {
	return &Fetcher{Policy: func() Policy {
		return Policy{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, CAFile: a.file}
	}}
}

// answering is a handler with a fixed answer.
func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// under returns the URL of a server under another host name.
func under(t *testing.T, server *httptest.Server, host string) string {
	t.Helper()
	parsed, err := url.Parse(server.URL)
	require.NoError(t, err)
	parsed.Host = net.JoinHostPort(host, parsed.Port())
	return parsed.String()
}

func TestGet(t *testing.T) {
	ca := newAuthority(t)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	for name, contentType := range map[string]string{
		"JSON": "application/json", "JSON with a charset": "application/json; charset=UTF-8", "a JWK Set": "application/jwk-set+json",
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := ca.serve(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
				for _, name := range []string{"Cookie", "Authorization", "Referer"} {
					assert.Empty(t, r.Header.Get(name), name)
				}
				w.Header().Set("Set-Cookie", "a=b; Path=/")
				answering(200, contentType, `{"keys":[]}`)(w, r)
			})
			fetcher := ca.fetcher()
			for range 2 { // the second time with the cookie of the first, if it were kept
				document, err := fetcher.Get(t.Context(), server.URL+"/keys?a=b")
				require.NoError(t, err)
				assert.JSONEq(t, `{"keys":[]}`, string(document))
			}
		})
	}
}

// TestAddresses_A80_C29 goes through addresses as a resolver or a URL may have them.
func TestAddresses_A80_C29(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}
	for _, test := range []struct {
		name, address string
		public        bool
	}{
		{"public IPv4", "93.184.216.34", true},
		{"public IPv6", "2606:2800:220:1::1", true},
		{"public IPv4 in IPv6", "::ffff:93.184.216.34", true},
		{"public IPv4 through NAT64", "64:ff9b::5db8:d822", true},
		{"allowed network", "10.1.2.3", true},
		{"allowed network, mapped", "::ffff:10.1.2.3", true},
		{"allowed IPv6 network", "fd00:1::1", true},
		{"S1 loopback", "127.0.0.1", false},
		{"S1 other loopback", "127.255.255.254", false},
		{"S1 loopback of IPv6", "::1", false},
		{"S1 unspecified", "0.0.0.0", false},
		{"S1 unspecified of IPv6", "::", false},
		{"S1 this network", "0.1.2.3", false},
		{"S2 10/8", "10.0.0.1", false},
		{"S2 172.16/12", "172.31.255.255", false},
		{"S2 192.168/16", "192.168.0.1", false},
		{"S2 carrier-grade NAT", "100.64.0.1", false},
		{"S3 link-local", "169.254.169.254", false},
		{"S3 link-local of IPv6", "fe80::1", false},
		{"S3 link-local with a zone", "fe80::1%eth0", false},
		{"S3 public with a zone", "2606:2800:220:1::1%eth0", false},
		{"S4 ULA", "fc00::1", false},
		{"S4 metadata service by ULA", "fd00:ec2::254", false},
		{"S4 site-local", "fec0::1", false},
		{"S5 loopback in IPv6", "::ffff:127.0.0.1", false},
		{"S5 loopback in IPv6, compatible", "::127.0.0.1", false},
		{"S5 private through NAT64", "64:ff9b::a00:1", false},
		{"S5 loopback through NAT64", "64:ff9b::7f00:1", false},
		{"S5 local NAT64", "64:ff9b:1::a00:1", false},
		{"S5 private in 6to4", "2002:a00:1::1", false},
		{"S5 Teredo", "2001::1", false},
		{"protocol assignments", "192.0.0.170", false},
		{"documentation", "192.0.2.1", false},
		{"documentation of IPv6", "2001:db8::1", false},
		{"benchmarks", "198.19.0.1", false},
		{"multicast", "224.0.0.1", false},
		{"multicast of IPv6", "ff02::1", false},
		{"reserved", "240.0.0.1", false},
		{"broadcast", "255.255.255.255", false},
		{"outside of what is routed", "4000::1", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := checkAddress(netip.MustParseAddr(test.address), allowed)
			assert.Equal(t, test.public, err == nil, err)
		})
	}
}

// TestURL_A80 goes through what a URL alone tells.
func TestURL_A80(t *testing.T) {
	for name, uri := range map[string]string{
		"a name": "https://keys.example.com/jwks", "a port": "https://keys.example.com:8443/", "port 443": "https://keys.example.com:443/",
		"a query": "https://keys.example.com/jwks?tenant=1", "an address": "https://93.184.216.34/", "an IPv6 address": "https://[2606:2800:220:1::1]:1024/",
		"no path": "https://keys.example.com", "upper case": "https://KEYS.example.com/",
	} {
		assert.NoError(t, CheckURL(uri), name)
	}
	for _, test := range []struct{ name, uri, remedy string }{
		{"S6 decimal", "https://2130706433/", "keys.example.com"},
		{"S6 octal", "https://0177.0.0.1/", "keys.example.com"},
		{"S6 one octal part", "https://10.0.0.010/", "keys.example.com"},
		{"S6 hexadecimal", "https://0x7f000001/", "keys.example.com"},
		{"S6 hexadecimal parts", "https://0x7f.0.0.1/", "keys.example.com"},
		{"S6 short", "https://127.1/", "keys.example.com"},
		{"S6 zero", "https://0/", "keys.example.com"},
		{"S6 a dot at the end", "https://127.0.0.1./", "keys.example.com"},
		{"S6 fullwidth digits", "https://\uff11\uff12\uff17.0.0.1/", "ASCII"},
		{"S6 encoded", "https://%31%32%37.0.0.1/", "cannot be read"},
		{"S3 zone", "https://[fe80::1%25eth0]/", "keys.example.com"},
		{"IPv4 in brackets", "https://[127.0.0.1]/", "cannot be read"},
		{"S9 http", "http://keys.example.com/", "https://"},
		{"S9 upper-case file", "FILE:///etc/passwd", "https://"},
		{"S9 gopher", "gopher://keys.example.com/", "https://"},
		{"S9 no scheme", "//keys.example.com/", "https://"},
		{"S9 opaque", "https:keys.example.com/", "https://"},
		{"S15 port 25", "https://keys.example.com:25/", "use 443"},
		{"S15 port 389", "https://keys.example.com:389/", "use 443"},
		{"S15 port 1352", "https://keys.example.com:1352/", "use 443"},
		{"S15 port 1352 with a zero", "https://keys.example.com:01352/", "use 443"},
		{"S15 port 80", "https://keys.example.com:80/", "use 443"},
		{"S15 port 1023", "https://keys.example.com:1023/", "use 443"},
		{"S15 port 0", "https://keys.example.com:0/", "use 443"},
		{"S15 port 65536", "https://keys.example.com:65536/", "use 443"},
		{"S15 port 65561, which is 25 in 16 bits", "https://keys.example.com:65561/", "use 443"},
		{"a colon without a port", "https://keys.example.com:/", "use 443"},
		{"a user name", "https://keys.example.com@127.0.0.1/", "remove it"},
		{"a fragment", "https://keys.example.com/#f", "remove the #"},
		{"an empty fragment", "https://keys.example.com/#", "remove the #"},
		{"no host", "https:///jwks", "keys.example.com"},
		{"a backslash", `https://keys.example.com\@127.0.0.1/`, "backslash"},
		{"a line break", "https://keys.example.com/\r\nX: y", "ASCII"},
		{"too long", "https://keys.example.com/" + strings.Repeat("a", 2000), "2000"},
		{"empty", "", "https://"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := CheckURL(test.uri)
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.remedy)
			_, err = (&Fetcher{Policy: func() Policy { return Policy{} }}).Get(t.Context(), test.uri)
			assert.ErrorIs(t, err, ErrForbiddenURL)
		})
	}
}

// TestForbiddenAddressIsNotAsked_A80_S1 has a server listen where it must not be asked.
func TestForbiddenAddressIsNotAsked_A80_S1(t *testing.T) {
	ca := newAuthority(t)
	server, connections := ca.serve(t, answering(200, "application/json", "{}"))
	fetcher := ca.fetcher()
	fetcher.Policy = func() Policy { return Policy{CAFile: ca.file} }
	fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	for _, uri := range []string{server.URL, under(t, server, "keys.example"), under(t, server, "::ffff:127.0.0.1")} {
		_, err := fetcher.Get(t.Context(), uri)
		assert.ErrorIs(t, err, ErrForbiddenAddress, uri)
	}
	fetcher.Resolve = nil
	_, err := fetcher.Get(t.Context(), under(t, server, "localhost"))
	assert.ErrorIs(t, err, ErrForbiddenAddress)
	assert.Zero(t, connections.Load())
}

// TestRebinding_A80_S7 has a resolver that answers with a good address first and with a forbidden one afterwards.
func TestRebinding_A80_S7(t *testing.T) {
	ca := newAuthority(t)
	good, goodConnections := ca.serve(t, answering(200, "application/json", `{"good":true}`))
	fetcher := ca.fetcher()
	fetcher.Policy = func() Policy {
		return Policy{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, CAFile: ca.file}
	}
	lookups := 0
	fetcher.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		assert.Equal(t, "keys.example", host)
		lookups++
		if lookups == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
	}
	document, err := fetcher.Get(t.Context(), under(t, good, "keys.example"))
	require.NoError(t, err)
	assert.JSONEq(t, `{"good":true}`, string(document))
	assert.Equal(t, 1, lookups, "what was checked is what is asked")
	_, err = fetcher.Get(t.Context(), under(t, good, "keys.example"))
	assert.ErrorIs(t, err, ErrForbiddenAddress)
	assert.EqualValues(t, 1, goodConnections.Load())

	fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1")}, nil
	}
	_, err = fetcher.Get(t.Context(), under(t, good, "keys.example"))
	assert.ErrorIs(t, err, ErrForbiddenAddress, "one forbidden address among good ones")
	fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, nil }
	_, err = fetcher.Get(t.Context(), under(t, good, "keys.example"))
	assert.ErrorContains(t, err, "no address")
	fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("NXDOMAIN") }
	_, err = fetcher.Get(t.Context(), under(t, good, "keys.example"))
	assert.ErrorContains(t, err, "NXDOMAIN")
}

// TestAnswers_A80 has servers that answer with what must not be taken.
func TestAnswers_A80(t *testing.T) {
	ca := newAuthority(t)
	forbidden, asked := ca.serve(t, answering(200, "application/json", "{}"))
	bomb := &bytes.Buffer{}
	packer := gzip.NewWriter(bomb)
	_, _ = packer.Write(make([]byte, 10<<20))
	_ = packer.Close()
	long := strings.Repeat(" ", MaxSize)
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		because string
	}{
		{"S8 redirect to another server", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, forbidden.URL, http.StatusFound)
		}, "status is 302"},
		{"S8 permanent redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, forbidden.URL, http.StatusPermanentRedirect)
		}, "status is 308"},
		{"S13 redirect to itself", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/", http.StatusFound)
		}, "status is 302"},
		{"S10 too long", answering(200, "application/json", "{}"+long), "longer than"},
		{"S10 without an end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for {
				if _, err := io.WriteString(w, long); err != nil {
					return
				}
			}
		}, "longer than"},
		{"S10 compressed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, "compressed"},
		{"S10 compressed by the transfer", func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
		}, "transfer encoding"},
		{"S10 a long header", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", MaxSize))
			answering(200, "application/json", "{}")(w, r)
		}, "header"},
		{"S10 shorter than announced", func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}")
		}, "broke off"},
		{"S11 no content type", answering(200, "", "{}"), "Content-Type"},
		{"S11 octets", answering(200, "application/octet-stream", "{}"), "Content-Type"},
		{"S11 text", answering(200, "text/plain", "{}"), "Content-Type"},
		{"S11 like JSON", answering(200, "application/jsonp", "{}"), "Content-Type"},
		{"S12 HTML", answering(200, "text/html", "<html>"), "Content-Type"},
		{"an error", answering(500, "application/json", "{}"), "status is 500"},
		{"another success", answering(206, "application/json", "{}"), "status is 206"},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "SSH-2.0-x\r\n") }, "malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, connections := ca.serve(t, test.handler)
			document, err := ca.fetcher().Get(t.Context(), server.URL)
			require.ErrorContains(t, err, test.because)
			assert.Nil(t, document)
			assert.EqualValues(t, 1, connections.Load())
		})
	}
	assert.Zero(t, asked.Load(), "nobody followed a redirect")

	exact, _ := ca.serve(t, answering(200, "application/json", long))
	document, err := ca.fetcher().Get(t.Context(), exact.URL)
	require.NoError(t, err)
	assert.Len(t, document, MaxSize)
}

// hijack writes an answer as it is and ends the connection.
func hijack(w http.ResponseWriter, text string) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(connection, text)
	_ = connection.Close()
}

// TestSlowAnswer_A80_S10 has a server that never ends its answer: the fetch ends it.
func TestSlowAnswer_A80_S10(t *testing.T) {
	ca := newAuthority(t)
	begun := make(chan struct{})
	server, _ := ca.serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // stands for MaxTime, which is the same context's
		<-begun
		cancel()
	}()
	_, err := ca.fetcher().Get(ctx, server.URL)
	assert.ErrorIs(t, err, context.Canceled)

	fetcher := ca.fetcher()
	fetcher.Resolve = func(ctx context.Context, _ string) ([]netip.Addr, error) {
		deadline, limited := ctx.Deadline()
		assert.True(t, limited)
		assert.LessOrEqual(t, time.Until(deadline), MaxTime)
		return nil, errors.New("enough seen")
	}
	_, err = fetcher.Get(t.Context(), "https://keys.example/")
	assert.ErrorContains(t, err, "enough seen")
}

func TestCertificates_A80_S14(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := answering(200, "application/json", "{}")
	trusted, _ := ca.serve(t, good)
	foreign, _ := other.serve(t, good)
	expired, _ := ca.serve(t, good, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
	named, _ := ca.serve(t, good, func(c *x509.Certificate) { c.IPAddresses = nil })
	for name, test := range map[string]struct{ url, because string }{
		"S14 unknown authority": {foreign.URL, "unknown authority"},
		"S14 expired":           {expired.URL, "expired"},
		"S14 another host":      {named.URL, "IP SANs"},
		"S14 another name":      {under(t, trusted, "other.example"), "not other.example"},
	} {
		t.Run(name, func(t *testing.T) {
			fetcher := ca.fetcher()
			fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
			}
			_, err := fetcher.Get(t.Context(), test.url)
			assert.ErrorContains(t, err, test.because)
		})
	}
	old := httptest.NewUnstartedServer(good)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	old.StartTLS()
	defer old.Close()
	_, err := ca.fetcher().Get(t.Context(), old.URL)
	assert.ErrorContains(t, err, "protocol version")
}

func TestCAFileThatCannotBeUsed(t *testing.T) {
	ca := newAuthority(t)
	server, _ := ca.serve(t, answering(200, "application/json", "{}"))
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("nothing"), 0o600))
	for file, because := range map[string]string{
		filepath.Join(t.TempDir(), "missing.pem"): "cannot read fetch.caFile", empty: "no certificate", "": "unknown authority",
	} {
		fetcher := ca.fetcher()
		policy := fetcher.Policy()
		policy.CAFile = file
		fetcher.Policy = func() Policy { return policy }
		_, err := fetcher.Get(t.Context(), server.URL)
		assert.ErrorContains(t, err, because)
	}
}

// TestFirstAddressThatAnswers: a name may have addresses at which nobody is.
func TestFirstAddressThatAnswers(t *testing.T) {
	ca := newAuthority(t)
	server, _ := ca.serve(t, answering(200, "application/json", "{}"))
	fetcher := ca.fetcher()
	fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("::ffff:127.0.0.1")}, nil
	}
	_, err := fetcher.Get(t.Context(), under(t, server, "keys.example"))
	require.NoError(t, err)
	fetcher.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
	}
	_, err = fetcher.Get(t.Context(), under(t, server, "keys.example"))
	assert.ErrorContains(t, err, "127.0.0.2")
}
