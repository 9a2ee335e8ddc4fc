// SPDX-License-Identifier: Apache-2.0

// Package idp runs identity providers that others wrote, on loopback, for tests: Keycloak, which make setup-keycloak
// fetches. It owns their processes, their realms with people and clients, and logins at them as a browser makes them.
// What their tokens are good for is another's business. Tests two folders below the root of the tree use it.
package idp
