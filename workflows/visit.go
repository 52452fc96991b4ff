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
	timer timer
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
	wait := h.waitForTime
	if workflow.GetVersion(ctx, oneTimer, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		wait = h.waitForNotice
	}
	for !h.visit.State.Final() {
		if err := wait(ctx, wake); err != nil {
			return err
		}
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// oneTimer is the change by which a visit keeps one timer that runs on, and waits for more than the notice. Remove the old
// way when no visit is open that began before it.
const oneTimer = "202611-timer"

// waitForTime waits until its timer fires, a wake-up, or the end of the visit, and lets time act if something is due. A timer
// that fires no later than NextDue is left running: to find that nothing is due yet costs less than to stop it and start
// another one after each decision.
func (h *host) waitForTime(ctx workflow.Context, wake workflow.ReceiveChannel) error {
	h.arm(ctx)
	err := workflow.Await(ctx, func() bool { return wake.Len() > 0 || h.fired() || h.late() || h.visit.State.Final() })
	if err != nil {
		return err
	}
	if h.fired() {
		h.timer = timer{}
	}
	due, timed := h.visit.NextDue()
	if wake.Len() == 0 && (!timed || workflow.Now(ctx).Add(h.ahead).Before(due)) {
		return nil
	}
	for wake.ReceiveAsync(nil) {
	}
	h.ticks++
	return h.record(ctx, h.own(fmt.Sprintf("tick-%d-%d", h.visit.Seq, h.ticks), visit.Tick{}))
}

// timer is the one timer of a visit; at is the instant of the university's clock at which it fires.
type timer struct {
	future workflow.Future
	cancel workflow.CancelFunc
	at     time.Time
	ahead  time.Duration
}

// arm starts the timer for NextDue, unless one runs that fires no later.
func (h *host) arm(ctx workflow.Context) {
	due, timed := h.visit.NextDue()
	if !timed || !h.late() {
		return
	}
	if h.timer.cancel != nil {
		h.timer.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	future := workflow.NewTimerWithOptions(timerCtx, h.until(ctx, due), workflow.TimerOptions{Summary: "next due"})
	h.timer = timer{future: future, cancel: cancel, at: due, ahead: h.ahead}
}

func (h *host) fired() bool { return h.timer.future != nil && h.timer.future.IsReady() }

// late tells that the timer would fire after NextDue: since that is earlier now, or since the university's clock was moved.
func (h *host) late() bool {
	due, timed := h.visit.NextDue()
	return timed && (h.timer.future == nil || due.Before(h.timer.at) || h.ahead-h.timer.ahead > time.Minute)
}

// waitForNotice is waitForTime of visits that began before it: a timer for the notice only, started anew with each decision
// that moves it.
func (h *host) waitForNotice(ctx workflow.Context, wake workflow.ReceiveChannel) error {
	due, timed := h.visit.NoticeDue()
	timerCtx, cancel := workflow.WithCancel(ctx)
	var timer workflow.Future
	if timed {
		timer = workflow.NewTimerWithOptions(timerCtx, h.until(ctx, due), workflow.TimerOptions{Summary: "next due"})
	}
	moved := func() bool {
		now, still := h.visit.NoticeDue()
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
	if visit.RestsOnTime(err) {
		return nil // the university's clock may have been moved since something was last recorded
	}
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
