package hosting_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/mailbox"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
)

// The schedule starts the workflow, the workflow queues digests, the worker mails them: on working days, make-up Sundays
// included, and on no other.
func TestP44_TheDigestGoesOutOnWorkingDays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	dir := t.TempDir()
	server, err := mailbox.Listen(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	require.NoError(t, d.st.PutContact(ctx, "COL.DEAN", store.Mail, "dean@example.edu"))
	require.NoError(t, d.st.PutPreference(ctx, "COL.DEAN", store.Preference{Digest: true, DigestHour: 8}))
	harness.RunWorker(t, d.db, d.host.TaskQueue, notify.Config{
		URL: "https://exeat.example.edu", Mail: notify.Mail{Addr: server.Addr(), TLS: notify.NoTLS, From: "exeat@example.edu"},
	})
	t.Cleanup(func() { require.NoError(t, d.host.Digest(context.Background()).Delete(context.Background())) })
	require.NoError(t, d.host.ScheduleDigest(ctx), "a second worker finds the schedule made")
	about, err := d.host.Digest(ctx).Describe(ctx)
	require.NoError(t, err)
	require.Equal(t, "Asia/Shanghai", about.Schedule.Spec.TimeZoneName)
	for _, at := range about.Info.NextActionTimes {
		require.Equal(t, 30, at.In(calendar.Zone).Minute())
	}

	d.submit()
	digests := func() (subjects []string) {
		mails, err := mailbox.List(dir, 100)
		require.NoError(t, err)
		for _, m := range mails {
			if strings.HasPrefix(m.Subject, "今日摘要") {
				subjects = append(subjects, m.Subject)
			}
		}
		return subjects
	}
	for i, day := range []struct {
		date string
		sent int
	}{{"2026-09-18", 1}, {"2026-09-19", 1}, {"2026-09-20", 2}, {"2026-10-01", 2}} {
		require.NoError(t, d.st.SetClock(ctx, time.Until(calendar.MustDate(day.date).At(8, 30))))
		h := d.digest(i + 1)
		if i == 0 {
			d.write(h, "digest")
		}
		harness.Eventually(t, "the digest of "+day.date, func() bool { return len(digests()) >= day.sent })
		require.Len(t, digests(), day.sent, day.date)
	}
}

// digest lets the schedule start its workflow for the n-th time, waits for its end and gives its history.
func (d *desk) digest(n int) *historypb.History {
	d.t.Helper()
	ctx := d.t.Context()
	handle := d.host.Digest(ctx)
	require.NoError(d.t, handle.Trigger(ctx, client.ScheduleTriggerOptions{}))
	harness.Eventually(d.t, "the schedule to start the digest", func() bool {
		about, err := handle.Describe(ctx)
		require.NoError(d.t, err)
		return len(about.Info.RecentActions) >= n
	})
	about, err := handle.Describe(ctx)
	require.NoError(d.t, err)
	ran := about.Info.RecentActions[n-1].StartWorkflowResult
	require.NoError(d.t, d.host.Client.GetWorkflow(ctx, ran.WorkflowID, ran.FirstExecutionRunID).Get(ctx, nil))
	it := d.host.Client.GetWorkflowHistory(ctx, ran.WorkflowID, ran.FirstExecutionRunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	h := &historypb.History{}
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(d.t, err)
		h.Events = append(h.Events, e)
	}
	return h
}
