package visit

import (
	"fmt"
	"slices"
)

func (d *decider) submit(a Submit) error {
	if d.State != StateDraft {
		return Refuse(Conflict, "already_submitted")
	}
	if d.command.By.Person != d.Applicant {
		return Refuse(Forbidden, "applicant_only")
	}
	if err := d.checkRoute(a.Route); err != nil {
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
	if err := d.checkRoute(a.Route); err != nil {
		return err
	}
	changed := d.changes(a.Version)
	if !changed {
		a.Route, a.Changes, a.Reask = d.Route, nil, nil // the same content keeps its route, and the place in it
	}
	if err := d.emit(Resubmitted(a)); err != nil {
		return err
	}
	if changed {
		return d.start()
	}
	return d.advance()
}

// start opens the public notice, where it is due, or holds it back, and asks for the first stage that lacks an approval.
func (d *decider) start() error {
	if err := d.announce(); err != nil {
		return err
	}
	return d.advance()
}

func (d *decider) checkRoute(r Route) error {
	if len(r.Stages) == 0 || slices.ContainsFunc(r.Stages, func(s []SignOff) bool { return len(s) == 0 }) {
		return Refuse(Invalid, "empty_route")
	}
	if len(d.Trips) > 0 && r.Life == nil { // nothing would say what the travellers still have to do
		return Refuse(Invalid, "route_without_life")
	}
	for stage, t := range r.Terms {
		if stage < 1 || stage > len(r.Stages) || t.Need < 0 || t.Need > len(r.Stages[stage-1]) {
			return fmt.Errorf("route %s: stage %d cannot have the approvals that it needs", r.Rule, stage)
		}
	}
	return nil
}
