package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// returned is a visit that the International Office gave back after the unit and Finance approved it; the notice is closed.
func returned(t *testing.T) *desk {
	d := open(t, simplified())
	d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN")
	d.tick(5)
	d.must("io", "IO.REV", visit.Return{Task: "1.2.IO.REV", Reason: "n"})
	require.Equal(t, visit.NoticeDone, d.v.Notice.State)
	return d
}

func (d *desk) resubmit(version string, r *visit.Reask, changes ...visit.Change) {
	d.must("faculty", "", visit.Resubmit{Version: version, Travellers: []string{"faculty"}, Route: simplified(), Changes: changes, Reask: r})
}

// TestP22 is the acceptance check of P-22 in the aggregate.
func TestP22_AChangeAsksAgainOnlyWhoJudgedIt(t *testing.T) {
	t.Parallel()
	t.Run("a flight number asks nobody again and leaves the notice", func(t *testing.T) {
		t.Parallel()
		d := returned(t)
		d.resubmit("v2", &visit.Reask{}, visit.ChangeTransport)
		require.Equal(t, []string{"2.2.IO.REV"}, d.open(), "only who had not approved yet")
		require.Equal(t, visit.NoticeDone, d.v.Notice.State)
		fin, _ := d.v.Task("1.1.FIN")
		require.True(t, fin.StandsFor("v2"))
		require.Equal(t, "v1", fin.Version, "what the signer saw stays on record")
		d.sign("2.2.IO.REV", "2.3.ISSUE")
		require.Equal(t, visit.StateApproved, d.v.State)
	})
	t.Run("money asks Finance only, and then goes on where it was", func(t *testing.T) {
		t.Parallel()
		d := returned(t)
		d.resubmit("v2", &visit.Reask{SignOffs: []string{"FIN"}}, visit.ChangeBudget)
		require.Equal(t, []string{"2.1.FIN"}, d.open())
		require.Equal(t, visit.NoticeDone, d.v.Notice.State)
		old, _ := d.v.Task("1.1.FIN")
		require.Equal(t, visit.TaskSuperseded, old.State)
		d.sign("2.1.FIN")
		require.Equal(t, []string{"2.2.IO.REV"}, d.open())
		d.must("io", "IO.REV", visit.Return{Task: "2.2.IO.REV", Reason: "n"})
		d.resubmit("v3", &visit.Reask{}, visit.ChangeLodging)
		d.sign("3.2.IO.REV", "3.3.ISSUE")
		require.Equal(t, visit.StateApproved, d.v.State, "an approval stands for a third version too")
	})
	t.Run("a new country asks all again and holds the notice again", func(t *testing.T) {
		t.Parallel()
		d := returned(t)
		d.resubmit("v2", &visit.Reask{SignOffs: []string{"COL.DEAN", "COL.PSEC", "FIN"}, Notice: true}, visit.ChangePlace)
		require.Equal(t, []string{"2.1.COL.DEAN", "2.1.COL.PSEC", "2.1.FIN"}, d.open())
		require.Equal(t, visit.Notice{State: visit.NoticeOpen, Version: "v2", Days: 5, Opened: d.now, Closes: d.now.AddDate(0, 0, 5)}, d.v.Notice)
	})
	t.Run("a sign-off that the new route asks in another stage stands there; one of another unit does not", func(t *testing.T) {
		t.Parallel()
		d := returned(t)
		r := strict() // the unit, then the offices
		r.Stages[0][1].Unit = "MECH"
		d.must("faculty", "", visit.Resubmit{Version: "v2", Travellers: []string{"faculty"}, Route: r, Reask: &visit.Reask{}})
		require.Equal(t, []string{"2.1.COL.PSEC"}, d.open())
		d.sign("2.1.COL.PSEC")
		require.Equal(t, []string{"2.2.DIS"}, d.open(), "FIN has signed")
		d.must("dis", "DIS", visit.Return{Task: "2.2.DIS", Stage: 1, Reason: "n"})
		require.Equal(t, []string{"3.1.COL.DEAN", "3.1.COL.PSEC"}, d.open())
		d.sign("3.1.COL.DEAN", "3.1.COL.PSEC")
		require.Equal(t, []string{"3.2.FIN", "3.2.DIS"}, d.open(), "an earlier stage takes back what comes after it, wherever it was signed")
	})
	t.Run("nothing said, as by versions before: everything is asked again", func(t *testing.T) {
		t.Parallel()
		d := returned(t)
		d.resubmit("v2", nil)
		require.Equal(t, []string{"2.1.COL.DEAN", "2.1.COL.PSEC", "2.1.FIN"}, d.open())
		require.Equal(t, visit.NoticeOpen, d.v.Notice.State)
	})
}
