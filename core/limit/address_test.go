// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNetwork(t *testing.T) {
	for address, network := range map[string]string{
		"192.0.2.7":             "192.0.2.7",
		"::ffff:192.0.2.7":      "192.0.2.7",
		"127.0.0.1":             "127.0.0.1",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::/64",
		"2001:db8:1:2::":        "2001:db8:1:2::/64",
		"2001:db8:1:3::1":       "2001:db8:1:3::/64",
		"fe80::1:2:3:4%eth0":    "fe80::/64",
		"fe80::9:8:7:6%eth1":    "fe80::/64",
		"::1":                   "::/64",
		"2001:db8:1:2:ffff::%x": "2001:db8:1:2::/64",
	} {
		assert.Equal(t, network, Network(netip.MustParseAddr(address)), address)
	}
	assert.Empty(t, Network(netip.Addr{}))
}

// TestSender_A89 has proxies that are trusted, proxies that are not, and senders who make things up.
func TestSender_A89(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.1/32")}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		sender    string
	}{
		"no proxy":                            {"192.0.2.7", nil, "192.0.2.7"},
		"a header from no proxy is ignored":   {"192.0.2.7", []string{"198.51.100.1"}, "192.0.2.7"},
		"a proxy that says nothing":           {"10.0.0.1", nil, "10.0.0.1"},
		"one proxy":                           {"10.0.0.1", []string{"192.0.2.7"}, "192.0.2.7"},
		"the left part is made up":            {"10.0.0.1", []string{"127.0.0.1, 203.0.113.1, 192.0.2.7"}, "192.0.2.7"},
		"made up as a trusted hop":            {"10.0.0.1", []string{"10.9.9.9, 192.0.2.7"}, "192.0.2.7"},
		"two proxies":                         {"10.0.0.1", []string{"192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
		"two header lines":                    {"10.0.0.1", []string{"203.0.113.1", "192.0.2.7,10.0.0.2"}, "192.0.2.7"},
		"IPv6, and a proxy by IPv6":           {"fd00::1", []string{"2001:db8::7"}, "2001:db8::7"},
		"with a port":                         {"10.0.0.1", []string{"192.0.2.7:4711"}, "192.0.2.7"},
		"IPv6 in brackets":                    {"10.0.0.1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		"IPv6 in brackets, with a port":       {"10.0.0.1", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		"mapped":                              {"::ffff:10.0.0.1", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
		"the proxy on this machine":           {"127.0.0.1", []string{"192.0.2.7"}, "192.0.2.7"},
		"only proxies":                        {"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.1"},
		"garbage":                             {"10.0.0.1", []string{"unknown"}, "10.0.0.1"},
		"garbage before a proxy":              {"10.0.0.1", []string{"192.0.2.7, _hidden, 10.0.0.2"}, "10.0.0.1"},
		"garbage that nobody needs":           {"10.0.0.1", []string{"<script>, 192.0.2.7"}, "192.0.2.7"},
		"empty":                               {"10.0.0.1", []string{""}, "10.0.0.1"},
		"an empty last hop":                   {"10.0.0.1", []string{"192.0.2.7,"}, "10.0.0.1"},
		"an empty hop in between":             {"10.0.0.1", []string{"192.0.2.7,,10.0.0.2"}, "10.0.0.1"},
		"a proxy outside the list in between": {"10.0.0.1", []string{"192.0.2.7, 198.51.100.9"}, "198.51.100.9"},
	} {
		assert.Equal(t, c.sender, Sender(netip.MustParseAddr(c.peer), c.forwarded, proxies).String(), name)
	}
	assert.False(t, Sender(netip.Addr{}, []string{"192.0.2.7"}, proxies).IsValid(), "a peer that is not known is no proxy")
}

func FuzzSender(f *testing.F) {
	f.Add("192.0.2.7, 10.0.0.2")
	f.Add("[::1]:, ,%,[[]]")
	proxy := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, header string) {
		sender := Sender(proxy, []string{header}, []netip.Prefix{netip.PrefixFrom(proxy, 8)})
		assert.True(t, sender.IsValid())
	})
}
