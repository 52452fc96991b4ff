package visit

import "slices"

// Approval is what the university has said yes to. It stays valid while a change of it is being decided.
type Approval struct {
	Version    string   `json:"version"`
	Travellers []string `json:"travellers"`
	Route      Route    `json:"route"`
	Notice     Notice   `json:"notice"`
	Tasks      []string `json:"tasks"` // ids of the sign-offs on which it rests
}

type (
	// Amend asks for a change of an approved visit, by the applicant. What was approved stays valid until the change is decided.
	Amend struct {
		Version    string   `json:"version"`
		Travellers []string `json:"travellers"`
		Route      Route    `json:"route"`
		Changes    []Change `json:"changes"`
		Reask      Reask    `json:"reask"`
		Reason     Note     `json:"reason"`
		PreparedBy []string `json:"prepared_by,omitempty"` // who wrote the change for the applicant
	}
	// AmendmentSubmitted opens the decision on a change; a new round begins.
	AmendmentSubmitted Amend
	// Amended is the university's yes to the change: the approval is one of Version now.
	Amended struct {
		Version string `json:"version"`
	}
	// AmendmentRejected leaves the approval as it was: by the answer on Task, or by an objection that was upheld for a reason.
	AmendmentRejected struct {
		Task   string `json:"task,omitempty"`
		Reason Note   `json:"reason,omitempty"`
	}
	// AmendmentWithdrawn leaves the approval as it was: by the applicant with a reason, or by time when the question of Task
	// has had no answer.
	AmendmentWithdrawn struct {
		Reason Note   `json:"reason,omitempty"`
		Task   string `json:"task,omitempty"`
	}
)

func (Amend) action() string { return "amend" }

func (AmendmentSubmitted) fact() string { return "amendment_submitted" }
func (Amended) fact() string            { return "amended" }
func (AmendmentRejected) fact() string  { return "amendment_rejected" }
func (AmendmentWithdrawn) fact() string { return "amendment_withdrawn" }

// Amending tells that a change of the approved visit is being decided.
func (v Visit) Amending() bool { return v.Amends != "" }

// Amendable tells that the applicant may ask for a change of what was approved: nobody of the group has left yet.
func (v Visit) Amendable() bool {
	left := func(t Trip) bool { return !t.State.Home() && !t.State.Ended() }
	return v.State.Amendable() && !slices.ContainsFunc(v.Trips, left)
}

// Valid is the version that the visit stands on: what was approved while a change of it is being decided, else what is judged.
func (v Visit) Valid() string {
	if v.Amending() {
		return v.Approval.Version
	}
	return v.Version
}

// Concerned are all persons who travel, would under a change that is being decided, or were to: none of them decides.
func (v Visit) Concerned() []string {
	all := slices.Clone(v.Travellers)
	add := func(p string) {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	if v.Amending() {
		for _, p := range v.Approval.Travellers {
			add(p)
		}
	}
	for _, d := range v.Declined {
		add(d.Person)
	}
	return all
}

func (d *decider) amend(a Amend) error {
	if err := d.byApplicant(); err != nil {
		return err
	}
	if !d.Amendable() {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if a.Reason == "" {
		return needs("reason")
	}
	if a.Version == d.Version {
		return Refuse(Conflict, "nothing_changed")
	}
	if err := d.checkRoute(a.Route); err != nil {
		return err
	}
	if err := d.emit(AmendmentSubmitted(a)); err != nil {
		return err
	}
	return d.start()
}

// approve notes what was approved, and the sign-offs on which it rests; others no longer count.
func (v *Visit) approve() {
	a := &Approval{Version: v.Version, Travellers: v.Travellers, Route: v.Route, Notice: v.Notice, Tasks: []string{}}
	for i := range v.Tasks {
		switch t := &v.Tasks[i]; {
		case t.StandsFor(v.Version):
			a.Tasks = append(a.Tasks, t.ID)
		case t.State == TaskApproved:
			t.State = TaskSuperseded
		}
	}
	v.Approval = a
	v.State, v.Amends = StateApproved, ""
}

// amend lets a change of what was approved be judged.
func (v *Visit) amend(f AmendmentSubmitted) {
	v.Amends = v.State
	v.Round++
	v.pin(f.Version, f.Travellers, f.Route)
	v.prepared(f.PreparedBy)
	v.renew(&f.Reask)
}

// restore takes back the change under decision.
func (v *Visit) restore() {
	a := v.Approval
	v.cancelOpen()
	for i := range v.Tasks {
		switch t := &v.Tasks[i]; {
		case t.State != TaskApproved:
		case slices.Contains(a.Tasks, t.ID):
			t.Stands = a.Version
		default:
			t.State = TaskSuperseded
		}
	}
	v.pin(a.Version, a.Travellers, a.Route)
	v.Notice, v.Stage = a.Notice, len(a.Route.Stages)
	v.State, v.Amends = v.Amends, ""
}
