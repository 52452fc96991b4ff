package hosting_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
	"github.com/exeat/exeat/worker"
	"github.com/exeat/exeat/workflows"
)

// ended lives through a visit with a question, a return and a rejection.
func (d *desk) ended() string {
	id := d.submit()
	d.must(id, "FIN", visit.Ask{Task: "1.1.FIN", Question: "q"})
	d.must(id, "faculty", visit.Answer{Task: "1.1.FIN", Answer: "a"})
	d.must(id, "COL.DEAN", visit.Approve{Task: "1.1.COL.DEAN"})
	d.must(id, "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
	v, err := d.st.Visit(d.t.Context(), id)
	require.NoError(d.t, err)
	d.must(id, "faculty", visit.Resubmit{Version: v.Version, Travellers: v.Travellers, Route: simplified()})
	d.must(id, "FIN", visit.Reject{Task: "2.1.FIN", Reason: "n"})
	return id
}

func TestP50_TheHistoryOfAnEndedVisitIsArchivedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stop := harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.ended()
	open := d.submit()
	d.agree(open)
	stop() // its own archiver must not be faster
	archiver := &worker.Archiver{Store: d.st, Host: d.host, Log: slog.New(slog.DiscardHandler)}
	harness.Eventually(t, "the history to be archived", func() bool {
		_, err := archiver.Once(t.Context())
		require.NoError(t, err)
		_, err = d.st.ArchivedHistory(t.Context(), id)
		return err == nil
	})
	archived, err := d.st.ArchivedHistory(t.Context(), id)
	require.NoError(t, err)
	n, err := archiver.Once(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "once, and only of what has ended")
	require.NoError(t, d.st.PutHistory(t.Context(), id, 1, []byte("another")))
	again, err := d.st.ArchivedHistory(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, archived, again, "it stays as it is")

	noted, err := d.st.SearchOffice(t.Context(), store.OfficeFilter{About: "visit_history/" + id})
	require.NoError(t, err)
	require.Len(t, noted.Items, 1)
	require.Contains(t, noted.Items[0].Body, archived.Hash, "its hash is in the ledger")

	live, err := d.host.History(t.Context(), id)
	require.NoError(t, err)
	kept, err := audit.ReadHistory(archived.JSON)
	require.NoError(t, err)
	require.Len(t, kept.GetEvents(), len(live.GetEvents()))
	require.Equal(t, archived.Events, len(kept.GetEvents()))
	replayer := sdkworker.NewWorkflowReplayer()
	workflows.Register(replayer)
	require.NoError(t, replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), kept))
}

func TestP47_HistoryAndLedgerOfRealVisitsAgree(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stop := harness.RunWorker(t, d.db, d.host.TaskQueue)
	id := d.ended()
	d.agree(d.submit())
	harness.Eventually(t, "the workflow to end", func() bool {
		h, err := d.host.History(t.Context(), id)
		require.NoError(t, err)
		return h.GetEvents()[len(h.GetEvents())-1].GetWorkflowExecutionCompletedEventAttributes() != nil
	})
	stop()
	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	for n := 1; n > 0; {
		n, err = d.st.Seal(t.Context(), 100, key)
		require.NoError(t, err)
	}
	report, err := audit.Live{Store: d.st, Histories: d.host.History}.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, report.Faults)
	require.Equal(t, 1, report.Histories)
	require.Equal(t, 2, report.Visits)

	entries, err := d.st.Entries(t.Context(), id)
	require.NoError(t, err)
	h, err := d.host.History(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, audit.CompareHistory(id, h, entries))
	require.NotEmpty(t, audit.CompareHistory(id, h, entries[:len(entries)-1]), "the ledger lacks the last event")
	entries[4].Event.By.Person, entries[4].Body = "somebody", "{}"
	faults := audit.CompareHistory(id, h, entries)
	require.Len(t, faults, 1)
	require.Equal(t, 5, faults[0].Seq)
	require.Contains(t, faults[0].Detail, "by: the history says")
	require.Contains(t, faults[0].Detail, "somebody")
}
