package service

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

func TestSharesOfWaits(t *testing.T) {
	t.Parallel()
	w := waits{0, 1, 2, 2, 3, 5, 8, 9, 20, 60}
	require.Equal(t, 3, w.within(50), "half of ten are the first five")
	require.Equal(t, 9, w.within(80))
	require.Equal(t, 60, w.within(100))
	require.Equal(t, 2, waits{2}.within(50))

	require.Equal(t, measure{half: 3, most: 9, cases: 10}, w.still(0))
	require.Equal(t, measure{half: 8, most: 20, cases: 6}, w.still(3), "of the six that took three days or more")
	require.Equal(t, measure{half: 9, most: 9, cases: 3, over: true}, w.still(9), "three cannot tell")
}

func TestStagesAreAddedUpByTheirSlowestSignOff(t *testing.T) {
	t.Parallel()
	monday := calendar.MustDate("2026-09-07").At(10, 0)
	days := calendar.Clock{}
	var took []store.Took
	decided := func(code string, in ...int) {
		for _, n := range in {
			due, _ := days.Due(monday, n)
			took = append(took, store.Took{SignOff: code, From: monday, To: due})
		}
	}
	decided("COL.DEAN", 0, 1, 1, 1, 4)
	decided("FIN", 1, 2, 2, 3, 3, 3)
	decided("IO.REV", 0, 0, 1, 1, 1)
	a := ahead{stage: 1, since: monday, now: monday, noticeDays: 5, coming: [][]visit.SignOff{{{Code: "COL.DEAN"}, {Code: "FIN"}}, {{Code: "IO.REV"}}}}

	m := a.bySignOffs(days, took, 0)
	require.Equal(t, measure{half: 2 + 1, most: 3 + 1, cases: 5}, m)
	e := a.dated(days, BySignOffs, 0, m)
	require.Equal(t, "2026-09-14", e.Day, "the notice is not over before five working days")
	require.Equal(t, 5, e.Days)
	a.noticeDays = 0
	e = a.dated(days, BySignOffs, 0, m)
	require.Equal(t, &Expected{By: BySignOffs, Day: "2026-09-10", Days: 3, Since: "2026-09-07", LateDay: "2026-09-11", LateDays: 4, Cases: 5}, e)

	a.coming = append(a.coming, []visit.SignOff{{Code: "ISSUE", Limit: 1}})
	require.Less(t, a.bySignOffs(days, took, 0).cases, fewest, "one sign-off of which nothing is known is enough not to know")
	a.coming[0][1].Limit, a.coming[1][0].Limit = 2, 3
	require.Equal(t, 6, a.byLimits().half, "the longest limit of each stage")
}

func TestNoDateIsPast(t *testing.T) {
	t.Parallel()
	opened := calendar.MustDate("2026-09-07").At(10, 0)
	a := ahead{stage: 2, since: opened, now: calendar.MustDate("2026-09-12").At(10, 0)} // a Saturday
	waited := calendar.Clock{}.Left(a.since, a.now)
	require.Equal(t, 4, waited)
	e := a.dated(calendar.Clock{}, ByVisits, waited, measure{half: 4, most: 6, cases: 9})
	require.Equal(t, "2026-09-14", e.Day)
	require.False(t, e.Late)
	a.now = time.Date(2026, 9, 30, 2, 0, 0, 0, time.UTC)
	e = a.dated(calendar.Clock{}, ByLimits, calendar.Clock{}.Left(a.since, a.now), measure{half: 6, most: 6})
	require.True(t, e.Late)
	require.GreaterOrEqual(t, e.Day, "2026-09-30")
	require.Empty(t, e.LateDay)
	a.noticeCloses = calendar.MustDate("2026-10-16").At(17, 30)
	require.Equal(t, "2026-10-16", a.dated(calendar.Clock{}, ByLimits, 3, measure{half: 6, most: 6}).Day)
}
