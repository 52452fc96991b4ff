package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP51_ASignOffIsReassignedByTwoPeople(t *testing.T) {
	t.Parallel()
	ask := visit.Reassign{Repair: 1, Task: "1.1.FIN", To: "deputy", Proposer: "admin", Reason: "n"}
	t.Run("whom it went to signs, the route stays as it was pinned, and others may still sign", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.refused(visit.Forbidden, "not_your_sign_off", "deputy", "", visit.Approve{Task: "1.1.FIN"})
		route := d.v.Clone().Route
		d.must("director", "IO.DIR", ask)
		require.Equal(t, route, d.v.Route)
		task, _ := d.v.Task("1.1.FIN")
		require.Equal(t, "deputy", task.SignOff.Person)
		require.Contains(t, task.SignOff.Posts, "FIN")
		d.must("deputy", "", visit.Approve{Task: "1.1.FIN"})
		d.refused(visit.Conflict, "task_closed", "director", "IO.DIR", visit.Reassign{Repair: 2, Task: "1.1.FIN", To: "x", Proposer: "admin", Reason: "n"})
	})
	t.Run("a sign-off that was added keeps its new person in the route", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		d.must("dean", "COL.DEAN", visit.AddSignOff{Task: "1.1.COL.DEAN", Person: "expert", Before: true, Days: 2, Reason: "n"})
		d.must("director", "HMT.DIR", visit.Reassign{Repair: 1, Task: "1.1.ADD.1", To: "deputy", Proposer: "admin", Reason: "n"})
		d.refused(visit.Forbidden, "not_your_sign_off", "expert", "", visit.Approve{Task: "1.1.ADD.1"})
		d.must("deputy", "", visit.Approve{Task: "1.1.ADD.1"})
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		d := open(t, simplified())
		with := func(change func(*visit.Reassign)) visit.Reassign {
			a := ask
			change(&a)
			return a
		}
		d.refused(visit.Forbidden, "repair_second_person", "admin", "IO.DIR", ask)
		d.refused(visit.Forbidden, "repair_second_person", "director", "IO.DIR", with(func(a *visit.Reassign) { a.Proposer = "" }))
		d.refused(visit.Forbidden, "repair_director_only", "reviewer", "IO.REV", ask)
		d.refused(visit.NotFound, "no_such_task", "director", "IO.DIR", with(func(a *visit.Reassign) { a.Task = "9.9.FIN" }))
		d.refused(visit.Invalid, "invalid", "director", "IO.DIR", with(func(a *visit.Reassign) { a.Reason = "" }))
		d.refused(visit.Invalid, "invalid", "director", "IO.DIR", with(func(a *visit.Reassign) { a.To = "" }))
		d.refused(visit.Invalid, "invalid", "director", "IO.DIR", with(func(a *visit.Reassign) { a.To = "director" }))
		d.refused(visit.Invalid, "invalid", "director", "IO.DIR", with(func(a *visit.Reassign) { a.To = d.v.Applicant }))
	})
}
