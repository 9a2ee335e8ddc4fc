// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/explain"
)

func TestFailure(t *testing.T) {
	kind := errors.New("the token is not for this server")
	failure := &explain.Failure{Kind: kind, Rule: explain.Audience, Found: `"account"`, Expected: `one of ["Domino"]`, Remedy: "add a mapper"}
	assert.EqualError(t, failure, `the token is not for this server: aud: found "account", expected one of ["Domino"]; add a mapper`)
	assert.NotErrorIs(t, failure, io.EOF)

	failure = &explain.Failure{Kind: kind, Rule: explain.Form, Found: "2 parts", Cause: io.EOF}
	assert.EqualError(t, failure, "the token is not for this server: form: found 2 parts")
	wrapped := fmt.Errorf("bearer: %w", failure)
	require.ErrorIs(t, wrapped, kind)
	require.ErrorIs(t, wrapped, io.EOF)
	found, isFailure := errors.AsType[*explain.Failure](wrapped)
	require.True(t, isFailure)
	assert.Equal(t, explain.Form, found.Rule)
}
