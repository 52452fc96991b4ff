package visit

import (
	"fmt"
	"slices"
	"time"
)

// Handle decides a command. It gives the events that follow from it, in order and already numbered, or a refusal (*Error)
// that changes nothing. A command that was acted on before gives no events; one that reuses an id for something else is
// refused with conflict. Whether the actor really holds the post he names is checked where the event is recorded.
func (v Visit) Handle(c Command, clock Clock) ([]Event, error) {
	digest, err := c.Digest()
	if err != nil {
		return nil, fmt.Errorf("command %s: %w", c.ID, err)
	}
	if known, ok := v.Commands[c.ID]; ok {
		if known != digest {
			return nil, Refuse(Conflict, "command_reused", "command", c.ID)
		}
		return nil, nil
	}
	d := &decider{Visit: v.Clone(), command: c, digest: digest, clock: clock, now: clock.Now().UTC().Truncate(time.Microsecond)}
	if d.now.Before(v.Spent.Until) {
		d.now = v.Spent.Until // events of one visit never run backwards, whatever a clock says
	}
	if err := d.do(c.Do); err != nil {
		return nil, err
	}
	return d.events, nil
}

// decider is one decision under way: a copy of the visit, moved on by each event that is decided.
type decider struct {
	Visit
	command Command
	digest  string
	clock   Clock
	now     time.Time
	events  []Event
}

func (d *decider) do(a Action) error {
	switch a := a.(type) {
	case Submit:
		return d.submit(a)
	case Approve:
		return d.approve(a)
	case Return:
		return d.return_(a)
	case Reject:
		return d.reject(a)
	case Ask:
		return d.ask(a)
	case Answer:
		return d.answer(a)
	case Resubmit:
		return d.resubmit(a)
	case Withdraw:
		return d.withdraw(a)
	case Cancel:
		return d.cancel(a)
	case ChangeCategory:
		return d.changeCategory(a)
	case Reroute:
		return d.reroute(a)
	case Tick:
		return d.tick()
	case Sync:
		return nil
	default:
		return d.live(a)
	}
}

func (d *decider) emit(f Fact) error {
	e := Event{Visit: d.ID, Seq: d.Seq + 1, At: d.now, By: d.command.By, Command: d.command.ID, Digest: d.digest, Fact: f}
	d.events = append(d.events, e)
	return d.Apply(e)
}

func (d *decider) submit(a Submit) error {
	if d.State != StateDraft {
		return Refuse(Conflict, "already_submitted")
	}
	if d.command.By.Person != d.Applicant {
		return Refuse(Forbidden, "applicant_only")
	}
	if err := checkRoute(a.Route); err != nil {
		return err
	}
	if err := d.emit(Submitted(a)); err != nil {
		return err
	}
	return d.start()
}

func (d *decider) resubmit(a Resubmit) error {
	if err := d.byApplicantIn(StateReturned); err != nil {
		return err
	}
	if err := checkRoute(a.Route); err != nil {
		return err
	}
	changed := d.changes(a.Version)
	if !changed {
		a.Route = d.Route // the same content keeps its route, and the place in it
	}
	if err := d.emit(Resubmitted(a)); err != nil {
		return err
	}
	if changed {
		return d.start()
	}
	return d.advance()
}

// start opens the public notice and asks for the first stage.
func (d *decider) start() error {
	if n := d.Route.NoticeDays; n > 0 {
		closes, provisional := d.clock.Due(d.now, n)
		if err := d.emit(NoticeOpened{Days: n, Closes: closes.UTC(), Provisional: provisional}); err != nil {
			return err
		}
	}
	return d.advance()
}

func (d *decider) approve(a Approve) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	if t.Waiting() {
		return Refuse(Conflict, "question_open", "task", a.Task)
	}
	if t.SignOff.Review == Outside && a.Reason == "" {
		return needs("reason") // the number and date of the outside decision
	}
	if a.Version != "" && a.Version != d.Version {
		return Refuse(Conflict, "content_changed", "task", a.Task)
	}
	if err := d.emit(SignedOff{Task: a.Task, Reason: a.Reason}); err != nil {
		return err
	}
	return d.advance()
}

