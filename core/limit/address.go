// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"net/netip"
	"strings"
)

// Network is what counts as one sender: an IPv4 address, or the /64 network of an IPv6 one, within which anybody
// chooses addresses freely. It is empty for an unknown address: all of those are one sender.
func Network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	switch {
	case !address.IsValid():
		return ""
	case address.Is4():
		return address.String()
	default:
		return netip.PrefixFrom(address, 64).Masked().String()
	}
}

// Sender is the address of whoever sent a request. A trusted proxy tells it in X-Forwarded-For, to which every hop
// appends the address it was asked from: the last one that is not a trusted proxy itself is the sender, and what stands
// left of it is the sender's own invention. Whatever cannot be read leaves the peer.
func Sender(peer netip.Addr, forwardedFor []string, proxies []netip.Prefix) netip.Addr {
	peer = peer.Unmap().WithZone("")
	if !trusted(peer, proxies) {
		return peer
	}
	hops := strings.Join(forwardedFor, ",")
	for hops != "" {
		at := strings.LastIndexByte(hops, ',')
		address, ok := hop(strings.TrimSpace(hops[at+1:]))
		if !ok {
			return peer
		}
		if !trusted(address, proxies) {
			return address
		}
		hops = hops[:max(at, 0)]
	}
	return peer
}

// hop reads one address as proxies write it: alone, or with a port.
func hop(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		address = withPort.Addr()
	}
	return address.Unmap().WithZone(""), true
}

func trusted(address netip.Addr, proxies []netip.Prefix) bool {
	for _, proxy := range proxies {
		if proxy.Contains(address) {
			return true
		}
	}
	return false
}
