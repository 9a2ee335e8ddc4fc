// SPDX-License-Identifier: Apache-2.0

package config

import "slices"

// part is what a setting concerns, where that can be out of use while everything else holds: a mistake closes it.
type part struct {
	until string // what the administrator is told
	close func(r *reader, key string)
}

var (
	theLogin = &part{
		until: "the login is out of service until that is mended",
		close: func(r *reader, key string) { r.config.DominoLogin.Unreadable = key },
	}
	// Whatever stood in place of the value would let tokens in that were not meant, or keep out those that were.
	tokensOfOthers = &part{
		until: "no identity provider is used and the login is out of service until that is mended",
		close: func(r *reader, key string) {
			r.config.DominoLogin.Unreadable = key
			r.providersOff = true
		},
	}
	// Nobody knows then which issuers are those of providers, so that none is left to Domino.
	allProviders = &part{
		until: "no identity provider is used, and no token is left to Domino, until that is mended",
		close: func(r *reader, _ string) { r.providersOff, r.passNothing = true, true },
	}
	expiry = &part{
		until: "it counts as false until that is mended",
		close: func(*reader, string) {}, // the default
	}
)

// of makes a setting one of a part.
func (p *part) of(s setting) setting {
	s.part = p
	return s
}

// contain closes the part of a setting whose value cannot be used.
func (r *reader) contain(s setting, problems Problems) Problems {
	if s.part == nil {
		return problems
	}
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.isError() && !p.Contained }) {
		return problems
	}
	s.part.close(r, s.key)
	return problems.contained(s.part.until)
}

// closeProviders puts all providers off, if what concerns them all cannot be used.
func (r *reader) closeProviders() {
	if r.passNothing {
		r.config.Bearer.UnknownIssuer = RefuseUnknownIssuer
	}
	if !r.providersOff {
		return
	}
	for _, p := range r.config.Providers {
		r.config.Withheld = append(r.config.Withheld, p.ExpectedIssuers()...)
	}
	r.config.Providers = nil
}
