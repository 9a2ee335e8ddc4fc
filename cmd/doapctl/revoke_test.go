// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ndoap/core/oauth"
	"ndoap/core/standing"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// inDatabase lets work change a database as the server would.
func inDatabase(ts *testscript.TestScript, path string, work func(context.Context, *sqlite.Store) error) {
	opened, err := sqlite.Open(ts.MkAbs(path), sqlite.Options{})
	ts.Check(err)
	defer func() { ts.Check(opened.Close()) }()
	ts.Check(work(context.Background(), opened))
}

// granted DATABASE GRANT CLIENT USER REFRESHTOKEN stores what a login leaves behind.
func granted(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 5 {
		ts.Fatalf("usage: granted DATABASE GRANT CLIENT USER REFRESHTOKEN")
	}
	now := time.Now()
	code := store.Code{Hash: "code of " + arguments[1], ClientID: arguments[2], User: arguments[3], ExpiresAt: now.Add(time.Hour)}
	inDatabase(ts, arguments[0], func(ctx context.Context, opened *sqlite.Store) error {
		if err := opened.AddCode(ctx, code); err != nil {
			return err
		}
		return opened.RedeemCode(ctx, code.Hash, func(store.Code) (store.Purchase, error) {
			return store.Purchase{
				Grant: store.Grant{
					ID: arguments[1], Type: store.AuthorizationCode, ClientID: arguments[2], User: arguments[3], Scope: "domino",
					CreatedAt: now, ExpiresAt: now.Add(time.Hour),
				},
				RefreshToken: &store.RefreshToken{
					Hash: oauth.Secret(arguments[4]).Hash(), GrantID: arguments[1], IssuedAt: now, ExpiresAt: now.Add(time.Hour),
				},
				Audit: []store.AuditEvent{{
					At: now, Action: store.AuditTokenIssued, Outcome: store.AuditSuccess, User: arguments[3], ClientID: arguments[2],
					Address: "192.0.2.7", GrantID: arguments[1], Detail: "scope domino",
				}},
			}, nil
		})
	})
}

// lockedout DATABASE CLIENT ADDRESS DURATION locks a client out for so long from now; a negative time is over.
func lockedout(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 4 {
		ts.Fatalf("usage: lockedout DATABASE CLIENT ADDRESS DURATION")
	}
	duration, err := time.ParseDuration(arguments[3])
	ts.Check(err)
	inDatabase(ts, arguments[0], func(ctx context.Context, opened *sqlite.Store) error {
		return opened.AddLockout(ctx, store.Lockout{
			Subject: arguments[1], Address: arguments[2], Failures: 10, At: time.Now(), Until: time.Now().Add(duration),
		})
	})
}

// revoked DATABASE GRANT|TOKEN|USER [ISSUER] succeeds if the server would know the id as revoked. With an issuer it is that
// of a token of an identity provider.
func revoked(ts *testscript.TestScript, negated bool, arguments []string) {
	if len(arguments) != 2 && len(arguments) != 3 {
		ts.Fatalf("usage: [!] revoked DATABASE GRANT|TOKEN|USER [ISSUER]")
	}
	id := arguments[1]
	if len(arguments) == 3 {
		id = standing.Token{ID: id, Foreign: true, Issuer: arguments[2]}.Key()
	}
	inDatabase(ts, arguments[0], func(ctx context.Context, opened *sqlite.Store) error {
		current, err := opened.Standing(ctx)
		_, grant := current.RevokedGrants[id]
		_, token := current.RevokedTokens[id]
		_, user := current.RevokedUsers[id]
		if (grant || token || user) == negated {
			ts.Fatalf("%s: revoked is %t", id, !negated)
		}
		return err
	})
}

// keyed DATABASE KEY ID succeeds if the server would know the API key as a good one, by its hash and nothing else.
func keyed(ts *testscript.TestScript, negated bool, arguments []string) {
	if len(arguments) != 3 {
		ts.Fatalf("usage: [!] keyed DATABASE KEY ID")
	}
	inDatabase(ts, arguments[0], func(ctx context.Context, opened *sqlite.Store) error {
		keys, err := opened.ListAPIKeys(ctx, store.APIKeyFilter{GoodAt: time.Now()})
		good := slices.ContainsFunc(keys, func(key store.APIKey) bool {
			return key.ID == arguments[2] && oauth.Secret(arguments[1]).Matches(key.Hash)
		})
		if good == negated {
			ts.Fatalf("the API key %s: good is %t", arguments[2], good)
		}
		return err
	})
}

// accesstoken FILE ISSUER ID EXPIRES writes a token whose signature nobody looks at.
func accesstoken(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 4 {
		ts.Fatalf("usage: accesstoken FILE ISSUER ID EXPIRES")
	}
	lifetime, err := time.ParseDuration(arguments[3])
	ts.Check(err)
	claims, err := json.Marshal(map[string]any{
		"iss": arguments[1], "jti": arguments[2], "gid": "g1", "client_id": "intranet", "sub": "CN=Anna Berg/O=Acme",
		"exp": time.Now().Add(lifetime).Unix(),
	})
	ts.Check(err)
	text := "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2lnbmF0dXJl\n"
	ts.Check(os.WriteFile(ts.MkAbs(arguments[0]), []byte(text), 0o600))
}

// expired DATABASE DURATION deletes what the server will have deleted after that time.
func expired(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 2 {
		ts.Fatalf("usage: expired DATABASE DURATION")
	}
	passed, err := time.ParseDuration(arguments[1])
	ts.Check(err)
	inDatabase(ts, arguments[0], func(ctx context.Context, opened *sqlite.Store) error {
		_, err := opened.DeleteExpired(ctx, time.Now().Add(passed))
		return err
	})
}
