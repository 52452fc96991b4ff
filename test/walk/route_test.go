package walk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

func TestSimplifiedAcademicExchange(t *testing.T) {
	t.Parallel()
	w := walk(t)
	d := w.complete("faculty.civ", w.academic("faculty.civ"))
	p, err := w.as("faculty.civ").Preview(t.Context(), d)
	require.NoError(t, err)
	require.Empty(t, p.Problems)
	require.Equal(t, "R17", p.Rule)
	require.Equal(t, [][]string{{"COL.DEAN", "COL.PSEC", "FIN"}, {"IO.REV"}, {"ISSUE"}}, p.Stages)
	require.Equal(t, 5, p.NoticeDays)

	id := w.keep("faculty.civ", d)
	r, err := w.as("faculty.civ").Submit(t.Context(), id, "")
	require.NoError(t, err)
	require.Equal(t, visit.StateUnit, r.State)
	v := w.look(id)
	require.Equal(t, p.Route, v.Route, "the route that was previewed is the one that is pinned")
	require.Equal(t, p.Stages[0], open(v))

	w.approve(id, "fin", "FIN", "dean.civ", "COL.DEAN")
	require.Equal(t, []string{"COL.PSEC"}, open(w.look(id)), "a stage waits for its last sign-off")
	w.approve(id, "psec.civ", "COL.PSEC")
	v = w.look(id)
	require.Equal(t, visit.StateIO, v.State)
	require.Equal(t, p.Stages[1], open(v))

	w.approve(id, "io.rev", "IO.REV")
	v = w.look(id)
	require.Empty(t, open(v), "nothing is issued before the public notice has closed")
	require.Equal(t, visit.NoticeOpen, v.Notice.State)
	w.closeNotice(id)
	v = w.look(id)
	require.Equal(t, visit.NoticeDone, v.Notice.State)
	require.Equal(t, visit.StateIssuing, v.State)
	require.Equal(t, p.Stages[2], open(v))

	require.Equal(t, visit.StatePreparing, w.decide("io.dir", id, "ISSUE", "approve", "").State)
	require.Empty(t, open(w.look(id)))
	require.Equal(t, []string{
		"submitted", "notice_opened", "stage_opened", "signed_off", "signed_off", "signed_off", "stage_opened", "signed_off",
		"notice_closed", "stage_opened", "signed_off", "approved", "preparation_opened",
	}, w.kinds(id))
	w.sameInTemporal(id)
}

func TestWorkVisitOfADivisionLevelCadre(t *testing.T) {
	t.Parallel()
	w := walk(t)
	id := w.submit("vds.civ", w.request(visit.Work, "CIV", 70, 5, "vds.civ"))
	v := w.look(id)
	require.Equal(t, "R12", v.Route.Rule)
	stages := [][]string{
		{"COL.DEAN", "COL.PSEC"}, {"FIN", "ORG", "DIS"}, {"IO.REV"}, {"IO.DIR"}, {"VP.LINE"}, {"VP.INT"}, {"PRES"}, {"ISSUE"},
	}
	require.Equal(t, stages, v.Route.Stages)
	for i, stage := range stages {
		if stage[0] == "ISSUE" {
			require.Empty(t, open(w.look(id)))
			w.closeNotice(id)
		}
		require.Equal(t, stage, open(w.look(id)), "stage %d", i+1)
		w.signStage(id)
	}
	require.Equal(t, visit.StatePreparing, w.look(id).State)
	signed := map[string]string{}
	for _, e := range w.ledger(id) {
		if _, ok := e.Event.Fact.(visit.SignedOff); ok {
			signed[e.Event.By.Post] = e.Event.By.Person
		}
	}
	require.Equal(t, map[string]string{
		"COL.DEAN": "dean.civ", "COL.PSEC": "psec.civ", "FIN": "fin", "ORG": "org", "DIS": "dis", "IO.REV": "io.rev",
		"IO.DIR": "io.dir", "VP.LINE": "vp.line", "VP.INT": "vp.int", "PRES": "pres",
	}, signed, "IO.DIR signs as director and issues")
}

// closeNotice lets time pass until the public notice of a visit has closed.
func (w walker) closeNotice(id string) {
	w.t.Helper()
	n := w.look(id).Notice
	require.Equal(w.t, visit.NoticeOpen, n.State)
	now, err := w.store.Now(w.t.Context())
	require.NoError(w.t, err)
	require.True(w.t, n.Closes.After(now.Add(4*day)), "five working days")
	w.pass(n.Closes.Add(-time.Hour).Sub(now))
	require.Equal(w.t, visit.NoticeOpen, w.look(id).Notice.State, "not an hour too early")
	w.pass(2 * time.Hour)
}

// sameInTemporal holds the other record of a visit, Temporal's history, against its ledger: each command of a person that
// is in the one is in the other.
func (w walker) sameInTemporal(id string) {
	w.t.Helper()
	h, err := w.as("auditor").History(w.t.Context(), id)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, h.Raw)
	inHistory := 0
	for _, l := range h.Items {
		if l.Command == "approve" {
			inHistory++
		}
	}
	inLedger := 0
	for _, e := range w.ledger(id) {
		if _, ok := e.Event.Fact.(visit.SignedOff); ok {
			inLedger++
		}
	}
	require.Equal(w.t, inLedger, inHistory)
}

