package visit

import "slices"

// Change is a kind of difference between two versions of a request (domain P.7). A policy says by kind which approvals are
// asked again.
type Change string

// The kinds of changes, the lightest first. Each field of a draft belongs to one or more of them.
const (
	ChangeTransport        Change = "transport" // flight or train numbers
	ChangeLodging          Change = "lodging"
	ChangeTitle            Change = "title"
	ChangeShift            Change = "shift"  // other days inside the period, not more of them
	ChangeDays             Change = "days"   // more days
	ChangePeriod           Change = "period" // not more days, but some outside the period
	ChangePlace            Change = "place"  // another, an additional or one country or city less, or another order
	ChangeTravellerAdded   Change = "traveller_added"
	ChangeTravellerDropped Change = "traveller_dropped"
	ChangeRole             Change = "role"        // in the group
	ChangeBudget           Change = "budget"      // less money, or up to a tenth more
	ChangeBudgetOver       Change = "budget_over" // more than a tenth more, or money in another currency
	ChangeFunding          Change = "funding"     // other sources
	ChangeHost             Change = "host"
	ChangePurpose          Change = "purpose"
	ChangeInvitation       Change = "invitation"
	ChangePlan             Change = "plan_item"
	ChangeTalent           Change = "talent_task"
	ChangeDocuments        Change = "documents"
	ChangeFlags            Change = "flags"
	ChangeCategoryTo       Change = "category"
	ChangeUnit             Change = "unit"
)

// Changes lists every kind.
var Changes = []Change{
	ChangeTransport, ChangeLodging, ChangeTitle, ChangeShift, ChangeDays, ChangePeriod, ChangePlace, ChangeTravellerAdded,
	ChangeTravellerDropped, ChangeRole, ChangeBudget, ChangeBudgetOver, ChangeFunding, ChangeHost, ChangePurpose, ChangeInvitation,
	ChangePlan, ChangeTalent, ChangeDocuments, ChangeFlags, ChangeCategoryTo, ChangeUnit,
}

// Reask says what a new version of a request is asked again, as the pinned policy has it for the kinds of changes. All other
// approvals stand for the new version too.
type Reask struct {
	SignOffs []string `json:"sign_offs"` // codes
	Notice   bool     `json:"notice,omitempty"`
}

// Judged are the approvals that a change may leave standing: of each sign-off the last.
func (v Visit) Judged() []Task {
	var all []Task
	for _, t := range slices.Backward(v.Tasks) {
		if t.State == TaskApproved && !slices.ContainsFunc(all, func(x Task) bool { return x.SignOff.Code == t.SignOff.Code }) {
			all = append(all, t)
		}
	}
	slices.Reverse(all)
	return all
}

// renew lets new content, which is pinned, be judged: it keeps the approvals that are not asked again and that the new route
// has, and goes through the stages from the first. Nil keeps none and holds the notice again.
func (v *Visit) renew(r *Reask) {
	judged := v.Judged()
	for i := range v.Tasks {
		t := &v.Tasks[i]
		last := slices.ContainsFunc(judged, func(x Task) bool { return x.ID == t.ID })
		switch {
		case t.State != TaskApproved:
		case last && r != nil && v.Route.asks(t.SignOff) && !slices.Contains(r.SignOffs, t.SignOff.Code):
			t.Stands = v.Version
		case !v.Amending() || !slices.Contains(v.Approval.Tasks, t.ID): // what was approved rests on the others meanwhile
			t.State = TaskSuperseded
		}
	}
	v.Stage, v.State = 0, v.unasked()
	if r == nil || r.Notice {
		v.Notice = Notice{State: NoticeNone}
		if v.Exempt != nil {
			v.Notice.State = NoticeExempt
		}
	}
}

// StandsFor tells that the task is an approval that counts for some content: the one that was put before the signer, or a
// later one whose changes did not ask for this sign-off again.
func (t Task) StandsFor(version string) bool {
	return t.State == TaskApproved && (t.Version == version || t.Stands == version)
}

// asks tells that the route has a sign-off, of the same unit or person.
func (r Route) asks(s SignOff) bool {
	return slices.ContainsFunc(r.Stages, func(stage []SignOff) bool {
		return slices.ContainsFunc(stage, func(x SignOff) bool { return x.Code == s.Code && x.Unit == s.Unit && x.Person == s.Person })
	})
}

// StageOf gives the stage, counted from 1, in which the route asks for a sign-off; 0 where it does not.
func (r Route) StageOf(code string) int {
	return 1 + slices.IndexFunc(r.Stages, func(stage []SignOff) bool {
		return slices.ContainsFunc(stage, func(s SignOff) bool { return s.Code == code })
	})
}
