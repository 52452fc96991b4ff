package visit

import "slices"

// RepairPosts are the posts that confirm what an administrator wants to repair in a case (domain P.6): the directors of the two
// offices. Who proposed a repair never confirms it (domain P-51).
var RepairPosts = []string{"IO.DIR", "HMT.DIR"}

type (
	// Reassign lets one more person give an open sign-off that nobody may give. It is a repair: Proposer asked for it, the actor,
	// who is another, confirms it. Repair is its number in the register of repairs.
	Reassign struct {
		Repair   int64  `json:"repair"`
		Task     string `json:"task"`
		To       string `json:"to"`
		Proposer string `json:"proposer"`
		Reason   Note   `json:"reason"`
	}
	// Reassigned says who may give it besides those who could have by the route, which stays as it was pinned.
	Reassigned Reassign
)

func (Reassign) action() string { return "reassign" }
func (Reassigned) fact() string { return "reassigned" }

func (d *decider) reassign(a Reassign) error {
	by := d.command.By
	t, ok := d.Task(a.Task)
	switch {
	case !ok:
		return Refuse(NotFound, "no_such_task", "task", a.Task)
	case !slices.Contains(RepairPosts, by.Post):
		return Refuse(Forbidden, "repair_director_only")
	case a.Proposer == "" || by.Person == a.Proposer || by.OnBehalfOf == a.Proposer:
		return Refuse(Forbidden, "repair_second_person")
	case t.State != TaskOpen:
		return Refuse(Conflict, "task_closed", "task", a.Task, "state", string(t.State))
	case a.Reason == "":
		return needs("reason")
	case a.To == t.SignOff.Person && a.To != "":
		return wrong("to", "has_it_already")
	}
	if err := d.another("to", a.To); err != nil {
		return err
	}
	return d.emit(Reassigned(a))
}

func (v *Visit) reassign(f Reassigned) {
	v.transfer(Transferred{Task: f.Task, To: f.To})
	v.update(f.Task, func(t *Task) { t.SignOff.Person = f.To })
}
