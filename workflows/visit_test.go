package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/exeat/exeat/activities"
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/workflows"
)

// record stands in for activities.Activities: the same rules over a ledger in memory, with faults on demand.
type record struct {
	mu     sync.Mutex
	env    *testsuite.TestWorkflowEnvironment
	events []visit.Event
	// calendar is the one that the store holds; the shipped one when nil.
	calendar *calendar.Calendar
	// lose makes the next calls commit and then fail, as if the worker died before the answer.
	lose int
}

func (l *record) Record(_ context.Context, in activities.RecordInput) (store.Recorded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := store.Recorded{Now: l.env.Now()}
	v := in.Visit
	if v.Seq < len(l.events) {
		r.Events = append(r.Events, l.events[v.Seq:]...)
		var err error
		if v, err = visit.Fold(l.events); err != nil {
			return r, err
		}
	}
	decided, err := v.Handle(in.Command, calendar.Clock{At: r.Now, Calendar: l.calendar})
	if err != nil {
		return r, activities.AsApplicationError(err)
	}
	l.events = append(l.events, decided...)
	r.Events = append(r.Events, decided...)
	if l.lose > 0 && len(decided) > 0 {
		l.lose--
		return r, errors.New("the answer was lost")
	}
	return r, nil
}

func (l *record) commands(id string) int {
	n := 0
	for _, e := range l.events {
		if e.Command == id {
			n++
		}
	}
	return n
}

// monday is the morning of Monday 14 September 2026; five working days later is Sunday 20 September 2026, a make-up day, 18:00 in Beijing.
var monday = time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC)

func route() visit.Route {
	one := func(code string, review visit.Review) visit.SignOff {
		return visit.SignOff{Code: code, Review: review, Posts: []string{code}, Limit: 1}
	}
	return visit.Route{Rule: "R17", NoticeDays: 5, Stages: [][]visit.SignOff{
		{one("COL.DEAN", visit.UnitReview), one("FIN", visit.OfficeReview)}, {one("IO.REV", visit.IOReview)}, {one("ISSUE", visit.Issue)},
	}}
}

func newEnv(t *testing.T) (*testsuite.TestWorkflowEnvironment, *record) {
	return newEnvAt(t, monday, route())
}

func newEnvAt(t *testing.T, start time.Time, route visit.Route) (*testsuite.TestWorkflowEnvironment, *record) {
	var s testsuite.WorkflowTestSuite
	env := s.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(20 * time.Second)
	workflows.Register(env)
	l := &record{env: env}
	env.RegisterActivity(l)
	v := visit.New("2026-00001", "faculty")
	es, err := v.Handle(visit.Command{ID: "faculty.s", By: visit.Actor{Person: "faculty", Channel: "api"},
		Do: visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty"}, Route: route}}, calendar.Clock{At: start})
	require.NoError(t, err)
	l.events = es
	return env, l
}

type outcome struct {
	receipt            visit.Receipt
	err                error
	accepted, rejected bool
}

func (o *outcome) callback() *testsuite.TestUpdateCallback {
	return &testsuite.TestUpdateCallback{
		OnAccept: func() { o.accepted = true },
		OnReject: func(err error) { o.rejected, o.err = true, err },
		OnComplete: func(r any, err error) {
			o.err = err
			if err == nil {
				o.receipt = r.(visit.Receipt)
			}
		},
	}
}

// send hands a command to the workflow after a while and gives where its outcome will be.
func send(env *testsuite.TestWorkflowEnvironment, after time.Duration, id, person, post string, a visit.Action) *outcome {
	o := &outcome{}
	c := visit.Command{ID: id, By: visit.Actor{Person: person, Post: post, Channel: "api"}, Do: a}
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(visit.CommandUpdate, id, o.callback(), visit.Request{Command: c})
	}, after)
	return o
}

func state(t *testing.T, env *testsuite.TestWorkflowEnvironment) visit.Visit {
	res, err := env.QueryWorkflow(visit.StateQuery)
	require.NoError(t, err)
	var v visit.Visit
	require.NoError(t, res.Get(&v))
	return v
}

func code(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Type()
	}
	return ""
}

