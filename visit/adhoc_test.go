package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// TestP21 is the acceptance check of P-21 in the aggregate: one of six is declined and the rest goes on.
func TestP21_DecisionPerTraveller(t *testing.T) {
	t.Parallel()
	group := []string{"faculty", "b", "c", "d", "e", "f"}
	sixOf := func(t *testing.T) *desk {
		d := &desk{t: t, v: visit.New("2026-00001", "faculty"), now: start}
		d.must("faculty", "", visit.Submit{Version: "v1", Unit: "CIV", Travellers: group, Route: simplified()})
		return d
	}
	t.Run("the approval lists the five who remain", func(t *testing.T) {
		t.Parallel()
		d := sixOf(t)
		d.sign("1.1.COL.DEAN")
		d.must("fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: []string{"c"}, Reason: "n", Recheck: &visit.Recheck{Rule: "R17", Drops: []string{"FIN"}}})
		require.Equal(t, []string{"faculty", "b", "d", "e", "f"}, d.v.Travellers)
		require.Equal(t, []visit.Declined{{Person: "c", Task: "1.1.FIN", By: visit.Actor{Person: "fin", Post: "FIN", Channel: "api"}, Reason: "n"}}, d.v.Declined)
		require.Equal(t, []string{"1.1.COL.PSEC", "1.1.FIN"}, d.open(), "the task stays open, and no sign-off is dropped")
		d.refused(visit.Forbidden, "own_visit", "c", "COL.PSEC", visit.Approve{Task: "1.1.COL.PSEC"})
		d.sign("1.1.FIN", "1.1.COL.PSEC", "1.2.IO.REV")
		d.tick(5)
		d.sign("1.3.ISSUE")
		require.Equal(t, []string{"faculty", "b", "d", "e", "f"}, d.v.Approval.Travellers)
	})
	t.Run("who was declined does not come back with another version", func(t *testing.T) {
		t.Parallel()
		d := sixOf(t)
		d.must("fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: []string{"b", "c"}, Reason: "n"})
		d.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
		d.must("faculty", "", visit.Resubmit{Version: "v2", Travellers: group, Route: simplified()})
		require.Equal(t, []string{"faculty", "d", "e", "f"}, d.v.Travellers)
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		d := sixOf(t)
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: group, Reason: "n"})
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: []string{"x"}, Reason: "n"})
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: []string{"b", "b"}, Reason: "n"})
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Reason: "n"})
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: []string{"b"}})
		d.refused(visit.Forbidden, "not_your_sign_off", "dean", "COL.DEAN", visit.DeclineTravellers{Task: "1.1.FIN", Travellers: []string{"b"}, Reason: "n"})
	})
	t.Run("a change of an approved visit is declined for those it would add only", func(t *testing.T) {
		t.Parallel()
		d := approved(t)
		d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN"}}))
		d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.DeclineTravellers{Task: "2.1.FIN", Travellers: []string{"faculty"}, Reason: "n"})
		d.must("fin", "FIN", visit.DeclineTravellers{Task: "2.1.FIN", Travellers: []string{"guest"}, Reason: "n"})
		d.sign("2.1.FIN")
		require.Equal(t, []string{"faculty"}, d.v.Approval.Travellers)
	})
}

