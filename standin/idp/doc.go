// SPDX-License-Identifier: Apache-2.0

// Package idp runs identity providers that others wrote, on loopback, for tests: Keycloak (make setup-keycloak) as
// companies have it, and node-oidc-provider (make setup-node) for what Keycloak cannot be made to do. It owns their
// processes, their people, clients and keys, and logins on their pages as a browser makes them. What their tokens are
// good for is another's business. Tests two folders below the root of the tree use it.
package idp
