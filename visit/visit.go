package visit

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Visit is the aggregate: everything that later decisions on a visit depend on, and nothing else. It is the fold of its
// events, has no clock and does no I/O, and can be carried as JSON.
type Visit struct {
	ID        string `json:"id"`
	Seq       int    `json:"seq"` // number of the last event applied
	State     State  `json:"state"`
	Applicant string `json:"applicant"`
	Unit      string `json:"unit"`
	// Category is what the visit is judged as, once the International Office has changed it; empty before.
	Category   Category `json:"category,omitempty"`
	Version    string   `json:"version"` // hash of the content being judged
	Travellers []string `json:"travellers"`
	PreparedBy []string `json:"prepared_by,omitempty"` // who wrote the request for the applicant, in any round
	Route      Route    `json:"route"`
	Round      int      `json:"round"` // starts at 1, grows with each return
	Stage      int      `json:"stage"` // stage asked last, from 1
	Tasks      []Task   `json:"tasks"` // of all rounds, in the order of opening
	Notice     Notice   `json:"notice"`
	Spent      Spent    `json:"spent"`
	// Trips are the travellers of an approved visit, one by one; none before the preparation, or without a life.
	Trips []Trip `json:"trips,omitempty"`
	// Exempt is set for a visit that is not announced, since it holds what must be kept secret.
	Exempt *Exemption `json:"exempt,omitempty"`
	// After is the public notice after the return; Objections are those to either notice.
	After      Notice      `json:"after,omitzero"`
	Objections []Objection `json:"objections,omitempty"`
	Reports    []Filed     `json:"reports,omitempty"`
	// Risks are the levels of countries on the way that have changed since the route was made.
	Risks map[string]int `json:"risks,omitempty"`
	// Package is the hash of the archived file; ArchiveDue is when it should be there, zero when nothing is awaited.
	Package    string    `json:"package,omitempty"`
	ArchiveDue time.Time `json:"archive_due,omitzero"`
	// Quiet is the time before which nobody is told anything; see Deferred.
	Quiet time.Time `json:"quiet,omitzero"`
	// Declined are travellers of the request who do not go, Readers who may see the visit besides, Additions how many sign-offs
	// were ever added.
	Declined  []Declined `json:"declined,omitempty"`
	Readers   []string   `json:"readers,omitempty"`
	Additions int        `json:"additions,omitempty"`
	// Approval is what was approved, nil before; Amends is the state to which a change of it that is being decided goes back,
	// empty while there is none.
	Approval *Approval `json:"approval,omitempty"`
	Amends   State     `json:"amends,omitempty"`
	// Commands are the commands already acted on, with their digests.
	Commands map[string]string `json:"commands"`
}

// Task is one sign-off asked in one round. ID is `round.stage.code`, for example 1.2.FIN, and never used twice.
type Task struct {
	ID      string    `json:"id"`
	SignOff SignOff   `json:"sign_off"`
	Stage   int       `json:"stage"`
	Round   int       `json:"round"`
	State   TaskState `json:"state"`
	Version string    `json:"version"` // hash of the content that was put before the signer
	// Stands is the hash of the newest content for which the approval counts without having been asked again; empty if that
	// is the one that was put before the signer.
	Stands      string    `json:"stands,omitempty"`
	Opened      time.Time `json:"opened"`
	Due         time.Time `json:"due"`
	Provisional bool      `json:"provisional,omitempty"`
	// Due is the end of the Days-th working day after Since: the opening, or the last time that the clock began to run again.
	Since   time.Time `json:"since"`
	Days    int       `json:"days,omitempty"` // 0 where the event does not say it
	Decided time.Time `json:"decided,omitzero"`
	By      Actor     `json:"by,omitzero"`
	Reason  Note      `json:"reason,omitempty"`
	// Outside is the paper of a decision that was made outside.
	Outside *OutsideDecision `json:"outside,omitempty"`
	// Assigned is the holder to whom the task was handed; others who may sign still may.
	Assigned string `json:"assigned,omitempty"`
	// BackTo is the stage to which a returned task gave the case, 0 for the applicant.
	BackTo int `json:"back_to,omitempty"`
	// Question is open while its Answer is empty.
	Question Note      `json:"question,omitempty"`
	AskedAt  time.Time `json:"asked_at,omitzero"`
	Answer   Note      `json:"answer,omitempty"`
	// Before is the visit's active time when the task was opened; Took is the active time from then to the decision, 0 while
	// there is none. Nanoseconds.
	Before time.Duration `json:"before,omitempty"`
	Took   time.Duration `json:"took,omitempty"`
	Nudges
}

// Waiting tells that the task's question is not answered yet.
func (t Task) Waiting() bool { return t.State == TaskOpen && t.Question != "" && t.Answer == "" }

