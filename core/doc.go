// SPDX-License-Identifier: Apache-2.0

// Package core is ndoap without Domino: it takes a Request, as the host shows it, and returns a Decision. It owns the
// table of routes and the rules that hold for all of them (transport security, body limit, methods); each endpoint is
// a package of its own below it.
package core
