// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"fmt"
	"net/netip"
	"slices"
)

// specialUse are the networks that are not the public Internet: the entries of IANA's special-purpose address
// registries (RFC 6890) that are not globally reachable, multicast, and tunnels that lead to addresses inside others.
// Of IPv6, globally routed addresses are in 2000::/3 only, so that whatever is outside is refused without an entry.
var specialUse = prefixes(
	"0.0.0.0/8",       // this network; connects to the own machine
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, also the metadata services of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relays of 6to4
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and the broadcast address
	"2001::/23",       // protocol assignments, with Teredo and ORCHID
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
)

var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	nat64      = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 section 2.1
)

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}

// checkAddress refuses an address that is neither public nor allowed. An IPv4 address inside an IPv6 one is judged as
// what it leads to. One with a zone is in no network, and so refused.
func checkAddress(address netip.Addr, allowed []netip.Prefix) error {
	judged := address.Unmap()
	if nat64.Contains(judged) {
		bytes := judged.As16()
		judged = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if contains(allowed, judged) {
		return nil
	}
	if contains(specialUse, judged) || judged.Is6() && !globalIPv6.Contains(judged) {
		return fmt.Errorf("%w: %s", ErrForbiddenAddress, address)
	}
	return nil
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(address) })
}
