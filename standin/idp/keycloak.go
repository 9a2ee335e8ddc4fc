// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
)

// Keycloak is a running Keycloak, in development mode, on a free port of this machine.
type Keycloak struct {
	base    string
	folder  string
	process *process
}

// StartKeycloak starts Keycloak and returns when it serves, which takes some 15 seconds of processor time. The path is
// empty, or /auth for addresses as they were before Keycloak 17.
func StartKeycloak(ctx context.Context, path string) (*Keycloak, error) {
	folder, err := os.MkdirTemp("", "ndoap-keycloak")
	if err != nil {
		return nil, fmt.Errorf("folder of Keycloak: %w", err)
	}
	k := &Keycloak{folder: folder}
	// It outlives the test that was the first to need it.
	command := exec.CommandContext(context.WithoutCancel(ctx), "sh", filepath.Join("..", "..", "build", "keycloak.sh"), "run", folder, path)
	var listening string
	if k.process, listening, err = begin(ctx, "Listening on: ", command); err != nil {
		_ = os.RemoveAll(folder) // the first error is the one that tells
		return nil, fmt.Errorf("start Keycloak: %w", err)
	}
	k.base = listening + path
	return k, nil
}

// Stop ends it and removes its database.
func (k *Keycloak) Stop() error {
	err := k.process.stop()
	if removed := os.RemoveAll(k.folder); err == nil && removed != nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("stop Keycloak: %w", err)
	}
	return nil
}

// Realm is a realm with one client, whose tokens are as HCL's guide to Keycloak wants them: a mapper adds the audience
// Domino, another the user's attribute CN as a claim.
type Realm struct {
	Issuer string

	keycloak *Keycloak
	name, id string
}

// AddRealm makes a realm with people. The client may ask for the scopes.
func (k *Keycloak) AddRealm(ctx context.Context, name string, scopes []string, people ...Person) (*Realm, error) {
	r := &Realm{Issuer: k.base + "/realms/" + name, keycloak: k, name: name}
	if err := r.set(ctx, scopes, people); err != nil {
		return nil, fmt.Errorf("realm %s: %w", name, err)
	}
	return r, nil
}

// Login logs a person in on Keycloak's login page and returns tokens for the client.
func (r *Realm) Login(ctx context.Context, person Person, scope string) (Tokens, error) {
	at := entrance{issuer: r.Issuer, authorization: r.Issuer + "/protocol/openid-connect/auth", token: r.Issuer + "/protocol/openid-connect/token"}
	return at.login(ctx, person, url.Values{"scope": {scope}})
}

func (r *Realm) set(ctx context.Context, scopes []string, people []Person) error {
	if _, err := r.keycloak.administer(ctx, http.MethodPost, "", object{"realm": r.name, "enabled": true}, nil); err != nil {
		return err
	}
	var made struct{ ID string }
	if _, err := r.administer(ctx, http.MethodGet, "", nil, &made); err != nil {
		return err
	}
	r.id = made.ID
	for _, scope := range scopes {
		at, err := r.administer(ctx, http.MethodPost, "/client-scopes", object{
			"name": scope, "protocol": "openid-connect", "attributes": object{"include.in.token.scope": "true"},
		}, nil)
		if err != nil {
			return err
		}
		if _, err := r.administer(ctx, http.MethodPut, "/default-optional-client-scopes/"+at, nil, nil); err != nil {
			return err
		}
	}
	if _, err := r.administer(ctx, http.MethodPost, "/clients", dominoClient(), nil); err != nil {
		return err
	}
	return r.addPeople(ctx, people)
}

// dominoClient is the client, with the two mappers of HCL's guide.
func dominoClient() object {
	return object{
		"clientId": client, "publicClient": true, "redirectUris": []string{callback},
		"attributes": object{"pkce.code.challenge.method": "S256"},
		"protocolMappers": []object{
			{
				"name": "audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
				"config": object{"included.custom.audience": "Domino", "access.token.claim": "true"},
			},
			{
				"name": "CN", "protocol": "openid-connect", "protocolMapper": "oidc-usermodel-attribute-mapper",
				"config": object{"user.attribute": "CN", "claim.name": "CN", "jsonType.label": "String", "access.token.claim": "true"},
			},
		},
	}
}

// addPeople makes users with an attribute that administrators alone may change: it says who somebody is for Domino.
func (r *Realm) addPeople(ctx context.Context, people []Person) error {
	profile := object{}
	if _, err := r.administer(ctx, http.MethodGet, "/users/profile", nil, &profile); err != nil {
		return err
	}
	profile["unmanagedAttributePolicy"] = "ADMIN_EDIT"
	if _, err := r.administer(ctx, http.MethodPut, "/users/profile", profile, nil); err != nil {
		return err
	}
	for _, person := range people {
		if _, err := r.administer(ctx, http.MethodPost, "/users", object{
			"username": person.Name, "enabled": true, "email": person.Email, "emailVerified": true,
			"firstName": "First", "lastName": "Last", // without them it asks for them after the login
			"attributes":  object{"CN": []string{person.CN}},
			"credentials": []object{{"type": "password", "value": person.Password}},
		}, nil); err != nil {
			return err
		}
	}
	return nil
}

// AddKey makes a new key that signs from now on. The keys before it stay published.
func (r *Realm) AddKey(ctx context.Context) error {
	providers, err := r.signingKeys(ctx)
	if err != nil {
		return err
	}
	_, err = r.administer(ctx, http.MethodPost, "/components", object{
		"name": "rsa", "providerId": "rsa-generated", "providerType": keyProvider, "parentId": r.id,
		// The highest one signs. Keycloak's own first key has 100.
		"config": object{"priority": []string{fmt.Sprint(100 + len(providers))}, "algorithm": []string{"RS256"}},
	}, nil)
	return err
}

// DropOldKeys takes all keys but the one that signs away, as after a leak.
func (r *Realm) DropOldKeys(ctx context.Context) error {
	providers, err := r.signingKeys(ctx)
	if err != nil {
		return err
	}
	var active struct {
		Keys []struct{ KID, ProviderID string }
	}
	var signing struct{ Active map[string]string }
	for _, into := range []any{&active, &signing} {
		if _, err := r.administer(ctx, http.MethodGet, "/keys", nil, into); err != nil {
			return err
		}
	}
	for _, key := range active.Keys {
		if key.KID == signing.Active["RS256"] || !providers[key.ProviderID] {
			continue
		}
		if _, err := r.administer(ctx, http.MethodDelete, "/components/"+key.ProviderID, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

const keyProvider = "org.keycloak.keys.KeyProvider"

// signingKeys are what Keycloak has its RS256 keys from, by id.
func (r *Realm) signingKeys(ctx context.Context) (map[string]bool, error) {
	var components []struct{ ID, ProviderID string }
	if _, err := r.administer(ctx, http.MethodGet, "/components?"+url.Values{"type": {keyProvider}}.Encode(), nil, &components); err != nil {
		return nil, err
	}
	signing := map[string]bool{}
	for _, component := range components {
		if component.ProviderID == "rsa-generated" {
			signing[component.ID] = true
		}
	}
	return signing, nil
}
