package service_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// iam-identity-center-team 124: the time of a request could not be computed afterwards. The seconds of the page and of the
// report are the same, while the applicant has the case too.
func TestP25_ThePageAndTheReportSayTheSameSeconds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	same := func(what string, least, most time.Duration) {
		t.Helper()
		u := k.user("io.rev")
		c, err := k.svc.Case(t.Context(), u, id)
		require.NoError(t, err)
		w, err := k.svc.Waiting(t.Context(), u)
		require.NoError(t, err)
		for _, task := range c.Visit.OpenTasks() {
			waited := c.Visit.Waited(task, u.Now)
			require.Contains(t, w.Tasks, waitingTask(w.Tasks, task.ID), what)
			require.Equal(t, int64(waited.Seconds()), waitingTask(w.Tasks, task.ID).Seconds, "%s: %s", what, task.ID)
			require.True(t, waited >= least && waited < most, "%s: %s waited %s", what, task.ID, waited)
		}
	}
	same("just submitted", 0, time.Minute)
	k.pass(2)
	same("two days later", 48*time.Hour, 48*time.Hour+time.Minute)
	k.decide("fin", id, "1.1.FIN", service.Question, "Which project?")
	k.pass(3)
	same("while the applicant has it the clock stands", 48*time.Hour, 48*time.Hour+time.Minute)
	_, err := k.svc.Do(t.Context(), k.user("faculty.civ"), id, service.CommandAnswer, "1.1.FIN", "Bridges.", "answer")
	require.NoError(t, err)
	k.pass(1)
	same("and goes on", 72*time.Hour, 72*time.Hour+time.Minute)

	k.decide("fin", id, "1.1.FIN", service.Approve, "")
	u := k.user("io.rev")
	w, err := k.svc.Waiting(t.Context(), u)
	require.NoError(t, err)
	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	task, _ := v.Task("1.1.FIN")
	for _, o := range w.Offices {
		if o.SignOff == "FIN" {
			require.Equal(t, 1, o.Decided)
			require.Equal(t, int64(v.Waited(task, u.Now).Seconds()), o.Median, "what was decided took as long as the page says")
		}
	}
	before := w
	_, err = k.svc.Store.Rebuild(t.Context())
	require.NoError(t, err)
	w, err = k.svc.Waiting(t.Context(), u)
	require.NoError(t, err)
	require.Equal(t, before, w, "rebuilt it says the same")

	w, err = k.svc.Waiting(t.Context(), k.user("dean.mech"))
	require.NoError(t, err)
	require.Empty(t, w.Tasks, "of what one may see")
}

func waitingTask(all []store.WaitingTask, id string) store.WaitingTask {
	for _, w := range all {
		if w.Task == id {
			return w
		}
	}
	return store.WaitingTask{Task: "none"}
}

// The applicant sees who holds the case, since when, until when, and what comes next.
func TestP25_TheApplicantSeesWhoHoldsTheCase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	c, err := k.svc.Case(t.Context(), k.user("faculty.civ"), id)
	require.NoError(t, err)
	for task, person := range map[string]string{"1.1.COL.DEAN": "dean.civ", "1.1.FIN": "fin"} {
		open, ok := c.Visit.Task(task)
		require.True(t, ok)
		require.Equal(t, person, c.Signers[task][0].Person)
		require.WithinDuration(t, c.Visit.Spent.Since, open.Opened, time.Second)
		require.True(t, open.Due.After(open.Opened))
	}
	require.Equal(t, "IO.REV", c.Visit.Route.Stages[1][0].Code, "and what comes next")
}
