// SPDX-License-Identifier: Apache-2.0

// Package metadata answers the well-known places where clients look an authorization server up (RFC 8414).
package metadata
