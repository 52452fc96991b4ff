package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/exeat/exeat/standalone/datadir"
)

// parts are what exeat itself consists of; app.go makes them. All return nil when ctx ends and they have stopped cleanly.
type parts struct {
	migrate func(ctx context.Context) error
	// worker calls ready when it takes tasks.
	worker func(ctx context.Context, ready func()) error
	// server calls ready with its host:port when it accepts requests.
	server func(ctx context.Context, ready func(addr string)) error
	// seed makes the demonstration university by the API at url.
	seed func(ctx context.Context, url string) error
}

// serve runs the parts until ctx ends or one of them does, and stops them in the opposite order of their start.
func (p parts) serve(ctx context.Context, data *datadir.Dir, seed bool, show func(url string), steps *steps) (err error) {
	if err := steps.do("Database schema", func() error { return p.migrate(ctx) }); err != nil {
		return err
	}
	worker := inBackground(ctx, "worker", func(ctx context.Context, ready func(string)) error {
		return p.worker(ctx, func() { ready("") })
	})
	defer func() { err = errors.Join(err, steps.do("stop worker", worker.stop)) }()
	if err := steps.do("Worker", func() error { _, err := worker.wait(ctx); return err }); err != nil {
		return err
	}
	server := inBackground(ctx, "web server", p.server)
	defer func() { err = errors.Join(err, steps.do("stop web server", server.stop)) }()
	var url string
	if err := steps.do("Web server", func() error {
		addr, err := server.wait(ctx)
		url = "http://" + addr
		return err
	}); err != nil {
		return err
	}
	if seed && data.Marker().Seeded.IsZero() {
		if err := steps.do("Demonstration", func() error { return p.seed(ctx, url) }); err != nil {
			return err
		}
		if err := data.Update(func(m *datadir.Marker) { m.Seeded = time.Now().UTC().Truncate(time.Second) }); err != nil {
			return err
		}
	}
	show(url)
	select {
	case <-ctx.Done():
		return nil
	case <-server.done:
		return server.ended()
	case <-worker.done:
		return worker.ended()
	}
}

// background is a part that runs until it is stopped.
type background struct {
	name   string
	cancel context.CancelFunc
	ready  chan string // gets what the part says when it is ready
	done   chan struct{}
	err    error // read after done
}

// inBackground starts f. The end of ctx does not end it: parts stop in order, each when its turn has come.
func inBackground(ctx context.Context, name string, f func(ctx context.Context, ready func(string)) error) *background {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &background{name: name, cancel: cancel, ready: make(chan string, 1), done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.err = f(ctx, func(s string) { b.ready <- s })
	}()
	return b
}

// wait returns what the part says when it is ready.
func (b *background) wait(ctx context.Context) (string, error) {
	select {
	case s := <-b.ready:
		return s, nil
	case <-b.done:
		return "", b.ended()
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// ended is the error of a part that has ended although nobody stopped it.
func (b *background) ended() error {
	err := b.err
	b.err = nil // reported here, not again by stop
	if err == nil {
		return fmt.Errorf("the %s ended on its own", b.name)
	}
	return fmt.Errorf("the %s ended: %w", b.name, err)
}

func (b *background) stop() error {
	b.cancel()
	<-b.done
	return b.err
}
