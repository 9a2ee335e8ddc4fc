// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"ndoap/core/fetch"
)

// The limits of one fetch. Unlike URLs that clients supply (package fetch), where a provider is was written by the
// administrator, so that it may be inside the company, behind its proxy and its own certificate authority.
const (
	maxDocument  = 256 << 10
	maxTime      = 10 * time.Second
	maxRedirects = 3
)

func newClient(caFile string) (*http.Client, error) {
	authorities, err := fetch.Policy{CAFile: caFile}.Authorities()
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Timeout: maxTime,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
			DisableCompression:     true, // nothing that could grow when it is unpacked
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("there are more than %d redirects", maxRedirects)
			}
			return protected(request.URL, via[0].URL)
		},
	}, nil
}

// protected refuses addresses where somebody on the way could put in keys of his own. http to this machine is for
// providers that the administrator has there: what another provider names or redirects to is never inside it.
func protected(at, from *url.URL) error {
	if at.Scheme == "https" && at.Host != "" || at.Scheme == "http" && from.Scheme == "http" && isLoopback(at.Hostname()) {
		return nil
	}
	return fmt.Errorf("%.200q is not an https URL", at.Redacted())
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// get fetches one document, whose address is in the document at from or in the configuration, where it is its own from.
// Its content type is not looked at: what is not JSON fails when it is read.
func get(ctx context.Context, client *http.Client, text, from string) ([]byte, error) {
	at, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("this is not a URL")
	}
	named, err := url.Parse(from)
	if err != nil {
		return nil, errors.New("this is not a URL")
	}
	if err := protected(at, named); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, text, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	request.Header.Set("User-Agent", "ndoap")
	response, err := client.Do(request)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = response.Body.Close() }() // all that counts has been read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer has the status %d, not 200", response.StatusCode)
	}
	document, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(document) > maxDocument {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxDocument)
	}
	return document, nil
}

// reason words why nothing was fetched so that the same cause has the same text each time: without the port that this
// machine took and the time of the try, by which each try would be news.
func reason(err error) error {
	if failed, ok := errors.AsType[x509.CertificateInvalidError](err); ok && failed.Reason == x509.Expired && failed.Cert != nil {
		return fmt.Errorf("a certificate, of %s, is valid from %s until %s only: renew it, or set the clock of this server",
			failed.Cert.Subject, failed.Cert.NotBefore.UTC().Format(time.RFC3339), failed.Cert.NotAfter.UTC().Format(time.RFC3339))
	}
	if failed, ok := errors.AsType[*net.DNSError](err); ok {
		cause := failed.Err[strings.LastIndex(failed.Err, ": ")+1:] // before that are the addresses of this machine and its name server
		return fmt.Errorf("cannot find the host %s: %s", failed.Name, strings.TrimSpace(cause))
	}
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("cannot connect: %w", failed.Err)
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}
