// SPDX-License-Identifier: Apache-2.0

// Package fetch gets JSON documents from URLs that clients or their registrations supply, such as jwks_uri. Whoever
// chooses such a URL chooses what this server connects to from inside its network, so that only public addresses are
// asked, over TLS, without redirects, within limits of time and size. Cache keeps what was fetched, so that requests
// cannot make the server fetch at will.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"
)

// The limits of one fetch.
const (
	MaxSize = 64 << 10
	MaxTime = 3 * time.Second

	maxHeader    = 16 << 10
	maxAddresses = 4 // of one name that are tried
)

// Why a document was not fetched; more is in the text.
var (
	ErrForbiddenURL     = errors.New("the URL is not one that may be fetched")
	ErrForbiddenAddress = errors.New("the address is not public, and fetch.allowedNetworks does not name it")
	ErrAnswer           = errors.New("the answer cannot be used")
)

// Policy is what an administrator may change.
type Policy struct {
	AllowedNetworks []netip.Prefix // that may be asked although they are not public
	CAFile          string         // PEM file of certificate authorities to trust beside those of the system
}

// Fetcher fetches. Its methods may be called by any number of goroutines.
type Fetcher struct {
	Policy func() Policy
	// Resolve looks up the addresses of a host name; nil asks the system's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	reading atomic.Int32 // how often CAFile is being read
}

// Get returns the document at a URL. The server there must prove by its certificate that it is the URL's host, answer
// 200 with JSON, and be done within MaxTime.
func (f *Fetcher) Get(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	asked, err := parseURL(url)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbiddenURL, err)
	}
	policy := f.Policy()
	authorities, err := f.authorities(ctx, policy)
	if err != nil {
		return nil, err
	}
	addresses, err := f.addresses(ctx, asked, policy.AllowedNetworks)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, asked.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForbiddenURL, err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	request.Header.Set("Accept-Encoding", "identity") // nothing that could grow when it is unpacked
	request.Header.Set("User-Agent", "ndoap")
	client := http.Client{
		Transport:     transport(addresses, authorities),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch the document: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // all that counts has been read
	return read(response)
}

// addresses returns where the host of a URL is, each address checked. One that is forbidden refuses the host: a name
// with public and private addresses is made to get in.
func (f *Fetcher) addresses(ctx context.Context, asked target, allowed []netip.Prefix) ([]netip.AddrPort, error) {
	found := []netip.Addr{asked.address}
	if !asked.address.IsValid() {
		resolve := f.Resolve
		if resolve == nil {
			resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
				return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
			}
		}
		var err error
		if found, err = resolve(ctx, asked.host); err != nil {
			return nil, fmt.Errorf("cannot find the host of the URL: %w", err)
		}
	}
	checked := make([]netip.AddrPort, 0, len(found))
	for _, address := range found {
		if err := checkAddress(address, allowed); err != nil {
			return nil, err
		}
		checked = append(checked, netip.AddrPortFrom(address.Unmap(), asked.port))
	}
	if len(checked) == 0 {
		return nil, errors.New("the host of the URL has no address")
	}
	return checked[:min(len(checked), maxAddresses)], nil
}

// transport connects to the given addresses, whatever the name of the host stands for by then, and to no proxy.
func transport(addresses []netip.AddrPort, authorities *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var failures error
			for _, address := range addresses {
				connection, err := new(net.Dialer).DialContext(ctx, "tcp", address.String())
				if err == nil {
					return connection, nil
				}
				failures = errors.Join(failures, err)
			}
			return nil, failures
		},
		TLSClientConfig:        &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true, // the addresses are good for one request
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// read returns the document of an answer.
func read(response *http.Response) ([]byte, error) {
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: its status is %d, not 200; redirects are not followed", ErrAnswer, response.StatusCode)
	}
	mediaType, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" && mediaType != "application/jwk-set+json" {
		return nil, fmt.Errorf("%w: its Content-Type is neither application/json nor application/jwk-set+json", ErrAnswer)
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, fmt.Errorf("%w: it is compressed, which was not asked for", ErrAnswer)
	}
	document, err := io.ReadAll(io.LimitReader(response.Body, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("%w: it broke off: %w", ErrAnswer, err)
	}
	if len(document) > MaxSize {
		return nil, fmt.Errorf("%w: it is longer than %s bytes", ErrAnswer, strconv.Itoa(MaxSize))
	}
	return document, nil
}