// Notice is the public notice.
type Notice struct {
	State       NoticeState `json:"state"`
	Version     string      `json:"version,omitempty"` // hash of the content that was published
	Opened      time.Time   `json:"opened,omitzero"`
	Days        int         `json:"days,omitempty"` // working days
	Closes      time.Time   `json:"closes,omitzero"`
	Provisional bool        `json:"provisional,omitempty"`
}

// NoticeState is where the public notice stands.
type NoticeState string

// The states of the notice; none where the route asks for no notice. Only an open one is shown to anybody.
const (
	NoticeNone   NoticeState = "none"
	NoticeKept   NoticeState = "held" // until somebody has decided whether the visit is exempt
	NoticeOpen   NoticeState = "open"
	NoticeDone   NoticeState = "closed"
	NoticeExempt NoticeState = "exempt"
)

// Pending tells that nothing may be issued yet: the notice is open, or it is not decided whether there is one.
func (n Notice) Pending() bool { return n.State == NoticeOpen || n.State == NoticeKept }

// Spent is the time since submission, split by who had the case: Active is the approvers' time, Paused that of the applicant,
// before the approval or after it, or of an authority outside. Both together are Until minus the submission.
type Spent struct {
	Since   time.Time     `json:"since,omitzero"`   // submission
	Until   time.Time     `json:"until,omitzero"`   // last event
	Stopped time.Time     `json:"stopped,omitzero"` // when the clock last stopped
	Active  time.Duration `json:"active"`           // nanoseconds
	Paused  time.Duration `json:"paused"`           // nanoseconds
}

// New gives the empty visit, before its first event.
func New(id, applicant string) Visit {
	return Visit{ID: id, Applicant: applicant, State: StateDraft, Notice: Notice{State: NoticeNone}, Commands: map[string]string{}}
}

// Fold applies events in order to the empty visit. The first event names the applicant.
func Fold(events []Event) (Visit, error) {
	if len(events) == 0 {
		return Visit{}, fmt.Errorf("no events to fold")
	}
	v := New(events[0].Visit, events[0].By.Person)
	for _, e := range events {
		if err := v.Apply(e); err != nil {
			return Visit{}, err
		}
	}
	return v, nil
}

// Apply changes the state by one event. It refuses only an event that does not belong here: another visit's, or out of order.
func (v *Visit) Apply(e Event) error {
	if e.Visit != v.ID || e.Seq != v.Seq+1 {
		return fmt.Errorf("event %d of visit %s does not follow event %d of visit %s", e.Seq, e.Visit, v.Seq, v.ID)
	}
	v.Seq = e.Seq
	v.spend(e.At)
	v.Commands[e.Command] = e.Digest
	ran := !v.State.Paused()
	if err := v.apply(e); err != nil {
		return err
	}
	if ran && v.State.Paused() {
		v.Spent.Stopped = e.At
	}
	return nil
}

