package visit

import (
	"slices"
	"time"
)

// What time does by itself. Every instant is computed when the event that sets it is decided and stands in that event, so that
// NextDue needs neither a clock nor a calendar.
type (
	// Reminded tells who may sign a task of its limit: at half of it, at its end, and every working morning after.
	Reminded struct {
		Task string    `json:"task"`
		Of   Reminder  `json:"of"`
		Next time.Time `json:"next"` // UTC
	}
	// Escalated tells the holders of other posts that a task is late; Level counts from 1.
	Escalated struct {
		Task  string    `json:"task"`
		Level int       `json:"level"`
		Posts []string  `json:"posts"`
		Next  time.Time `json:"next,omitzero"`
	}
	// Warned tells the applicant that a question waits; Number counts from 1, Ends is when the visit is withdrawn.
	Warned struct {
		Task   string    `json:"task"`
		Number int       `json:"number"`
		Ends   time.Time `json:"ends"`
		Next   time.Time `json:"next,omitzero"`
	}
	// Deferred puts off what would have been said on a day of rest, since time could not act when it was due or the calendar
	// has changed since.
	Deferred struct {
		Until time.Time `json:"until"`
	}
)

// Reminder is what a reminder is about.
type Reminder string

// The reminders of a task.
const (
	ReminderHalf  Reminder = "half"  // half of the working time has passed
	ReminderLimit Reminder = "limit" // all of it has
	ReminderLate  Reminder = "late"  // it had before
)

func (Reminded) fact() string  { return "reminded" }
func (Escalated) fact() string { return "escalated" }
func (Warned) fact() string    { return "warned" }
func (Deferred) fact() string  { return "deferred" }

// Nudges are the times at which a task says something by itself; zero where it says nothing more.
type Nudges struct {
	Remind    time.Time `json:"remind,omitzero"`
	Reminders int       `json:"reminders,omitempty"` // given so far
	Escalate  time.Time `json:"escalate,omitzero"`
	Level     int       `json:"level,omitempty"` // of the last escalation
	Warn      time.Time `json:"warn,omitzero"`
	Warnings  int       `json:"warnings,omitempty"` // given for the open question
	Ends      time.Time `json:"ends,omitzero"`      // when the open question is given up
}

// NextDue is the one instant at which time itself must act (a Tick is due); ok is false while nothing waits for time.
func (v Visit) NextDue() (at time.Time, ok bool) {
	n, ok := v.next()
	return n.at, ok
}

// NoticeDue is NextDue as far as the notice goes. Workflows that began before there was more to wait for keep their timer by
// it, and are woken for the rest.
func (v Visit) NoticeDue() (at time.Time, ok bool) {
	if v.Notice.State == NoticeOpen && v.State.Open() && !v.Disputed(false) {
		return v.Notice.Closes, true
	}
	return time.Time{}, false
}

// appointment is one thing that time will do.
type appointment struct {
	at   time.Time
	do   func(*decider, Task) error
	task Task
	said bool // tells somebody something, and so waits for a working day
}

func (v Visit) next() (first appointment, ok bool) {
	all := v.agenda()
	if len(all) == 0 {
		return first, false
	}
	return slices.MinFunc(all, func(a, b appointment) int { return a.at.Compare(b.at) }), true
}

// agenda is all that time will do as things stand. Of what is due at one instant the first in the list comes first.
func (v Visit) agenda() []appointment {
	var all []appointment
	add := func(at time.Time, t Task, said bool, do func(*decider, Task) error) {
		if said && at.Before(v.Quiet) && !at.IsZero() {
			at = v.Quiet
		}
		if !at.IsZero() {
			all = append(all, appointment{at, do, t, said})
		}
	}
	if at, ok := v.NoticeDue(); ok {
		add(at, Task{}, false, (*decider).closeNotice)
	}
	if at, ok := v.tripDue(); ok && !v.Amending() { // the life after the approval waits for the change
		add(at, Task{}, false, (*decider).tripTick)
	}
	for _, t := range v.Tasks {
		switch {
		case t.State != TaskOpen || !v.State.Open():
		case t.Waiting():
			add(t.Warn, t, true, (*decider).warn)
			add(t.Ends, t, false, (*decider).giveUp)
		case !v.State.Paused():
			add(t.Remind, t, true, (*decider).remind)
			add(t.Escalate, t, true, (*decider).escalate)
		}
	}
	return all
}

