// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"time"

	"ndoap/core/key"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type keyCommands struct {
	Generate keyGenerateCommand `cmd:"" help:"Make a new signing key."`
	Import   keyImportCommand   `cmd:"" help:"Import a key from a PEM file."`
	List     keyListCommand     `cmd:"" help:"List all keys."`
	Retire   keyRetireCommand   `cmd:"" help:"End a key at once, with all tokens that it signed."`
	Export   keyExportCommand   `cmd:"" help:"Write a private key into a PEM file."`
}

// keyID is the argument of commands about one key.
type keyID struct {
	ID string `arg:"" name:"kid" help:"The key, as doapctl key list shows it."`
}

// keyResult is a key for scripts.
type keyResult struct {
	ID        string `json:"kid"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"` // "next", "signs", "verifies" or "retired"
	Private   bool   `json:"private"`
	CreatedAt string `json:"created_at"`

	ActiveFrom    string `json:"active_from"`
	VerifiesUntil string `json:"verifies_until,omitempty"`
	RetiredAt     string `json:"retired_at,omitempty"`
}

// keyResults describes keys, the latest first.
func (s *session) keyResults(keys []store.Key) ([]keyResult, error) {
	policy, _, err := s.policy()
	if err != nil {
		return nil, err
	}
	results := []keyResult{}
	for _, state := range key.States(keys, policy.Keys, s.now) {
		result := keyResult{
			ID: state.ID, Algorithm: state.Algorithm, Use: string(state.Use), Private: len(state.PrivatePEM) > 0,
			CreatedAt: timestamp(state.CreatedAt), ActiveFrom: timestamp(state.ActiveFrom),
		}
		switch state.Use {
		case key.Retired:
			result.RetiredAt = timestamp(state.At)
		case key.Verifies:
			if !state.At.IsZero() {
				result.VerifiesUntil = timestamp(state.At)
			}
		case key.Waits, key.Signs:
		}
		results = append(results, result)
	}
	return results, nil
}

// summary is the use of a key for people.
func (r keyResult) summary() string {
	switch {
	case r.Use == string(key.Waits):
		return "next, signs from " + r.ActiveFrom
	case r.VerifiesUntil != "":
		return "verifies until " + r.VerifiesUntil
	case r.RetiredAt != "":
		return "retired " + r.RetiredAt
	}
	return r.Use
}

// changeKeys stores a change of keys and the events that tell of it.
func (s *session) changeKeys(keys *sqlite.Store, decide func([]store.Key) (store.KeyChange, error)) error {
	return keys.UpdateKeys(s, func(present []store.Key) (store.KeyChange, error) {
		change, err := decide(present)
		if err != nil {
			return change, err
		}
		change.At = s.now
		for _, added := range change.Add {
			change.Audit = append(change.Audit, s.event(store.AuditKeyChanged, "added "+added.ID))
		}
		for _, kid := range change.Retire {
			change.Audit = append(change.Audit, s.event(store.AuditKeyChanged, "retired "+kid))
		}
		return change, nil
	})
}

// find returns one of the keys.
func (k keyID) find(keys []store.Key) (store.Key, error) {
	at := slices.IndexFunc(keys, func(one store.Key) bool { return one.ID == k.ID })
	if at < 0 {
		return store.Key{}, fmt.Errorf("there is no key %q: see doapctl key list", k.ID)
	}
	return keys[at], nil
}

// signer returns the key that signs at one moment.
func signer(keys []keyResult) (keyResult, bool) {
	at := slices.IndexFunc(keys, func(r keyResult) bool { return r.Use == string(key.Signs) })
	if at < 0 {
		return keyResult{}, false
	}
	return keys[at], true
}

// presentKeys describes the keys that the database holds now.
func (s *session) presentKeys(keys *sqlite.Store) ([]keyResult, error) {
	present, err := keys.ListKeys(s)
	if err != nil {
		return nil, err
	}
	return s.keyResults(present)
}

type keyListCommand struct{}

// Help is shown below the usage line.
func (keyListCommand) Help() string {
	return `Lists the keys, the latest first, and tells what each is for:

    signs            signs all new tokens
    next             is published already, and signs from the time that is given
    verifies         signs no more; tokens that it signed stay good, until it is retired at the time that is given
    retired          its tokens are refused; its private half is gone

All but the retired ones are published at /doap/jwks.

Examples:

    doapctl key list
    doapctl key list --json`
}

func (keyListCommand) Run(s *session) error {
	return s.withStore(func(keys *sqlite.Store) error {
		results, err := s.presentKeys(keys)
		if err != nil {
			return err
		}
		if s.json {
			return s.printJSON(results)
		}
		if len(results) == 0 {
			s.print("There is no key yet: make one with doapctl key generate.")
			return nil
		}
		rows := [][]string{{"KEY ID", "ALGORITHM", "CREATED", "USE"}}
		for _, one := range results {
			rows = append(rows, []string{one.ID, one.Algorithm, one.CreatedAt, one.summary()})
		}
		return s.table(rows)
	})
}

// activation is when an added key begins to sign.
type activation struct {
	Next bool `help:"Publish the key now and let it sign after keys.publishBefore, as the schedule does."`
}

func (a activation) from(s *session) (time.Time, error) {
	if !a.Next {
		return s.now, nil
	}
	policy, _, err := s.policy()
	if err != nil {
		return time.Time{}, err
	}
	return s.now.Add(policy.Keys.PublishBefore), nil
}
