package crash_test

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// near is how long a timer of Temporal still has to run, at most, when the kill is chosen around it.
const near = 1500 * time.Millisecond

// TestP43_NoTimerIsLostOrFiresTwice kills the worker and PostgreSQL while timers of open visits are about to fire. Whatever
// was due has happened in the end, in the order in which it was due, and once.
func TestP43_NoTimerIsLostOrFiresTwice(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "EXEAT_TIMER_KILLS", 4), uint64(number(t, "EXEAT_SEED", int(time.Now().UnixNano()%1_000_000)))
	t.Logf("EXEAT_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 43))
	s := newSite(t)
	require.NoError(t, s.startInfra())
	o := openOffice(t, s)
	lateness := []time.Duration{}
	for n := range kills {
		if n%10 == 0 {
			o.leave(t, 3)
		}
		d := openDesk(t, s)
		id, due := d.nextOf(o.visits)
		d.approach(o.visits, due, time.Duration(random.Int64N(int64(near))))
		time.Sleep(time.Duration(random.Int64N(int64(near)))) // the random moment, before or after the timer fires
		d.close()
		if n%4 == 3 {
			require.NoError(t, syscall.Kill(s.postmaster(), syscall.SIGKILL))
			require.NoError(t, s.infra.Ended())
		} else {
			s.worker.Kill()
		}
		killed := time.Now()
		require.NoError(t, s.mend())
		d = openDesk(t, s)
		eventually(t, "what was due happens", func() bool { return d.acted(id, due) })
		lateness = append(lateness, time.Since(killed))
		d.close()
	}
	d := openDesk(t, s)
	defer d.close()
	acts := 0
	for _, id := range o.visits {
		eventually(t, "nothing is overdue", func() bool { return d.acted(id, d.now()) })
		acts += d.once(id)
	}
	require.GreaterOrEqual(t, acts, kills)
	t.Logf("%d kills over %d visits; time acted %d times, each when it was due and once; the median wait after a kill was %.1f s",
		kills, len(o.visits), acts, median(lateness).Seconds())
}

// leave submits visits on which nobody decides: all that happens to them is what time does. Of one the applicant is asked.
func (o *office) leave(t *testing.T, n int) {
	t.Helper()
	c := o.clerk(len(o.visits), 0) // a name of its own, so that no key is used twice
	for i := range n {
		var v client.Visit
		require.NoError(t, c.insist(t.Context(), func(ctx context.Context) (err error) {
			v, err = c.people[applicant].CreateVisit(ctx, c.draft)
			return err
		}))
		require.NoError(t, c.submit(t.Context(), v.ID, "submitted"))
		o.visits = append(o.visits, v.ID)
		if i == 0 {
			v, err := c.look(t.Context(), v.ID)
			require.NoError(t, err)
			require.NoError(t, c.decide(t.Context(), v.ID, v.Holders[0], "question", "asked"))
		}
	}
}

// desk reads the record and wakes workflows while the infrastructure runs.
type desk struct {
	t     *testing.T
	store *store.Store
	host  host.Host
}

func openDesk(t *testing.T, s *site) desk {
	t.Helper()
	st, err := store.Open(t.Context(), s.env.get(t, "DATABASE_URL"))
	require.NoError(t, err)
	return desk{t, st, host.Host{Client: s.env.temporal(t), TaskQueue: host.TaskQueue}}
}

func (d desk) close() { require.NoError(d.t, d.store.Close()) }

func (d desk) now() time.Time {
	now, err := d.store.Now(d.t.Context())
	require.NoError(d.t, err)
	return now
}

// nextOf is the visit for which time acts first, and when.
func (d desk) nextOf(visits []string) (id string, due time.Time) {
	d.t.Helper()
	for _, x := range visits {
		v, err := d.store.Visit(d.t.Context(), x)
		require.NoError(d.t, err)
		if at, ok := v.NextDue(); ok && (id == "" || at.Before(due)) {
			id, due = x, at
		}
	}
	require.NotEmpty(d.t, id, "nothing waits for time")
	return id, due
}

// approach moves the clock so that so much is left until an instant, and lets every workflow set its timer anew.
func (d desk) approach(visits []string, due time.Time, left time.Duration) {
	d.t.Helper()
	if by := due.Sub(d.now()) - left; by > 0 {
		_, err := d.store.AdvanceClock(d.t.Context(), by)
		require.NoError(d.t, err)
	}
	for _, id := range visits {
		v, err := d.store.Visit(d.t.Context(), id)
		require.NoError(d.t, err)
		if v.State.Open() {
			require.NoError(d.t, d.host.Wake(d.t.Context(), id))
		}
	}
}

// acted tells that nothing which was due at an instant still waits.
func (d desk) acted(id string, at time.Time) bool {
	d.t.Helper()
	v, err := d.store.Visit(d.t.Context(), id)
	require.NoError(d.t, err)
	next, ok := v.NextDue()
	return !ok || next.After(at)
}

// once holds each act of time against what was due before it: it came when it was due, and it left nothing of that time. It
// gives how often time has acted.
func (d desk) once(id string) (acts int) {
	d.t.Helper()
	events, err := d.store.Events(d.t.Context(), id, 0)
	require.NoError(d.t, err)
	for i := 0; i < len(events); {
		end := i + 1
		for end < len(events) && events[end].Command == events[i].Command {
			end++
		}
		if events[i].By == visit.System {
			before, err := visit.Fold(events[:i])
			require.NoError(d.t, err)
			due, ok := before.NextDue()
			require.True(d.t, ok && !due.After(events[i].At), "%s: %s at %s was not due", id, events[i].Kind(), events[i].At)
			after, err := visit.Fold(events[:end])
			require.NoError(d.t, err)
			next, ok := after.NextDue()
			require.True(d.t, !ok || next.After(events[i].At), "%s: after %s something of its time is left", id, events[i].Kind())
			acts++
		}
		i = end
	}
	return acts
}
