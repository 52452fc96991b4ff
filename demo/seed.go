package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/schema/store"
)

// Config says where to seed.
type Config struct {
	DatabaseURL string    // role exeat_app
	URL         string    // of a running demonstration server, for example http://127.0.0.1:8080
	Out         io.Writer // one line a visit; nothing is written when nil
}

// Seed installs the university and lets its people live through the visits of the last five months, from the request to the archive, and
// fills the registers. Every step is a
// call of the API by the person who takes it, at its own hour: the university's clock first stands five months in the past
// and is moved from step to step until it shows the real time again.
//
// Where there are visits already, nothing is added. A seeding that was cut short is not continued; its visits stay as they
// are, and the clock is brought back to the real time.
func Seed(ctx context.Context, c Config) error {
	if c.Out == nil {
		c.Out = io.Discard
	}
	st, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // everything is committed
	if err := Install(ctx, st); err != nil {
		return fmt.Errorf("install the university: %w", err)
	}
	api := client.New(c.URL)
	defer api.Close()
	p := &player{store: st, out: c.Out, anybody: api, signedIn: map[string]*client.Client{}}
	seeded, err := hasVisits(ctx, st)
	if err != nil {
		return err
	}
	if !seeded {
		err = p.play(ctx, stories())
	}
	// Also after a failure: a clock that stays in the past would be worse than visits that are missing.
	return errors.Join(err, p.present(context.WithoutCancel(ctx)))
}

// hasVisits looks for drafts too: a first visit is one before it is submitted.
func hasVisits(ctx context.Context, st *store.Store) (bool, error) {
	page, err := st.Visits(ctx, store.Scope{All: true}, store.VisitFilter{Limit: 1})
	if err != nil || len(page.Items) > 0 {
		return true, err
	}
	drafts, err := st.OpenDrafts(ctx, stories()[0].applicant)
	return len(drafts) > 0, err
}

// player moves the clock and takes each step as the person whose step it is.
type player struct {
	store    *store.Store
	out      io.Writer
	anybody  *client.Client
	signedIn map[string]*client.Client
	parts    []*part
	passport map[string]int64 // number in the ledger of passports, by holder
	ended    int
}

// part is a story under way.
type part struct {
	story
	index  int
	id     string
	at     time.Time       // of the next step
	over   bool            // nobody does anything more
	took   map[string]bool // turns taken, by sign-off
	closes time.Time       // when time itself acts on the visit; zero when it waits for nobody but people
}

// play takes the steps of all stories in the order of time, up to the real time.
func (p *player) play(ctx context.Context, all []story) error {
	until, err := p.store.Now(ctx)
	if err != nil {
		return err
	}
	for i, s := range all {
		day := calendar.China().Due(calendar.DateOf(until), -s.ago).Date
		p.parts = append(p.parts, &part{story: s, index: i, at: morning(day, i), took: map[string]bool{}})
	}
	if err := p.store.SetClock(ctx, p.parts[0].at.Sub(until)); err != nil {
		return err
	}
	if err := p.furnish(ctx); err != nil {
		return err
	}
	if err := p.registers(ctx, calendar.DateOf(p.parts[0].at)); err != nil {
		return err
	}
	for next := p.next(until); next != nil; next = p.next(until) {
		if err := p.goTo(ctx, next.at); err != nil {
			return err
		}
		if err := p.step(ctx, next); err != nil {
			return fmt.Errorf("visit %d of %d (%s, %s): %w", next.index+1, len(p.parts), next.id, next.draft.Title, err)
		}
	}
	if err := p.latest(ctx, until); err != nil {
		return fmt.Errorf("registers: %w", err)
	}
	if err := p.tellWaiting(ctx); err != nil {
		return err
	}
	if err := p.movePassports(ctx); err != nil {
		return err
	}
	return p.goTo(ctx, until) // what is due today acts when it is due
}

