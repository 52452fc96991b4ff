package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// also records that another visit went the way of one that was approved, and took so many days.
func (k *kit) also(id string, n, days int) {
	k.t.Helper()
	v, err := k.svc.Store.Visit(k.t.Context(), id)
	require.NoError(k.t, err)
	other, began := fmt.Sprintf("2020-%05d", n), v.Spent.Since
	for _, table := range []string{"draft", "visit"} {
		k.exec(`INSERT INTO `+table+` SELECT (jsonb_populate_record(x, jsonb_build_object('id', CAST($2 AS text), 'key', NULL, 'state', 'archived', 'due_at', NULL))).* FROM `+table+` x WHERE id = $1`, id, other)
	}
	k.exec(`INSERT INTO task SELECT (jsonb_populate_record(x, jsonb_build_object('visit', CAST($2 AS text), 'decided_at', opened_at + interval '1 day'))).* FROM task x WHERE visit = $1`, id, other)
	k.exec(`INSERT INTO event SELECT (jsonb_populate_record(x, jsonb_build_object('visit', CAST($2 AS text), 'seq', 1, 'at', CAST($3 AS timestamptz)))).* FROM event x WHERE visit = $1 AND kind = 'approved'`,
		id, other, began.AddDate(0, 0, days))
}

// The expected date of approval comes from what the record has measured, and from the limits of the route where that is too little.
func TestP25_TheExpectedDateComesFromTheMeasuredWaits(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.approved()
	d := k.draft("faculty2.civ")
	expected := func() service.Expected {
		t.Helper()
		p, err := k.svc.Preview(t.Context(), "", d)
		require.NoError(t, err)
		require.NotNil(t, p.Expected)
		return *p.Expected
	}

	e := expected()
	require.Equal(t, service.ByLimits, e.By, "one visit tells nothing")
	p, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	within, _ := calendar.Clock{}.Due(k.now(), max(p.Route.Days, p.Route.NoticeDays))
	require.Equal(t, calendar.DateOf(within).String(), e.Day)
	require.Empty(t, e.LateDay)
	require.Zero(t, e.Cases)

	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	for n, days := range []int{20, 21, 22} {
		k.also(id, n, days)
	}
	require.Equal(t, service.ByLimits, expected().By, "four tell nothing either")
	k.also(id, 3, 40)
	e = expected()
	require.Equal(t, service.ByVisits, e.By)
	require.Equal(t, 5, e.Cases)
	took := func(days int) int { return calendar.Clock{}.Left(v.Spent.Since, v.Spent.Since.AddDate(0, 0, days)) }
	require.Equal(t, took(21), e.Days, "14, 20, 21, 22, 40: half took at most 21 days")
	require.Equal(t, took(22), e.LateDays)
	due, _ := calendar.Clock{}.Due(k.now(), took(21))
	require.Equal(t, calendar.DateOf(due).String(), e.Day)

	// The same beside a case, from the stage in which it is.
	open := k.submitted("faculty2.civ")
	c, err := k.svc.Case(t.Context(), k.user("faculty2.civ"), open)
	require.NoError(t, err)
	require.Equal(t, e, *c.Expected, "just submitted it is what the form said")
	k.pass(60)
	c, err = k.svc.Case(t.Context(), k.user("faculty2.civ"), open)
	require.NoError(t, err)
	require.True(t, c.Expected.Late, "none took as long")
	require.GreaterOrEqual(t, c.Expected.Day, k.day(0))

	c, err = k.svc.Case(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	require.Nil(t, c.Expected, "what is approved is not awaited")

	d = k.draft("faculty2.civ")
	d.Category = visit.Work
	require.Equal(t, service.ByLimits, expected().By, "on another path, with sign-offs that nobody has given yet")

	// What was long ago tells nothing.
	_, err = k.svc.Store.AdvanceClock(t.Context(), 400*24*time.Hour)
	require.NoError(t, err)
	d = k.draftTo("faculty2.civ", "JP")
	require.Equal(t, service.ByLimits, expected().By)
}
