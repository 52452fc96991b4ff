package visit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

func beijing(s string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Zone)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

// openAt opens a visit at an instant of the Chinese calendar. Its first sign-off is of one day and has a fallback.
func openAt(t *testing.T, at string, r visit.Route) *desk {
	d := &desk{t: t, v: visit.New("2026-00001", "faculty"), now: beijing(at)}
	d.in = func(now time.Time) visit.Clock { return calendar.Clock{At: now} }
	d.must("faculty", "", visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty"}, Route: r})
	return d
}

// wait lets time act whenever it is due, up to an instant, and tells what it did, in Beijing.
func (d *desk) wait(until string) []string {
	var said []string
	for {
		at, ok := d.v.NextDue()
		if !ok || at.After(beijing(until)) {
			d.now = beijing(until)
			return said
		}
		d.now = at
		before := len(d.log)
		d.must("system", "", visit.Tick{})
		require.Greater(d.t, len(d.log), before, "what is due at %s happens", at)
		for _, e := range d.log[before:] {
			said = append(said, e.At.In(calendar.Zone).Format("Mon 2 15:04 ")+what(e))
		}
	}
}

func what(e visit.Event) string {
	switch f := e.Fact.(type) {
	case visit.Reminded:
		return fmt.Sprintf("%s %s", f.Of, f.Task)
	case visit.Escalated:
		return fmt.Sprintf("escalated to %s", f.Posts)
	case visit.Warned:
		return fmt.Sprintf("warning %d", f.Number)
	default:
		return e.Kind()
	}
}

func finance() visit.Route {
	fin := office("FIN", visit.OfficeReview)
	fin.Fallback = []string{"VP.LINE"}
	return visit.Route{Rule: "R", Stages: [][]visit.SignOff{{fin}, {office("X.MOE", visit.Outside)}}}
}

// TestP44_RemindersAndEscalation is the acceptance check of P-44: half of the limit, the limit, every working morning after, escalation one and three
// working days after the limit, nothing on a day of rest.
func TestP44_RemindersAndEscalation(t *testing.T) {
	t.Parallel()
	t.Run("a task of Friday 17:00 sends nothing before the next working morning", func(t *testing.T) {
		t.Parallel()
		d := openAt(t, "2026-11-27 17:00", finance())
		require.Equal(t, []string{
			"Mon 30 13:00 half 1.1.FIN", "Mon 30 18:00 limit 1.1.FIN",
			"Tue 1 09:00 late 1.1.FIN", "Tue 1 18:00 escalated to [VP.LINE]",
			"Wed 2 09:00 late 1.1.FIN", "Thu 3 09:00 late 1.1.FIN", "Thu 3 18:00 escalated to [VP.INT]",
			"Fri 4 09:00 late 1.1.FIN", "Mon 7 09:00 late 1.1.FIN",
		}, d.wait("2026-12-07 12:00"))
		d.must("fin", "FIN", visit.Approve{Task: "1.1.FIN"})
		_, ok := d.v.NextDue()
		require.False(t, ok, "the clock stands while an authority outside has the case")
		d.wait("2026-12-17 12:00")
		spent := d.v.Spent.Paused
		d.must("io", "X.MOE", visit.Ask{Task: "1.2.X.MOE", Question: "q"})
		require.Equal(t, spent+10*24*time.Hour, d.v.Spent.Paused)
	})
	t.Run("a make-up Sunday counts", func(t *testing.T) {
		t.Parallel()
		d := openAt(t, "2026-09-18 17:00", finance())
		require.Equal(t, []string{"Sun 20 13:00 half 1.1.FIN", "Sun 20 18:00 limit 1.1.FIN", "Mon 21 09:00 late 1.1.FIN"}, d.wait("2026-09-21 12:00"))
	})
	t.Run("the clock stands while the applicant has a question, and what was left is left", func(t *testing.T) {
		t.Parallel()
		d := openAt(t, "2026-11-23 10:00", finance()) // half at Mon 18:30 = Tue 09:30
		d.wait("2026-11-23 12:00")
		d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
		require.Empty(t, d.wait("2026-11-25 10:00"))
		d.must("faculty", "", visit.Answer{Task: "1.1.FIN", Answer: "a"})
		require.Equal(t, []string{"Wed 25 16:30 half 1.1.FIN", "Thu 26 18:00 limit 1.1.FIN"}, d.wait("2026-11-26 19:00"))
		d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
		d.wait("2026-11-27 10:00")
		d.must("faculty", "", visit.Answer{Task: "1.1.FIN", Answer: "a"})
		require.Equal(t, []string{"Mon 30 18:00 limit 1.1.FIN"}, d.wait("2026-11-30 20:00"), "half is told once")
	})
	t.Run("after an outage each thing is said once, and not on a day of rest", func(t *testing.T) {
		t.Parallel()
		d := openAt(t, "2026-11-23 10:00", finance())
		d.now = beijing("2026-11-28 12:00") // a Saturday
		d.must("system", "", visit.Tick{})
		require.Equal(t, visit.Deferred{Until: beijing("2026-11-30 09:00")}, d.log[len(d.log)-1].Fact)
		seq := d.v.Seq
		d.must("system", "", visit.Tick{})
		require.Equal(t, seq, d.v.Seq, "a tick before its time does nothing")
		require.Equal(t, []string{"Mon 30 09:00 limit 1.1.FIN", "Mon 30 09:00 escalated to [VP.LINE]", "Mon 30 09:00 escalated to [VP.INT]"}, d.wait("2026-11-30 12:00"))
	})
	t.Run("times of the policy hold where the route pins them", func(t *testing.T) {
		t.Parallel()
		r := finance()
		r.Timing = &visit.Timing{Answer: 3, Warnings: []int{1}, Escalations: []visit.Escalation{{After: 2, To: "PRES"}}}
		d := openAt(t, "2026-11-23 10:00", r)
		require.Contains(t, d.wait("2026-11-26 19:00"), "Thu 26 18:00 escalated to [PRES]")
		d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
		require.Equal(t, []string{"Fri 27 09:00 warning 1", "Sun 29 19:00 withdrawn"}, d.wait("2026-12-01 12:00"))
	})
}

// TestP44_AQuestionWithoutAnswer: three warnings, and the visit is withdrawn after thirty days, whatever day that is.
func TestP44_AQuestionWithoutAnswer(t *testing.T) {
	t.Parallel()
	d := openAt(t, "2026-08-28 10:00", finance())
	d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	require.Equal(t, []string{"Fri 4 09:00 warning 1", "Mon 14 09:00 warning 2", "Tue 22 09:00 warning 3", "Sun 27 10:00 withdrawn"}, d.wait("2026-10-09 10:00"))
	require.Equal(t, visit.StateWithdrawn, d.v.State)
	require.Equal(t, visit.Withdrawn{Task: "1.1.FIN"}, d.log[len(d.log)-1].Fact)

	e := openAt(t, "2026-08-28 10:00", finance())
	e.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	e.wait("2026-09-20 10:00")
	e.must("faculty", "", visit.Answer{Task: "1.1.FIN", Answer: "a"})
	e.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q2"})
	require.Equal(t, []string{"Mon 28 09:00 warning 1"}, e.wait("2026-09-28 10:00"), "a new question begins a new period")
}

// TestP43_OldEventsHaveNoTimes: an old ledger, whose tasks and questions have no times, waits for its notice only.
func TestP43_OldEventsHaveNoTimes(t *testing.T) {
	t.Parallel()
	d := openAt(t, "2026-11-23 10:00", simplified())
	for i, e := range d.log {
		if f, ok := e.Fact.(visit.StageOpened); ok {
			for j := range f.Tasks {
				f.Tasks[j].Remind, f.Tasks[j].Escalate = time.Time{}, time.Time{}
			}
			d.log[i].Fact = f
		}
	}
	d.v = refold(t, d.log)
	at, ok := d.v.NextDue()
	require.True(t, ok)
	require.Equal(t, d.v.Notice.Closes, at)
}

// TestP44_NothingOnADayOfRest holds, for random visits whose timers may fire late, that nothing is said on a day of rest, each thing once.
func TestP44_NothingOnADayOfRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 300*24*60).Draw(r, "start")) * time.Minute)
		route := finance()
		route.Stages[0][0].Limit = rapid.IntRange(1, 5).Draw(r, "limit")
		v := visit.New("2026-00001", "faculty")
		n := 0
		do := func(now time.Time, by visit.Actor, a visit.Action) []visit.Event {
			n++
			es, err := v.Handle(visit.Command{ID: fmt.Sprint(n), By: by, Do: a}, calendar.Clock{At: now})
			require.NoError(r, err)
			for _, e := range es {
				require.NoError(r, v.Apply(e))
			}
			return es
		}
		do(start, visit.Actor{Person: "faculty", Channel: "api"}, visit.Submit{Version: "v", Route: route})
		seen := map[string]bool{}
		for range 30 {
			at, ok := v.NextDue()
			require.True(r, ok)
			late := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 600, 3000}).Draw(r, "minutes late")) * time.Minute
			for _, e := range do(at.Add(late), visit.System, visit.Tick{}) {
				switch f := e.Fact.(type) {
				case visit.Deferred:
					require.True(r, calendar.Clock{}.Rests(e.At))
					require.False(r, calendar.Clock{}.Rests(f.Until))
				case visit.Reminded:
					require.False(r, calendar.Clock{}.Rests(e.At), "%s on %s", e.Kind(), e.At)
					key := string(f.Of) + e.At.In(calendar.Zone).Format(time.DateOnly)
					require.False(r, seen[key], key)
					seen[key] = true
				case visit.Escalated:
					require.False(r, calendar.Clock{}.Rests(e.At))
					key := fmt.Sprint("level", f.Level)
					require.False(r, seen[key], key)
					seen[key] = true
				}
			}
			next, ok := v.NextDue()
			require.True(r, ok && next.After(at.Add(late)), "nothing that is due is left")
		}
	})
}
