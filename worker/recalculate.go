package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Recalculation finds open visits with provisional dates for which all lists of days are published by now, and asks each to
// compute them again (domain P-42). A visit whose dates were computed is not found again.
type Recalculation struct {
	Store *store.Store
	Host  host.Host
	Log   *slog.Logger
	// asked is the calendar with which a visit was asked last: one that answers and stays as it is, is not asked for ever.
	asked map[string]string
}

const recalculationBatch = 200

// Once asks a batch of visits and gives how many have answered.
func (r *Recalculation) Once(ctx context.Context) (n int, err error) {
	found, err := r.Store.Provisional(ctx, recalculationBatch)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	calendars, err := r.Store.Calendars(ctx)
	if err != nil {
		return 0, err
	}
	if r.asked == nil {
		r.asked = map[string]string{}
	}
	for _, p := range found {
		version := calendars.Of(p.Campus).Version()
		if r.asked[p.Visit] == version {
			continue
		}
		if err := r.ask(ctx, p, version); err != nil {
			r.Log.Warn("dates were not recalculated", "visit", p.Visit, "error", err)
			continue
		}
		r.asked[p.Visit] = version
		n++
	}
	return n, nil
}

func (r *Recalculation) ask(ctx context.Context, p store.Provisional, version string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := r.Host.Do(ctx, p.Visit, visit.Command{
		ID: "system.recalculate." + version, By: visit.System, Do: visit.Recalculate{Calendar: version},
	}, p.Seq)
	return err
}