func TestTheTalkWithTheApplicant(t *testing.T) {
	t.Parallel()
	w := walk(t)
	faculty := w.as("faculty.civ")

	t.Run("a question stops the task until it is answered", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		task := w.task(id, "FIN")
		require.Equal(t, visit.StateQuestion, w.decide("fin", id, "FIN", "question", "Which project pays?").State)
		_, err := w.as("fin").Decide(t.Context(), id, client.Decision{Task: task, Decision: "approve"}, "")
		refused(t, err, 409, "question_open")
		_, err = w.as("fin").Answer(t.Context(), id, task, "The bridge project.", "")
		refused(t, err, 403, "applicant_only")
		_, err = faculty.Answer(t.Context(), id, task, "", "")
		require.Equal(t, []string{"answer"}, refused(t, err, 422, "invalid").Fields())
		r, err := faculty.Answer(t.Context(), id, task, "The bridge project.", "")
		require.NoError(t, err)
		require.Equal(t, visit.StateUnit, r.State)
		v := w.look(id)
		require.Equal(t, "Which project pays?", v.Tasks[2].Question)
		require.Equal(t, "The bridge project.", v.Tasks[2].Answer)
		w.approve(id, "fin", "FIN")
		require.Equal(t, []string{"submitted", "notice_opened", "stage_opened", "asked", "answered", "signed_off"}, w.kinds(id))
	})

	t.Run("a returned visit is asked again for what changed", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		w.approve(id, "dean.civ", "COL.DEAN")
		before := w.look(id)
		require.Equal(t, visit.StateReturned, w.decide("fin", id, "FIN", "return", "The fee is missing.").State)
		_, err := w.as("psec.civ").Decide(t.Context(), id, client.Decision{Task: before.Holders[0].Task, Decision: "approve"}, "")
		refused(t, err, 409, "task_closed")

		own, err := faculty.Visit(t.Context(), id)
		require.NoError(t, err)
		changed := *own.Draft
		changed.Funding[0].Amount = 2_000_000
		_, err = faculty.SaveVisit(t.Context(), id, changed)
		require.NoError(t, err)
		r, err := faculty.Submit(t.Context(), id, "")
		require.NoError(t, err)
		require.Equal(t, visit.StateUnit, r.State)
		v := w.look(id)
		require.Equal(t, 2, v.Round)
		require.Equal(t, []string{"COL.PSEC", "FIN"}, open(v), "the dean does not judge the money")
		require.Equal(t, "The fee is missing.", v.Tasks[2].Reason)
		require.Equal(t, visit.TaskApproved, v.Tasks[0].State)

		w.decide("fin", id, "FIN", "return", "Once more.")
		_, err = faculty.Submit(t.Context(), id, "")
		require.NoError(t, err)
		require.Equal(t, []string{"COL.PSEC", "FIN"}, open(w.look(id)))

		w.decide("fin", id, "FIN", "return", "To what end?")
		changed.Purpose = "To build a bridge."
		_, err = faculty.SaveVisit(t.Context(), id, changed)
		require.NoError(t, err)
		_, err = faculty.Submit(t.Context(), id, "")
		require.NoError(t, err)
		v = w.look(id)
		require.Equal(t, []string{"COL.DEAN", "COL.PSEC", "FIN"}, open(v), "what the dean signed was another purpose")
		require.Equal(t, visit.TaskSuperseded, v.Tasks[0].State)
		w.ledger(id)
	})

	t.Run("withdrawn", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		_, err := w.as("dean.civ").Withdraw(t.Context(), id, "Not mine.", "")
		refused(t, err, 403, "applicant_only")
		r, err := faculty.Withdraw(t.Context(), id, "The conference is off.", "")
		require.NoError(t, err)
		require.Equal(t, visit.StateWithdrawn, r.State)
		_, err = faculty.Withdraw(t.Context(), id, "Again.", "")
		refused(t, err, 409, "visit_closed")
		require.Empty(t, open(w.look(id)))
		w.ledger(id)
	})

	t.Run("rejected", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		task := w.task(id, "COL.PSEC")
		require.Equal(t, visit.StateRejected, w.decide("fin", id, "FIN", "reject", "No money.").State)
		_, err := w.as("psec.civ").Decide(t.Context(), id, client.Decision{Task: task, Decision: "approve"}, "")
		refused(t, err, 409, "task_closed")
		w.ledger(id)
	})

	t.Run("cancelled after the approval, also by the International Office", func(t *testing.T) {
		w := w.in(t)
		id := w.submit("faculty.civ", w.academic("faculty.civ"))
		_, err := faculty.Cancel(t.Context(), id, "Too early.", "")
		refused(t, err, 409, "not_in_state")
		w.signStage(id)
		w.signStage(id)
		w.closeNotice(id)
		w.signStage(id)
		_, err = w.as("dean.civ").Cancel(t.Context(), id, "Not mine.", "")
		refused(t, err, 403, "applicant_or_io_only")
		r, err := w.as("io.rev").Cancel(t.Context(), id, "The host has closed.", "")
		require.NoError(t, err)
		require.Equal(t, visit.StateCancelled, r.State)
		w.ledger(id)
	})

	t.Run("the projections can be made again from the ledger", func(t *testing.T) {
		w := w.in(t)
		before := w.projections()
		require.Len(t, before["visit"], 5)
		n, err := w.store.Rebuild(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5, n)
		require.Equal(t, before, w.projections())
	})
}

// in gives the same university to a subtest.
func (w walker) in(t *testing.T) walker {
	w.t = t
	return w
}

// projections gives every row of the projections as JSON.
func (w walker) projections() map[string][]string {
	w.t.Helper()
	db := w.App(w.t)
	rows := map[string][]string{}
	for table, query := range map[string]string{
		"visit": `SELECT to_jsonb(v) FROM visit v ORDER BY id`, "task": `SELECT to_jsonb(t) FROM task t ORDER BY visit, id`,
	} {
		var all []string
		require.NoError(w.t, db.Select(&all, query))
		rows[table] = all
	}
	return rows
}