// next is the part that moves next, nil when none does before the given time.
func (p *player) next(until time.Time) *part {
	var first *part
	for _, s := range p.parts {
		if !s.over && s.at.Before(until) && (first == nil || s.at.Before(first.at)) {
			first = s
		}
	}
	return first
}

// Hours of the day, in Beijing.
const (
	firstHour = 9
	lastHour  = 17
)

// morning is a time after the offices open that differs from one visit to the other.
func morning(day calendar.Date, index int) time.Time { return day.At(firstHour, 2*index) }

// later is when the next step is taken: a few hours on, or in the morning of the next working day.
func (s *part) later() time.Time {
	t := s.at.Add(2*time.Hour + 35*time.Minute)
	day := calendar.DateOf(t)
	if t.Before(day.At(lastHour, 0)) {
		return t
	}
	return s.nextMorning()
}

func (s *part) nextMorning() time.Time {
	return morning(calendar.China().Due(calendar.DateOf(s.at), 1).Date, s.index)
}

// goTo moves the clock. It stops where time itself acts on a visit, so that it acts then and not later.
func (p *player) goTo(ctx context.Context, at time.Time) error {
	for due := p.nextDue(at); !due.IsZero(); due = p.nextDue(at) {
		if err := p.advance(ctx, due); err != nil {
			return err
		}
		if err := p.lookAgain(ctx, due); err != nil {
			return err
		}
	}
	now, err := p.store.Now(ctx)
	if err != nil || !at.After(now) {
		return err
	}
	ahead, err := p.store.ClockAhead(ctx)
	if err != nil {
		return err
	}
	return p.store.SetClock(ctx, ahead+at.Sub(now))
}

// lookAgain asks the visits on which time has acted when it acts next. One that has not acted yet is not waited for again.
func (p *player) lookAgain(ctx context.Context, due time.Time) error {
	for _, s := range p.parts {
		if s.closes.IsZero() || s.closes.After(due) {
			continue
		}
		applicant, err := p.as(ctx, s.applicant)
		if err != nil {
			return err
		}
		v, err := applicant.Visit(ctx, s.id)
		if err != nil {
			return err
		}
		if s.watch(v); !s.closes.After(due) {
			s.closes = time.Time{}
		}
	}
	return nil
}

// nextDue is the first instant up to a time at which time acts on a visit, zero if there is none.
func (p *player) nextDue(until time.Time) time.Time {
	var first time.Time
	for _, s := range p.parts {
		if !s.closes.IsZero() && !s.closes.After(until) && (first.IsZero() || s.closes.Before(first)) {
			first = s.closes
		}
	}
	return first
}

// advance moves the clock by the API, which wakes the visits that wait for time and comes back when they have acted.
func (p *player) advance(ctx context.Context, to time.Time) error {
	now, err := p.store.Now(ctx)
	if err != nil || !to.After(now) {
		return err
	}
	admin, err := p.as(ctx, "admin")
	if err != nil {
		return err
	}
	_, err = admin.AdvanceClock(ctx, to.Sub(now).Truncate(time.Second)+time.Second)
	return err
}

// present brings a clock that is behind to the real time, by the API, so that every visit that waits for time looks at the
// clock once more.
func (p *player) present(ctx context.Context) error {
	ahead, err := p.store.ClockAhead(ctx)
	if err != nil || ahead >= 0 {
		return err
	}
	now, err := p.store.Now(ctx)
	if err == nil {
		err = p.advance(ctx, now.Add(-ahead))
	}
	return errors.Join(err, p.store.SetClock(ctx, 0))
}

// as gives the client of a person, who signs in at the first use.
func (p *player) as(ctx context.Context, person string) (*client.Client, error) {
	if c, ok := p.signedIn[person]; ok {
		return c, nil
	}
	c, err := p.anybody.Login(ctx, person, Password)
	if err != nil {
		return nil, err
	}
	p.signedIn[person] = c
	return c, nil
}
