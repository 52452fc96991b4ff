package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/server/service"
)

func TestCoverageCountsWhatHeldUnderThePinnedPolicies(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	cover := func(of service.CoverageOf) map[string]replay.Covered {
		c, err := k.svc.Coverage(t.Context(), k.user("auditor"), of)
		require.NoError(t, err)
		by := map[string]replay.Covered{"": {Fired: c.Cases, Overridden: c.Others}}
		for _, x := range c.Rules {
			require.NotEmpty(t, x.ZH, x.Code)
			by[x.Code] = x
		}
		return by
	}
	none := cover(service.CoverageOf{})
	require.Zero(t, none["R17"].Fired)
	require.Contains(t, none, "O22", "a rule that never held is listed")

	k.submitted("faculty.civ")
	last := k.submitted("faculty.mech")
	work := k.group([]string{"faculty.civ", "sec.civ"})
	// In the next version R17 is called R18: what was pinned still counts.
	d := k.edited("2026.2", "  - id: R17\n", "  - id: R18\n", `t.rule == "R17"`, `t.rule == "R18"`)
	k.publish(d, service.Keep)
	k.submitted("faculty.info")
	all := cover(service.CoverageOf{Rule: "R17"})
	require.Equal(t, []int{4, 0}, []int{all[""].Fired, all[""].Overridden})
	require.Equal(t, []int{2, 1, 1, 0}, []int{all["R17"].Fired, all["R18"].Fired, all["R13"].Fired, all["R01"].Fired})
	require.True(t, all["R17"].Gone)
	require.False(t, all["R18"].Gone)
	require.Equal(t, last, all["R17"].Last)
	require.Equal(t, last, all["R17"].Visits[0].ID)
	require.Empty(t, all["R18"].Visits, "only those of the rule that was asked for")
	require.Equal(t, work, all["R13"].Last)
	require.Equal(t, 1, cover(service.CoverageOf{Unit: "CIV", From: k.day(0)})["R13"].Fired)
	require.Zero(t, cover(service.CoverageOf{Unit: "MECH"})["R13"].Fired)
	require.Zero(t, cover(service.CoverageOf{To: k.day(-1)})["R17"].Fired)

	require.NoError(t, k.svc.UsePolicy(t.Context(), k.user("policy.publisher"), "CIV", "cn-provincial", k.day(0)))
	k.submitted("faculty.civ")
	require.Equal(t, 1, cover(service.CoverageOf{})[""].Overridden, "visits under another pack are told apart")
	_, err := k.svc.Coverage(t.Context(), k.user("faculty.civ"), service.CoverageOf{})
	require.Equal(t, "replay_only", rule(t, err))
}
