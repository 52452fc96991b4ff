package visit

import "slices"

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
	route := a.Route.After(d.Route, d.Stage)
	for _, stage := range slices.Backward(d.Route.Stages[d.Stage:]) {
		if stage[0].Added != nil { // what a signer has asked for is not the policy's to drop
			route = route.insert(d.Stage+1, stage)
		}
	}
	if err := d.emit(Rerouted{Route: route}); err != nil || d.State.Paused() {
		return err
	}
	return d.advance()
}
