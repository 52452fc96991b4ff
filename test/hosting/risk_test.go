package hosting_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// approvedTo records a visit of the faculty to a country that is approved and ready, without starting its workflow.
func (d *desk) approvedTo(country string) string {
	d.t.Helper()
	id := d.requestedTo(country)
	v, err := d.st.Visit(d.t.Context(), id)
	require.NoError(d.t, err)
	_, err = d.st.Record(d.t.Context(), v, visit.Command{ID: "IO.DIR.issue", By: visit.Actor{Person: "IO.DIR", Post: "IO.DIR", Channel: "api"}, Do: visit.Approve{Task: "1.1.ISSUE"}})
	require.NoError(d.t, err)
	v, err = d.st.Visit(d.t.Context(), id)
	require.NoError(d.t, err)
	require.Equal(d.t, visit.StateReady, v.State)
	return id
}

// requestedTo records a request that one sign-off decides.
func (d *desk) requestedTo(country string) string {
	d.t.Helper()
	ctx := d.t.Context()
	now, err := d.st.Now(ctx)
	require.NoError(d.t, err)
	exit := calendar.DateOf(now)
	back := exit.AddDays(5).String()
	draft := visit.Draft{
		Category: visit.Academic, Title: "Bridges", Unit: "CIV", ExitDate: exit.String(), ReturnDate: back,
		Legs: []visit.Leg{{Country: country, City: "X", Arrive: exit.String(), Depart: back, Host: "H"}},
	}
	row, err := d.st.CreateDraft(ctx, "faculty", "", draft)
	require.NoError(d.t, err)
	version, err := d.st.PutVersion(ctx, row.ID, store.Content{Applicant: "faculty", Draft: draft})
	require.NoError(d.t, err)
	route := visit.Route{
		Rule: "R17", Policy: visit.PolicyRef{Pack: "test", Version: "1"},
		Stages: [][]visit.SignOff{{{Code: "ISSUE", Review: visit.Issue, Posts: []string{"IO.DIR"}, Limit: 1}}},
		Life: &visit.Life{Exit: exit.String(), Arrive: exit.String(), Return: back, Leader: "faculty", Keep: visit.TenYears, ArchiveBy: "06-30",
			Duties: []visit.Duty{{Travellers: []string{"faculty"}, CheckIn: 7, Form: visit.AcademicReport}}},
	}
	_, err = d.st.Record(ctx, visit.New(row.ID, "faculty"), visit.Command{
		ID: "faculty.submit", By: visit.Actor{Person: "faculty", Channel: "api"}, Do: visit.Submit{Version: version, Unit: "CIV", Travellers: []string{"faculty"}, Route: route},
	})
	require.NoError(d.t, err)
	return row.ID
}

// riskVisits is how many visits go to the country whose risk rises: EXEAT_RISK_VISITS, 50 otherwise.
func riskVisits(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("EXEAT_RISK_VISITS"))
	if os.Getenv("EXEAT_RISK_VISITS") == "" {
		return 50
	}
	require.NoError(t, err)
	return n
}

