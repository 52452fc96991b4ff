package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// offices is a route whose first stage asks three offices under a term.
func offices(term visit.Term) visit.Route {
	return visit.Route{Rule: "R", Terms: map[int]visit.Term{1: term}, Stages: [][]visit.SignOff{
		{office("FIN", visit.OfficeReview), office("ORG", visit.OfficeReview), office("DIS", visit.OfficeReview)},
		{office("IO.REV", visit.IOReview)},
	}}
}

func states(d *desk) map[string]visit.TaskState {
	all := map[string]visit.TaskState{}
	for _, t := range d.v.Tasks {
		all[t.ID] = t.State
	}
	return all
}

// TestP04_MixedAnswers is the acceptance check of P-04: of three parallel offices one returns or rejects, and the others are
// cancelled or finish as the route says; the visit is never stuck.
func TestP04_MixedAnswers(t *testing.T) {
	t.Parallel()
	t.Run("cancel: the others are cancelled at once", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(visit.Term{}))
		d.sign("1.1.ORG")
		d.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
		require.Equal(t, visit.StateReturned, d.v.State)
		require.Equal(t, map[string]visit.TaskState{"1.1.FIN": visit.TaskReturned, "1.1.ORG": visit.TaskApproved, "1.1.DIS": visit.TaskCancelled}, states(d))
	})
	finish := visit.Term{Mixed: visit.MixedFinish}
	t.Run("finish: the others still answer, then the return counts", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(finish))
		d.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
		require.Equal(t, visit.StateOffice, d.v.State)
		require.Equal(t, []string{"1.1.ORG", "1.1.DIS"}, d.open())
		d.refused(visit.Conflict, "task_closed", "fin", "FIN", visit.Approve{Task: "1.1.FIN"})
		d.sign("1.1.ORG", "1.1.DIS")
		require.Equal(t, visit.StateReturned, d.v.State)
		require.Equal(t, visit.StageSettled{Stage: 1, Task: "1.1.FIN", Outcome: visit.TaskReturned}, d.log[len(d.log)-1].Fact)
		d.must("faculty", "", visit.Resubmit{Version: "v1", Travellers: []string{"faculty"}, Route: offices(finish)})
		require.Equal(t, []string{"2.1.FIN"}, d.open(), "what the others approved stands")
		d.sign("2.1.FIN")
		require.Equal(t, []string{"2.2.IO.REV"}, d.open())
	})
	t.Run("finish: the strictest of several contrary answers counts", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(finish))
		d.must("fin", "FIN", visit.Reject{Task: "1.1.FIN", Reason: "n"})
		d.must("org", "ORG", visit.Return{Task: "1.1.ORG", Reason: "n"})
		require.False(t, d.v.State.Final())
		d.must("dis", "DIS", visit.Ask{Task: "1.1.DIS", Question: "q"})
		d.must("faculty", "", visit.Answer{Task: "1.1.DIS", Answer: "a"})
		d.sign("1.1.DIS")
		require.Equal(t, visit.StateRejected, d.v.State)
	})
	t.Run("finish, in a later stage: back to the earlier one of two stages", func(t *testing.T) {
		t.Parallel()
		r := offices(visit.Term{})
		r.Stages, r.Terms = append([][]visit.SignOff{{office("A", visit.UnitReview)}, {office("B", visit.UnitReview)}}, r.Stages...), map[int]visit.Term{3: finish}
		d := open(t, r)
		d.sign("1.1.A", "1.2.B")
		d.must("fin", "FIN", visit.Return{Task: "1.3.FIN", Stage: 2, Reason: "n"})
		d.must("org", "ORG", visit.Return{Task: "1.3.ORG", Stage: 1, Reason: "n"})
		d.sign("1.3.DIS")
		require.Equal(t, []string{"2.1.A"}, d.open())
	})
}

func TestP04_EnoughApprovals(t *testing.T) {
	t.Parallel()
	t.Run("any: one approval passes the stage and the others need not answer", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(visit.Term{Need: 1}))
		d.must("fin", "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
		require.Equal(t, visit.StateQuestion, d.v.State)
		d.sign("1.1.DIS")
		require.Equal(t, visit.StateIO, d.v.State, "a question that need not be answered stops nothing")
		require.Equal(t, visit.TaskCancelled, states(d)["1.1.FIN"])
		d.refused(visit.Conflict, "task_closed", "org", "ORG", visit.Approve{Task: "1.1.ORG"})
		d.sign("1.2.IO.REV")
		require.Equal(t, visit.StateApproved, d.v.State)
	})
	t.Run("any, cancel: a return ends the stage", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(visit.Term{Need: 1}))
		d.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
		require.Equal(t, visit.StateReturned, d.v.State)
	})
	two := visit.Term{Need: 2, Mixed: visit.MixedFinish}
	t.Run("two of three: a rejection does not count where two approve", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(two))
		d.must("fin", "FIN", visit.Reject{Task: "1.1.FIN", Reason: "n"})
		d.sign("1.1.ORG")
		require.Equal(t, []string{"1.1.DIS"}, d.open())
		d.sign("1.1.DIS")
		require.Equal(t, visit.StateIO, d.v.State)
	})
	t.Run("two of three: two contrary answers cannot be outweighed", func(t *testing.T) {
		t.Parallel()
		d := open(t, offices(two))
		d.must("fin", "FIN", visit.Reject{Task: "1.1.FIN", Reason: "n"})
		d.must("org", "ORG", visit.Return{Task: "1.1.ORG", Reason: "n"})
		d.sign("1.1.DIS")
		require.Equal(t, visit.StateRejected, d.v.State)
	})
	t.Run("a new policy keeps the terms of the stages that were asked and brings its own", func(t *testing.T) {
		t.Parallel()
		r := offices(two).After(visit.Route{Terms: map[int]visit.Term{1: {Need: 1}}, Stages: [][]visit.SignOff{{office("A", visit.UnitReview), office("B", visit.UnitReview)}}}, 1)
		require.Equal(t, map[int]visit.Term{1: {Need: 1}, 2: two}, r.Terms)
		r = offices(two).After(visit.Route{Stages: [][]visit.SignOff{{office("FIN", visit.OfficeReview)}}}, 1)
		require.Empty(t, r.Terms, "of a stage that was asked in part, all the rest is asked")
	})
}
