// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// An action that the list lacks could be recorded and not be asked for.
func TestEveryAuditActionCanBeAskedFor(t *testing.T) {
	source, err := os.ReadFile("../../store/records.go")
	require.NoError(t, err)
	var declared []store.AuditAction
	for _, found := range regexp.MustCompile(`(?m)^\tAudit\w+ +AuditAction += "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		declared = append(declared, store.AuditAction(found[1]))
	}
	require.NotEmpty(t, declared)
	assert.ElementsMatch(t, declared, store.AuditActions())
}
