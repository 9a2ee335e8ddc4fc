// SPDX-License-Identifier: Apache-2.0

// Package architecture holds the imports of every package to a table, and the picture in docs/architecture.md to the
// same table.
package architecture
