// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"ndoap/core/apikey"
	"ndoap/core/bearer"
	"ndoap/core/config"
	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/explain"
	"ndoap/core/issuer"
	"ndoap/core/key"
	"ndoap/core/logintoken"
	"ndoap/core/oauth"
	"ndoap/core/rule"
	"ndoap/core/standing"
	"ndoap/core/token"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// explainToken judges a token on standard input as the server would.
func (s *session) explainToken(url, method string) error {
	const longest = 64 << 10
	pasted, err := io.ReadAll(io.LimitReader(s.stdin, longest))
	if err != nil {
		return fmt.Errorf("standard input cannot be read: %w", err)
	}
	authorization := authorizationOf(string(pasted))
	switch {
	case authorization == "":
		return errors.New("there is no token on standard input: see doapctl explain --help")
	case strings.HasPrefix(strings.TrimSpace(string(pasted)), "{"):
		return errors.New("that is an answer of a token endpoint or login, and not a token: take the value of access_token (of bearer, " +
			"at /doap/login) out of it, without the quotes")
	}
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	policy, problems, err := s.configuration(where.ConfigDir)
	if err != nil {
		return fmt.Errorf("the configuration in %s cannot be used: %w", where.ConfigDir, err)
	}
	for _, problem := range problems {
		fmt.Fprintln(s.stderr, problem)
	}
	return s.withStore(func(opened *sqlite.Store) error {
		got := s.judge(opened, policy, authorization, url, method)
		return s.printJudged(got.result(policy, url))
	})
}

// authorizationOf is the value of the Authorization header that somebody pasted, or that has the token that he pasted.
func authorizationOf(pasted string) string {
	text := strings.TrimSpace(pasted)
	if name, value, isHeader := strings.Cut(text, ":"); isHeader && strings.EqualFold(name, "Authorization") {
		text = strings.TrimSpace(value)
	}
	if text == "" || strings.ContainsAny(text, " \t") {
		return text
	}
	return "Bearer " + text
}

// judged is what became of a token.
type judged struct {
	bearer.Judgement
	explain.Trace

	failure *explain.Failure // that counts; nil when the token would be taken
	sent    *oauth.Error     // to the sender, with failure
	asked   string           // the name that the directory was asked for
	unknown bool             // failure is not the server's: it has a key that doapctl has not
	name    bool             // it is an API key for a name, which nobody must have
}

// judge asks the code of the server. Without a URL the scopes are left out of it.
func (s *session) judge(opened *sqlite.Store, policy *config.Config, authorization, url, method string) *judged {
	// The server's clock is that of this moment, also after keys were read.
	current, now := policy, time.Now
	quiet := slog.New(slog.DiscardHandler)
	configured := func() *config.Config { return current }
	logins := logintoken.New(configured, now, quiet)
	logins.Refresh(s, now())
	logins.Wait()
	guard := &bearer.Guard{
		Keys:   apikey.NewRegister(opened, opened.Generation),
		Config: configured, Log: quiet, Issuers: &issuer.Table{Config: configured, Now: now, Log: quiet, Local: logins},
		Verifier: &token.Verifier{
			Config: configured, Keys: key.NewRing(opened, opened.Generation), Now: now,
			Standing: standing.NewRegister(opened, opened.Generation),
		},
	}
	asked := rule.Asked{Target: url, Methods: []string{strings.ToUpper(method)}}
	if url == "" {
		asked = rule.Asked{Target: "/", Methods: []string{http.MethodGet}}
	}
	check := func() *judged {
		got := &judged{name: isNameKey(s, guard.Keys, authorization, now())}
		people := &assumed{nobody: got.name}
		got.Judgement = guard.Check(explain.Traced(s, &got.Trace), authorization, asked, people)
		got.asked = people.asked
		if got.Refusal != nil {
			got.sent = got.Refusal
			if failure, told := errors.AsType[*explain.Failure](got.Refusal); told {
				got.failure = failure
			} else {
				got.failure = &explain.Failure{Kind: got.Refusal, Rule: explain.Unexplained, Found: got.Refusal.Error()}
			}
		}
		return got
	}
	got := check()
	if got.failure != nil && errors.Is(got.failure, token.ErrUnavailable) && got.failure.Token.Provider != "" {
		// Of this provider alone: others may be slow, and are not asked about.
		chosen := *policy
		chosen.Providers = slices.DeleteFunc(slices.Clone(policy.Providers), func(p config.Provider) bool {
			return p.Name != got.failure.Token.Provider
		})
		current = &chosen
		fmt.Fprintf(s.stderr, "Reading the keys of the identity provider %s ...\n", got.failure.Token.Provider)
		guard.Issuers.Refresh(s, now())
		guard.Issuers.Wait()
		got = check()
	}
	if got.failure != nil && !policy.DominoLogin.UseKeyPair && needsKeyInMemory(got.failure) {
		got.unknown = true
		got.failure = &explain.Failure{
			Kind: got.failure.Kind, Rule: explain.Keys, Token: got.failure.Token,
			Found: "a token of /doap/login, whose key is in the memory of the server that issued it and nowhere else: only that " +
				"server can judge it, and only until it stops",
			Expected: "the key pair of JwtUsePubPrivKey, which doapctl can read, too",
			Remedy: "use the request id of the answer that refused the token (401): doapctl explain ID; a server that was started again " +
				"since has a new key, and its users log in again",
		}
		got.Steps = slices.DeleteFunc(got.Steps, func(step explain.Step) bool { return step.Rule == explain.Keys }) // it was one that doapctl made up
	}
	if got.failure != nil && got.failure.Rule == explain.Scope && url == "" {
		got.failure = nil
	}
	return got
}

// needsKeyInMemory tells whether a token of the login got as far as its key, which no other program than the server that
// issued it has. What was found before that is as the server finds it.
func needsKeyInMemory(failure *explain.Failure) bool {
	return failure.Token.Credential == explain.LoginToken && (failure.Rule == explain.Key || failure.Rule == explain.Signature)
}

// isNameKey tells whether it is an API key for a name that is no person's.
func isNameKey(ctx context.Context, keys *apikey.Register, authorization string, now time.Time) bool {
	text := strings.TrimPrefix(authorization, "Bearer ")
	if !apikey.HasForm(text) {
		return false
	}
	known, err := keys.Verify(ctx, text, now)
	return err == nil && known.Kind == store.NameKey // an error is told by the judgement
}

// assumed is a directory that has one person of every name, or nobody: whether there really is one, only the server can
// tell.
type assumed struct {
	nobody bool
	asked  string // for which name first
}

// Find implements directory.Directory.
func (a *assumed) Find(name string) ([]directory.Person, error) {
	a.asked = cmp.Or(a.asked, name)
	if a.nobody {
		return nil, nil
	}
	person := directory.Person{Name: "CN=Whoever it is/O=Assumed", ShortNames: []string{name}, Kind: directory.KindPerson}
	if canonical, err := dominoname.Parse(name); err == nil {
		person.Name = canonical
	} else if canonical, err := dominoname.Canonical(name); err == nil { // whose name may have one part only
		person.Name = canonical
	}
	return []directory.Person{person}, nil
}

// VerifyPassword implements directory.Directory.
func (*assumed) VerifyPassword(directory.Person, oauth.Secret) (bool, error) {
	return false, directory.ErrUnavailable
}
