package visit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// clock counts every hour of every day as working time; the real calendar has tests of its own.
type clock struct{ at time.Time }

func (c clock) Now() time.Time { return c.at }
func (c clock) Due(from time.Time, n int) (time.Time, bool) {
	return from.AddDate(0, 0, n), from.Year() > 2026
}
func (c clock) Left(from, to time.Time) int                    { return max(0, int(to.Sub(from).Hours()/24)) }
func (c clock) Worked(from, to time.Time) time.Duration        { return max(0, to.Sub(from)) }
func (c clock) Work(from time.Time, d time.Duration) time.Time { return from.Add(d) }
func (c clock) Morning(from time.Time, days int) time.Time     { return from.AddDate(0, 0, days) }
func (c clock) Rests(time.Time) bool                           { return false }

var start = time.Date(2026, 9, 1, 1, 0, 0, 0, time.UTC)

func office(code string, review visit.Review) visit.SignOff {
	return visit.SignOff{Code: code, Review: review, Posts: []string{code}, Limit: 1}
}

// simplified is the shape of R17.
func simplified() visit.Route {
	return visit.Route{Rule: "R17", NoticeDays: 5, Stages: [][]visit.SignOff{
		{office("COL.DEAN", visit.UnitReview), office("COL.PSEC", visit.UnitReview), office("FIN", visit.OfficeReview)},
		{office("IO.REV", visit.IOReview)},
		{office("ISSUE", visit.Issue)},
	}}
}

// desk drives one visit in a test: every command gets an id of its own, and time moves when told.
type desk struct {
	t   *testing.T
	v   visit.Visit
	now time.Time
	n   int
	log []visit.Event
	in  func(time.Time) visit.Clock // clock when nil
}

func open(t *testing.T, r visit.Route) *desk {
	d := &desk{t: t, v: visit.New("2026-00001", "faculty"), now: start}
	d.must("faculty", "", visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"faculty"}, Route: r})
	return d
}

func (d *desk) do(person, post string, a visit.Action) error {
	d.n++
	c := visit.Command{ID: string(rune('a'+d.n%26)) + time.Duration(d.n).String(), By: visit.Actor{Person: person, Post: post, Channel: "api"}, Do: a}
	return d.send(c)
}

func (d *desk) send(c visit.Command) error {
	var at visit.Clock = clock{d.now}
	if d.in != nil {
		at = d.in(d.now)
	}
	es, err := d.v.Handle(c, at)
	if err != nil {
		return err
	}
	for _, e := range es {
		require.NoError(d.t, d.v.Apply(e))
	}
	d.log = append(d.log, es...)
	return nil
}

func (d *desk) must(person, post string, a visit.Action) { require.NoError(d.t, d.do(person, post, a)) }

func (d *desk) refused(code visit.Code, rule, person, post string, a visit.Action) {
	d.t.Helper()
	before := d.v.Seq
	err := d.do(person, post, a)
	var r *visit.Error
	require.ErrorAs(d.t, err, &r)
	require.Equal(d.t, code, r.Code, r.Error())
	require.Equal(d.t, rule, r.Rule)
	require.Equal(d.t, before, d.v.Seq, "a refusal changes nothing")
}

func (d *desk) sign(tasks ...string) {
	for _, task := range tasks {
		t, ok := d.v.Task(task)
		require.True(d.t, ok, task)
		a := visit.Approve{Task: task}
		if t.SignOff.Review == visit.Outside {
			a.Outside = paper()
		}
		d.must("holder of "+t.SignOff.Code, t.SignOff.Code, a)
	}
}

func (d *desk) open() []string {
	ids := []string{}
	for _, t := range d.v.OpenTasks() {
		ids = append(ids, t.ID)
	}
	return ids
}

func (d *desk) tick(days int) {
	d.now = d.now.AddDate(0, 0, days)
	d.must("system", "", visit.Tick{})
}

