// Package worker runs the workflows and the activities, and the sweep that finds visits behind the ledger.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/activities"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/workflows"
)

// Config is what a worker needs. Several workers may run side by side.
type Config struct {
	DatabaseURL string         // role exeat_app
	Temporal    client.Options // host, namespace, credentials
	TaskQueue   string         // host.TaskQueue when empty
	Log         *slog.Logger   // discarded when nil
	Ready       func()         // called once when the worker polls
}

// cached is how many idle visits stay in memory; an evicted one is replayed in milliseconds.
const cached = 1000

// Run works until ctx ends, then finishes what is running and returns nil.
func Run(ctx context.Context, c Config) error {
	if c.TaskQueue == "" {
		c.TaskQueue = host.TaskQueue
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	st, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	c.Temporal.Logger, c.Temporal.Identity = c.Log, "exeat-worker"
	tc, err := client.DialContext(ctx, c.Temporal)
	if err != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", c.Temporal.HostPort, err)
	}
	defer tc.Close()

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	worker.SetStickyWorkflowCacheSize(cached)
	w := worker.New(tc, c.TaskQueue, worker.Options{
		WorkerStopTimeout: 5 * time.Second,
		OnFatalError:      func(err error) { stop(fmt.Errorf("worker: %w", err)) },
	})
	workflows.Register(w)
	w.RegisterActivity(&activities.Activities{Store: st})
	if err := w.Start(); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	defer w.Stop()
	if c.Ready != nil {
		c.Ready()
	}
	var g errgroup.Group
	g.Go(func() error {
		(&Sweep{Store: st, Host: host.Host{Client: tc, TaskQueue: c.TaskQueue}, Log: c.Log}).Run(ctx)
		return nil
	})
	_ = g.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}
