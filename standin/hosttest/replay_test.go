// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

type report struct {
	Requests    int
	Outcomes    map[string]int
	Allocations map[string]int
	AllocMem    int `json:"alloc_mem"`
	Callbacks   map[string]int
	Statistics  map[string]any
}

// replay pushes requests through the filter without sockets and returns the report and the results.
func replay(t *testing.T, requests []wire.Message, options ...string) (report, []wire.Message) {
	t.Helper()
	folder := t.TempDir()
	var frames bytes.Buffer
	for _, r := range requests {
		require.NoError(t, wire.Write(&frames, r))
	}
	in, out := filepath.Join(folder, "requests"), filepath.Join(folder, "results")
	require.NoError(t, os.WriteFile(in, frames.Bytes(), 0o600))
	arguments := append([]string{
		"--filter", tested.Path(filter(right)), "--data", tested.Path(dataDirectory(t)), "--json",
		"--replay", tested.Path(in), "--write-results", tested.Path(out),
	}, options...)
	output, err := hostCommand(t, arguments...).Output()
	require.NoError(t, err)
	var r report
	require.NoError(t, json.Unmarshal(output, &r), "%s", output)

	written, err := os.ReadFile(out)
	require.NoError(t, err)
	var results []wire.Message
	for reader := bytes.NewReader(written); ; {
		result, err := wire.Read(reader)
		if errors.Is(err, io.EOF) {
			return r, results
		}
		require.NoError(t, err)
		results = append(results, result)
	}
}

func TestReplayCountsAllocations(t *testing.T) {
	t.Parallel()
	none, _ := replay(t, []wire.Message{request("/file.html")}, "--count", "1000", "--threads", "2")
	some, _ := replay(t, []wire.Message{request("/malloc")}, "--count", "1000", "--threads", "2")
	if !tested.Allocations {
		require.Nil(t, none.Allocations, "the report claims nothing that was not counted")
		require.Nil(t, some.Allocations, "the report claims nothing that was not counted")
		return
	}
	// The first event of each thread writes a console line, which the C library may prepare for.
	require.Less(t, none.Allocations["malloc"], 10)
	require.GreaterOrEqual(t, some.Allocations["malloc"], 3000)
	require.Less(t, some.Allocations["malloc"], 3010)
	require.GreaterOrEqual(t, some.Allocations["free"], 3000)
}

func TestReplayReports(t *testing.T) {
	t.Parallel()
	r, results := replay(t, []wire.Message{request("/answer"), request("/102"), request("/nothing")},
		"--count", "8", "--threads", "2")
	require.Equal(t, 8, r.Requests)
	require.Equal(t, map[string]int{"answered 200": 3, "serve": 3, "answered 204": 2}, r.Outcomes)
	require.Equal(t, 5, r.Callbacks["kWriteResponseHeaders"])
	require.Equal(t, 3, r.Callbacks["WriteClient"])
	require.Equal(t, 3, r.Callbacks["kWrite102Processing"])
	require.Len(t, results, 8)
	for i, want := range []string{"answered", "serve", "answered", "answered", "serve", "answered", "answered", "serve"} {
		require.Equal(t, want, results[i].Text(wire.Outcome), "result %d", i)
	}
}