func TestSimplifiedRouteToApproved(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	require.Equal(t, visit.StateUnit, d.v.State)
	require.Equal(t, []string{"1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN"}, d.open())
	require.Equal(t, visit.NoticeOpen, d.v.Notice.State)

	d.sign("1.1.FIN", "1.1.COL.DEAN")
	require.Equal(t, visit.StateUnit, d.v.State, "the stage waits for its last sign-off")
	d.sign("1.1.COL.PSEC")
	require.Equal(t, visit.StateIO, d.v.State)
	d.sign("1.2.IO.REV")
	require.Empty(t, d.open(), "nothing is issued before the notice is closed")
	require.True(t, d.v.AwaitsNotice())

	due, ok := d.v.NextDue()
	require.True(t, ok)
	require.Equal(t, start.AddDate(0, 0, 5), due)
	d.tick(4)
	require.Equal(t, visit.NoticeOpen, d.v.Notice.State, "time acts when it is due, not before")
	d.tick(1)
	require.Equal(t, visit.StateIssuing, d.v.State)
	d.sign("1.3.ISSUE")
	require.Equal(t, visit.StateApproved, d.v.State)
	_, ok = d.v.NextDue()
	require.False(t, ok)
}

func TestNoticeClosesWhileSignOffsAreMissing(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.tick(5)
	require.Equal(t, visit.NoticeDone, d.v.Notice.State)
	require.Equal(t, visit.StateUnit, d.v.State)
	d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
	require.Equal(t, visit.StateIssuing, d.v.State)
}

func TestRouteWithoutIssueIsApprovedAfterTheNotice(t *testing.T) {
	t.Parallel()
	r := simplified()
	r.Stages = r.Stages[:2]
	d := open(t, r)
	d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
	require.Equal(t, visit.StateIO, d.v.State)
	d.tick(5)
	require.Equal(t, visit.StateApproved, d.v.State)
}

func TestReturnToApplicant(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.sign("1.1.COL.DEAN")
	d.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n1"})
	require.Equal(t, visit.StateReturned, d.v.State)
	require.Empty(t, d.open(), "siblings are cancelled, nothing is stuck")

	d.refused(visit.Forbidden, "applicant_only", "dean", "", visit.Resubmit{Version: "v1", Route: simplified()})

	t.Run("unchanged: only what is missing is asked again", func(t *testing.T) {
		d := *d
		d.t, d.v = t, refold(t, d.log)
		d.must("faculty", "", visit.Resubmit{Version: "v1", Travellers: []string{"faculty"}, Route: simplified()})
		require.Equal(t, []string{"2.1.COL.PSEC", "2.1.FIN"}, d.open())
		require.Equal(t, visit.StateUnit, d.v.State)
	})
	t.Run("changed: every sign-off is bound to what it judged, so all are asked again", func(t *testing.T) {
		d := *d
		d.t, d.v = t, refold(t, d.log)
		d.now = d.now.AddDate(0, 0, 3)
		d.must("faculty", "", visit.Resubmit{Version: "v2", Travellers: []string{"faculty"}, Route: simplified()})
		require.Equal(t, []string{"2.1.COL.DEAN", "2.1.COL.PSEC", "2.1.FIN"}, d.open())
		first, _ := d.v.Task("1.1.COL.DEAN")
		require.Equal(t, visit.TaskSuperseded, first.State)
		require.Equal(t, "holder of COL.DEAN", first.By.Person, "decisions of earlier rounds stay readable")
		require.Equal(t, d.now.AddDate(0, 0, 5), d.v.Notice.Closes, "the notice starts again")
		require.Equal(t, 3*24*time.Hour, d.v.Spent.Paused, "the clock stood while the applicant had the case")
	})
}

// A return to an earlier stage begins a new round; what was decided in the rounds before stays readable.
func TestP12_AReturnToAnEarlierStageKeepsEveryRound(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC")
	d.refused(visit.Invalid, "invalid", "io", "IO.REV", visit.Return{Task: "1.2.IO.REV", Stage: 2, Reason: "n"})
	d.refused(visit.Invalid, "invalid", "io", "IO.REV", visit.Return{Task: "1.2.IO.REV"})
	d.must("io", "IO.REV", visit.Return{Task: "1.2.IO.REV", Stage: 1, Reason: "n"})
	require.Equal(t, []string{"2.1.COL.DEAN", "2.1.COL.PSEC", "2.1.FIN"}, d.open())
	require.Equal(t, visit.StateUnit, d.v.State)
	d.sign("2.1.FIN", "2.1.COL.DEAN", "2.1.COL.PSEC")
	require.Equal(t, []string{"2.2.IO.REV"}, d.open())
	rounds := map[int]int{}
	for _, task := range d.v.Tasks {
		if task.By.Person != "" {
			rounds[task.Round]++
		}
	}
	require.Equal(t, map[int]int{1: 4, 2: 3}, rounds, "with who decided, in each")
	returned, _ := d.v.Task("1.2.IO.REV")
	require.Equal(t, []any{visit.TaskReturned, visit.Note("n"), 1}, []any{returned.State, returned.Reason, returned.BackTo})
}

