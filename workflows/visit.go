package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/exeat/exeat/activities"
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Visit hosts one visit from its submission to its end. It is one run, so that its history is the whole evidence.
func Visit(ctx workflow.Context, in visit.Start) error {
	h := &host{visit: visit.New(in.Visit, ""), mutex: workflow.NewMutex(ctx)}
	if err := h.register(ctx); err != nil {
		return err
	}
	return h.run(ctx)
}

// host is the running state of one workflow.
type host struct {
	visit visit.Visit
	mutex workflow.Mutex
	// ahead is how far the university's clock was from the workflow's when something was last recorded.
	ahead time.Duration
	ticks int
}

// register sets all handlers; nothing may block before, or an early Update would find none.
func (h *host) register(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, visit.StateQuery, func() (visit.Visit, error) { return h.visit, nil }); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, visit.CommandUpdate, h.command, workflow.UpdateHandlerOptions{Validator: h.validate})
}

// run catches up with the ledger and then lets time act until the visit is final.
func (h *host) run(ctx workflow.Context) error {
	wake := workflow.GetSignalChannel(ctx, visit.WakeSignal)
	if err := h.record(ctx, h.own("start", visit.Sync{})); err != nil {
		return err
	}
	for !h.visit.State.Final() {
		if err := h.waitForTime(ctx, wake); err != nil {
			return err
		}
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// waitForTime waits until NextDue, a wake-up, or the end of the visit, and lets time act in the first two cases.
func (h *host) waitForTime(ctx workflow.Context, wake workflow.ReceiveChannel) error {
	due, timed := h.visit.NextDue()
	timerCtx, cancel := workflow.WithCancel(ctx)
	var timer workflow.Future
	if timed {
		timer = workflow.NewTimerWithOptions(timerCtx, h.until(ctx, due), workflow.TimerOptions{Summary: "next due"})
	}
	moved := func() bool {
		now, still := h.visit.NextDue()
		return still != timed || !now.Equal(due) || h.visit.State.Final()
	}
	err := workflow.Await(ctx, func() bool { return wake.Len() > 0 || (timed && timer.IsReady()) || moved() })
	cancel() // explicit: a deferred call would also run when the workflow is evicted from the cache
	if err != nil {
		return err
	}
	if moved() && wake.Len() == 0 {
		return nil
	}
	for wake.ReceiveAsync(nil) {
	}
	h.ticks++
	return h.record(ctx, h.own(fmt.Sprintf("tick-%d", h.ticks), visit.Tick{}))
}

// until is the length of a timer for an instant of the university's clock; a late one fires at once, but not in a loop.
func (h *host) until(ctx workflow.Context, due time.Time) time.Duration {
	return max(due.Sub(workflow.Now(ctx).Add(h.ahead)), time.Second)
}

// own is a command of the host itself.
func (h *host) own(name string, do visit.Action) visit.Command {
	return visit.Command{ID: "system." + name, By: visit.System, Do: do}
}

// validate refuses what can be known to fail, before the Update is accepted. A visit that is behind the sender refuses
// nothing: the handler catches up. It is not run on replay, so it need not be deterministic.
//
//workflowcheck:ignore
func (h *host) validate(ctx workflow.Context, r visit.Request) error {
	if r.Command.ID == "" || r.Command.Do == nil {
		return activities.AsApplicationError(visit.Refuse(visit.Invalid, "empty_command"))
	}
	if h.visit.Seq < r.Seen || h.visit.Seq == 0 {
		return nil
	}
	_, err := h.visit.Handle(r.Command, calendar.Clock{At: workflow.Now(ctx).Add(h.ahead)})
	return activities.AsApplicationError(err)
}

// command is the handler of every human action.
func (h *host) command(ctx workflow.Context, r visit.Request) (visit.Receipt, error) {
	if err := workflow.Await(ctx, func() bool { return h.visit.Seq > 0 }); err != nil {
		return visit.Receipt{}, err
	}
	if err := h.record(ctx, r.Command); err != nil {
		return visit.Receipt{}, err
	}
	return visit.Receipt{Visit: h.visit.ID, Seq: h.visit.Seq, State: h.visit.State, Digest: h.visit.Commands[r.Command.ID]}, nil
}

// forEver is longer than any visit.
const forEver = 10 * 365 * 24 * time.Hour

// record hands a command to the activity, one at a time, and applies what came back.
func (h *host) record(ctx workflow.Context, c visit.Command) error {
	if err := h.mutex.Lock(ctx); err != nil {
		return err
	}
	defer h.mutex.Unlock()
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    5 * time.Second,
		ScheduleToCloseTimeout: forEver, // a database that is away comes back
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, MaximumInterval: time.Minute},
	})
	var acts *activities.Activities
	var r store.Recorded
	in := activities.RecordInput{Visit: h.visit, Command: c}
	if err := workflow.ExecuteLocalActivity(ctx, acts.Record, in).Get(ctx, &r); err != nil {
		return bare(err)
	}
	h.ahead = r.Now.Sub(workflow.Now(ctx))
	return h.apply(r.Events)
}

// bare takes a refusal out of the activity's envelope, so that the caller of the Update sees its code.
func bare(err error) error {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app
	}
	return err
}

func (h *host) apply(events []visit.Event) error {
	if h.visit.Seq == 0 && len(events) > 0 {
		v, err := visit.Fold(events)
		h.visit = v
		return err
	}
	for _, e := range events {
		if err := h.visit.Apply(e); err != nil {
			return err
		}
	}
	return nil
}
