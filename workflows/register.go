package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/exeat/exeat/visit"
)

// Register adds all workflows, under the names that stand in histories, to a worker, a test environment or a replayer.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(Visit, workflow.RegisterOptions{Name: visit.WorkflowType})
	r.RegisterWorkflowWithOptions(Risk, workflow.RegisterOptions{Name: visit.RiskType})
	r.RegisterWorkflowWithOptions(Digest, workflow.RegisterOptions{Name: visit.DigestType})
}
