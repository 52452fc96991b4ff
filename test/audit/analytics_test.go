package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
)

// What analytics say is what the events say: every approved visit counts once, and its time is divided among the steps without
// a rest.
func TestAnalyticsAreWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 1500, Staff: 10, Years: 2})
	from, to := last.AddDate(-1, 0, 0).Format(time.DateOnly), last.Format(time.DateOnly)
	ask := func(name string) store.Answer {
		q, ok := store.AnalysisOf(name)
		require.True(t, ok, name)
		a, err := g.st.Ask(t.Context(), q, store.Asked{From: from, To: to}, 1000, 0)
		require.NoError(t, err)
		require.NotEmpty(t, a.Rows, name)
		return a
	}
	approved := fmt.Sprintf(`FROM (SELECT e.visit, min(e.at) AS at FROM event e WHERE e.kind = 'approved' AND (e.at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN '%s' AND '%s' GROUP BY e.visit) a JOIN visit v ON v.id = a.visit`, from, to)
	visits := g.one(`SELECT count(*) ` + approved)
	for _, name := range []string{"pace", "pace_units", "pace_months"} {
		require.Equal(t, visits, fmt.Sprint(ask(name).Sums["visits"]), name)
	}
	for _, row := range ask("pace_units").Rows {
		want := g.one(fmt.Sprintf(`SELECT round((extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY a.at - v.submitted_at)) / 86400)::numeric, 1) %s WHERE v.unit = '%s'`, approved, row[0]))
		require.Equal(t, want, fmt.Sprintf("%.1f", row[2]), row[0])
	}
	losses, shares := ask("losses"), map[any]float64{}
	for _, row := range losses.Rows {
		shares[row[0]] += row[4].(float64)
	}
	for category, share := range shares {
		require.InDelta(t, 1, share, 0.000001, category)
		want := g.one(fmt.Sprintf(`SELECT sum(extract(epoch FROM a.at - v.submitted_at)) / 86400 %s WHERE v.category = '%s'`, approved, category))
		days := 0.0
		for _, row := range losses.Rows {
			if row[0] == category {
				days += row[3].(float64)
			}
		}
		var all float64
		_, err := fmt.Sscan(want, &all)
		require.NoError(t, err)
		require.InDelta(t, all, days, 1, category)
	}
}
