package worker

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/exeat/exeat/schema/store"
)

// WatchEvery is how long a sign-off that nobody can give stays unnoticed at most; the bar is a minute (domain P-16).
const WatchEvery = 30 * time.Second

// Watch finds open sign-offs that nobody can give in their own right, since a post is empty, its holder has left or is in
// conflict: it opens an alarm for each and closes those that are over.
type Watch struct {
	Store *store.Store
	Log   *slog.Logger
	Every time.Duration // WatchEvery when 0
}

// Run watches until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	every(ctx, cmp.Or(w.Every, WatchEvery), func() {
		if err := w.Once(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("watch over vacant sign-offs", "error", err)
		}
	})
}

// Once looks at every open sign-off.
func (w *Watch) Once(ctx context.Context) error {
	opened, closed, err := w.Store.SweepVacancies(ctx)
	if err == nil && opened+closed > 0 {
		w.Log.Info("sign-offs that nobody can give", "opened", opened, "closed", closed)
	}
	return err
}
