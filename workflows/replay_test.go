package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/exeat/exeat/workflows"
)

var quiet = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

// TestReplay runs the recorded histories of every released version through this version's workflow code. A failure means
// that open visits would stand still after an upgrade: see CONTRIBUTING.md, "Changing a workflow".
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			r := worker.NewWorkflowReplayer()
			workflows.Register(r)
			require.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(quiet, file))
		})
	}
}

// TestReplayFindsABrokenHistory proves that the test above can fail: in this history the timer
// is another one than the code asks for.
func TestReplayFindsABrokenHistory(t *testing.T) {
	t.Parallel()
	r := worker.NewWorkflowReplayer()
	workflows.Register(r)
	require.ErrorContains(t, r.ReplayWorkflowHistoryFromJSONFile(quiet, "testdata/broken/wrong-timer.json"), "TMPRL1100")
}