func TestQuestionStopsTheClock(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	due := d.v.OpenTasks()[0].Due
	d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	require.Equal(t, visit.StateQuestion, d.v.State)
	d.refused(visit.Conflict, "question_open", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
	d.refused(visit.Conflict, "question_open", "fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q2"})
	d.sign("1.1.COL.DEAN")
	d.refused(visit.Forbidden, "applicant_only", "fin", "FIN", visit.Answer{Task: "1.1.FIN", Answer: "a"})
	d.refused(visit.NotFound, "no_question", "faculty", "", visit.Answer{Task: "1.1.COL.PSEC", Answer: "a"})

	d.now = d.now.AddDate(0, 0, 10)
	d.must("faculty", "", visit.Answer{Task: "1.1.FIN", Answer: "a"})
	require.Equal(t, visit.StateUnit, d.v.State)
	for _, task := range d.v.OpenTasks() {
		require.Equal(t, due.AddDate(0, 0, 10), task.Due, "the days left are left")
	}
	require.Equal(t, 10*24*time.Hour, d.v.Spent.Paused)
	d.sign("1.1.FIN", "1.1.COL.PSEC")
	require.Equal(t, visit.StateIO, d.v.State)
}

func TestTwoQuestionsAreOnePause(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	due := d.v.OpenTasks()[0].Due
	d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	d.now = d.now.AddDate(0, 0, 2)
	d.must("dean", "COL.DEAN", visit.Ask{Task: "1.1.COL.DEAN", Question: "q"})
	d.must("faculty", "", visit.Answer{Task: "1.1.FIN", Answer: "a"})
	require.Equal(t, visit.StateQuestion, d.v.State)
	d.now = d.now.AddDate(0, 0, 2)
	d.must("faculty", "", visit.Answer{Task: "1.1.COL.DEAN", Answer: "a"})
	require.Equal(t, visit.StateUnit, d.v.State)
	require.Equal(t, due.AddDate(0, 0, 4), d.v.OpenTasks()[0].Due)
}

func TestEnds(t *testing.T) {
	t.Parallel()
	t.Run("reject is final", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.Reject{Task: "1.1.FIN"})
		d.must("fin", "FIN", visit.Reject{Task: "1.1.FIN", Reason: "n"})
		require.Equal(t, visit.StateRejected, d.v.State)
		d.refused(visit.Conflict, "task_closed", "dean", "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
		d.refused(visit.Conflict, "visit_closed", "faculty", "", visit.Withdraw{Reason: "n"})
		d.tick(9)
		require.Equal(t, visit.NoticeOpen, d.v.Notice.State, "time does nothing to a closed case")
	})
	t.Run("withdraw from a question and from returned", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
		d.must("faculty", "", visit.Withdraw{Reason: "n"})
		require.Equal(t, visit.StateWithdrawn, d.v.State)
		e := open(t, simplified())
		e.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
		e.must("faculty", "", visit.Withdraw{Reason: "n"})
		require.Equal(t, visit.StateWithdrawn, e.v.State)
	})
	t.Run("cancel only what is approved, by the applicant or the International Office", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.refused(visit.Conflict, "not_in_state", "faculty", "", visit.Cancel{Reason: "n"})
		d.tick(5)
		d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV", "1.3.ISSUE")
		d.refused(visit.Conflict, "visit_closed", "faculty", "", visit.Withdraw{Reason: "n"})
		d.refused(visit.Forbidden, "applicant_or_io_only", "dean", "COL.DEAN", visit.Cancel{Reason: "n"})
		d.must("io", "IO.REV", visit.Cancel{Reason: "n"})
		require.Equal(t, visit.StateCancelled, d.v.State)
	})
}

