package walk_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

func TestSeedTheDemonstration(t *testing.T) {
	t.Parallel()
	s := start(t)
	var told bytes.Buffer
	c := demo.Config{DatabaseURL: s.URL, URL: s.url, Out: &told}
	began := time.Now()
	require.NoError(t, demo.Seed(t.Context(), c))
	t.Logf("seeded in %s:\n%s", time.Since(began).Round(time.Millisecond), told.String())
	require.Equal(t, 22, strings.Count(told.String(), "\n"), "one line a visit")

	ahead, err := s.store.ClockAhead(t.Context())
	require.NoError(t, err)
	require.Zero(t, ahead, "the clock shows the real time again")

	auditor, err := s.api.Login(t.Context(), "auditor", demo.Password)
	require.NoError(t, err)
	page, err := auditor.Visits(t.Context(), url.Values{"limit": {"200"}})
	require.NoError(t, err)
	states := map[visit.State]int{}
	waiting := 0
	categories := map[visit.Category]bool{}
	for _, v := range page.Items {
		states[v.State]++
		categories[v.Category] = true
		full, err := auditor.Visit(t.Context(), v.ID)
		require.NoError(t, err)
		if full.State.Open() && len(full.Holders) == 0 && full.Notice.State == visit.NoticeOpen {
			waiting++
		}
		lived(t, verified(t, auditor, v.ID))
	}
	// Every decision of the demonstration carries the hash of what was shown, and it can be made again (P-38).
	report, err := audit.Live{Store: s.store}.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, report.Faults)
	require.Greater(t, report.Shown, 60)

	require.Equal(t, map[visit.State]int{
		visit.StateArchived: 3, visit.StateAbroad: 2, visit.StateBack: 1, visit.StateCancelled: 1, visit.StateRejected: 1, visit.StateWithdrawn: 1, visit.StateReturned: 1,
		visit.StateQuestion: 1, visit.StateUnit: 3, visit.StateOffice: 1, visit.StateIO: 2, visit.StateLeader: 1,
		visit.StateIssuing: 1, visit.StateExternal: 1,
	}, states)
	reviewer, err := s.api.Login(t.Context(), "io.rev", demo.Password)
	require.NoError(t, err)
	found, err := reviewer.Findings(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1, "two requests to one fair look like one group")
	require.Len(t, found[0].Visits, 2)
	require.Equal(t, 1, waiting, "one waits for the public notice only")
	require.Len(t, categories, len(visit.Categories))
	for person, drafts := range map[string]int{"dean.civ": 1, "faculty.info": 1} {
		c, err := s.api.Login(t.Context(), person, demo.Password)
		require.NoError(t, err)
		own, err := c.Visits(t.Context(), url.Values{"state": {"draft"}})
		require.NoError(t, err)
		require.Len(t, own.Items, drafts, person)
	}

	passports, err := auditor.Passports(t.Context(), true)
	require.NoError(t, err)
	require.Len(t, passports, 1, "one passport is late")
	require.Equal(t, "faculty2.mech", passports[0].Person)
	require.Contains(t, passports[0].Number, "****")
	require.InDelta(t, 8, passports[0].Late, 3, "by some days, which stops its holder and not the unit")
	rates, err := s.store.Rates(t.Context(), nil, "2026-06-01")
	require.NoError(t, err)
	require.NotEmpty(t, rates.Rates)

	told.Reset()
	require.NoError(t, demo.Seed(t.Context(), c))
	require.Empty(t, told.String(), "nothing the second time")

	require.NoError(t, s.store.SetClock(t.Context(), -2*day))
	require.NoError(t, demo.Seed(t.Context(), c))
	ahead, err = s.store.ClockAhead(t.Context())
	require.NoError(t, err)
	require.Zero(t, ahead, "a seeding that was cut short leaves the clock in the past; the next one brings it back")
	require.Empty(t, told.String())
}

// lived checks that every event has its natural hour: people act in the office hours of working days, and a public notice
// closes when it is due.
func lived(t *testing.T, entries []ledger.Entry) {
	t.Helper()
	require.NotEmpty(t, entries)
	var due time.Time
	for _, e := range entries {
		at := e.Event.At
		switch f := e.Event.Fact.(type) {
		case visit.NoticeOpened:
			due = f.Closes
		case visit.NoticeClosed:
			require.WithinRange(t, at, due, due.Add(time.Minute), e.Body)
		}
		if e.Event.By.Person == visit.System.Person {
			continue
		}
		require.False(t, at.After(time.Now()), e.Body)
		if visit.Whom(e.Event.Fact) != nil {
			continue // travellers keep no office hours
		}
		today := calendar.DateOf(at)
		require.Equal(t, today, calendar.China().Due(today.AddDays(-1), 1).Date, "a working day: %s", e.Body)
		require.WithinRange(t, at, today.At(9, 0), today.At(18, 0), e.Body)
	}
}
