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
	if t.SignOff.Review == Outside && a.Reason == "" {
		return needs("reason") // the number and date of the outside decision
	}
	if a.Version != "" && a.Version != d.Version {
		return Refuse(Conflict, "content_changed", "task", a.Task)
	}
	if err := d.emit(SignedOff{Task: a.Task, Reason: a.Reason}); err != nil {
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
	if err := d.emit(Returned{Task: a.Task, Stage: a.Stage, Reason: a.Reason, Waits: d.waits(t)}); err != nil {
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
	if err := d.emit(Rejected{Task: a.Task, Reason: a.Reason, Waits: d.waits(t)}); err != nil {
		return err
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
		days := max(1, d.clock.Left(d.Spent.Stopped, t.Due))
		at, provisional := d.clock.Due(d.now, days)
		due = append(due, TaskDue{Task: t.ID, SignOff: t.SignOff.Code, Due: at.UTC(), Provisional: provisional, Days: days})
	}
	return due
}
