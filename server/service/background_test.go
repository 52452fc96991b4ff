package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// trips copies a visit of a person many times, some weeks apart and before it, as approved.
func (k *kit) trips(id string, n int) {
	k.t.Helper()
	k.exec(`INSERT INTO draft SELECT (jsonb_populate_record(d, jsonb_build_object('id', 'T-' || n))).* FROM draft d, generate_series(1, $2) n WHERE d.id = $1`, id, n)
	k.exec(`INSERT INTO visit SELECT (jsonb_populate_record(v, jsonb_build_object('id', 'T-' || n, 'state', 'approved',
		'exit_date', v.exit_date - 30 * n, 'return_date', v.return_date - 30 * n))).* FROM visit v, generate_series(1, $2) n WHERE v.id = $1`, id, n)
}

// The acceptance check of P-20, with dfo-gulf-science/dm_apps 1130 and 1129: senior approvers kept asking for the person's
// other requests and for the whole group while they decided. One page has all of it, in as many statements for twenty trips as
// for none.
func TestP20_TheCaseHasWhatAnApproverAsksInAConstantNumberOfStatements(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id, other := k.submitted("faculty.civ"), k.submitted("faculty2.civ")
	db, counts := k.db.Counting(t)
	st, err := store.New(t.Context(), db)
	require.NoError(t, err)
	k.svc.Store = st
	read := func() (service.Case, int64) {
		_, err := k.svc.Case(t.Context(), k.user("dean.civ"), id) // what is remembered, is
		require.NoError(t, err)
		before := counts.Statements.Load()
		c, err := k.svc.Case(t.Context(), k.user("dean.civ"), id)
		require.NoError(t, err)
		return c, counts.Statements.Load() - before
	}
	c, few := read()
	require.Len(t, c.Background.Travellers, 1)
	require.Empty(t, c.Background.Travellers[0].Prior)

	k.trips(id, 20)
	pending := k.submitted("faculty.civ")
	c, many := read()
	require.Equal(t, few, many)
	b := c.Background.Travellers[0]
	require.Len(t, b.Prior, 20)
	require.Equal(t, []string{pending}, names(b.Open), "his other open request")
	require.ElementsMatch(t, []string{pending, other}, names(c.Background.Away), "others of the unit at the same time")
	days := 0
	for _, p := range b.Prior {
		if p.ExitDate[:4] == b.Year && p.ReturnDate[:4] == b.Year {
			days += 4
		}
	}
	require.GreaterOrEqual(t, b.Days, days)
	require.Less(t, b.Days, days+4, "one trip may lie on both sides of New Year")
	require.Equal(t, "days", c.Background.Limits[0].ID)
	require.Equal(t, 4, c.Background.Limits[0].With)
	require.Equal(t, b.Days, b.Limits[0].Used)
	require.Greater(t, b.Limits[0].With, b.Limits[0].Used)

	c, err = k.svc.Case(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	require.Empty(t, c.Background.Travellers, "who does not sign does not read it")
}

func names(trips []store.Journey) []string {
	all := []string{}
	for _, t := range trips {
		all = append(all, t.Visit)
	}
	return all
}

func TestP20_ALimitThatIsExceededIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit service.LimitUse
		over  bool
	}{
		{service.LimitUse{With: 5, Limit: 5}, false}, {service.LimitUse{With: 6, Limit: 5}, true}, {service.LimitUse{With: 6}, false},
	} {
		require.Equal(t, c.over, c.limit.Over(), "%+v", c.limit)
	}
}
