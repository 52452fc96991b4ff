package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/exeat/exeat/visit"
)

// The digest goes out at half past each of these hours in Beijing, to those who have chosen the hour.
const (
	FirstDigestHour = 7
	LastDigestHour  = 18
	digestMinute    = 30
)

// digestID names the schedule of the daily digest, and begins the ids of its workflows.
func (h Host) digestID() string { return "digest/" + h.TaskQueue }

// ScheduleDigest makes the schedule of the daily digest, or brings it up to date. It fires every day: which days are days
// off is known to the calendars of the university, not to Temporal. A schedule that an operator has paused stays so.
func (h Host) ScheduleDigest(ctx context.Context) error {
	spec := client.ScheduleSpec{
		Calendars: []client.ScheduleCalendarSpec{{
			Minute: []client.ScheduleRange{{Start: digestMinute}},
			Hour:   []client.ScheduleRange{{Start: FirstDigestHour, End: LastDigestHour}},
		}},
		TimeZoneName: "Asia/Shanghai",
	}
	_, err := h.Client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: h.digestID(), Spec: spec, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: time.Hour, // after a longer standstill the digest of that hour is no news
		Action:        &client.ScheduleWorkflowAction{ID: h.digestID(), Workflow: visit.DigestType, TaskQueue: h.TaskQueue},
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = h.Digest(ctx).Update(ctx, client.ScheduleUpdateOptions{
			DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
				in.Description.Schedule.Spec = &spec
				return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
			},
		})
	}
	if err != nil {
		return fmt.Errorf("schedule the digest: %w", err)
	}
	return nil
}

// Digest is the schedule of the daily digest.
func (h Host) Digest(ctx context.Context) client.ScheduleHandle {
	return h.Client.ScheduleClient().GetHandle(ctx, h.digestID())
}
