// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/netip"
	"strings"

	"ndoap/core/limit"
)

// isProtected tells whether what the request carries was safe on its way: TLS to this server, TLS to a trusted proxy
// that says so, or the loopback interface.
func (s *Service) isProtected(request Request) bool {
	current := s.config().TLS
	if request.TLS() || !current.Required || s.isForwardedTLS(request) {
		return true
	}
	peer := request.Peer().Unmap()
	// A trusted proxy on this machine that does not say https is no reason to trust what it forwards.
	forwarded := trusts(current.TrustedProxies, peer) && len(request.Header("X-Forwarded-Proto")) > 0
	return peer.IsLoopback() && !forwarded
}

// isForwardedTLS tells whether a trusted proxy says that the client's connection to it is encrypted.
func (s *Service) isForwardedTLS(request Request) bool {
	peer := request.Peer().Unmap()
	protocols := request.Header("X-Forwarded-Proto")
	return peer.IsValid() && trusts(s.config().TLS.TrustedProxies, peer) &&
		len(protocols) == 1 && strings.EqualFold(strings.TrimSpace(protocols[0]), "https")
}

// trusts tells whether a peer is one of the proxies of the configuration.
func trusts(proxies []netip.Prefix, peer netip.Addr) bool {
	for _, prefix := range proxies {
		if prefix.Contains(peer) {
			return true
		}
	}
	return false
}

// sender is the address that limits, lockouts and the audit trail know a request by.
func (s *Service) sender(request Request) netip.Addr {
	return limit.Sender(request.Peer(), request.Header("X-Forwarded-For"), s.config().TLS.TrustedProxies)
}