// Whatever open state a visit is in, its applicant may end it, and nobody else may.
func TestP13_TheApplicantMayLeaveFromEveryOpenState(t *testing.T) {
	t.Parallel()
	whole := visit.Route{Rule: "R", Stages: [][]visit.SignOff{
		{office("COL.DEAN", visit.UnitReview)}, {office("FIN", visit.OfficeReview)}, {office("IO.REV", visit.IOReview)},
		{office("VP.INT", visit.LeaderReview)}, {office("MOE", visit.Outside)}, {office("ISSUE", visit.Issue)},
	}}
	signed := func(n int) func(d *desk) {
		return func(d *desk) {
			for i, code := range []string{"COL.DEAN", "FIN", "IO.REV", "VP.INT", "MOE"}[:n] {
				d.sign(fmt.Sprintf("1.%d.%s", i+1, code))
			}
		}
	}
	ways := map[visit.State]func(d *desk){
		visit.StateUnit: signed(0), visit.StateOffice: signed(1), visit.StateIO: signed(2), visit.StateLeader: signed(3),
		visit.StateExternal: signed(4), visit.StateIssuing: signed(5),
		visit.StateQuestion: func(d *desk) { d.must("dean", "COL.DEAN", visit.Ask{Task: "1.1.COL.DEAN", Question: "q"}) },
		visit.StateReturned: func(d *desk) { d.must("dean", "COL.DEAN", visit.Return{Task: "1.1.COL.DEAN", Reason: "n"}) },
	}
	for _, state := range visit.States {
		to, ok := ways[state]
		if !ok {
			// `submitted` never rests, as some stage is asked in the same command; a change under decision is ended by P-40's tests.
			require.False(t, state.Open() && state != visit.StateSubmitted && state != visit.StateAmending, "%s has no way here", state)
			continue
		}
		d := open(t, whole)
		to(d)
		require.Equal(t, state, d.v.State)
		d.refused(visit.Forbidden, "applicant_only", "dean", "COL.DEAN", visit.Withdraw{Reason: "n"})
		d.refused(visit.Invalid, "invalid", "faculty", "", visit.Withdraw{})
		d.must("faculty", "", visit.Withdraw{Reason: "n"})
		require.Equal(t, visit.StateWithdrawn, d.v.State, state)
		require.Empty(t, d.open(), "nobody is asked any more")
		d.refused(visit.Conflict, "visit_closed", "faculty", "", visit.Withdraw{Reason: "n"})
	}
}

func TestWhoMaySign(t *testing.T) {
	t.Parallel()
	r := simplified()
	r.Stages[0][0].Fallback = []string{"VP.LINE"}
	r.Stages[1][0] = visit.SignOff{Code: "SUP", Review: visit.UnitReview, Person: "professor", Limit: 1}
	d := open(t, r)
	d.refused(visit.Forbidden, "not_your_sign_off", "fin", "FIN", visit.Approve{Task: "1.1.COL.DEAN"})
	d.refused(visit.Forbidden, "own_visit", "faculty", "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
	d.refused(visit.NotFound, "no_such_task", "dean", "COL.DEAN", visit.Approve{Task: "9.9.FIN"})
	d.refused(visit.Conflict, "content_changed", "dean", "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN", Version: "v0"})
	err := d.send(visit.Command{ID: "x", By: visit.Actor{Person: "li", Post: "COL.DEAN", OnBehalfOf: "faculty", Channel: "api"}, Do: visit.Approve{Task: "1.1.COL.DEAN"}})
	require.Equal(t, visit.Forbidden, visit.CodeOf(err), "the delegate of a traveller decides nothing")
	d.must("vp", "VP.LINE", visit.Approve{Task: "1.1.COL.DEAN", Version: "v1"})
	d.sign("1.1.COL.PSEC", "1.1.FIN")
	d.refused(visit.Forbidden, "not_your_sign_off", "another", "", visit.Approve{Task: "1.2.SUP"})
	d.must("professor", "", visit.Approve{Task: "1.2.SUP"})
}