func (d *decider) return_(a Return) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	if a.Stage < 0 || a.Stage >= t.Stage {
		return &Error{Code: Invalid, Rule: "invalid", Problems: []Problem{{
			Field: "stage", Rule: "earlier_stage", Args: map[string]string{"below": fmt.Sprint(t.Stage)},
		}}}
	}
	if err := d.emit(Returned(a)); err != nil {
		return err
	}
	if a.Stage == 0 {
		return nil
	}
	return d.advance()
}

func (d *decider) reject(a Reject) error {
	if _, err := d.taskToDecide(a.Task); err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Rejected(a))
}

func (d *decider) ask(a Ask) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	if a.Question == "" {
		return needs("question")
	}
	if t.Waiting() {
		return Refuse(Conflict, "question_open", "task", a.Task)
	}
	return d.emit(Asked(a))
}

func (d *decider) answer(a Answer) error {
	if err := d.byApplicantIn(StateQuestion); err != nil {
		return err
	}
	t, ok := d.Task(a.Task)
	if !ok || !t.Waiting() {
		return Refuse(NotFound, "no_question", "task", a.Task)
	}
	if a.Answer == "" {
		return needs("answer")
	}
	f := Answered{Task: a.Task, Answer: a.Answer}
	if d.lastQuestion(a.Task) {
		f.Due = d.resumed()
	}
	return d.emit(f)
}

// lastQuestion tells that no other task waits for an answer: only then does the clock run again.
func (d *decider) lastQuestion(task string) bool {
	return !slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.Waiting() && t.ID != task })
}

// resumed gives every open task the working days again that it had left when the clock stopped.
func (d *decider) resumed() []TaskDue {
	var due []TaskDue
	for _, t := range d.OpenTasks() {
		at, provisional := d.clock.Due(d.now, max(1, d.clock.Left(d.Spent.Stopped, t.Due)))
		due = append(due, TaskDue{Task: t.ID, SignOff: t.SignOff.Code, Due: at.UTC(), Provisional: provisional})
	}
	return due
}

func (d *decider) withdraw(a Withdraw) error {
	if err := d.byApplicant(); err != nil {
		return err
	}
	if !d.State.Open() {
		return d.closed()
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Withdrawn(a))
}

func (d *decider) cancel(a Cancel) error {
	if len(d.Trips) > 0 {
		return d.cancelTrips(a)
	}
	if d.byApplicant() != nil && !slices.Contains(OfficePosts, d.command.By.Post) {
		return Refuse(Forbidden, "applicant_or_io_only")
	}
	if d.State != StateApproved {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Cancelled(a))
}

