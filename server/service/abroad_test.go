package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// Setting a level sets off a change of risk, which only those on duty may read.
func TestP40_AChangeOfRiskIsReadByThoseOnDuty(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	require.NoError(t, k.svc.SetRisk(ctx, k.user("io.dir"), store.RiskLevel{Country: "JP", Level: 3, From: k.day(0), Source: "MFA notice"}))
	harness.Eventually(t, "the change to be worked through", func() bool {
		all, err := k.svc.RiskChanges(ctx, k.user("psd"))
		require.NoError(t, err)
		return len(all) == 1 && all[0].EndedAt != nil
	})
	all, err := k.svc.RiskChanges(ctx, k.user("dean.civ"))
	require.NoError(t, err)
	c, err := k.svc.RiskChange(ctx, k.user("dean.civ"), all[0].ID)
	require.NoError(t, err)
	require.Equal(t, []int{1, 3, 0}, []int{c.From, c.To, c.Visits})
	require.Empty(t, c.People)

	_, err = k.svc.RiskChanges(ctx, k.user("faculty.civ"))
	require.Equal(t, "duty_posts_only", rule(t, err))
	_, err = k.svc.RiskChange(ctx, k.user("fin"), all[0].ID)
	require.Equal(t, "duty_posts_only", rule(t, err))
	_, err = k.svc.RiskChange(ctx, k.user("psd"), 99)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	require.NoError(t, k.svc.SetRisk(ctx, k.user("io.dir"), store.RiskLevel{Country: "JP", Level: 3, From: k.day(0), Source: "MFA again"}))
	all, err = k.svc.RiskChanges(ctx, k.user("psd"))
	require.NoError(t, err)
	require.Len(t, all, 1, "the same level again is no change")
}
