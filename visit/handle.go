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
	case Recalculate:
		return d.recalculate(a)
	case DeclineTravellers:
		return d.decline(a)
	case AddSignOff:
		return d.addSignOff(a)
	case RemoveSignOff:
		return d.removeSignOff(a)
	case Transfer:
		return d.transfer(a)
	case Reassign:
		return d.reassign(a)
	case AddReader:
		return d.addReader(a)
	case RemoveReader:
		return d.removeReader(a)
	case Amend:
		return d.amend(a)
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
	if len(d.events) == 0 {
		e.Shown = d.command.Shown
	}
	d.events = append(d.events, e)
	return d.Apply(e)
}

// taskToDecide finds an open task and checks what can be known without the record: that the actor signs for a post of
// the sign-off, and is neither applicant nor traveller nor wrote the request, nor signs for one who does (domain P.6).
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
	named := s.Person != "" && (by.Person == s.Person || by.OnBehalfOf == s.Person)
	if !named && !slices.Contains(slices.Concat(s.Posts, s.Fallback), by.Post) {
		return Refuse(Forbidden, "not_your_sign_off", "sign_off", s.Code)
	}
	for _, p := range []string{by.Person, by.OnBehalfOf} {
		switch {
		case p == "":
		case p == d.Applicant || slices.Contains(d.Concerned(), p):
			return Refuse(Forbidden, "own_visit", "person", p)
		case slices.Contains(d.PreparedBy, p):
			return Refuse(Forbidden, "conflict_preparer", "person", p)
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
