package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func approved(t *testing.T) *desk {
	d := open(t, simplified())
	d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN", "1.2.IO.REV")
	d.tick(5)
	d.sign("1.3.ISSUE")
	require.Equal(t, visit.StateApproved, d.v.State)
	return d
}

func amendment(version string, r visit.Reask) visit.Amend {
	return visit.Amend{Version: version, Travellers: []string{"faculty", "guest"}, Route: simplified(), Reask: r, Reason: "n"}
}

// standing lists the sign-offs on which the approval rests.
func standing(d *desk) []string {
	var all []string
	for _, t := range d.v.Tasks {
		if t.StandsFor(d.v.Valid()) {
			all = append(all, t.ID)
		}
	}
	return all
}

func TestP22_AmendmentOfAnApprovedVisit(t *testing.T) {
	t.Parallel()
	before := []string{"1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN", "1.2.IO.REV", "1.3.ISSUE"}
	t.Run("a change that asks nobody is approved at once", func(t *testing.T) {
		t.Parallel()
		d := approved(t)
		d.must("faculty", "", amendment("v2", visit.Reask{}))
		require.Equal(t, visit.StateApproved, d.v.State)
		require.Equal(t, "amended", d.log[len(d.log)-1].Kind())
		require.Equal(t, "v2", d.v.Approval.Version)
		require.Equal(t, before, standing(d))
	})
	t.Run("what was approved stays valid until the change is decided", func(t *testing.T) {
		t.Parallel()
		d := approved(t)
		d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN", "ISSUE"}, Notice: true}))
		require.Equal(t, visit.StateAmending, d.v.State)
		require.Equal(t, "v1", d.v.Valid())
		require.Equal(t, []string{"2.1.FIN"}, d.open())
		require.Equal(t, []string{"faculty", "guest"}, d.v.Concerned())
		d.refused(visit.Forbidden, "own_visit", "guest", "FIN", visit.Approve{Task: "2.1.FIN"})
		d.refused(visit.Conflict, "not_in_state", "faculty", "", amendment("v3", visit.Reask{}))
		d.sign("2.1.FIN")
		require.True(t, d.v.AwaitsNotice(), "nothing is issued before the new notice is closed")
		d.tick(5)
		require.Equal(t, []string{"2.3.ISSUE"}, d.open())
		d.sign("2.3.ISSUE")
		require.Equal(t, visit.StateApproved, d.v.State)
		require.Equal(t, "v2", d.v.Valid())
		require.Equal(t, []string{"1.1.COL.DEAN", "1.1.COL.PSEC", "1.2.IO.REV", "2.1.FIN", "2.3.ISSUE"}, standing(d))
		require.Equal(t, visit.TaskSuperseded, states(d)["1.1.FIN"])
	})
	ends := map[string]func(d *desk){
		"rejected":  func(d *desk) { d.must("fin", "FIN", visit.Reject{Task: "2.1.FIN", Reason: "n"}) },
		"withdrawn": func(d *desk) { d.must("faculty", "", visit.Withdraw{Reason: "n"}) },
		"returned, then withdrawn": func(d *desk) {
			d.must("fin", "FIN", visit.Return{Task: "2.1.FIN", Reason: "n"})
			require.Equal(t, visit.StateReturned, d.v.State)
			d.must("faculty", "", visit.Withdraw{Reason: "n"})
		},
		"signed in part, returned, changed again, and rejected": func(d *desk) {
			d.sign("2.1.FIN")
			d.must("io", "IO.REV", visit.Return{Task: "2.2.IO.REV", Reason: "n"})
			d.must("faculty", "", visit.Resubmit{Version: "v3", Travellers: []string{"faculty"}, Route: simplified(), Reask: &visit.Reask{SignOffs: []string{"COL.DEAN"}}})
			require.Equal(t, []string{"3.1.COL.DEAN"}, d.open(), "Finance has signed the change, and it is not asked again")
			d.must("dean", "COL.DEAN", visit.Reject{Task: "3.1.COL.DEAN", Reason: "n"})
		},
		"left without an answer": func(d *desk) {
			d.must("fin", "FIN", visit.Ask{Task: "2.1.FIN", Question: "q"})
			d.tick(31)
		},
	}
	for name, end := range ends {
		t.Run("the approval is as it was after a change was "+name, func(t *testing.T) {
			t.Parallel()
			d := approved(t)
			d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN", "IO.REV"}, Notice: true}))
			end(d)
			require.Equal(t, visit.StateApproved, d.v.State)
			require.Equal(t, "v1", d.v.Version)
			require.Equal(t, []string{"faculty"}, d.v.Travellers)
			require.Equal(t, visit.NoticeDone, d.v.Notice.State)
			require.Equal(t, before, standing(d))
			require.Empty(t, d.open())
			_, waits := d.v.NextDue()
			require.False(t, waits)
			d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN"}}))
			require.Len(t, d.open(), 1, "the same change may be asked for again, and is judged anew")
		})
	}
	t.Run("a second change rests on the first", func(t *testing.T) {
		t.Parallel()
		d := approved(t)
		d.must("faculty", "", amendment("v2", visit.Reask{}))
		d.must("faculty", "", amendment("v3", visit.Reask{SignOffs: []string{"FIN"}}))
		d.must("fin", "FIN", visit.Reject{Task: "3.1.FIN", Reason: "n"})
		require.Equal(t, "v2", d.v.Valid())
		require.Equal(t, before, standing(d))
	})
	t.Run("in a stage where contrary answers wait, the strictest ends the change and not the visit", func(t *testing.T) {
		t.Parallel()
		r := simplified()
		r.Terms = map[int]visit.Term{1: {Mixed: visit.MixedFinish}}
		d := approved(t)
		a := amendment("v2", visit.Reask{SignOffs: []string{"FIN", "COL.DEAN"}})
		a.Route = r
		d.must("faculty", "", a)
		d.must("fin", "FIN", visit.Reject{Task: "2.1.FIN", Reason: "n"})
		require.Equal(t, visit.StateAmending, d.v.State)
		d.sign("2.1.COL.DEAN")
		require.Equal(t, visit.StateApproved, d.v.State)
		require.Equal(t, visit.AmendmentRejected{Task: "2.1.FIN"}, d.log[len(d.log)-1].Fact)
	})
	t.Run("who may ask, and for what", func(t *testing.T) {
		t.Parallel()
		d := approved(t)
		d.refused(visit.Forbidden, "applicant_only", "io", "IO.REV", amendment("v2", visit.Reask{}))
		d.refused(visit.Conflict, "nothing_changed", "faculty", "", amendment("v1", visit.Reask{}))
		bare := amendment("v2", visit.Reask{})
		bare.Reason = ""
		d.refused(visit.Invalid, "invalid", "faculty", "", bare)
		e := open(t, simplified())
		e.refused(visit.Conflict, "not_in_state", "faculty", "", amendment("v2", visit.Reask{}))
		d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN"}}))
		d.must("faculty", "", visit.Cancel{Reason: "n"})
		require.Equal(t, visit.StateCancelled, d.v.State)
		require.Equal(t, "v1", d.v.Version, "what is cancelled is what was approved")
	})
}

// Who wrote a change for the applicant decides nothing in the visit, and is not asked to; nor is a sign-off handed on to him.
func TestP15_WhoPreparedAChangeDecidesNothing(t *testing.T) {
	t.Parallel()
	d := approved(t)
	a := amendment("v2", visit.Reask{SignOffs: []string{"COL.DEAN"}})
	a.PreparedBy = []string{"sec"}
	d.must("faculty", "", a)
	require.Equal(t, []string{"sec"}, d.v.PreparedBy)
	d.refused(visit.Forbidden, "conflict_preparer", "sec", "COL.DEAN", visit.Approve{Task: "2.1.COL.DEAN"})
	d.refused(visit.Invalid, "invalid", "dean", "COL.DEAN", visit.AddSignOff{Task: "2.1.COL.DEAN", Person: "sec", Before: true, Days: 1, Reason: "n"})
	d.refused(visit.Invalid, "invalid", "dean", "COL.DEAN", visit.Transfer{Task: "2.1.COL.DEAN", To: "sec", Reason: "n"})
	d.must("dean", "COL.DEAN", visit.Approve{Task: "2.1.COL.DEAN"})
}
