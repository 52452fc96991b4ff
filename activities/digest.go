package activities

import (
	"context"
	"time"

	"github.com/exeat/exeat/calendar"
)

// DigestInput is the moment for which digests are made.
type DigestInput struct {
	At time.Time `json:"at"`
}

// Digested says how many digests were queued.
type Digested struct {
	Queued int `json:"queued"`
}

// Digest queues the daily digest of everybody who wants it at this hour, by the university's clock, on a working day of his
// campus, and the newest checkpoint for auditors. It may be repeated: a person gets one of each a day.
func (a *Activities) Digest(ctx context.Context, in DigestInput) (Digested, error) {
	ahead, err := a.Store.ClockAhead(ctx)
	if err != nil {
		return Digested{}, err
	}
	now := in.At.Add(ahead).In(calendar.Zone)
	n, err := a.Store.QueueDigests(ctx, calendar.DateOf(now), now.Hour())
	if err != nil {
		return Digested{}, err
	}
	more, err := a.Store.QueueCheckpoints(ctx, calendar.DateOf(now), now.Hour())
	return Digested{Queued: n + more}, err
}
