package hosting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// A visit is submitted on the last day of 2026, before the list of 2027 is published. When it is, the worker has the dates
// of the open visit computed again: an event says so, and ledger, projection and workflow agree on them.
func TestP42_APublishedYearReachesOpenVisits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	require.NoError(t, d.st.SetClock(ctx, time.Until(calendar.MustDate("2026-12-31").At(10, 0))))
	id := d.submit()
	row, err := d.st.VisitRow(ctx, id)
	require.NoError(t, err)
	require.True(t, row.NoticeProvisional)
	require.Equal(t, calendar.MustDate("2027-01-07").At(18, 0).UTC(), row.NoticeCloses.UTC())
	d.agree(id)

	draft, err := d.st.LoadCalendar(ctx, "editor", store.MainCampus, calendar.Year{Year: 2027, Source: "made up for tests", Days: []calendar.Entry{
		{Date: calendar.MustDate("2027-01-01"), Kind: calendar.Holiday, NameZH: "元旦", NameEN: "New Year's Day"},
		{Date: calendar.MustDate("2027-01-09"), Kind: calendar.MakeUp, NameZH: "元旦", NameEN: "New Year's Day"},
		{Date: calendar.MustDate("2027-01-06"), Kind: calendar.Holiday, NameZH: "节日", NameEN: "Feast"},
	}})
	require.NoError(t, err)
	_, err = d.st.PublishCalendar(ctx, "publisher", draft.ID)
	require.NoError(t, err)
	harness.Eventually(t, "the dates to be computed again", func() bool {
		row, err = d.st.VisitRow(ctx, id)
		require.NoError(t, err)
		return !row.NoticeProvisional
	})
	require.Equal(t, calendar.MustDate("2027-01-09").At(18, 0).UTC(), row.NoticeCloses.UTC(), "4, 5, 7, 8 and Saturday 9 January")
	d.agree(id)
	v, err := d.st.Visit(ctx, id)
	require.NoError(t, err)
	for _, task := range v.OpenTasks() {
		require.Equal(t, calendar.MustDate("2027-01-04").At(18, 0).UTC(), task.Due)
		require.False(t, task.Provisional)
	}
	d.must(id, "faculty", visit.Withdraw{Reason: "n"})
	d.keep(id, "rescheduled")
}
