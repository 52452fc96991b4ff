package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/exeat/exeat/activities"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/workflows"
)

// A change of risk is worked through page by page; what is left goes to another run before the history grows long, and a page
// that fails is tried again.
func TestP40_AChangeOfRiskGoesOnInAnotherRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pages int
		goOn  bool
	}{"few": {3, false}, "many": {1000, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s testsuite.WorkflowTestSuite
			env := s.NewTestWorkflowEnvironment()
			workflows.Register(env)
			told, failed := 0, false
			env.RegisterActivityWithOptions(func(_ context.Context, in visit.RiskStart) (activities.RiskPage, error) {
				require.EqualValues(t, 7, in.Change)
				if told == 1 && !failed {
					failed = true
					return activities.RiskPage{}, errors.New("the database is away")
				}
				told++
				return activities.RiskPage{More: told < c.pages}, nil
			}, activity.RegisterOptions{Name: "FaceRisk"})
			env.ExecuteWorkflow(visit.RiskType, visit.RiskStart{Change: 7})
			require.True(t, failed)
			var next *workflow.ContinueAsNewError
			require.Equal(t, c.goOn, errors.As(env.GetWorkflowError(), &next))
			if !c.goOn {
				require.NoError(t, env.GetWorkflowError())
				require.Equal(t, c.pages, told)
			} else {
				require.Less(t, told, c.pages)
			}
		})
	}
}
