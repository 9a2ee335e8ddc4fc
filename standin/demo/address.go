// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// pickAddress settles where the stand-in listens, because the issuer has to be known before it starts. Port 0 takes
// the port of the start before, so that tokens stay valid, or a free one.
func pickAddress(ctx context.Context, listen string, before int) (address, base string, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", "", fmt.Errorf("DEMO_LISTEN is %q; write it as 127.0.0.1:8080: %w", listen, err)
	}
	if port == "0" {
		var config net.ListenConfig
		probe, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(before)))
		if err != nil {
			probe, err = config.Listen(ctx, "tcp", listen)
		}
		if err != nil {
			return "", "", err
		}
		port = strconv.Itoa(portOf(probe))
		if err := probe.Close(); err != nil {
			return "", "", err
		}
	}
	public := host
	if address := net.ParseIP(host); host == "" || address != nil && address.IsUnspecified() {
		public = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), "http://" + net.JoinHostPort(public, port), nil
}

// listenSite listens for the client's web site: where it was asked to, where it was before, or on any free port.
func listenSite(ctx context.Context, listen string, before int) (net.Listener, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("DEMO_SITE_LISTEN is %q; write it as 127.0.0.1:3000: %w", listen, err)
	}
	ports := []string{port, strconv.Itoa(before), "0"}
	if port == "0" {
		ports = ports[1:]
	}
	var config net.ListenConfig
	for _, port := range ports {
		address := net.JoinHostPort(host, port)
		var listener net.Listener
		if listener, err = config.Listen(ctx, "tcp", address); err == nil {
			return listener, nil
		}
	}
	return nil, fmt.Errorf("cannot listen for the client's web site: %w", err)
}

func portOf(listener net.Listener) int {
	if address, ok := listener.Addr().(*net.TCPAddr); ok {
		return address.Port
	}
	return 0
}
