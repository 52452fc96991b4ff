package audit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
	"github.com/exeat/exeat/visit"
)

// beijing is the zone of the university's days.
var beijing = time.FixedZone("", 8*3600)

// counted is what the accepted reports of one unit and year say, counted one by one from the events and the texts.
func (g *grown) counted(weights func(year int) store.TalentWeights, reached map[string]string, firstClass map[string]bool) map[string]store.TalentUnit {
	g.t.Helper()
	sums := map[string]store.TalentUnit{}
	for _, id := range g.made.Visits {
		v, err := g.st.Visit(g.t.Context(), id)
		require.NoError(g.t, err)
		texts, err := g.st.ReportTexts(g.t.Context(), id)
		require.NoError(g.t, err)
		for _, f := range v.Reports {
			text := texts[f.Content]
			if f.State != visit.ReportTaken || f.Form == visit.StudentReport && len(text.Contacts) == 0 {
				continue
			}
			year := f.Decided.In(beijing).Year()
			key := fmt.Sprint(v.Unit, year)
			sum := sums[key]
			sum.Unit = v.Unit
			sum.Reports++
			if len(text.Contacts) == 0 {
				sum.Nobody++
			}
			for i, c := range text.Contacts {
				sum.Met++
				if firstClass[c.Partner] {
					sum.FirstClass++
				}
				furthest, followed := reached[fmt.Sprint(id, f.ID, i+1)]
				if followed {
					sum.Followed++
				} else {
					furthest = store.TalentMet
				}
				if furthest == "hired" {
					sum.Hired++
				}
				for k, kind := range store.TalentReached {
					if kind == furthest {
						sum.Points += weights(year).Points()[k]
					}
				}
			}
			sums[key] = sum
		}
	}
	return sums
}

// tables are the units of all years, as the page shows them.
func (g *grown) tables() map[string]store.TalentUnit {
	g.t.Helper()
	all := map[string]store.TalentUnit{}
	for year := last.Year() - 3; year <= last.Year()+1; year++ {
		units, err := g.st.TalentUnits(g.t.Context(), year, nil)
		require.NoError(g.t, err)
		lines, err := g.st.Talents(g.t.Context(), store.TalentFilter{Year: year})
		require.NoError(g.t, err)
		met, points := 0, 0
		for _, u := range units {
			all[fmt.Sprint(u.Unit, year)] = u
			met, points = met+u.Met, points+u.Points
		}
		for _, l := range lines {
			points -= l.Points
		}
		require.Len(g.t, lines, met, "a unit's number leads to its lines")
		require.Zero(g.t, points, "and its points are theirs")
	}
	return all
}

// TestP36_AUnitsTableIsTheSumOfItsAcceptedReports holds the table of every unit and year against reports that were counted one by one:
// those that were returned do not count, whatever steps were taken and whatever a step weighs.
func TestP36_AUnitsTableIsTheSumOfItsAcceptedReports(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 900, Staff: 8, Years: 2})
	all, err := g.st.AllTalentWeights(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Contains(t, all[0].Citation, "University default")
	weights := func(year int) store.TalentWeights { return store.WeightsOf(all, year) }
	reached := map[string]string{}

	before := g.tables()
	require.Equal(t, g.counted(weights, reached, nil), before)
	require.Greater(t, len(before), 6, "several units and years")
	nobody := 0
	for _, u := range before {
		nobody += u.Nobody
	}
	require.NotZero(t, nobody, "some met nobody")
	require.NotEqual(t, "0", g.one(`SELECT count(*) FROM report WHERE state = 'returned'`))

	// Steps at random, and weights of their own for the last years.
	random := rand.New(rand.NewPCG(36, 1))
	lines, err := g.st.Talents(t.Context(), store.TalentFilter{})
	require.NoError(t, err)
	rank := map[string]int{}
	for i, kind := range store.TalentReached {
		rank[kind] = i
	}
	for _, l := range lines {
		for range random.IntN(3) {
			step := store.TalentStep{State: store.TalentStates[random.IntN(len(store.TalentStates))], On: l.Accepted, Note: "x", By: "hr", Post: "HR"}
			_, err := g.st.AddTalentStep(t.Context(), l, step)
			require.NoError(t, err)
			key := fmt.Sprint(l.Visit, l.Report, l.N)
			if reached[key] == "" {
				reached[key] = store.TalentMet
			}
			if rank[step.State] > rank[reached[key]] {
				reached[key] = step.State
			}
		}
	}
	require.NoError(t, g.st.SetTalentWeights(t.Context(), store.TalentWeights{From: last.Year(), Met: 3, Contacted: 3, Visited: 5, Applied: 8, Hired: 21, Citation: "Rules of 2026", SetBy: "hr"}))
	all, err = g.st.AllTalentWeights(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{3, 1}, []int{weights(last.Year()).Met, weights(last.Year() - 1).Met}, "the years before keep theirs")
	after := g.tables()
	require.Equal(t, g.counted(weights, reached, nil), after)
	require.NotEqual(t, before, after)

	// What reports say of partners counts where the register calls the partner first-class.
	g.exec(`UPDATE report_version SET body = replace(body, '"partner":""', '"partner":"JP-KYO"') WHERE body LIKE '%Kyoto%'`)
	require.NoError(t, g.st.PutPartner(t.Context(), store.Partner{Code: "JP-KYO", NameZH: "京都大学", NameEN: "Kyoto University", Country: "JP", FirstClass: true, Unit: "CIV", Since: "2020-01-01", SetBy: "io.rev"}))
	require.Equal(t, g.counted(weights, reached, map[string]bool{"JP-KYO": true}), g.tables())

	// Made again from the ledger it is the same; a report that is returned counts no more.
	after = g.tables()
	_, err = g.st.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, after, g.tables())
	l := lines[0]
	g.exec(`UPDATE report SET state = 'returned' WHERE visit = $1 AND id = $2`, l.Visit, l.Report)
	require.NotEqual(t, after, g.tables())
	_, err = g.st.Talent(t.Context(), l.Visit, l.Report, l.N)
	require.ErrorContains(t, err, "not_found")
	_, err = g.st.AddTalentStep(t.Context(), l, store.TalentStep{State: "hired", On: l.Accepted, Note: "x", By: "hr", Post: "HR"})
	require.ErrorContains(t, err, "not_found", "nobody follows up who does not count")
}
