package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/exeat/exeat/activities"
	"github.com/exeat/exeat/visit"
)

// riskPages is how many pages of visits one run works through, so that no history grows long.
const riskPages = 200

// Risk tells every visit on which a change of risk acts, a page at a time. Which visits are left stands in the database, so
// that a run needs to carry nothing over to the next one.
func Risk(ctx workflow.Context, in visit.RiskStart) error {
	paged := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
	var acts *activities.Activities
	for range riskPages {
		var page activities.RiskPage
		if err := workflow.ExecuteActivity(paged, acts.FaceRisk, in).Get(ctx, &page); err != nil {
			return err
		}
		if !page.More {
			return nil
		}
	}
	return workflow.NewContinueAsNewError(ctx, visit.RiskType, in)
}
