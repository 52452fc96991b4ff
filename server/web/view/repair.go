package view

import (
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Repairs is the page on which repairs of cases are proposed and confirmed.
type Repairs struct {
	Page
	List    []store.Repair
	Form    RepairForm
	Decides bool // the reader may confirm what another proposed
	Links   bool // the reader may see every case
}

// RepairForm is what was typed: a proposal, or the answer to the one with the number.
type RepairForm struct {
	ID                            int64
	Kind, Visit, Task, To, Reason string
	Answer                        string
}

// open and ended divide the list.
func (v Repairs) open() []store.Repair {
	return slices.DeleteFunc(slices.Clone(v.List), func(r store.Repair) bool { return r.EndedAt != nil })
}

func (v Repairs) ended() []store.Repair {
	return slices.DeleteFunc(slices.Clone(v.List), func(r store.Repair) bool { return r.EndedAt == nil })
}

// RepairSteps are the steps of a repair that the story of a case tells between its events.
var RepairSteps = []string{"repair_proposed", "repair_confirmed", "repair_refused"}

// repairSteps tells a repair in one or two steps: who proposed it, and who confirmed or refused it.
func repairSteps(r store.Repair) []Step {
	steps := []Step{{Kind: RepairSteps[0], At: r.ProposedAt, By: visit.Actor{Person: r.ProposedBy}, Note: r.Reason, Repair: &r}}
	if r.DecidedAt == nil {
		return steps
	}
	decided := Step{Kind: RepairSteps[1], At: *r.DecidedAt, By: r.Decider(), Note: r.Answer, Repair: &r}
	if r.State == store.RepairRefused {
		decided.Kind = RepairSteps[2]
	}
	return append(steps, decided)
}

// story is the timeline of the case: its events, and between them the repairs.
func (v Case) story() []Step {
	steps := Timeline(v.events())
	for _, r := range v.C.Repairs {
		steps = append(steps, repairSteps(r)...)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return steps
}

// outcome says what carrying out came to.
func (p Page) repairOutcome(r store.Repair) string {
	switch r.State {
	case store.RepairDone:
		return p.T("repair_outcome." + r.Outcome)
	case store.RepairFailed:
		return p.T("repairs.failed") + p.Say(r.Outcome, nil)
	default:
		return p.T("repair_state." + string(r.State))
	}
}
