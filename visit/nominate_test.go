package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// exchange is the route of a student exchange: supervisor and unit, then the offices.
func exchange() visit.Route {
	return visit.Route{Rule: "R09", Stages: [][]visit.SignOff{
		{office("SUP", visit.UnitReview)}, {office("COL.VDS", visit.UnitReview)}, {office("SAO", visit.OfficeReview)}, {office("IO.REV", visit.IOReview)},
	}}
}

func TestP39_WhoWithdrawsAfterTheNominationIsNamed(t *testing.T) {
	t.Parallel()
	withdrawal := func(d *desk, by visit.Actor, a visit.Action) (string, bool) {
		events, err := d.v.Handle(visit.Command{ID: "last", By: by, Do: a}, clock{d.now})
		require.NoError(t, err)
		return d.v.WithdrawsNominee(events[0])
	}
	student := visit.Actor{Person: "faculty", Channel: "web"}
	withdraw := visit.Withdraw{Reason: "n"}

	d := open(t, exchange())
	_, ok := withdrawal(d, student, withdraw)
	require.False(t, ok, "nobody has nominated yet")
	d.sign("1.1.SUP")
	_, ok = withdrawal(d, student, withdraw)
	require.False(t, ok, "the supervisor is not the unit")
	d.sign("1.2.COL.VDS")
	require.True(t, d.v.Nominated())
	who, ok := withdrawal(d, student, withdraw)
	require.True(t, ok)
	require.Equal(t, "faculty", who)
	d.must("SAO", "SAO", visit.Return{Task: "1.3.SAO", Reason: "n"})
	d.must("faculty", "", visit.Resubmit{Version: "v2", Travellers: []string{"faculty"}, Route: exchange()})
	_, ok = withdrawal(d, student, withdraw)
	require.True(t, ok, "an edit of the request takes no nomination back")

	d.sign("2.1.SUP", "2.2.COL.VDS", "2.3.SAO", "2.4.IO.REV")
	require.Equal(t, visit.StateApproved, d.v.State)
	_, ok = withdrawal(d, student, visit.Cancel{Reason: "n"})
	require.True(t, ok)
	_, ok = withdrawal(d, visit.Actor{Person: "io", Post: "IO.REV", Channel: "web"}, visit.Cancel{Reason: "n"})
	require.False(t, ok, "what an office cancels is nobody's withdrawal")
}

func TestP39_ALeaderWhoWithdrawsATourMarksNoStudent(t *testing.T) {
	t.Parallel()
	d := &desk{t: t, v: visit.New("2026-00001", "leader"), now: start}
	d.must("leader", "", visit.Submit{Version: "v1", Unit: "CIV", Travellers: []string{"student"}, Route: exchange()})
	d.sign("1.1.SUP", "1.2.COL.VDS")
	events, err := d.v.Handle(visit.Command{ID: "last", By: visit.Actor{Person: "leader", Channel: "web"}, Do: visit.Withdraw{Reason: "n"}}, clock{d.now})
	require.NoError(t, err)
	_, ok := d.v.WithdrawsNominee(events[0])
	require.False(t, ok)
}
