package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// Domain P.9: what is handed in on the morning of a day and has so many working days ends at 18:00 of the day named. The
// notice of a real workflow closes then, and not a moment before, while the clock of the test skips from timer to timer.
func TestP42_TheNineValuesThroughAWorkflow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start string
		days  int
		due   string
	}{
		{"2026-09-24", 5, "2026-10-09"},
		{"2026-02-12", 5, "2026-02-26"},
		{"2026-02-06", 5, "2026-02-13"},
		{"2026-09-18", 1, "2026-09-20"},
		{"2026-09-30", 1, "2026-10-08"},
		{"2026-04-30", 5, "2026-05-11"},
		{"2025-01-24", 5, "2025-02-07"},
		{"2025-09-26", 5, "2025-10-10"},
		{"2026-12-31", 1, "2027-01-01"}, // provisional: 2027 is not published yet
	} {
		t.Run(c.start, func(t *testing.T) {
			t.Parallel()
			r := route()
			r.NoticeDays = c.days
			for i := range r.Stages[0] {
				r.Stages[0][i].Limit = c.days
			}
			start := calendar.MustDate(c.start).At(9, 0)
			env, l := newEnvAt(t, start, r)
			send(env, 60*24*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
			env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
			require.NoError(t, env.GetWorkflowError())

			want, provisional := calendar.MustDate(c.due).At(18, 0).UTC(), c.start == "2026-12-31"
			v, err := visit.Fold(l.events)
			require.NoError(t, err)
			for _, task := range v.Tasks {
				require.Equal(t, want, task.Due)
				require.Equal(t, provisional, task.Provisional)
			}
			require.Equal(t, provisional, v.Notice.Provisional)
			closed := l.of("notice_closed")
			require.Len(t, closed, 1)
			require.Equal(t, want, closed[0].At)
		})
	}
}

func (l *record) of(kind string) []visit.Event {
	var es []visit.Event
	for _, e := range l.events {
		if e.Kind() == kind {
			es = append(es, e)
		}
	}
	return es
}

// The list of 2027 comes in while a visit waits for a date in 2027: the date is computed again, and the timer with it. The
// validator knows only the shipped tables and refuses nothing for it.
func TestP42_ALoadedYearMovesTheTimerOfAWorkflow(t *testing.T) {
	t.Parallel()
	env, l := newEnvAt(t, calendar.MustDate("2026-12-31").At(9, 0), route())
	day := calendar.Entry{Date: calendar.MustDate("2027-01-01"), Kind: calendar.Holiday, NameZH: "元旦", NameEN: "New Year's Day"}
	known, err := calendar.China().WithYear(calendar.Year{Year: 2027, Source: "made up for tests", Days: []calendar.Entry{day}})
	require.NoError(t, err)
	o := &outcome{}
	env.RegisterDelayedCallback(func() {
		l.calendar = known
		c := visit.Command{ID: "system.recalculate.x", By: visit.System, Do: visit.Recalculate{Calendar: known.Version()}}
		env.UpdateWorkflow(visit.CommandUpdate, c.ID, o.callback(), visit.Request{Command: c})
	}, time.Hour)
	send(env, 60*24*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, o.err)
	require.True(t, o.accepted)

	require.Len(t, l.of("rescheduled"), 1)
	closed := l.of("notice_closed")
	require.Len(t, closed, 1)
	require.Equal(t, calendar.MustDate("2027-01-08").At(18, 0).UTC(), closed[0].At, "4, 5, 6, 7 and 8 January; Monday to Friday it was the 7th")
	v, err := visit.Fold(l.events)
	require.NoError(t, err)
	require.Equal(t, calendar.MustDate("2027-01-04").At(18, 0).UTC(), v.Tasks[0].Due)
	require.False(t, v.Tasks[0].Provisional)
}
