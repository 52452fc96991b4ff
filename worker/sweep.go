package worker

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Sweep finds visits on which time should have acted, open visits whose workflow was never started (the server died between the
// ledger and the start), and visits whose workflow does not know the ledger's last events, the end among them (the worker died
// between the commit and its answer), and brings them up to date. A visit that was found up to date is not looked at again until
// it has new events.
type Sweep struct {
	Store *store.Store
	Host  host.Host
	Log   *slog.Logger
	Every time.Duration // 5 s when 0
	Grace time.Duration // age of the last event; 3 s when 0, longer than a running decision

	dates Recalculation
}

const sweepBatch = 500

// Run sweeps until ctx ends.
func (s *Sweep) Run(ctx context.Context) {
	if s.Grace == 0 {
		s.Grace = 3 * time.Second
	}
	s.dates = Recalculation{Store: s.Store, Host: s.Host, Log: s.Log}
	every(ctx, cmp.Or(s.Every, 5*time.Second), func() {
		if _, err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("sweep", "error", err)
		}
		if _, err := s.dates.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("recalculation of provisional dates", "error", err)
		}
		if err := s.risk(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("changes of risk", "error", err)
		}
	})
}

// Once looks at a batch of unchecked visits and gives how many were behind.
func (s *Sweep) Once(ctx context.Context) (mended int, err error) {
	unchecked, err := s.Store.Unchecked(ctx, s.Grace, sweepBatch)
	if err != nil {
		return 0, err
	}
	for _, b := range unchecked {
		behind, err := s.check(ctx, b)
		if err != nil {
			return mended, err
		}
		if behind {
			mended++
			s.Log.Info("visit was behind the ledger", "visit", b.Visit, "seq", b.Seq)
		}
	}
	late, err := s.Store.Overdue(ctx, lateness, sweepBatch)
	if err != nil {
		return mended, err
	}
	for _, id := range late {
		if err := s.wake(ctx, id); err != nil {
			return mended, err
		}
	}
	return mended, nil
}

// risk starts the work on changes of risk: those whose day has come, and those whose start was lost.
func (s *Sweep) risk(ctx context.Context) error {
	open, err := s.Store.OpenRiskChanges(ctx)
	if err != nil {
		return err
	}
	for _, id := range open {
		if err := s.Host.StartRisk(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// lateness is how long after its time a visit that time should have acted on is woken.
const lateness = time.Minute

func (s *Sweep) wake(ctx context.Context, id string) error {
	err := s.Host.Wake(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		return s.Host.Start(ctx, id)
	}
	return err
}

func (s *Sweep) check(ctx context.Context, b store.Behind) (behind bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	v, err := s.Host.State(ctx, b.Visit)
	switch {
	case visit.CodeOf(err) == visit.NotFound && b.Ended: // longer ago than Temporal remembers
		return false, s.Store.Confirm(ctx, b.Visit, b.Seq)
	case visit.CodeOf(err) == visit.NotFound:
		return true, s.Host.Start(ctx, b.Visit)
	case err != nil:
		return false, err
	case v.Seq < b.Seq:
		return true, s.Host.Wake(ctx, b.Visit)
	default:
		return false, s.Store.Confirm(ctx, b.Visit, v.Seq)
	}
}