func TestVisitToApprovedAndCancelled(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	start := send(env, 0, "dean.1", "dean", "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
	send(env, time.Hour, "fin.1", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
	send(env, 2*time.Hour, "io.1", "io", "IO.REV", visit.Approve{Task: "1.2.IO.REV"})
	env.RegisterDelayedCallback(func() {
		v := state(t, env)
		require.True(t, v.AwaitsNotice(), "no issue before the notice is closed")
	}, 24*time.Hour)
	send(env, 8*24*time.Hour, "dir.1", "dir", "ISSUE", visit.Approve{Task: "1.3.ISSUE"})
	env.RegisterDelayedCallback(func() { require.Equal(t, visit.StateApproved, state(t, env).State) }, 9*24*time.Hour)
	send(env, 30*24*time.Hour, "faculty.c", "faculty", "", visit.Cancel{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, start.err)
	require.True(t, start.accepted, "an Update that comes with the first task finds its handler")
	v, err := visit.Fold(l.events)
	require.NoError(t, err)
	require.Equal(t, visit.StateCancelled, v.State)
}

func TestARefusalIsCheapAndNamed(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	before := len(l.events)
	o := send(env, time.Hour, "x.1", "x", "FIN", visit.Approve{Task: "1.1.COL.DEAN"})
	empty := send(env, time.Hour, "", "x", "FIN", visit.Sync{})
	send(env, 2*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.True(t, o.rejected, "the validator refuses: no event in the history")
	require.Equal(t, "forbidden", code(o.err))
	require.Equal(t, "invalid", code(empty.err))
	require.Len(t, l.events, before+1, "only the withdrawal")
}

func TestACommandActsOnce(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	first := send(env, time.Hour, "fin.1", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
	again := send(env, 2*time.Hour, "fin.1", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
	send(env, 3*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, first.err)
	require.NoError(t, again.err)
	require.Equal(t, 1, l.commands("fin.1"))
}

func TestTwoSignersInOneMoment(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	a := send(env, time.Hour, "a.1", "a", "FIN", visit.Approve{Task: "1.1.FIN"})
	b := send(env, time.Hour, "b.1", "b", "FIN", visit.Approve{Task: "1.1.FIN"})
	send(env, 3*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, a.err)
	require.Equal(t, "conflict", code(b.err))
	require.Equal(t, 1, l.commands("a.1")+l.commands("b.1"))
}

func TestACommitWhoseAnswerWasLostCountsOnce(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	l.lose = 3
	o := send(env, time.Hour, "fin.1", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
	d := send(env, time.Hour, "dean.1", "dean", "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
	send(env, 3*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, o.err)
	require.NoError(t, d.err)
	require.Zero(t, l.lose)
	require.Equal(t, 1, l.commands("fin.1"))
	require.Equal(t, 2, l.commands("dean.1"), "the signature, and the stage that it opens")
}

// elsewhere decides a command on the ledger alone, as an attempt did whose workflow task was lost.
func (l *record) elsewhere(t *testing.T, c visit.Command) {
	v, err := visit.Fold(l.events)
	require.NoError(t, err)
	es, err := v.Handle(c, calendar.Clock{At: l.env.Now()})
	require.NoError(t, err)
	l.events = append(l.events, es...)
}

func TestAWorkflowBehindTheLedgerCatchesUp(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	fin := visit.Command{ID: "fin.1", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}}
	env.RegisterDelayedCallback(func() {
		l.elsewhere(t, fin)
		env.SignalWorkflow(visit.WakeSignal, nil)
	}, time.Hour)
	env.RegisterDelayedCallback(func() { require.Equal(t, len(l.events), state(t, env).Seq) }, 2*time.Hour)

	dean := visit.Command{ID: "dean.1", By: visit.Actor{Person: "dean", Post: "COL.DEAN", Channel: "api"}, Do: visit.Approve{Task: "1.1.COL.DEAN"}}
	io := &outcome{}
	env.RegisterDelayedCallback(func() {
		l.elsewhere(t, dean) // opens the second stage, of which the workflow knows nothing yet
		c := visit.Command{ID: "io.1", By: visit.Actor{Person: "io", Post: "IO.REV", Channel: "api"}, Do: visit.Approve{Task: "1.2.IO.REV"}}
		env.UpdateWorkflow(visit.CommandUpdate, "io.1", io.callback(), visit.Request{Command: c, Seen: len(l.events)})
	}, 3*time.Hour)
	again := &outcome{}
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(visit.CommandUpdate, "dean.1", again.callback(), visit.Request{Command: dean})
	}, 4*time.Hour)
	send(env, 5*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, io.err)
	require.NoError(t, again.err, "a command that was recorded elsewhere gives its receipt")
	require.Equal(t, 2, l.commands("dean.1"))
}

func TestACommandBeforeTheLedgerIsReadWaits(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	events := l.events
	l.events = nil // the ledger shows nothing yet
	o := send(env, time.Minute, "fin.1", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
	env.RegisterDelayedCallback(func() {
		require.False(t, o.rejected)
		l.events = events
		env.SignalWorkflow(visit.WakeSignal, nil)
	}, time.Hour)
	send(env, 2*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, o.err)
	require.Equal(t, 1, l.commands("fin.1"))
}

func TestTimeActsOnceAndOnlyWhenDue(t *testing.T) {
	t.Parallel()
	env, l := newEnv(t)
	timers := 0
	env.SetOnTimerFiredListener(func(string) { timers++ })
	for i, code := range []string{"COL.DEAN", "FIN"} {
		send(env, time.Duration(i+1)*time.Hour, code, "h."+code, code, visit.Approve{Task: "1.1." + code})
	}
	send(env, 3*time.Hour, "io", "io", "IO.REV", visit.Approve{Task: "1.2.IO.REV"})
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(visit.WakeSignal, nil) }, 30*time.Hour)
	send(env, 155*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	closed := 0
	for _, e := range l.events {
		require.NotEqual(t, "reminded", e.Kind(), "everybody signed in time")
		if e.Kind() == "notice_closed" {
			closed++
			require.Equal(t, time.Date(2026, 9, 20, 10, 0, 0, 0, time.UTC), e.At, "Sunday 20 September is a make-up working day")
		}
	}
	require.Equal(t, 1, closed)
	require.Equal(t, 2, timers, "one for the first reminder, which finds nothing to say, and one for the notice")
}

// openAt runs a visit that nobody signs from an instant in Beijing on, for so many days.
func openAt(t *testing.T, at time.Time, days, notice, limit int) (*testsuite.TestWorkflowEnvironment, *record) {
	env, l := newEnv(t)
	env.SetStartTime(at)
	r := route()
	r.NoticeDays, r.Stages[0] = notice, r.Stages[0][:1]
	r.Stages[0][0].Limit = limit
	es, err := visit.New("2026-00001", "faculty").Handle(visit.Command{ID: "faculty.s", By: visit.Actor{Person: "faculty", Channel: "api"},
		Do: visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty"}, Route: r}}, calendar.Clock{At: at})
	require.NoError(t, err)
	l.events = es
	send(env, time.Duration(days)*24*time.Hour, "w", "faculty", "", visit.Withdraw{Reason: "n"})
	return env, l
}

// TestP42_TheNineValues holds the table of domain P.9 through the workflow, with a clock that skips: when a limit ends, and
// that the reminder of that instant and the end of the notice come then.
func TestP42_TheNineValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start string
		days  int
		due   string
	}{
		{"2026-09-24", 5, "2026-10-09"}, {"2026-02-12", 5, "2026-02-26"}, {"2026-02-06", 5, "2026-02-13"}, {"2026-09-18", 1, "2026-09-20"},
		{"2026-09-30", 1, "2026-10-08"}, {"2026-04-30", 5, "2026-05-11"}, {"2025-01-24", 5, "2025-02-07"}, {"2025-09-26", 5, "2025-10-10"},
		{"2026-12-31", 1, "2027-01-01"}, // a year without a list counts Monday to Friday, and is provisional
	} {
		t.Run(c.start, func(t *testing.T) {
			t.Parallel()
			env, l := openAt(t, calendar.MustDate(c.start).At(10, 0), 30, c.days, c.days)
			env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
			require.NoError(t, env.GetWorkflowError())
			due, seen := calendar.MustDate(c.due).At(18, 0).UTC(), map[string]bool{}
			for _, e := range l.events {
				switch f := e.Fact.(type) {
				case visit.StageOpened:
					require.Equal(t, due, f.Tasks[0].Due)
					require.Equal(t, c.start == "2026-12-31", f.Tasks[0].Provisional)
				case visit.NoticeClosed:
					require.Equal(t, due, e.At)
					seen["notice"] = true
				case visit.Reminded:
					if f.Of == visit.ReminderLimit {
						require.Equal(t, due, e.At)
						seen["limit"] = true
					}
					require.False(t, calendar.Clock{}.Rests(e.At))
				}
			}
			require.Equal(t, map[string]bool{"notice": true, "limit": true}, seen)
		})
	}
}

// A run that began before there was more to wait for keeps its timer for the notice; the sweep wakes it for the rest.
func TestP43_AnOldRunIsWokenForWhatItsTimerDoesNotKnow(t *testing.T) {
	t.Parallel()
	env, l := openAt(t, monday, 30, 5, 1)
	env.OnGetVersion("202611-timer", workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(visit.WakeSignal, nil) }, 34*time.Hour)
	env.ExecuteWorkflow(visit.WorkflowType, visit.Start{Visit: "2026-00001"})
	require.NoError(t, env.GetWorkflowError())
	var kinds []string
	for _, e := range l.events[3:] {
		kinds = append(kinds, e.Kind())
	}
	require.Equal(t, "reminded", kinds[0])
	require.Equal(t, monday.Add(34*time.Hour), l.events[3].At, "when it was woken")
	require.Contains(t, kinds, "notice_closed")
}
