package host

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/exeat/exeat/visit"
)

// RiskID is the id of the workflow that tells visits of a change of risk.
func (h Host) RiskID(change int64) string { return fmt.Sprintf("risk/%s/%d", h.TaskQueue, change) }

// StartRisk starts telling visits of a change of risk; starting it again changes nothing, unless it had failed.
func (h Host) StartRisk(ctx context.Context, change int64) error {
	_, err := h.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       h.RiskID(change),
		TaskQueue:                h.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, visit.RiskType, visit.RiskStart{Change: change})
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if err == nil || errors.As(err, &started) {
		return nil
	}
	return fmt.Errorf("start the work on a change of risk: %w", err)
}
