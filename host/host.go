// Package host is the way to the workflows that host visits: start one, hand it a command, wake it, look at it. Server and
// worker use it; it knows workflows by name only.
package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/exeat/exeat/visit"
)

// TaskQueue is where visits are worked on.
const TaskQueue = "exeat"

// Host reaches the workflows over one connection.
type Host struct {
	Client    client.Client
	TaskQueue string
}

// Start starts the workflow of a submitted visit; starting it again changes nothing.
func (h Host) Start(ctx context.Context, id string) error {
	return h.start(ctx, id, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
}

// StartAgain starts the workflow of an open visit also where an earlier run of it was terminated from outside. The new run
// begins by reading the ledger, so that it knows all that happened.
func (h Host) StartAgain(ctx context.Context, id string) error {
	return h.start(ctx, id, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
}

func (h Host) start(ctx context.Context, id string, reuse enumspb.WorkflowIdReusePolicy) error {
	_, err := h.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       visit.WorkflowID(id),
		TaskQueue:                h.TaskQueue,
		WorkflowIDReusePolicy:    reuse,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, visit.WorkflowType, visit.Start{Visit: id})
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return nil
	}
	return refusal(err, id)
}

// Do hands a command to the visit's workflow and waits until it is recorded. Seen is the last event the sender knew of.
// The command's id is the Update's id: sent again, it gives the first receipt. A refusal comes back as *visit.Error;
// unavailable means that the outcome is not known yet and the same command may be sent again.
func (h Host) Do(ctx context.Context, id string, c visit.Command, seen int) (visit.Receipt, error) {
	var r visit.Receipt
	u, err := h.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID:   visit.WorkflowID(id),
		UpdateID:     c.ID,
		UpdateName:   visit.CommandUpdate,
		Args:         []any{visit.Request{Command: c, Seen: seen}},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return r, refusal(err, id)
	}
	return r, refusal(u.Get(ctx, &r), id)
}

// Wake tells a workflow that the ledger or the clock has moved on.
func (h Host) Wake(ctx context.Context, id string) error {
	return refusal(h.Client.SignalWorkflow(ctx, visit.WorkflowID(id), "", visit.WakeSignal, nil), id)
}

// State gives the visit as its workflow knows it; not_found when it was never started.
func (h Host) State(ctx context.Context, id string) (v visit.Visit, err error) {
	res, err := h.Client.QueryWorkflow(ctx, visit.WorkflowID(id), "", visit.StateQuery)
	if err != nil {
		return v, refusal(err, id)
	}
	return v, res.Get(&v)
}

// History gives the complete Temporal history of a visit.
func (h Host) History(ctx context.Context, id string) (*historypb.History, error) {
	it := h.Client.GetWorkflowHistory(ctx, visit.WorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	hist := &historypb.History{}
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return nil, refusal(err, id)
		}
		hist.Events = append(hist.Events, e)
	}
	return hist, nil
}

// Ready tells whether a worker has asked for work in the last minute; without one no command can be decided.
func (h Host) Ready(ctx context.Context) (bool, error) {
	res, err := h.Client.DescribeTaskQueue(ctx, h.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return false, fmt.Errorf("ask for workers: %w", err)
	}
	for _, p := range res.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) < time.Minute {
			return true, nil
		}
	}
	return false, nil
}

// refusal gives the user's view of an error from Temporal.
func refusal(err error, id string) error {
	var app *temporal.ApplicationError
	var missing *serviceerror.NotFound
	var timeout *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &app):
		r := &visit.Error{}
		if app.HasDetails() && app.Details(r) == nil && r.Code != "" {
			return r
		}
		return err
	case errors.As(err, &missing):
		return visit.Refuse(visit.NotFound, "not_hosted", "id", id)
	case errors.As(err, &timeout), Passing(err):
		return visit.Refuse(visit.Unavailable, "not_decided_yet", "id", id)
	default:
		return fmt.Errorf("temporal: %w", err)
	}
}

// Passing tells whether an error from Temporal says nothing about the request: the same one may succeed later. Temporal
// answers that a namespace is not found also while its own database does not answer; the namespace was there when the
// process started, so that is what it means here.
func Passing(err error) bool {
	var (
		gone      *serviceerror.Unavailable
		late      *serviceerror.DeadlineExceeded
		busy      *serviceerror.ResourceExhausted
		cancelled *serviceerror.Canceled
		namespace *serviceerror.NamespaceNotFound
	)
	return errors.As(err, &gone) || errors.As(err, &late) || errors.As(err, &busy) || errors.As(err, &cancelled) || errors.As(err, &namespace) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
