package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// strict is the shape of a work visit: more offices, and the notice as before.
func strict() visit.Route {
	return visit.Route{Rule: "R12", NoticeDays: 5, Stages: [][]visit.SignOff{
		{office("COL.DEAN", visit.UnitReview), office("COL.PSEC", visit.UnitReview)},
		{office("FIN", visit.OfficeReview), office("DIS", visit.OfficeReview)},
		{office("IO.REV", visit.IOReview)}, {office("PRES", visit.LeaderReview)}, {office("ISSUE", visit.Issue)},
	}}
}

func atIO(t *testing.T) *desk {
	d := open(t, simplified())
	for _, code := range []string{"COL.DEAN", "COL.PSEC", "FIN"} {
		d.must("h."+code, code, visit.Approve{Task: "1.1." + code})
	}
	require.Equal(t, visit.StateIO, d.v.State)
	return d
}

func TestChangeCategory(t *testing.T) {
	change := visit.ChangeCategory{Version: "v2", From: visit.Academic, Category: visit.Work, Route: strict(), Reason: "n"}

	t.Run("the visit is judged anew over the route of the new category", func(t *testing.T) {
		d := atIO(t)
		d.must("h.IO.DIR", "IO.DIR", change)
		require.Equal(t, visit.StateUnit, d.v.State)
		require.Equal(t, visit.Work, d.v.Category)
		require.Equal(t, "R12", d.v.Route.Rule)
		require.Equal(t, "v2", d.v.Version)
		require.Equal(t, visit.NoticeOpen, d.v.Notice.State)
		open := d.v.OpenTasks()
		require.Len(t, open, 2)
		require.Equal(t, "2.1.COL.DEAN", open[0].ID)
		old, _ := d.v.Task("1.1.FIN")
		require.Equal(t, visit.TaskSuperseded, old.State, "the earlier decision stays readable and no longer counts")
	})
	t.Run("the applicant gets an incomplete request back, and it starts from the first stage", func(t *testing.T) {
		d := atIO(t)
		incomplete := change
		incomplete.Incomplete = true
		d.must("h.IO.REV", "IO.REV", incomplete)
		require.Equal(t, visit.StateReturned, d.v.State)
		d.must("faculty", "", visit.Resubmit{Version: "v2", Travellers: []string{"faculty"}, Route: strict()})
		require.Equal(t, visit.StateUnit, d.v.State)
	})
	t.Run("not by others, not outside the office's review, not without a reason or a change", func(t *testing.T) {
		d := atIO(t)
		d.refused(visit.Forbidden, "not_your_sign_off", "h.FIN", "FIN", change)
		d.refused(visit.Forbidden, "own_visit", "faculty", "IO.REV", change)
		same, bare := change, change
		same.Version, bare.Reason = "v1", ""
		d.refused(visit.Conflict, "same_category", "h.IO.REV", "IO.REV", same)
		d.refused(visit.Invalid, "invalid", "h.IO.REV", "IO.REV", bare)
		early := open(t, simplified())
		early.refused(visit.Conflict, "not_in_state", "h.IO.REV", "IO.REV", change)
	})
}

func TestReroute(t *testing.T) {
	t.Run("what was asked stays, the rest is the new policy's", func(t *testing.T) {
		d := atIO(t)
		d.must("publisher", visit.PublisherPost, visit.Reroute{Route: strict()})
		require.Equal(t, visit.StateIO, d.v.State, "what is open stays open")
		d.must("h.IO.REV", "IO.REV", visit.Approve{Task: "1.2.IO.REV"})
		open := d.v.OpenTasks()
		require.Len(t, open, 1)
		require.Equal(t, "1.3.DIS", open[0].ID, "an office that the old policy did not ask is asked now, FIN not again")
		d.must("h.DIS", "DIS", visit.Approve{Task: "1.3.DIS"})
		require.Equal(t, "1.4.PRES", d.v.OpenTasks()[0].ID)
	})
	t.Run("a returned visit that is sent on unchanged keeps the new route", func(t *testing.T) {
		d := atIO(t)
		d.must("h.IO.REV", "IO.REV", visit.Return{Task: "1.2.IO.REV", Reason: "n"})
		d.must("publisher", visit.PublisherPost, visit.Reroute{Route: strict()})
		d.must("faculty", "", visit.Resubmit{Version: "v1", Travellers: []string{"faculty"}, Route: simplified()})
		require.Equal(t, "R12", d.v.Route.Rule)
		require.Equal(t, "2.2.IO.REV", d.v.OpenTasks()[0].ID)
	})
	t.Run("only by the publisher, only while open", func(t *testing.T) {
		d := atIO(t)
		d.refused(visit.Forbidden, "publisher_only", "h.IO.DIR", "IO.DIR", visit.Reroute{Route: strict()})
		d.must("faculty", "", visit.Withdraw{Reason: "n"})
		d.refused(visit.Conflict, "visit_closed", "publisher", visit.PublisherPost, visit.Reroute{Route: strict()})
	})
}