// TestP32 is the acceptance check of P-32 in the aggregate: an outside decision comes with number, date and scan.
func TestP32_OutsideDecisions(t *testing.T) {
	t.Parallel()
	r := simplified()
	r.Stages[2] = []visit.SignOff{office("X.MOE", visit.Outside)}
	outside := func(t *testing.T) *desk {
		d := open(t, r)
		d.sign("1.1.FIN", "1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV")
		d.tick(5)
		require.Equal(t, visit.StateExternal, d.v.State)
		return d
	}
	d := outside(t)
	paper := paper()
	for field, change := range map[string]func(o *visit.OutsideDecision){
		"outside.number": func(o *visit.OutsideDecision) { o.Number = "" },
		"outside.date":   func(o *visit.OutsideDecision) { o.Date = "2026-13-01" },
		"outside.file":   func(o *visit.OutsideDecision) { o.File = "scan.pdf" },
	} {
		bad := *paper
		change(&bad)
		for _, a := range []visit.Action{
			visit.Approve{Task: "1.3.X.MOE", Outside: &bad}, visit.Return{Task: "1.3.X.MOE", Reason: "n", Outside: &bad}, visit.Reject{Task: "1.3.X.MOE", Reason: "n", Outside: &bad},
		} {
			var e *visit.Error
			require.ErrorAs(t, d.do("io", "X.MOE", a), &e)
			require.Equal(t, field, e.Problems[0].Field)
		}
	}
	future := *paper
	future.Date = "2026-09-08"
	d.refused(visit.Invalid, "invalid", "io", "X.MOE", visit.Approve{Task: "1.3.X.MOE", Outside: &future})
	var bare *visit.Error
	require.ErrorAs(t, d.do("io", "X.MOE", visit.Approve{Task: "1.3.X.MOE", Reason: "number and date"}), &bare)
	require.Len(t, bare.Problems, 3)
	d.must("io", "X.MOE", visit.Ask{Task: "1.3.X.MOE", Question: "q"})
	d.must("faculty", "", visit.Answer{Task: "1.3.X.MOE", Answer: "a"})
	d.must("io", "X.MOE", visit.Approve{Task: "1.3.X.MOE", Outside: paper})
	require.Equal(t, visit.StateApproved, d.v.State)
	task, _ := d.v.Task("1.3.X.MOE")
	require.Equal(t, paper, task.Outside)

	e := outside(t)
	e.must("io", "X.MOE", visit.Return{Task: "1.3.X.MOE", Reason: "n", Outside: paper})
	require.Equal(t, visit.StateReturned, e.v.State)
	f := outside(t)
	f.must("io", "X.MOE", visit.Reject{Task: "1.3.X.MOE", Reason: "n", Outside: paper})
	require.Equal(t, visit.StateRejected, f.v.State)
	g := open(t, r)
	g.refused(visit.Invalid, "invalid", "fin", "FIN", visit.Approve{Task: "1.1.FIN", Outside: paper})
}

func paper() *visit.OutsideDecision {
	return &visit.OutsideDecision{Number: "教外批〔2026〕7号", Date: "2026-09-01", File: strings.Repeat("ab", 32)}
}

func TestACommandActsOnce(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	c := visit.Command{ID: "once", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Do: visit.Approve{Task: "1.1.FIN"}}
	require.NoError(t, d.send(c))
	seq := d.v.Seq
	require.NoError(t, d.send(c))
	require.Equal(t, seq, d.v.Seq)
	c.Do = visit.Reject{Task: "1.1.FIN", Reason: "n"}
	require.Equal(t, visit.Conflict, visit.CodeOf(d.send(c)), "the same id for something else")
}

func TestSubmitRefusals(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.refused(visit.Conflict, "already_submitted", "faculty", "", visit.Submit{Version: "v", Route: simplified()})
	e := &desk{t: t, v: visit.New("2026-00002", "faculty"), now: start}
	e.refused(visit.Forbidden, "applicant_only", "other", "", visit.Submit{Version: "v", Route: simplified()})
	e.refused(visit.Invalid, "empty_route", "faculty", "", visit.Submit{Version: "v"})
	e.refused(visit.Invalid, "empty_route", "faculty", "", visit.Submit{Version: "v", Route: visit.Route{Stages: [][]visit.SignOff{{}}}})
}

func TestApplyRefusesAnEventThatDoesNotBelong(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	other := d.log[0]
	require.Error(t, d.v.Apply(other), "out of order")
	other.Seq, other.Visit = d.v.Seq+1, "2026-00009"
	require.Error(t, d.v.Apply(other), "another visit")
	_, err := visit.Fold(nil)
	require.Error(t, err)
}

func TestEventsGoThroughJSON(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	b, err := json.Marshal(d.log)
	require.NoError(t, err)
	var back []visit.Event
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, d.log, back)
	require.Error(t, json.Unmarshal([]byte(`[{"kind":"nonsense","fact":{}}]`), &back))
	var c visit.Command
	require.Error(t, json.Unmarshal([]byte(`{"kind":"nonsense","do":{}}`), &c))
	_, err = json.Marshal(visit.Command{ID: "x"})
	require.Error(t, err)
}

func refold(t *testing.T, log []visit.Event) visit.Visit {
	v, err := visit.Fold(log)
	require.NoError(t, err)
	return v
}
