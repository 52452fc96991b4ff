package visit

import (
	"fmt"
	"slices"
	"time"
)

// Added says of a sign-off that the policy does not ask for who asked for it, by which post, and for which sign-off.
type Added struct {
	By   string `json:"by"`
	Post string `json:"post,omitempty"`
	Unit string `json:"unit,omitempty"`
	For  string `json:"for"`
	// Before means that the sign-off it is for cannot be approved until this one is.
	Before bool `json:"before,omitempty"`
}

type (
	// AddSignOff asks one more person to sign, for who signs an open task: before his own approval, or after his stage.
	AddSignOff struct {
		Task   string `json:"task"`
		Person string `json:"person"`
		Before bool   `json:"before"`
		Days   int    `json:"days"` // working days
		Reason Note   `json:"reason"`
	}
	// SignOffAdded puts the sign-off into the route, in Stage; Due is its task where it is asked at once.
	SignOffAdded struct {
		Task    string   `json:"task"`
		Stage   int      `json:"stage"`
		SignOff SignOff  `json:"sign_off"`
		Due     *TaskDue `json:"due,omitempty"`
		Reason  Note     `json:"reason"`
	}
	// RemoveSignOff takes back a sign-off that was added and not yet given, by who added it or signs for the same post.
	RemoveSignOff struct {
		SignOff string `json:"sign_off"`
		Reason  Note   `json:"reason"`
	}
	// SignOffRemoved takes it out of the route; Due is the time of the others again, where it ends the last open question.
	SignOffRemoved struct {
		SignOff string    `json:"sign_off"`
		Reason  Note      `json:"reason"`
		Due     []TaskDue `json:"due,omitempty"`
	}
	// Transfer hands an open task to another holder, or, where it was added, to another person.
	Transfer struct {
		Task   string `json:"task"`
		To     string `json:"to"`
		Reason Note   `json:"reason"`
	}
	// Transferred says who has the task now.
	Transferred Transfer
	// AddReader lets one more person see the visit, by who signs an open task.
	AddReader struct {
		Task   string `json:"task"`
		Person string `json:"person"`
		Reason Note   `json:"reason"`
	}
	// ReaderAdded says who may see the visit besides.
	ReaderAdded AddReader
	// RemoveReader takes that back.
	RemoveReader AddReader
	// ReaderRemoved says who no longer may.
	ReaderRemoved AddReader
)

func (AddSignOff) action() string    { return "add_sign_off" }
func (RemoveSignOff) action() string { return "remove_sign_off" }
func (Transfer) action() string      { return "transfer" }
func (AddReader) action() string     { return "add_reader" }
func (RemoveReader) action() string  { return "remove_reader" }

func (SignOffAdded) fact() string   { return "sign_off_added" }
func (SignOffRemoved) fact() string { return "sign_off_removed" }
func (Transferred) fact() string    { return "transferred" }
func (ReaderAdded) fact() string    { return "reader_added" }
func (ReaderRemoved) fact() string  { return "reader_removed" }

// Adders are the reviews whose signers may ask for one more sign-off (domain P.6).
var Adders = []Review{UnitReview, IOReview, LeaderReview, Issue}

// maxDays is the longest limit that a sign-off may be added with, in working days.
const maxDays = 10

func (d *decider) addSignOff(a AddSignOff) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	switch {
	case !slices.Contains(Adders, t.SignOff.Review):
		return Refuse(Forbidden, "may_not_add", "sign_off", t.SignOff.Code)
	case a.Reason == "":
		return needs("reason")
	case a.Days < 1 || a.Days > maxDays:
		return wrong("days", "out_of_range", "from", "1", "to", fmt.Sprint(maxDays))
	case !a.Before && t.SignOff.Review == Issue:
		return wrong("before", "nothing_after_issue")
	}
	if err := d.another("person", a.Person); err != nil {
		return err
	}
	by := d.command.By
	f := SignOffAdded{Task: a.Task, Stage: t.Stage, Reason: a.Reason, SignOff: SignOff{
		Code: fmt.Sprintf("ADD.%d", d.Additions+1), Review: t.SignOff.Review, Posts: []string{}, Person: a.Person, Limit: a.Days,
		Added: &Added{By: by.Person, Post: by.Post, Unit: by.Unit, For: t.SignOff.Code, Before: a.Before},
	}}
	if a.Before {
		due := d.limit(fmt.Sprintf("%d.%d.%s", d.Round, t.Stage, f.SignOff.Code), f.SignOff, a.Days)
		f.Due = &due
	} else {
		f.Stage++
	}
	return d.emit(f)
}

// another refuses a person who cannot sign or hold a task of this visit: the actor, and whoever it concerns.
func (d *decider) another(field, person string) error {
	switch {
	case person == "":
		return needs(field)
	case person == d.command.By.Person || person == d.command.By.OnBehalfOf:
		return wrong(field, "oneself")
	case person == d.Applicant || slices.Contains(d.Concerned(), person):
		return wrong(field, "own_visit", "person", person)
	case slices.Contains(d.PreparedBy, person):
		return wrong(field, "conflict_preparer", "person", person)
	default:
		return nil
	}
}

