package main

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
)

// replayWhole is how many visits the bar speaks of.
const replayWhole = 100_000

// replaying replays the default policy over a record again and again, each visit read from the database with its facts and its
// route, and says how long as many visits as the bar speaks of would take.
func replaying(ctx context.Context, st *store.Store) (row, error) {
	pack, err := policy.Default()
	if err != nil {
		return row{}, err
	}
	visits, start := 0, time.Now()
	for visits < replayWhole/10 || time.Since(start) < 2*time.Second {
		r, err := replay.Run(pack, st.Cases(ctx, store.CaseFilter{}))
		if err != nil {
			return row{}, err
		}
		if r.Cases == 0 || r.Same != r.Cases {
			return row{}, fmt.Errorf("%d of %d visits are the same under their own policy", r.Same, r.Cases)
		}
		visits += r.Cases
	}
	rate := float64(visits) / time.Since(start).Seconds()
	return atMost(fmt.Sprintf("replay of %d visits from the database", replayWhole), replayWhole/rate, 60, "%.0f", fmt.Sprintf(" s (%.0f visits/s)", rate)), nil
}
