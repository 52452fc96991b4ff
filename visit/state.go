package visit

import "slices"

// State is where a visit stands (domain P.5).
type State string

// The states from draft to archived, and the ways out. A draft is a row without events. A visit whose route has no life
// ends with `approved`; from `preparing` on the state is that of the least advanced traveller.
const (
	StateDraft     State = "draft"
	StateSubmitted State = "submitted"
	StateUnit      State = "unit_review"
	StateOffice    State = "office_review"
	StateIO        State = "io_review"
	StateLeader    State = "leader_review"
	StateIssuing   State = "issuing"
	StateExternal  State = "external_pending"
	StateQuestion  State = "question" // the applicant has a question to answer; the clock stands
	StateReturned  State = "returned" // the applicant has the case; the clock stands
	StateApproved  State = "approved"
	StateAmending  State = "amending" // a change of what was approved is being decided
	StateRejected  State = "rejected"
	StateWithdrawn State = "withdrawn"
	StateCancelled State = "cancelled"

	StatePreparing  State = "preparing"
	StateReady      State = "ready"
	StateSuspended  State = "suspended"
	StateAbroad     State = "abroad"
	StateBack       State = "back" // the domain's `returned`, which is taken
	StateReporting  State = "reporting"
	StatePostNotice State = "post_notice"
	StateClosed     State = "closed"
	StateArchived   State = "archived"
	StateExpired    State = "expired" // the approved return has passed, and nobody left
)

// States lists every state, in the order in which a list offers them.
var States = []State{
	StateDraft, StateSubmitted, StateUnit, StateOffice, StateIO, StateLeader, StateIssuing, StateExternal,
	StateQuestion, StateReturned, StateApproved, StateAmending, StatePreparing, StateReady, StateSuspended, StateAbroad, StateBack, StateReporting,
	StatePostNotice, StateClosed, StateArchived, StateExpired, StateRejected, StateWithdrawn, StateCancelled,
}

// Final tells that nothing more can happen to the visit.
func (s State) Final() bool {
	return slices.Contains([]State{StateRejected, StateWithdrawn, StateCancelled, StateExpired, StateArchived}, s)
}

// Living tells that the visit is approved and its life goes on: it is prepared, made, or followed up.
func (s State) Living() bool {
	return slices.Contains([]State{
		StatePreparing, StateReady, StateSuspended, StateAbroad, StateBack, StateReporting, StatePostNotice, StateClosed,
	}, s)
}

// Cancellable tells that the visit is approved and may still be cancelled as a whole.
func (s State) Cancellable() bool {
	return slices.Contains([]State{StateApproved, StatePreparing, StateReady, StateSuspended}, s)
}

// Amendable tells that what was approved may be changed, as far as the state says.
func (s State) Amendable() bool {
	return s == StateApproved || s == StatePreparing || s == StateReady
}

// Open tells that the visit is being decided: the applicant may withdraw it.
func (s State) Open() bool {
	return s != StateDraft && s != StateApproved && !s.Living() && !s.Final()
}

// Paused tells that the clock of the approvers stands, since the applicant has the case.
func (s State) Paused() bool { return s == StateReturned || s == StateQuestion }

var reviewStates = map[Review]State{
	UnitReview: StateUnit, OfficeReview: StateOffice, IOReview: StateIO,
	LeaderReview: StateLeader, Issue: StateIssuing, Outside: StateExternal,
}

// TaskState is where one sign-off of one round stands.
type TaskState string

// The states of a task. Only `open` can be decided; `approved` counts towards the approval, `superseded` no longer does.
const (
	TaskOpen       TaskState = "open"
	TaskApproved   TaskState = "approved"
	TaskReturned   TaskState = "returned"
	TaskRejected   TaskState = "rejected"
	TaskCancelled  TaskState = "cancelled"  // a sibling ended the stage, or the applicant the visit
	TaskSuperseded TaskState = "superseded" // approved, but the content changed or the stage was asked again
	TaskRemoved    TaskState = "removed"    // added by a signer, and taken back
)

// TaskStates lists every state of a task.
var TaskStates = []TaskState{TaskOpen, TaskApproved, TaskReturned, TaskRejected, TaskCancelled, TaskSuperseded, TaskRemoved}
