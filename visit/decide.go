package visit

import (
	"fmt"
	"slices"
)

func (d *decider) approve(a Approve) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	if t.Waiting() {
		return Refuse(Conflict, "question_open", "task", a.Task)
	}
	if first, waits := d.awaits(t.SignOff); waits {
		return Refuse(Conflict, "added_first", "task", a.Task, "person", first.Person)
	}
	if err := d.outside(t, a.Outside); err != nil {
		return err
	}
	if a.Version != "" && a.Version != d.Version {
		return Refuse(Conflict, "content_changed", "task", a.Task)
	}
	if err := d.emit(SignedOff{Task: a.Task, Reason: a.Reason, Outside: a.Outside, Requested: t.Opened}); err != nil {
		return err
	}
	return d.conclude()
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
	if err := d.outside(t, a.Outside); err != nil {
		return err
	}
	if err := d.emit(Returned{
		Task: a.Task, Stage: a.Stage, Reason: a.Reason, Outside: a.Outside, Waits: d.waits(t), Due: d.freed(t), Requested: t.Opened,
	}); err != nil {
		return err
	}
	return d.conclude()
}

func (d *decider) reject(a Reject) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	if err := d.outside(t, a.Outside); err != nil {
		return err
	}
	waits := d.waits(t)
	// The rejection of a change is not one of the visit: what follows from it is an event of its own.
	if err := d.emit(Rejected{
		Task: a.Task, Reason: a.Reason, Outside: a.Outside, Waits: waits || d.Amending(), Due: d.freed(t), Requested: t.Opened,
	}); err != nil {
		return err
	}
	if d.Amending() && !waits {
		return d.emit(AmendmentRejected{Task: a.Task})
	}
	return d.conclude()
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
	days := d.Route.timing().Answer
	return d.emit(Asked{
		Task: a.Task, Question: a.Question, Warn: d.warning(d.now, 0), Ends: d.now.AddDate(0, 0, days), Requested: t.Opened,
	})
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
		f.Due = d.resumed("")
	}
	return d.emit(f)
}

// lastQuestion tells that no other task waits for an answer: only then does the clock run again.
func (d *decider) lastQuestion(task string) bool {
	return !slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.Waiting() && t.ID != task })
}

// freed gives the others their time again where an answer that waits for them ends the last open question.
func (d *decider) freed(t Task) []TaskDue {
	if !d.waits(t) || !t.Waiting() || !d.lastQuestion(t.ID) {
		return nil
	}
	return d.resumed(t.ID)
}
