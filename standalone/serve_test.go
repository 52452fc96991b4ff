package main

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/standalone/datadir"
)

// recorder makes parts that write down what happens to them.
type recorder struct{ events chan string }

func newRecorder() *recorder { return &recorder{events: make(chan string, 20)} }

func (r *recorder) parts() parts {
	until := func(ctx context.Context, name string) error {
		<-ctx.Done()
		r.events <- name + " stopped"
		return nil
	}
	return parts{
		migrate: func(context.Context) error { r.events <- "migrated"; return nil },
		worker: func(ctx context.Context, ready func()) error {
			ready()
			return until(ctx, "worker")
		},
		server: func(ctx context.Context, ready func(string)) error {
			ready("127.0.0.1:1")
			return until(ctx, "server")
		},
		seed: func(_ context.Context, url string) error { r.events <- "seeded " + url; return nil },
	}
}

func (r *recorder) all() (events []string) {
	close(r.events)
	for e := range r.events {
		events = append(events, e)
	}
	return events
}

func openData(t *testing.T) *datadir.Dir {
	t.Helper()
	d, err := datadir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func TestServeOrder(t *testing.T) {
	t.Parallel()
	data := openData(t)
	for _, want := range [][]string{
		{"migrated", "seeded http://127.0.0.1:1", "shown", "server stopped", "worker stopped"},
		{"migrated", "shown", "server stopped", "worker stopped"}, // the second start finds the university complete
	} {
		r := newRecorder()
		ctx, cancel := context.WithCancel(t.Context())
		show := func(string) { r.events <- "shown"; cancel() }
		require.NoError(t, r.parts().serve(ctx, data, true, show, &steps{out: &bytes.Buffer{}}))
		require.Equal(t, want, r.all())
	}
}

func TestServeWithoutSeed(t *testing.T) {
	t.Parallel()
	data := openData(t)
	r := newRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, r.parts().serve(ctx, data, false, func(string) { cancel() }, &steps{out: &bytes.Buffer{}}))
	require.NotContains(t, r.all(), "seeded http://127.0.0.1:1")
	require.True(t, data.Marker().Seeded.IsZero())
}

func TestServeFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := map[string]struct {
		change func(p *parts, shown <-chan struct{})
		want   string
		events []string
	}{
		"migrate": {
			change: func(p *parts, _ <-chan struct{}) { p.migrate = func(context.Context) error { return broken } },
			want:   "broken", events: nil,
		},
		"server before it is ready": {
			change: func(p *parts, _ <-chan struct{}) {
				p.server = func(context.Context, func(string)) error { return broken }
			},
			want: "the web server ended: broken", events: []string{"migrated", "worker stopped"},
		},
		"seed": {
			change: func(p *parts, _ <-chan struct{}) { p.seed = func(context.Context, string) error { return broken } },
			want:   "broken", events: []string{"migrated", "server stopped", "worker stopped"},
		},
		"worker before it is ready": {
			change: func(p *parts, _ <-chan struct{}) { p.worker = func(context.Context, func()) error { return broken } },
			want:   "the worker ended: broken", events: []string{"migrated"},
		},
		"worker": {
			change: func(p *parts, shown <-chan struct{}) {
				p.worker = func(_ context.Context, ready func()) error { ready(); <-shown; return broken }
			},
			want: "the worker ended: broken", events: []string{"migrated", "seeded http://127.0.0.1:1", "server stopped"},
		},
		"worker without an error": {
			change: func(p *parts, shown <-chan struct{}) {
				p.worker = func(_ context.Context, ready func()) error { ready(); <-shown; return nil }
			},
			want: "the worker ended on its own", events: []string{"migrated", "seeded http://127.0.0.1:1", "server stopped"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			p := r.parts()
			shown := make(chan struct{})
			test.change(&p, shown)
			data := openData(t)
			err := p.serve(t.Context(), data, true, func(string) { close(shown) }, &steps{out: &bytes.Buffer{}})
			require.EqualError(t, err, test.want)
			require.Equal(t, test.events, r.all())
		})
	}
}
