package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for in, want := range map[string]time.Duration{
		"P7D": 7 * day, "P1W": 7 * day, "PT36H": 36 * time.Hour, "P1DT12H": 36 * time.Hour, "PT90M": 90 * time.Minute,
		"PT604800S": 7 * day, "P366D": 366 * day, "PT31622400S": 366 * day, "P0DT1S": time.Second,
	} {
		got, err := service.ParseDuration(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
}

func TestParseDurationRefuses(t *testing.T) {
	t.Parallel()
	for in, rule := range map[string]string{
		"": "not_a_duration", "P": "not_a_duration", "PT": "not_a_duration", "7D": "not_a_duration", "-P7D": "not_a_duration",
		"P-7D": "not_a_duration", "P1Y": "not_a_duration", "P1M": "not_a_duration", "P1WT1H": "not_a_duration", "P7d": "not_a_duration",
		"PT1.5H": "not_a_duration", "P0D": "not_a_duration", "P1D ": "not_a_duration", "P99999999999999999999D": "not_a_duration",
		"P367D": "too_far", "P366DT1S": "too_far", "PT99999999S": "too_far",
	} {
		_, err := service.ParseDuration(in)
		var e *visit.Error
		require.ErrorAs(t, err, &e, in)
		require.Equal(t, visit.Invalid, e.Code, in)
		require.Len(t, e.Problems, 1, in)
		require.Equal(t, "advance", e.Problems[0].Field, in)
		require.Equal(t, rule, e.Problems[0].Rule, in)
	}
}

func TestParseDurationAddsItsParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, h := rapid.IntRange(0, 365).Draw(t, "days"), rapid.IntRange(0, 23).Draw(t, "hours")
		m, s := rapid.IntRange(0, 59).Draw(t, "minutes"), rapid.IntRange(1, 59).Draw(t, "seconds")
		got, err := service.ParseDuration(fmt.Sprintf("P%dDT%dH%dM%dS", d, h, m, s))
		require.NoError(t, err)
		require.Equal(t, time.Duration(d*24+h)*time.Hour+time.Duration(m)*time.Minute+time.Duration(s)*time.Second, got)
	})
}

func TestOnlyAnAdministratorOfADemonstrationMovesTheClock(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.svc.Demo = false
	_, err := k.svc.AdvanceClock(t.Context(), k.user("admin"), time.Hour)
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "production has no such thing")
	k.svc.Demo = true
	_, err = k.svc.AdvanceClock(t.Context(), k.user("pres"), time.Hour)
	require.Equal(t, "admin_only", rule(t, err))
	for _, by := range []time.Duration{0, -time.Hour, 367 * 24 * time.Hour} {
		_, err = k.svc.AdvanceClock(t.Context(), k.user("admin"), by)
		require.Equal(t, visit.Invalid, visit.CodeOf(err), by)
	}
	before := k.now()
	now, err := k.svc.AdvanceClock(t.Context(), k.user("admin"), 36*time.Hour)
	require.NoError(t, err)
	require.WithinDuration(t, before.Add(36*time.Hour), now, time.Minute)
}

func TestAdvanceClockComesBackWhenTheNoticesAreClosed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ids := []string{k.submitted("faculty.civ"), k.submitted("faculty.civ"), k.submitted("faculty.civ")}
	for _, id := range ids {
		row, err := k.svc.Store.VisitRow(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, visit.NoticeOpen, row.Notice)
	}
	_, err := k.svc.AdvanceClock(t.Context(), k.user("admin"), time.Minute)
	require.NoError(t, err)
	row, err := k.svc.Store.VisitRow(t.Context(), ids[0])
	require.NoError(t, err)
	require.Equal(t, visit.NoticeOpen, row.Notice, "a minute closes no notice")

	_, err = k.svc.AdvanceClock(t.Context(), k.user("admin"), 30*24*time.Hour)
	require.NoError(t, err)
	for _, id := range ids {
		row, err := k.svc.Store.VisitRow(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, visit.NoticeDone, row.Notice)
	}
}
