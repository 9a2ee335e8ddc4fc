// SPDX-License-Identifier: Apache-2.0

package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ndoap/core/apikey"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/rule"
)

// keyRequest is what somebody asks for on the form.
type keyRequest struct {
	label string
	scope oauth.Scope
	life  time.Duration
}

const day = 24 * time.Hour

// lives are how long a key can be good, none longer than the configuration has it.
func lives(policy *config.Config) []time.Duration {
	var offered []time.Duration
	for _, life := range []time.Duration{30 * day, 90 * day, 365 * day} {
		offered = append(offered, min(life, policy.APIKeys.Longest))
	}
	return slices.Compact(offered)
}

// readRequest reads the form; problem says what is wrong with it, for the person who filled it in.
func readRequest(policy *config.Config, form oauth.Form) (asked keyRequest, problem string) {
	asked.label = strings.TrimSpace(form.Get("label"))
	chosen, malformed := oauth.ParseScope(strings.Join(form.All("scope"), " "))
	asked.scope = chosen
	known := slices.IndexFunc(lives(policy), func(life time.Duration) bool { return config.FormatDuration(life) == form.Get("life") })
	if known >= 0 {
		asked.life = lives(policy)[known]
	}
	opens := func(scope string) bool { return rule.Opens(policy, scope) }
	switch err := apikey.CheckLabel(asked.label); {
	case err != nil:
		return asked, "Write what the key is for: " + err.Error() + "."
	case malformed != nil || slices.ContainsFunc(chosen, func(scope string) bool { return !opens(scope) }):
		return asked, "Choose what the key may do from the list; it has changed meanwhile."
	case len(chosen) == 0:
		return asked, "Choose at least one thing that the key may do."
	case known < 0:
		return asked, "Choose how long the key is good from the list; it has changed meanwhile."
	}
	return asked, ""
}

// keyForm is the form with what was asked for filled in. Nothing is chosen beforehand that gives a key more.
func keyForm(policy *config.Config, asked keyRequest) *page.KeyForm {
	form := &page.KeyForm{Label: asked.label, MaxLabel: apikey.MaxLabel}
	for _, name := range rule.Opening(policy) {
		form.Scopes = append(form.Scopes, page.ScopeChoice{
			Scope:  page.Scope{Name: name, Description: policy.Scopes[name].Description},
			Chosen: asked.scope.Has(name),
		})
	}
	for _, life := range lives(policy) {
		form.Lives = append(form.Lives, page.LifeChoice{
			Value: config.FormatDuration(life), Text: words(life), Chosen: life == asked.life,
		})
	}
	return form
}

// words is a duration for people.
func words(life time.Duration) string {
	switch {
	case life == 365*day:
		return "1 year"
	case life == day:
		return "1 day"
	case life%day == 0:
		return fmt.Sprintf("%d days", life/day)
	}
	return config.FormatDuration(life)
}
