package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// A route asks on each day who holds its posts on that day: the one before until the last day, the one after from the first, the
// stand-in while the delegation runs, and the next post of the rule where nobody holds the first. Somebody may hold several posts.
func TestP54_ARouteOnAPastDateUsesTheHoldersOfThatDate(t *testing.T) {
	t.Parallel()
	b, _ := newCourt(t)
	ctx := t.Context()
	held, err := b.st.Holdings(ctx, "dean", today)
	require.NoError(t, err)
	require.Len(t, held, 1)
	require.NoError(t, b.st.EndHolding(ctx, held[0].ID, "2026-06-30", today))
	require.NoError(t, b.st.StartHolding(ctx, store.Holding{Person: "wang", Post: "COL.DEAN", Unit: "CIV", From: "2026-07-02"}))
	require.NoError(t, b.st.StartHolding(ctx, store.Holding{Person: "wang", Post: "FIN", From: "2026-07-02", To: "2026-07-31"}))
	b.delegate(store.Delegation{Delegator: "wang", Delegate: "zhao", Post: "COL.DEAN", From: "2026-08-01", To: "2026-08-15"})
	id := b.routed("faculty", visit.Academic, "CIV", visit.Submit{Travellers: []string{"faculty"}, Route: over(stage("COL.DEAN", "FIN"))})

	for day, want := range map[string]struct{ dean, finance []string }{
		"2014-12-31": {[]string{}, []string{}},
		"2015-01-01": {[]string{"dean"}, []string{"fin"}},
		"2026-06-30": {[]string{"dean"}, []string{"fin"}},
		"2026-07-01": {[]string{"vp"}, []string{"fin"}},
		"2026-07-02": {[]string{"wang"}, []string{"fin", "wang"}},
		"2026-07-31": {[]string{"wang"}, []string{"fin", "wang"}},
		"2026-08-01": {[]string{"wang", "zhao"}, []string{"fin"}},
		"2026-08-15": {[]string{"wang", "zhao"}, []string{"fin"}},
		"2026-08-16": {[]string{"wang"}, []string{"fin"}},
	} {
		all, err := b.st.Signers(ctx, id, day)
		require.NoError(t, err)
		require.Equal(t, want.dean, persons(all["1.1.COL.DEAN"]), "dean on %s", day)
		require.Equal(t, want.finance, persons(all["1.1.FIN"]), "finance on %s", day)
	}

	acting, err := b.st.Acting(ctx, "wang", "2026-07-31")
	require.NoError(t, err)
	require.Len(t, acting, 2, "two posts on that day")
	acting, err = b.st.Acting(ctx, "dean", "2026-07-31")
	require.NoError(t, err)
	require.Empty(t, acting, "none after the last day")
}

func persons(as []store.Acting) []string {
	out := []string{}
	for _, a := range as {
		out = append(out, a.Person)
	}
	return out
}
