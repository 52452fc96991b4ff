package visit

import "time"

// Recalculate asks for the dates of a visit to be computed again where they are provisional: the list of a year has been
// loaded that they ran into (domain P-42). Calendar is the version of the calendar that the sender knows. It comes from the
// worker, never from a person.
type Recalculate struct {
	Calendar string `json:"calendar"`
}

// Rescheduled gives the dates that were provisional, as they are now. Notice is the end of the public notice, absent where
// it was not provisional; Due are the open tasks whose dates were.
type Rescheduled struct {
	Calendar string     `json:"calendar"`
	Notice   *NoticeDue `json:"notice,omitempty"`
	Due      []TaskDue  `json:"due,omitempty"`
}

// NoticeDue is the end of the public notice.
type NoticeDue struct {
	Closes      time.Time `json:"closes"` // UTC
	Provisional bool      `json:"provisional,omitempty"`
}

func (Recalculate) action() string { return "recalculate" }
func (Rescheduled) fact() string   { return "rescheduled" }

func (d *decider) recalculate(a Recalculate) error {
	if d.command.By.Channel != System.Channel {
		return Refuse(Forbidden, "system_only")
	}
	if !d.State.Open() {
		return nil
	}
	f := Rescheduled{Calendar: a.Calendar, Notice: d.noticeAgain()}
	for _, t := range d.OpenTasks() {
		if t.Provisional {
			f.Due = append(f.Due, d.limitAgain(t))
		}
	}
	if !d.differs(f) {
		return nil
	}
	return d.emit(f)
}

// limitAgain is the time of a task by the calendar of today. What is said at its end moves with it.
func (d *decider) limitAgain(t Task) TaskDue {
	at, provisional := d.clock.Due(t.Since, d.daysOf(t))
	due := TaskDue{Task: t.ID, SignOff: t.SignOff.Code, Due: at.UTC(), Provisional: provisional, Remind: t.Remind}
	if t.Remind.Equal(t.Due) {
		due.Remind = due.Due
	}
	if !t.Escalate.IsZero() {
		due.Escalate = d.escalation(t.SignOff, t.Level, due.Due)
	}
	return due
}

func (d *decider) noticeAgain() *NoticeDue {
	if d.Notice.State != NoticeOpen || !d.Notice.Provisional {
		return nil
	}
	closes, provisional := d.clock.Due(d.Notice.Opened, d.Notice.Days)
	return &NoticeDue{Closes: closes.UTC(), Provisional: provisional}
}

// daysOf are the working days that the task had from Since on. Events of an early version do not say it: those days are
// then counted by the calendar of today.
func (d *decider) daysOf(t Task) int {
	if t.Days > 0 {
		return t.Days
	}
	return max(1, d.clock.Left(t.Since, t.Due))
}

// differs tells that the fact would change anything.
func (d *decider) differs(f Rescheduled) bool {
	if f.Notice != nil && (!f.Notice.Closes.Equal(d.Notice.Closes) || !f.Notice.Provisional) {
		return true
	}
	for _, due := range f.Due {
		t, _ := d.Task(due.Task)
		if !due.Due.Equal(t.Due) || !due.Provisional {
			return true
		}
	}
	return false
}

func (v *Visit) reschedule(f Rescheduled) {
	if f.Notice != nil {
		v.Notice.Closes, v.Notice.Provisional = f.Notice.Closes, f.Notice.Provisional
	}
	for _, d := range f.Due {
		t, _ := v.Task(d.Task)
		v.schedule([]TaskDue{d}, t.Since)
	}
}
