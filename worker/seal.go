package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
)

// Sealer gives events their leaves in the tree of the ledger and signs checkpoints. Any number may run: the database lets
// one at a time work. Nothing waits for it.
type Sealer struct {
	Store *store.Store
	Key   string // file of the key; read at each round, so that a rotated key is used at once
	Log   *slog.Logger
	Every time.Duration // 3 s when 0
	Batch int           // leaves in one transaction; 5,000 when 0
}

// Run seals until ctx ends.
func (s *Sealer) Run(ctx context.Context) {
	every(ctx, cmp.Or(s.Every, 3*time.Second), func() {
		if _, err := s.Once(ctx); err != nil && ctx.Err() == nil {
			level := slog.LevelWarn
			if errors.Is(err, store.ErrTree) {
				level = slog.LevelError
			}
			s.Log.Log(ctx, level, "seal", "error", err)
		}
	})
}

// Once seals all that waits and gives how many events that were.
func (s *Sealer) Once(ctx context.Context) (int, error) {
	batch := s.Batch
	if batch == 0 {
		batch = 5000
	}
	key, err := ledger.ReadKey(s.Key)
	if err != nil {
		return 0, err
	}
	for all := 0; ; {
		n, err := s.Store.Seal(ctx, batch, key)
		all += n
		if err != nil || n < batch {
			return all, err
		}
	}
}
