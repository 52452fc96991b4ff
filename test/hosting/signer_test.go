package hosting_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// What signers may do beside approving, and a change of what was approved.
func TestSignersAndAmendmentOnRealParts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.submitOver(simplified(), "ARCHIVE")
	d.must(id, "COL.PSEC", visit.AddSignOff{Task: "1.1.COL.PSEC", Person: "PASSPORT", Before: true, Days: 1, Reason: "n"})
	_, err := d.do(id, "COL.PSEC", visit.Approve{Task: "1.1.COL.PSEC"})
	require.Equal(t, visit.Conflict, visit.CodeOf(err), "the added signer comes first")
	_, err = d.host.Do(t.Context(), id, visit.Command{ID: "added", By: visit.Actor{Person: "PASSPORT", Channel: "api"}, Do: visit.Approve{Task: "1.1.ADD.1"}}, 0)
	require.NoError(t, err)
	d.must(id, "COL.DEAN", visit.DeclineTravellers{Task: "1.1.COL.DEAN", Travellers: []string{"ARCHIVE"}, Reason: "n"})
	d.approveAll(id)
	v, err := d.st.Visit(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []string{"faculty"}, v.Travellers)
	d.agree(id)
	d.keep(id, "declined")

	longer := visit.Draft{Category: visit.Academic, Title: "Bridges and tunnels", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	version, err := d.st.PutVersion(t.Context(), id, store.Content{Applicant: "faculty", Draft: longer})
	require.NoError(t, err)
	d.must(id, "faculty", visit.Amend{Version: version, Travellers: v.Travellers, Route: simplified(), Reask: visit.Reask{SignOffs: []string{"FIN"}}, Reason: "n"})
	v, err = d.st.Visit(t.Context(), id)
	require.NoError(t, err)
	require.True(t, v.Amending())
	require.Len(t, v.OpenTasks(), 1)
	d.must(id, "FIN", visit.Approve{Task: v.OpenTasks()[0].ID})
	v, err = d.st.Visit(t.Context(), id)
	require.NoError(t, err)
	require.False(t, v.Amending())
	d.agree(id)
	d.keep(id, "amended")
}

// Reminders, escalations and a question that nobody answers.
func TestP44_TimeAloneOnRealParts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.submit()
	for range 6 {
		d.pass(id, 2, visit.StateUnit)
		d.quiet(id)
	}
	d.agree(id)
	d.keep(id, "reminded")
	d.must(id, "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	d.pass(id, 16, visit.StateQuestion)
	d.quiet(id)
	d.pass(id, 16, visit.StateWithdrawn)
	d.keep(id, "unanswered")
	kinds := map[string]int{}
	events, err := d.st.Events(t.Context(), id, 0)
	require.NoError(t, err)
	for _, e := range events {
		kinds[e.Kind()]++
	}
	require.GreaterOrEqual(t, kinds["reminded"], 6)
	require.Positive(t, kinds["escalated"])
	require.Positive(t, kinds["warned"])
}

// quiet waits until time has done all that is due.
func (d *desk) quiet(id string) {
	d.t.Helper()
	harness.Eventually(d.t, "time to have acted", func() bool {
		v, err := d.st.Visit(d.t.Context(), id)
		require.NoError(d.t, err)
		now, err := d.st.Now(d.t.Context())
		require.NoError(d.t, err)
		due, ok := v.NextDue()
		return !ok || due.After(now)
	})
}
