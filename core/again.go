// SPDX-License-Identifier: Apache-2.0

package core

import (
	"encoding/json"
	"errors"

	"ndoap/core/config"
	"ndoap/core/dominourl"
	"ndoap/core/explain"
	"ndoap/core/oauth"
	"ndoap/core/rule"
	"ndoap/core/token"
)

// ticket is what is known of an accepted request when it is judged again: its token and its headers are not asked for a
// second time. It goes through the host and comes back as it went.
type ticket struct {
	User    string        `json:"user"`
	Client  string        `json:"client"`
	Scope   string        `json:"scope"`
	Methods []string      `json:"methods"` // that the request may count as
	Token   explain.Token `json:"token"`   // for whoever asks why it was refused
}

// again tells what is still open once a token was accepted, and what must be remembered for that.
func (s *Service) again(request Request, verified token.Verified, methods []string) (Again, string) {
	current := s.config()
	var open Again
	if current.TLS.Required && !request.TLS() {
		open |= AgainTransport
	}
	if verified.Scope.Has(config.ScopeDomino) || current.Bearer.MappedResource == config.IgnoreMappedResource {
		return open, ""
	}
	written, err := json.Marshal(ticket{verified.User, verified.ClientID, verified.Scope.String(), methods, verified.Origin})
	if err != nil {
		s.log.Error("a defect in ndoap: a request cannot be judged by what Domino serves, and is refused", "err", err)
	}
	return open | AgainResource, string(written)
}

// judgeAgain makes the last look at a request with an accepted token before it is served. What it is not asked for in
// words that it knows, it denies.
func (s *Service) judgeAgain(request Request) Decision {
	asked := request.Again()
	if asked == 0 || asked&^(AgainTransport|AgainResource) != 0 {
		return Decision{Verdict: Deny}
	}
	if asked&AgainTransport != 0 && !s.isProtected(request) {
		return s.refuseUnprotected(request)
	}
	if asked&AgainResource != 0 && s.config().Bearer.MappedResource == config.JudgeMappedResource {
		return s.judgeResource(request)
	}
	return Decision{Verdict: NotOurs}
}

// judgeResource holds a request against its token's scopes once more, now that Domino has found what it will serve.
func (s *Service) judgeResource(request Request) Decision {
	remembered, methods := readTicket(request.Ticket())
	asked := rule.Asked{Target: request.Target(), Methods: methods, Mapped: func() (dominourl.Place, error) {
		return s.place(request.Mapped())
	}}
	judgement := s.guard.CheckMapped(remembered, asked, request.Directory())
	if judgement.Refusal != nil {
		return s.refuse(request, judgement.Refusal, judgement.Sufficient)
	}
	return Decision{Verdict: NotOurs}
}

// readTicket is nil for a ticket that the host could not keep.
func readTicket(text string) (*token.Verified, []string) {
	var kept ticket
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, nil
	}
	scope, err := oauth.ParseScope(kept.Scope)
	if err != nil {
		return nil, nil
	}
	return &token.Verified{User: kept.User, ClientID: kept.Client, Scope: scope, Origin: kept.Token}, kept.Methods
}

// place reads where Domino leads a request.
func (s *Service) place(mapped Mapped) (dominourl.Place, error) {
	switch {
	case mapped.Unreadable:
		return dominourl.Place{}, errors.New("the path that Domino has for it is neither UTF-8 nor LMBCS, or too long")
	case mapped.Redirects: // the client comes again, and is judged again
		return dominourl.Place{}, nil
	}
	return dominourl.ParseMapped(mapped.Path, s.dataDirectory)
}
