package visit

import "cmp"

// Term says how many sign-offs of a stage must approve, and what a contrary answer (return or reject) of one does. The zero
// Term asks for all of them and ends the stage at the first contrary answer.
type Term struct {
	// Need is how many approvals are enough; 0 asks for all.
	Need  int   `json:"need,omitempty"`
	Mixed Mixed `json:"mixed,omitempty"`
}

// Mixed says what becomes of a stage in which one sign-off returns or rejects.
type Mixed string

// The two ways. With finish the others still answer: approvals that are enough pass the stage in spite of the contrary
// answer; where they can no longer be enough, the strictest answer of all counts.
const (
	MixedCancel Mixed = "cancel" // the others are cancelled at once; what a Term says nothing about
	MixedFinish Mixed = "finish"
)

// Term gives the term of a stage, counted from 1.
func (r Route) Term(stage int) Term { return r.Terms[stage] }

// Met tells that a stage, counted from 1, has the approvals that it needs for the content being judged.
func (v Visit) Met(stage int) bool {
	have, all := 0, 0
	for _, s := range v.Route.Stages[stage-1] {
		given := v.approvedHere(s.Code)
		if s.Added != nil {
			if !given {
				return false // what a signer has asked for is no choice
			}
			continue
		}
		all++
		if given {
			have++
		}
	}
	return have >= cmp.Or(v.Route.Term(stage).Need, all)
}

// waits tells that a contrary answer on a task waits for the others of its stage.
func (v Visit) waits(t Task) bool { return v.Route.Term(t.Stage).Mixed == MixedFinish }

// strictest finds, among the contrary answers that the open stage was given in this round, the one that counts: a rejection
// before a return, a return to the applicant before one to a stage, an early stage before a late one.
func (v Visit) strictest() (Task, bool) {
	var found Task
	for _, t := range v.Tasks {
		contrary := t.State == TaskReturned || t.State == TaskRejected
		if contrary && t.Round == v.Round && t.Stage == v.Stage && (found.ID == "" || stricter(t, found)) {
			found = t
		}
	}
	return found, found.ID != ""
}

func stricter(a, b Task) bool {
	if a.State != b.State {
		return a.State == TaskRejected
	}
	return a.BackTo < b.BackTo
}
