package visit

import "slices"

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
	if d.Amending() {
		return d.emit(AmendmentWithdrawn{Reason: a.Reason})
	}
	return d.emit(Withdrawn{Reason: a.Reason})
}

func (d *decider) cancel(a Cancel) error {
	if len(d.Trips) > 0 {
		return d.cancelTrips(a)
	}
	if d.byApplicant() != nil && !slices.Contains(OfficePosts, d.command.By.Post) {
		return Refuse(Forbidden, "applicant_or_io_only")
	}
	if d.State != StateApproved && !d.Amending() {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(Cancelled(a))
}