func (v *Visit) apply(e Event) error {
	switch f := e.Fact.(type) {
	case Submitted:
		v.State, v.Round, v.Unit = StateSubmitted, 1, f.Unit
		v.pin(f.Version, f.Travellers, f.Route)
		v.prepared(f.PreparedBy)
	case Resubmitted:
		if len(v.Trips) == 0 {
			v.Risks = nil // the new route has looked at them
		}
		changed := v.changes(f.Version)
		v.pin(f.Version, f.Travellers, f.Route)
		v.prepared(f.PreparedBy)
		if changed {
			v.renew(f.Reask)
		} else {
			v.State = v.stateOfStage()
		}
	case NoticeOpened:
		v.openNotice(f, e.At)
	case NoticeClosed:
		v.closeNotice(f)
	case NoticeHeld:
		v.Notice = Notice{State: NoticeKept, Version: v.Version}
	case NoticeExempted:
		v.exempt(f, e)
	case StageOpened:
		v.openStage(f, e.At)
	case SignedOff:
		v.decide(f.Task, TaskApproved, e, f.Reason, f.Outside)
		v.dismiss()
	case Returned:
		v.decide(f.Task, TaskReturned, e, f.Reason, f.Outside)
		v.update(f.Task, func(t *Task) { t.BackTo = f.Stage })
		v.schedule(f.Due, e.At)
		v.settle(TaskReturned, f.Stage, f.Waits)
	case Rejected:
		v.decide(f.Task, TaskRejected, e, f.Reason, f.Outside)
		v.schedule(f.Due, e.At)
		v.settle(TaskRejected, 0, f.Waits)
	case StageSettled:
		v.settle(f.Outcome, f.BackTo, false)
	case Asked:
		v.update(f.Task, func(t *Task) {
			t.Question, t.AskedAt, t.Answer, t.Warn, t.Warnings, t.Ends = f.Question, e.At, "", f.Warn, 0, f.Ends
		})
		v.State = StateQuestion
	case Answered:
		v.update(f.Task, func(t *Task) { t.Answer = f.Answer })
		v.schedule(f.Due, e.At)
		v.State = v.stateOfStage()
	case CategoryChanged:
		v.cancelOpen()
		v.Round++
		v.Category = f.Category
		v.pin(f.Version, v.Travellers, f.Route)
		v.renew(nil)
		if f.Incomplete {
			v.State = StateReturned
		}
	case Rerouted:
		v.Route = f.Route
	case Rescheduled:
		v.reschedule(f)
	case Reminded:
		v.update(f.Task, func(t *Task) { t.Remind, t.Reminders = f.Next, t.Reminders+1 })
	case Escalated:
		v.update(f.Task, func(t *Task) { t.Escalate, t.Level = f.Next, f.Level })
	case Warned:
		v.update(f.Task, func(t *Task) { t.Warn, t.Warnings = f.Next, f.Number })
	case Deferred:
		v.Quiet = f.Until
	case Approved, Amended:
		v.approve()
	case TravellersDeclined:
		v.decline(f, e.By)
	case SignOffAdded:
		v.addSignOff(f, e)
	case SignOffRemoved:
		v.removeSignOff(f, e.At)
	case Transferred:
		v.transfer(f)
	case Reassigned:
		v.reassign(f)
	case ReaderAdded:
		v.Readers = append(slices.Clone(v.Readers), f.Person)
	case ReaderRemoved:
		v.Readers = slices.DeleteFunc(slices.Clone(v.Readers), func(p string) bool { return p == f.Person })
	case AmendmentSubmitted:
		v.amend(f)
	case AmendmentRejected, AmendmentWithdrawn:
		v.restore()
	case Withdrawn:
		v.end(StateWithdrawn)
	case Cancelled:
		if v.Amending() {
			v.restore()
		}
		if len(v.Trips) == 0 {
			v.end(StateCancelled)
		}
		v.cancelTrips(f)
	default:
		if !v.applyLife(e) {
			return fmt.Errorf("visit %s: event %d is of a kind this version does not know: %T", v.ID, e.Seq, e.Fact)
		}
	}
	if len(v.Trips) > 0 && !v.Amending() && v.State != StateArchived {
		v.State = v.stateOfTrips()
	}
	return nil
}

// Task finds a task by its id.
func (v Visit) Task(id string) (Task, bool) {
	i := slices.IndexFunc(v.Tasks, func(t Task) bool { return t.ID == id })
	if i < 0 {
		return Task{}, false
	}
	return v.Tasks[i], true
}

// Waited is how long a task has waited for its signers up to now, or did until it was decided. The time in which the
// applicant or an authority outside had the case does not count.
func (v Visit) Waited(t Task, now time.Time) time.Duration {
	if t.State != TaskOpen {
		return t.Took
	}
	active := v.Spent.Active
	if !v.State.Paused() && !v.outside() {
		active += max(0, now.Sub(v.Spent.Until))
	}
	return active - t.Before
}

// OpenTasks are the tasks that can be decided now.
func (v Visit) OpenTasks() []Task {
	return slices.DeleteFunc(slices.Clone(v.Tasks), func(t Task) bool { return t.State != TaskOpen })
}

// AwaitsNotice tells that all sign-offs before the next step are given and only the public notice is still open, or held back.
func (v Visit) AwaitsNotice() bool {
	return v.State.Open() && !v.State.Paused() && v.Notice.Pending() && len(v.OpenTasks()) == 0
}

// Clone gives a copy of its own: Apply on the one does not show in the other.
func (v Visit) Clone() Visit {
	v.Travellers = slices.Clone(v.Travellers)
	v.Tasks = slices.Clone(v.Tasks)
	v.Trips = slices.Clone(v.Trips)
	v.Objections = slices.Clone(v.Objections)
	v.Reports = slices.Clone(v.Reports)
	v.Commands = maps.Clone(v.Commands)
	return v
}

// outside tells that an authority outside has the case.
func (v Visit) outside() bool {
	open := v.OpenTasks()
	return len(open) > 0 && !slices.ContainsFunc(open, func(t Task) bool { return t.SignOff.Review != Outside })
}

func (v *Visit) spend(at time.Time) {
	switch {
	case v.Spent.Since.IsZero():
		v.Spent.Since = at
	case v.State.Paused() || v.State == StateApproved || v.State.Living() || v.outside():
		v.Spent.Paused += at.Sub(v.Spent.Until)
	default:
		v.Spent.Active += at.Sub(v.Spent.Until)
	}
	v.Spent.Until = at
}