// tick does all that is due.
func (d *decider) tick() error {
	for {
		next, ok := d.next()
		if !ok || d.now.Before(next.at) {
			return nil
		}
		do := next.do
		if next.said && d.clock.Rests(d.now) {
			do = (*decider).putOff
		}
		if err := do(d, next.task); err != nil {
			return err
		}
	}
}

func (d *decider) closeNotice(Task) error {
	if err := d.emit(NoticeClosed{}); err != nil {
		return err
	}
	return d.goOn()
}

func (d *decider) putOff(Task) error { return d.emit(Deferred{Until: d.clock.Morning(d.now, 1).UTC()}) }

// remind says once what may have become due several times while time could not act.
func (d *decider) remind(t Task) error {
	r := Reminded{Task: t.ID, Of: ReminderLate, Next: d.clock.Morning(d.now, 1).UTC()}
	switch {
	case d.now.Before(t.Due):
		r.Of, r.Next = ReminderHalf, t.Due
	case !t.Remind.After(t.Due):
		r.Of = ReminderLimit
	}
	return d.emit(r)
}

func (d *decider) escalate(t Task) error {
	level, _, posts := d.Route.escalation(t.SignOff, t.Level)
	return d.emit(Escalated{Task: t.ID, Level: level, Posts: posts, Next: d.escalation(t.SignOff, level, t.Due)})
}

// escalation is the instant of the escalation after a level, zero where there is none.
func (d *decider) escalation(s SignOff, level int, due time.Time) time.Time {
	_, days, posts := d.Route.escalation(s, level)
	if len(posts) == 0 {
		return time.Time{}
	}
	at, _ := d.clock.Due(due, days)
	return at.UTC()
}

func (d *decider) warn(t Task) error {
	return d.emit(Warned{Task: t.ID, Number: t.Warnings + 1, Ends: t.Ends, Next: d.warning(t.AskedAt, t.Warnings+1)})
}

// warning is the instant of the warning after so many, zero where there is none.
func (d *decider) warning(asked time.Time, given int) time.Time {
	days := d.Route.timing().Warnings
	if given >= len(days) {
		return time.Time{}
	}
	return d.clock.Morning(asked, days[given]).UTC()
}

// giveUp withdraws the visit, or the change of it, whose applicant has left a question without an answer.
func (d *decider) giveUp(t Task) error {
	if d.Amending() {
		return d.emit(AmendmentWithdrawn{Task: t.ID})
	}
	return d.emit(Withdrawn{Task: t.ID})
}

// limit gives a task its time: the end of it, the reminder at half of it, and the first escalation. An authority outside is
// not reminded: the clock of the university stands while it has the case.
func (d *decider) limit(id string, s SignOff, days int) TaskDue {
	due, provisional := d.clock.Due(d.now, days)
	t := TaskDue{Task: id, SignOff: s.Code, Due: due.UTC(), Provisional: provisional}
	if s.Review != Outside {
		t.Remind = d.work(d.clock.Worked(d.now, due) / 2)
		t.Escalate = d.escalation(s, 0, due)
	}
	return t
}

// work is the instant at which so much working time will have passed, in whole seconds.
func (d *decider) work(t time.Duration) time.Time {
	return d.clock.Work(d.now, t).UTC().Truncate(time.Second)
}

// resumed gives open tasks, but for one, the working days again that they had left when the clock stopped, and to those that
// were not reminded yet the working time until then.
func (d *decider) resumed(but string) []TaskDue {
	var all []TaskDue
	for _, t := range d.OpenTasks() {
		if t.ID == but {
			continue
		}
		days := max(1, d.clock.Left(d.Spent.Stopped, t.Due))
		due := d.limit(t.ID, t.SignOff, days)
		due.Days = days
		switch {
		case due.Remind.IsZero():
		case t.Reminders > 0:
			due.Remind = due.Due
		case !t.Remind.IsZero():
			due.Remind = d.work(d.clock.Worked(d.Spent.Stopped, t.Remind))
		}
		if !due.Escalate.IsZero() {
			due.Escalate = d.escalation(t.SignOff, t.Level, due.Due)
		}
		all = append(all, due)
	}
	return all
}

// schedule sets the times of tasks, counted from an instant.
func (v *Visit) schedule(all []TaskDue, since time.Time) {
	for _, d := range all {
		v.update(d.Task, func(t *Task) {
			if t.Since = since; d.Days > 0 {
				t.Days = d.Days
			}
			t.Due, t.Provisional, t.Remind, t.Escalate = d.Due, d.Provisional, d.Remind, d.Escalate
		})
	}
}