// TestP18 is the acceptance check of P-18 in the aggregate: sign-offs are added and removed, both in the log, and none of the
// policy is replaced.
func TestP18_SignOffsAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	add := func(before bool) visit.AddSignOff {
		return visit.AddSignOff{Task: "1.1.COL.DEAN", Person: "li", Before: before, Days: 2, Reason: "n"}
	}
	t.Run("before: the signer waits for it", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.must("dean", "COL.DEAN", add(true))
		require.Equal(t, []string{"1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN", "1.1.ADD.1"}, d.open())
		d.refused(visit.Conflict, "added_first", "dean", "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
		d.refused(visit.Forbidden, "not_your_sign_off", "wang", "", visit.Approve{Task: "1.1.ADD.1"})
		d.must("li", "", visit.Approve{Task: "1.1.ADD.1"})
		d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
		require.Equal(t, visit.StateIO, d.v.State)
	})
	t.Run("after: it is asked in a stage of its own", func(t *testing.T) {
		t.Parallel()
		r := simplified()
		r.Terms = map[int]visit.Term{2: {Mixed: visit.MixedFinish}}
		d := open(t, r)
		d.must("dean", "COL.DEAN", add(false))
		d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
		require.Equal(t, []string{"1.2.ADD.1"}, d.open())
		require.Equal(t, map[int]visit.Term{3: {Mixed: visit.MixedFinish}}, d.v.Route.Terms, "a term stays with its stage")
		d.must("li", "", visit.Approve{Task: "1.2.ADD.1"})
		require.Equal(t, []string{"1.3.IO.REV"}, d.open())
		d.must("io", "IO.REV", visit.Return{Task: "1.3.IO.REV", Stage: 1, Reason: "n"})
		d.sign("2.1.COL.DEAN", "2.1.COL.PSEC", "2.1.FIN")
		require.Equal(t, []string{"2.2.ADD.1"}, d.open(), "asked again with its stage")
	})
	t.Run("removed before it is given; both stay in the log", func(t *testing.T) {
		t.Parallel()
		for _, before := range []bool{true, false} {
			d := open(t, simplified())
			d.must("dean", "COL.DEAN", add(before))
			d.refused(visit.Forbidden, "not_your_sign_off", "psec", "COL.PSEC", visit.RemoveSignOff{SignOff: "ADD.1", Reason: "n"})
			d.refused(visit.Forbidden, "mandatory_sign_off", "dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "FIN", Reason: "n"})
			d.refused(visit.NotFound, "no_such_task", "dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "ADD.2", Reason: "n"})
			d.refused(visit.Invalid, "invalid", "dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "ADD.1"})
			if before {
				d.must("li", "", visit.Ask{Task: "1.1.ADD.1", Question: "q"})
				d.now = d.now.AddDate(0, 0, 3)
			}
			d.must("another dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "ADD.1", Reason: "n"})
			require.Equal(t, visit.StateUnit, d.v.State)
			d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
			require.Equal(t, []string{"1.2.IO.REV"}, d.open())
			kinds := []string{}
			for _, e := range d.log {
				kinds = append(kinds, e.Kind())
			}
			require.Contains(t, kinds, "sign_off_added")
			require.Contains(t, kinds, "sign_off_removed")
			if before {
				task, _ := d.v.Task("1.1.ADD.1")
				require.Equal(t, visit.TaskRemoved, task.State)
			}
		}
	})
	t.Run("the open one is removed, and the visit goes on", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.must("dean", "COL.DEAN", add(false))
		d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
		d.must("dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "ADD.1", Reason: "n"})
		require.Equal(t, []string{"1.2.IO.REV"}, d.open())
	})
	t.Run("what was given stays", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.must("dean", "COL.DEAN", add(true))
		d.must("li", "", visit.Approve{Task: "1.1.ADD.1"})
		d.refused(visit.Conflict, "sign_off_given", "dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "ADD.1", Reason: "n"})
	})
	t.Run("any of several is no choice against what a signer has asked for", func(t *testing.T) {
		t.Parallel()
		r := simplified()
		r.Terms = map[int]visit.Term{1: {Need: 1}}
		d := open(t, r)
		d.must("dean", "COL.DEAN", add(true))
		d.sign("1.1.COL.PSEC")
		require.Equal(t, []string{"1.1.COL.DEAN", "1.1.FIN", "1.1.ADD.1"}, d.open())
		d.must("dean", "COL.DEAN", visit.RemoveSignOff{SignOff: "ADD.1", Reason: "n"})
		require.Equal(t, []string{"1.2.IO.REV"}, d.open())
	})
	t.Run("another policy keeps it", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.must("dean", "COL.DEAN", add(false))
		d.must("publisher", visit.PublisherPost, visit.Reroute{Route: strict()})
		d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
		require.Equal(t, []string{"1.2.ADD.1"}, d.open())
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.refused(visit.Forbidden, "may_not_add", "fin", "FIN", visit.AddSignOff{Task: "1.1.FIN", Person: "li", Days: 1, Reason: "n"})
		for _, bad := range []visit.AddSignOff{
			{Task: "1.1.COL.DEAN", Days: 1, Reason: "n"}, {Task: "1.1.COL.DEAN", Person: "li", Days: 1}, {Task: "1.1.COL.DEAN", Person: "li", Days: 11, Reason: "n"},
			{Task: "1.1.COL.DEAN", Person: "faculty", Days: 1, Reason: "n"}, {Task: "1.1.COL.DEAN", Person: "dean", Days: 1, Reason: "n"},
		} {
			d.refused(visit.Invalid, "invalid", "dean", "COL.DEAN", bad)
		}
		d.tick(5)
		d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN", "1.2.IO.REV")
		d.refused(visit.Invalid, "invalid", "dir", "ISSUE", visit.AddSignOff{Task: "1.3.ISSUE", Person: "li", Days: 1, Reason: "n"})
	})
}

func TestP18_TransferAndReaders(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.must("fin", "FIN", visit.Transfer{Task: "1.1.FIN", To: "fin.2", Reason: "n"})
	task, _ := d.v.Task("1.1.FIN")
	require.Equal(t, "fin.2", task.Assigned)
	require.Equal(t, []string{"FIN"}, task.SignOff.Posts, "the right to sign stays that of the post")
	d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.Transfer{Task: "1.1.FIN", To: "fin.2", Reason: "n"})
	d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.Transfer{Task: "1.1.FIN", To: "faculty", Reason: "n"})
	d.refused(visit.Invalid, "invalid", "fin", "FIN", visit.Transfer{Task: "1.1.FIN", To: "fin.3"})

	d.must("dean", "COL.DEAN", visit.AddSignOff{Task: "1.1.COL.DEAN", Person: "li", Before: true, Days: 1, Reason: "n"})
	d.must("li", "", visit.Transfer{Task: "1.1.ADD.1", To: "wang", Reason: "n"})
	d.refused(visit.Forbidden, "not_your_sign_off", "li", "", visit.Approve{Task: "1.1.ADD.1"})
	d.must("wang", "", visit.Approve{Task: "1.1.ADD.1"})

	r := simplified()
	r.Stages[1][0] = visit.SignOff{Code: "SUP", Review: visit.UnitReview, Person: "professor", Limit: 1}
	e := open(t, r)
	e.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
	e.refused(visit.Forbidden, "not_transferable", "professor", "", visit.Transfer{Task: "1.2.SUP", To: "li", Reason: "n"})

	e.must("professor", "", visit.AddReader{Task: "1.2.SUP", Person: "li", Reason: "n"})
	require.Equal(t, []string{"li"}, e.v.Readers)
	e.refused(visit.Invalid, "invalid", "professor", "", visit.AddReader{Task: "1.2.SUP", Person: "li", Reason: "n"})
	e.refused(visit.Invalid, "invalid", "professor", "", visit.AddReader{Task: "1.2.SUP", Person: "wang"})
	e.refused(visit.Invalid, "invalid", "professor", "", visit.RemoveReader{Task: "1.2.SUP", Person: "wang"})
	e.must("professor", "", visit.RemoveReader{Task: "1.2.SUP", Person: "li"})
	require.Empty(t, e.v.Readers)
}