func (d *decider) removeSignOff(a RemoveSignOff) error {
	stage := d.Route.StageOf(a.SignOff)
	if stage == 0 {
		return Refuse(NotFound, "no_such_task", "task", a.SignOff)
	}
	s := d.signOff(stage, a.SignOff)
	by := d.command.By
	switch {
	case s.Added == nil:
		return Refuse(Forbidden, "mandatory_sign_off", "sign_off", a.SignOff)
	case by.Person != s.Added.By && (s.Added.Post == "" || by.Post != s.Added.Post || by.Unit != s.Added.Unit):
		return Refuse(Forbidden, "not_your_sign_off", "sign_off", a.SignOff)
	case !d.State.Open():
		return d.closed()
	case !slices.Contains(d.Pending(), a.SignOff):
		return Refuse(Conflict, "sign_off_given", "sign_off", a.SignOff)
	case a.Reason == "":
		return needs("reason")
	}
	f := SignOffRemoved{SignOff: a.SignOff, Reason: a.Reason}
	for _, t := range d.OpenTasks() {
		if t.SignOff.Code == a.SignOff && t.Waiting() && d.lastQuestion(t.ID) {
			f.Due = d.resumed(t.ID)
		}
	}
	if err := d.emit(f); err != nil {
		return err
	}
	return d.conclude()
}

func (d *decider) transfer(a Transfer) error {
	t, err := d.taskToDecide(a.Task)
	if err != nil {
		return err
	}
	switch {
	case t.SignOff.Person != "" && t.SignOff.Added == nil:
		return Refuse(Forbidden, "not_transferable", "sign_off", t.SignOff.Code)
	case a.Reason == "":
		return needs("reason")
	case a.To == t.Assigned && a.To != "":
		return wrong("to", "has_it_already")
	}
	if err := d.another("to", a.To); err != nil {
		return err
	}
	return d.emit(Transferred(a))
}

func (d *decider) addReader(a AddReader) error {
	if _, err := d.taskToDecide(a.Task); err != nil {
		return err
	}
	switch {
	case a.Person == "":
		return needs("person")
	case a.Reason == "":
		return needs("reason")
	case slices.Contains(d.Readers, a.Person):
		return wrong("person", "reads_already")
	}
	return d.emit(ReaderAdded(a))
}

func (d *decider) removeReader(a RemoveReader) error {
	if _, err := d.taskToDecide(a.Task); err != nil {
		return err
	}
	if !slices.Contains(d.Readers, a.Person) {
		return wrong("person", "not_a_reader")
	}
	return d.emit(ReaderRemoved(a))
}

// awaits finds a sign-off that was added before another one and is not given yet.
func (v Visit) awaits(s SignOff) (SignOff, bool) {
	for _, x := range v.Route.Stages[v.Stage-1] {
		if x.Added != nil && x.Added.Before && x.Added.For == s.Code && !v.approvedHere(x.Code) {
			return x, true
		}
	}
	return SignOff{}, false
}

// Pending are the codes of added sign-offs that are not given yet, and so can be taken back.
func (v Visit) Pending() []string {
	var all []string
	for i, stage := range v.Route.Stages {
		for _, s := range stage {
			if s.Added != nil && v.State.Open() && i+1 >= v.Stage && !v.approvedHere(s.Code) {
				all = append(all, s.Code)
			}
		}
	}
	return all
}

func (v *Visit) addSignOff(f SignOffAdded, e Event) {
	v.Additions++
	if f.Due == nil {
		v.Route = v.Route.insert(f.Stage, []SignOff{f.SignOff})
		return
	}
	stages := slices.Clone(v.Route.Stages)
	stages[f.Stage-1] = append(slices.Clone(stages[f.Stage-1]), f.SignOff)
	v.Route.Stages = stages
	v.openTask(f.Stage, v.Round, *f.Due, e.At)
}

func (v *Visit) removeSignOff(f SignOffRemoved, at time.Time) {
	stage := v.Route.StageOf(f.SignOff)
	for i := range v.Tasks {
		if t := &v.Tasks[i]; t.State == TaskOpen && t.SignOff.Code == f.SignOff {
			t.State = TaskRemoved
		}
	}
	stages := slices.Clone(v.Route.Stages)
	stages[stage-1] = slices.DeleteFunc(slices.Clone(stages[stage-1]), func(s SignOff) bool { return s.Code == f.SignOff })
	v.Route.Stages = stages
	if len(stages[stage-1]) == 0 {
		v.Route = v.Route.without(stage)
		if v.Stage >= stage {
			v.Stage--
		}
	}
	v.schedule(f.Due, at)
	if v.Stage > 0 && len(v.OpenTasks()) > 0 {
		v.dismiss()
	}
	v.resume()
}

func (v *Visit) transfer(f Transferred) {
	v.update(f.Task, func(t *Task) {
		if t.SignOff.Added == nil {
			t.Assigned = f.To
			return
		}
		t.SignOff.Person = f.To
		stages := slices.Clone(v.Route.Stages)
		stages[t.Stage-1] = slices.Clone(stages[t.Stage-1])
		i := slices.IndexFunc(stages[t.Stage-1], func(s SignOff) bool { return s.Code == t.SignOff.Code })
		stages[t.Stage-1][i].Person = f.To
		v.Route.Stages = stages
	})
}

// insert gives the route with one more stage at a number from 1; those from there on move up.
func (r Route) insert(at int, stage []SignOff) Route {
	r.Stages = slices.Insert(slices.Clone(r.Stages), at-1, stage)
	return r.shifted(at, 1)
}

// without gives the route without a stage; those after it move down.
func (r Route) without(stage int) Route {
	r.Stages = slices.Delete(slices.Clone(r.Stages), stage-1, stage)
	return r.shifted(stage, -1)
}

// shifted moves the terms of the stages from a number on.
func (r Route) shifted(from, by int) Route {
	terms := map[int]Term{}
	for stage := 1; stage <= len(r.Stages)+1; stage++ { // one more or less than the terms were written for
		t, ok := r.Terms[stage]
		switch {
		case !ok:
		case stage < from:
			terms[stage] = t
		case stage+by >= from:
			terms[stage+by] = t
		}
	}
	if r.Terms = terms; len(terms) == 0 {
		r.Terms = nil
	}
	return r
}