// Raising a country to level 4 lists everybody there and everybody about to leave, suspends whoever is ready, asks those who
// are away to check in, with one event for each visit; other countries are left alone.
func TestP40_RisingRiskSuspendsEverybodyWhoIsReady(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	n := riskVisits(t)
	ids := make([]string, n)
	var g errgroup.Group
	g.SetLimit(4)
	for i := range ids {
		g.Go(func() error {
			ids[i] = d.approvedTo("JP")
			return d.host.Start(ctx, ids[i])
		})
	}
	require.NoError(t, g.Wait())
	waiting := d.requestedTo("JP")
	require.NoError(t, d.host.Start(ctx, waiting))
	elsewhere := d.approvedTo("DE")
	require.NoError(t, d.host.Start(ctx, elsewhere))
	now, err := d.st.Now(ctx)
	require.NoError(t, err)
	away := map[string]bool{}
	for _, id := range ids[:n/5] {
		d.must(id, "faculty", visit.Depart{On: calendar.DateOf(now).String()})
		away[id] = true
	}

	began := time.Now()
	level := store.RiskLevel{Country: "JP", Level: 4, From: calendar.DateOf(now).String(), Source: "MFA", SetBy: "IO.REV", SetPost: "IO.REV"}
	require.NoError(t, d.st.SetRisk(ctx, level))
	level.Level, level.From = 1, calendar.DateOf(now).AddDays(9).String()
	require.NoError(t, d.st.SetRisk(ctx, level), "of a day to come: nothing happens now")
	open, err := d.st.OpenRiskChanges(ctx)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.NoError(t, d.host.StartRisk(ctx, open[0]))
	require.NoError(t, d.host.StartRisk(ctx, open[0]), "started twice, by the server and the sweep")
	// Not within a time: a thousand visits take longer than a test may wait for one thing.
	require.NoError(t, d.host.Client.GetWorkflow(ctx, d.host.RiskID(open[0]), "").Get(ctx, nil))
	t.Logf("%d visits told of a change of risk in %s", n, time.Since(began).Round(time.Millisecond))

	c, err := d.st.RiskChange(ctx, open[0])
	require.NoError(t, err)
	require.NotNil(t, c.EndedAt)
	require.Equal(t, []int{1, 4, n + 1, 0, 0, n - n/5, n / 5}, []int{c.From, c.To, c.Visits, c.Pending, c.Failed, c.Suspended, c.Asked})
	people, err := d.st.RiskPeople(ctx, c.ID, nil)
	require.NoError(t, err)
	require.Len(t, people, n, "all are listed")
	for i, x := range people {
		require.Equal(t, i < n/5, away[x.Visit], "those who are away first")
		require.Equal(t, store.RiskDone, x.Outcome)
		if away[x.Visit] {
			require.Equal(t, visit.TripAbroad, x.State)
		} else {
			require.Equal(t, visit.TripSuspended, x.State)
		}
	}
	none, err := d.st.RiskPeople(ctx, c.ID, []string{"MECH"})
	require.NoError(t, err)
	require.Empty(t, none, "another unit finds none of its people")
	for _, id := range ids {
		events, err := d.st.Events(ctx, id, 0)
		require.NoError(t, err)
		told := 0
		for _, e := range events {
			if f, ok := e.Fact.(visit.RiskChanged); ok {
				told++
				require.Equal(t, visit.System.Person, e.By.Person)
				require.Equal(t, away[id], len(f.Asked) == 1)
				require.Equal(t, !away[id], len(f.Suspended) == 1)
			}
		}
		require.Equal(t, 1, told, "one event for each visit")
	}
	require.Equal(t, visit.StateReady, d.state(elsewhere))
	d.must(waiting, "IO.DIR", visit.Approve{Task: "1.1.ISSUE"})
	require.Equal(t, visit.StateSuspended, d.state(waiting), "what was decided meanwhile is approved and waits")
	suspended := ids[n-1]
	_, err = d.do(suspended, "faculty", visit.Depart{On: calendar.DateOf(now).String()})
	require.Equal(t, visit.Conflict, visit.CodeOf(err), "nobody leaves")
	d.agree(suspended)

	again, err := d.st.OpenRiskChanges(ctx)
	require.NoError(t, err)
	require.Empty(t, again, "a level causes one change")
	d.write(d.historyOf(d.host.RiskID(c.ID)), "risk")

	// Nine days on the level falls by itself: the sweep finds the day, and nobody is suspended anew.
	_, err = d.st.AdvanceClock(ctx, 9*24*time.Hour)
	require.NoError(t, err)
	harness.Eventually(t, "the fall of the risk", func() bool {
		all, err := d.st.RiskChanges(ctx, 10)
		require.NoError(t, err)
		return len(all) == 2 && all[0].To == 1 && all[0].EndedAt != nil && all[0].Suspended == 0
	})
}

func (d *desk) historyOf(workflow string) *historypb.History {
	d.t.Helper()
	it := d.host.Client.GetWorkflowHistory(d.t.Context(), workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	h := &historypb.History{}
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(d.t, err)
		h.Events = append(h.Events, e)
	}
	return h
}
