// Package worker runs the workflows and the activities, the sweep that finds visits behind the ledger, and the watch over
// sign-offs that nobody can give.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/exeat/exeat/activities"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/workflows"
)

// Config is what a worker needs. Several workers may run side by side.
type Config struct {
	DatabaseURL string         // role exeat_app
	Temporal    client.Options // host, namespace, credentials
	TaskQueue   string         // host.TaskQueue when empty
	Key         string         // file of the key that signs the ledger; empty: another worker seals
	Notify      notify.Config  // how people are told of what concerns them, besides on the pages
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
	if err := st.InstallCalendars(ctx); err != nil {
		return err
	}
	if c.Key != "" {
		if _, err := ledger.ReadKey(c.Key); err != nil {
			return err
		}
		defer beside(ctx, (&Sealer{Store: st, Key: c.Key, Log: c.Log}).Run)()
	}
	defer beside(ctx, (&Watch{Store: st, Log: c.Log}).Run)()
	tell, err := notify.New(c.Notify, st, c.Log)
	if err != nil {
		return err
	}
	c.Temporal.Logger, c.Temporal.Identity = c.Log, "exeat-worker"
	tc, err := client.DialContext(ctx, c.Temporal)
	if err != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", c.Temporal.HostPort, err)
	}
	defer tc.Close()
	worker.SetStickyWorkflowCacheSize(cached)
	worked, ready := false, c.Ready
	c.Ready = func() {
		if !worked && ready != nil {
			ready()
		}
		worked = true
	}

	for {
		err := work(ctx, c, st, tc, tell)
		if err == nil || !worked || !host.Passing(err) || ctx.Err() != nil {
			return err
		}
		c.Log.Warn("Temporal went away, the worker starts again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// beside runs what needs no Temporal until ctx ends or the function that it gives is called, which waits for it.
func beside(ctx context.Context, run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { run(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// work runs one worker until ctx ends or the worker gives up. It gives up when Temporal says that the namespace is not
// there, which Temporal also says while its own database does not answer.
func work(ctx context.Context, c Config, st *store.Store, tc client.Client, tell *notify.Notifier) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := worker.New(tc, c.TaskQueue, worker.Options{
		WorkerStopTimeout: 5 * time.Second,
		OnFatalError:      func(err error) { stop(fmt.Errorf("worker: %w", err)) },
	})
	workflows.Register(w)
	h := host.Host{Client: tc, TaskQueue: c.TaskQueue}
	w.RegisterActivity(&activities.Activities{Store: st, Host: h})
	if err := w.Start(); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	defer w.Stop()
	if tell.Mails() {
		if err := h.ScheduleDigest(ctx); err != nil {
			return err
		}
	}
	c.Ready()
	var wg sync.WaitGroup
	wg.Go(func() { (&Archiver{Store: st, Host: h, Log: c.Log}).Run(ctx) })
	wg.Go(func() { tell.Run(ctx) })
	(&Sweep{Store: st, Host: h, Log: c.Log}).Run(ctx)
	wg.Wait() // a message that is being sent is sent, or due again
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}