// changeCategory is for the International Office while it reviews (domain P.5: io_review); like every judgement it is not
// for who travels or applied.
func (d *decider) changeCategory(a ChangeCategory) error {
	if err := d.maySign(SignOff{Code: "IO", Posts: OfficePosts}); err != nil {
		return err
	}
	if d.State != StateIO {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if a.Reason == "" {
		return needs("reason")
	}
	if a.Version == d.Version {
		return Refuse(Conflict, "same_category", "category", string(a.Category))
	}
	if err := checkRoute(a.Route); err != nil {
		return err
	}
	f := CategoryChanged{From: a.From, Category: a.Category, Version: a.Version, Route: a.Route, Incomplete: a.Incomplete, Reason: a.Reason}
	if err := d.emit(f); err != nil || a.Incomplete {
		return err
	}
	return d.start()
}

// reroute keeps what was asked and replaces the rest. A visit whose last sign-off the new policy no longer asks for moves on.
func (d *decider) reroute(a Reroute) error {
	if d.command.By.Post != PublisherPost {
		return Refuse(Forbidden, "publisher_only")
	}
	if !d.State.Open() {
		return d.closed()
	}
	if err := checkRoute(a.Route); err != nil {
		return err
	}
	if err := d.emit(Rerouted{Route: a.Route.After(d.Route.Stages[:d.Stage])}); err != nil || d.State.Paused() {
		return err
	}
	return d.advance()
}

func (d *decider) tick() error {
	at, ok := d.NextDue()
	if !ok || d.now.Before(at) {
		return nil
	}
	if len(d.Trips) > 0 {
		return d.tripTick()
	}
	if err := d.emit(NoticeClosed{}); err != nil {
		return err
	}
	if d.State.Paused() {
		return nil
	}
	return d.advance()
}

// advance opens the next stage, or approves, once every sign-off of the current one is given. Before an issue or an
// outside decision, and before the approval, the public notice must be closed (domain P.4, G3).
func (d *decider) advance() error {
	if len(d.OpenTasks()) > 0 {
		return nil
	}
	next := max(1, d.Stage)
	for next <= len(d.Route.Stages) && len(d.lacking(next)) == 0 {
		next++
	}
	if next > len(d.Route.Stages) {
		if d.Notice.State == NoticeOpen {
			return nil
		}
		if err := d.emit(Approved{}); err != nil {
			return err
		}
		return d.liveOn()
	}
	first := d.Route.Stages[next-1][0].Review
	if d.Notice.State == NoticeOpen && (first == Issue || first == Outside) {
		return nil
	}
	return d.emit(d.stage(next))
}

// lacking lists the sign-offs of a stage that do not stand for the content being judged.
func (d *decider) lacking(stage int) []SignOff {
	return slices.DeleteFunc(slices.Clone(d.Route.Stages[stage-1]), func(s SignOff) bool { return d.approvedHere(stage, s.Code) })
}

func (d *decider) stage(n int) StageOpened {
	f := StageOpened{Stage: n, Round: d.Round}
	for _, s := range d.lacking(n) {
		due, provisional := d.clock.Due(d.now, s.Limit)
		f.Tasks = append(f.Tasks, TaskDue{
			Task: fmt.Sprintf("%d.%d.%s", d.Round, n, s.Code), SignOff: s.Code, Due: due.UTC(), Provisional: provisional,
		})
	}
	return f
}

// taskToDecide finds an open task and checks what can be known without the record: that the actor signs for a post of
// the sign-off, and is neither applicant nor traveller, nor signs for one (domain P.6).
func (d *decider) taskToDecide(id string) (Task, error) {
	t, ok := d.Task(id)
	if !ok {
		return t, Refuse(NotFound, "no_such_task", "task", id)
	}
	if err := d.maySign(t.SignOff); err != nil {
		return t, err
	}
	if t.State != TaskOpen {
		return t, Refuse(Conflict, "task_closed", "task", id, "state", string(t.State))
	}
	return t, nil
}

func (d *decider) maySign(s SignOff) error {
	by := d.command.By
	if s.Person != "" && by.Person != s.Person && by.OnBehalfOf != s.Person {
		return Refuse(Forbidden, "not_your_sign_off", "sign_off", s.Code)
	}
	if s.Person == "" && (!slices.Contains(append(slices.Clone(s.Posts), s.Fallback...), by.Post)) {
		return Refuse(Forbidden, "not_your_sign_off", "sign_off", s.Code)
	}
	for _, p := range []string{by.Person, by.OnBehalfOf} {
		if p != "" && (p == d.Applicant || slices.Contains(d.Travellers, p)) {
			return Refuse(Forbidden, "own_visit", "person", p)
		}
	}
	return nil
}

func (d *decider) byApplicant() error {
	if d.command.By.Person != d.Applicant {
		return Refuse(Forbidden, "applicant_only")
	}
	return nil
}

func (d *decider) byApplicantIn(s State) error {
	if err := d.byApplicant(); err != nil {
		return err
	}
	if d.State.Final() {
		return d.closed()
	}
	if d.State != s {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	return nil
}

func (d *decider) closed() error { return Refuse(Conflict, "visit_closed", "state", string(d.State)) }

func needs(field string) error {
	return &Error{Code: Invalid, Rule: "invalid", Problems: []Problem{{Field: field, Rule: "required"}}}
}

func checkRoute(r Route) error {
	if len(r.Stages) == 0 || slices.ContainsFunc(r.Stages, func(s []SignOff) bool { return len(s) == 0 }) {
		return Refuse(Invalid, "empty_route")
	}
	return nil
}