func (v *Visit) pin(version string, travellers []string, route Route) {
	v.Version, v.Travellers, v.Route = version, v.going(travellers), route
}

// prepared adds those who wrote the request: who has once written it decides nothing in any later round.
func (v *Visit) prepared(by []string) {
	for _, p := range by {
		if !slices.Contains(v.PreparedBy, p) {
			v.PreparedBy = append(slices.Clip(v.PreparedBy), p)
		}
	}
}

func (v *Visit) openStage(f StageOpened, at time.Time) {
	v.Stage = f.Stage
	for _, d := range f.Tasks {
		v.openTask(f.Stage, f.Round, d, at)
	}
	v.State = v.stateOfStage()
}

func (v *Visit) openTask(stage, round int, d TaskDue, at time.Time) {
	s := v.signOff(stage, d.SignOff)
	v.Tasks = append(v.Tasks, Task{
		ID: d.Task, SignOff: s, Stage: stage, Round: round, State: TaskOpen, Version: v.Version, Opened: at, Days: s.Limit,
		Before: v.Spent.Active,
	})
	v.schedule([]TaskDue{d}, at)
}

// stateOfStage names the state after the first sign-off of the stage: a route lists the unit before the offices.
func (v Visit) stateOfStage() State {
	for _, t := range v.Tasks {
		if t.Waiting() {
			return StateQuestion
		}
	}
	if v.Amending() || v.Stage == 0 {
		return v.unasked()
	}
	return reviewStates[v.Route.Stages[v.Stage-1][0].Review]
}

// unasked names the state while no stage is asked.
func (v Visit) unasked() State {
	if v.Amending() {
		return StateAmending
	}
	return StateSubmitted
}

func (v Visit) signOff(stage int, code string) SignOff {
	for _, s := range v.Route.Stages[stage-1] {
		if s.Code == code {
			return s
		}
	}
	return SignOff{Code: code}
}

func (v *Visit) update(task string, change func(*Task)) {
	if i := slices.IndexFunc(v.Tasks, func(t Task) bool { return t.ID == task }); i >= 0 {
		change(&v.Tasks[i])
	}
}

func (v *Visit) decide(task string, to TaskState, e Event, reason Note, paper *OutsideDecision) {
	v.update(task, func(t *Task) {
		t.State, t.Decided, t.By, t.Reason, t.Outside, t.Took = to, e.At, e.By, reason, paper, v.Spent.Active-t.Before
	})
}

// settle is what a contrary answer does, unless it waits for the others of its stage.
func (v *Visit) settle(outcome TaskState, backTo int, waits bool) {
	switch {
	case waits:
		v.resume()
	case outcome == TaskRejected:
		v.end(StateRejected)
	default:
		v.cancelOpen()
		v.Round++
		if backTo == 0 {
			v.State = StateReturned
			return
		}
		v.supersede(backTo)
		v.Stage, v.State = backTo-1, v.unasked() // until the stage is asked again, in the same command
	}
}

// dismiss cancels what is still open in a stage that has the approvals that it needs.
func (v *Visit) dismiss() {
	if v.Met(v.Stage) {
		v.cancelOpen()
		v.resume()
	}
}

// resume lets the clock run again once no question is open.
func (v *Visit) resume() {
	if v.State == StateQuestion {
		v.State = v.stateOfStage()
	}
}

func (v *Visit) cancelOpen() {
	for i := range v.Tasks {
		if v.Tasks[i].State == TaskOpen {
			v.Tasks[i].State = TaskCancelled
		}
	}
}

// changes tells that a resubmitted version is to be judged from the first stage on: it says something else, or no stage
// of its route was asked yet.
func (v Visit) changes(version string) bool { return version != v.Version || v.Stage == 0 }

// supersede takes back what was approved of the content being judged from the given stage on; the decisions stay readable.
func (v *Visit) supersede(fromStage int) {
	for i := range v.Tasks {
		t := &v.Tasks[i]
		switch {
		case !t.StandsFor(v.Version) || v.Route.StageOf(t.SignOff.Code) < fromStage:
		case v.Amending() && slices.Contains(v.Approval.Tasks, t.ID):
			t.Stands = v.Approval.Version
		default:
			t.State = TaskSuperseded
		}
	}
}

func (v *Visit) end(s State) {
	v.cancelOpen()
	v.State = s
}

// approvedHere tells that a sign-off stands for the content being judged. A route asks for a sign-off once.
func (v Visit) approvedHere(code string) bool {
	return slices.ContainsFunc(v.Tasks, func(t Task) bool {
		return t.SignOff.Code == code && t.StandsFor(v.Version)
	})
}
