package service

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// MaxAdvance is how far the clock may be moved at once.
const MaxAdvance = 366 * 24 * time.Hour

// duration is ISO 8601 in the parts that have a fixed length: weeks, or days, hours, minutes and seconds.
var duration = regexp.MustCompile(`^P(?:(\d{1,4})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?)$`)

// ParseDuration reads an ISO 8601 duration such as P7D, PT36H or P1W. Years and months have no fixed length and are
// refused; so is what is negative, nothing at all, or more than MaxAdvance. The field is "advance".
func ParseDuration(s string) (time.Duration, error) {
	parts := duration.FindStringSubmatch(s)
	if parts == nil {
		return 0, wrongDuration("not_a_duration", "value", s)
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n := parts[i+1]; n != "" {
			v, err := strconv.Atoi(n)
			if err != nil {
				return 0, wrongDuration("not_a_duration", "value", s)
			}
			d += time.Duration(v) * unit
		}
	}
	switch {
	case d == 0:
		return 0, wrongDuration("not_a_duration", "value", s)
	case d > MaxAdvance:
		return 0, wrongDuration("too_far", "max", "P366D")
	}
	return d, nil
}

func wrongDuration(rule string, pairs ...string) error {
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
		Field: "advance", Rule: rule, Args: visit.Refuse("", "", pairs...).Args,
	}}}
}

const (
	actTime = 30 * time.Second      // for every visit that became due, together
	lookup  = 20 * time.Millisecond // between two looks at the projection
	waking  = 8                     // visits at a time
)

// AdvanceClock moves the university's clock, in a demonstration and by an administrator, and gives the new time. It comes
// back when every visit that became due has acted; unavailable means that some has not yet, though the clock has moved.
func (s *Service) AdvanceClock(ctx context.Context, u User, by time.Duration) (time.Time, error) {
	if !s.Demo {
		return time.Time{}, visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", "demo/clock")
	}
	if err := s.adminOnly(ctx, u); err != nil {
		return time.Time{}, err
	}
	if by <= 0 || by > MaxAdvance {
		return time.Time{}, wrongDuration("too_far", "max", "P366D")
	}
	var now time.Time
	err := s.as(ctx, u, func(st *store.Store) (err error) {
		now, err = st.AdvanceClock(ctx, by)
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	return now, s.letTimeAct(ctx, now)
}

func (s *Service) adminOnly(ctx context.Context, u User) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.Admin {
		err = visit.Refuse(visit.Forbidden, "admin_only")
	}
	return err
}

// letTimeAct wakes every visit that waits for time, and waits for those that are due.
func (s *Service) letTimeAct(ctx context.Context, now time.Time) error {
	ids, err := s.Store.WaitingForTime(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(waking)
	for _, id := range ids {
		g.Go(func() error { return s.wake(ctx, id, now) })
	}
	return g.Wait()
}

func (s *Service) wake(ctx context.Context, id string, now time.Time) error {
	err := s.Host.Wake(ctx, id)
	if visit.CodeOf(err) == visit.NotFound { // recorded, but its workflow was never started
		err = s.Host.Start(ctx, id)
	}
	if err != nil {
		return err
	}
	ticker := time.NewTicker(lookup)
	defer ticker.Stop()
	for {
		row, err := s.Store.VisitRow(ctx, id)
		due := err == nil && row.DueAt != nil && !row.DueAt.After(now)
		if ctx.Err() == nil && (err != nil || !due) {
			return err
		}
		select {
		case <-ctx.Done():
			return visit.Refuse(visit.Unavailable, "not_decided_yet", "id", id)
		case <-ticker.C:
		}
	}
}
