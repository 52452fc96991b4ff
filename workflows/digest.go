package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/exeat/exeat/activities"
)

// Digest queues the digests of one hour. A schedule starts it; it does nothing on a day off.
func Digest(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 2 * time.Hour, // later it would no longer be this hour's digest
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
	var acts *activities.Activities
	return workflow.ExecuteActivity(ctx, acts.Digest, activities.DigestInput{At: workflow.Now(ctx)}).Get(ctx, nil)
}
