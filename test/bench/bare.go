package main

import (
	"context"
	"crypto/rand"
	"log/slog"

	temporal "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// The least that Temporal can be asked for: a workflow whose Update does nothing.
const (
	bareQueue  = "exeat-bench"
	bareType   = "Bare"
	bareUpdate = "nothing"
)

var silent = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

func bare(ctx workflow.Context) error {
	err := workflow.SetUpdateHandler(ctx, bareUpdate, func(_ workflow.Context, n int) (int, error) { return n, nil })
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return false }) // ends with the server
}

func startBare(c temporal.Client) (stop func(), err error) {
	w := worker.New(c, bareQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(bare, workflow.RegisterOptions{Name: bareType})
	return w.Stop, w.Start()
}

// startOne starts a bare workflow and gives its id.
func (b *bench) startOne(ctx context.Context) (string, error) {
	run, err := b.host.Client.ExecuteWorkflow(ctx, temporal.StartWorkflowOptions{ID: "bare-" + rand.Text(), TaskQueue: bareQueue}, bareType)
	if err != nil {
		return "", err
	}
	return run.GetID(), nil
}

// update waits for one bare Update to be done.
func (b *bench) update(ctx context.Context, id string) error {
	u, err := b.host.Client.UpdateWorkflow(ctx, temporal.UpdateWorkflowOptions{
		WorkflowID: id, UpdateID: rand.Text(), UpdateName: bareUpdate, Args: []any{1}, WaitForStage: temporal.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	var n int
	return u.Get(ctx, &n)
}
