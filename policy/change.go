package policy

import (
	"slices"

	"github.com/exeat/exeat/visit"
)

// Changes are the kinds of differences between two versions of a request, in the order of visit.Changes: none for two that
// say the same in whatever order, at least one for any others.
func Changes(old, new visit.Draft) []visit.Change {
	found := map[visit.Change]bool{
		visit.ChangeTitle:      old.Title != new.Title,
		visit.ChangePurpose:    old.Purpose != new.Purpose,
		visit.ChangeInvitation: old.Invitation != new.Invitation,
		visit.ChangePlan:       old.PlanItem != new.PlanItem,
		visit.ChangeTalent:     old.TalentTask != new.TalentTask || old.TalentContact != new.TalentContact,
		visit.ChangeCategoryTo: old.Category != new.Category,
		visit.ChangeUnit:       old.Unit != new.Unit,
		visit.ChangeFlags:      !sameSet(old.Flags, new.Flags),
		visit.ChangeDocuments:  !sameSet(old.Documents, new.Documents),
		// Whether a transit stays airside tells whether it counts as a country.
		visit.ChangePlace:     differ(old.Legs, new.Legs, func(l visit.Leg) string { return l.Country + " " + l.City + " " + string(l.Transit) }),
		visit.ChangeHost:      differ(old.Legs, new.Legs, func(l visit.Leg) string { return l.Host }),
		visit.ChangeTransport: old.ExitTime != new.ExitTime || differ(old.Legs, new.Legs, func(l visit.Leg) string { return l.Transport }),
		visit.ChangeLodging:   differ(old.Legs, new.Legs, func(l visit.Leg) string { return l.Lodging }),
	}
	found[changeOfDates(old, new)] = true
	found[changeOfBudget(old, new)] = true
	found[visit.ChangeFunding] = !sameSet(sources(old), sources(new))
	changesOfGroup(old, new, found)
	return slices.DeleteFunc(slices.Clone(visit.Changes), func(c visit.Change) bool { return !found[c] })
}

// changeOfDates is "" where no day has changed.
func changeOfDates(old, new visit.Draft) visit.Change {
	stay := func(l visit.Leg) string { return l.Arrive + " " + l.Depart }
	switch {
	case old.ExitDate == new.ExitDate && old.ReturnDate == new.ReturnDate:
		if differ(old.Legs, new.Legs, stay) {
			return visit.ChangeShift
		}
		return ""
	case borderDays(new.ExitDate, new.ReturnDate) > borderDays(old.ExitDate, old.ReturnDate):
		return visit.ChangeDays
	case new.ExitDate >= old.ExitDate && new.ReturnDate <= old.ReturnDate: // days written YYYY-MM-DD
		return visit.ChangeShift
	default:
		return visit.ChangePeriod
	}
}

// changeOfBudget is "" where each source pays as much as before, for the same.
func changeOfBudget(old, new visit.Draft) visit.Change {
	was, is := sums(old), sums(new)
	for currency, amount := range is {
		if more := amount - was[currency]; more > was[currency]/10 {
			return visit.ChangeBudgetOver
		}
	}
	if sameSet(old.Funding, new.Funding) && sameSet(old.Budget, new.Budget) {
		return ""
	}
	return visit.ChangeBudget
}

func sums(d visit.Draft) map[string]visit.Money {
	all := map[string]visit.Money{}
	for _, f := range d.Funding {
		all[f.Currency] = add(all[f.Currency], f.Amount)
	}
	return all
}

// sources are the lines of money without their amounts.
func sources(d visit.Draft) []visit.Funding {
	all := slices.Clone(d.Funding)
	for i := range all {
		all[i].Amount = 0
	}
	return all
}

func changesOfGroup(old, new visit.Draft, found map[visit.Change]bool) {
	was, is := roles(old), roles(new)
	for person, role := range is {
		before, there := was[person]
		found[visit.ChangeTravellerAdded] = found[visit.ChangeTravellerAdded] || !there
		found[visit.ChangeRole] = found[visit.ChangeRole] || there && before != role
	}
	for person := range was {
		_, there := is[person]
		found[visit.ChangeTravellerDropped] = found[visit.ChangeTravellerDropped] || !there
	}
}

func roles(d visit.Draft) map[string]visit.Role {
	all := map[string]visit.Role{}
	for _, t := range d.Travellers {
		all[t.Person] = t.Role
	}
	return all
}

// differ tells that two lists, row by row, are not the same in one respect.
func differ[T any, V comparable](a, b []T, of func(T) V) bool {
	return !slices.EqualFunc(a, b, func(x, y T) bool { return of(x) == of(y) })
}

// sameSet tells that two lists have the same rows in whatever order, each as often.
func sameSet[T comparable](a, b []T) bool {
	count := map[T]int{}
	for _, x := range a {
		count[x]++
	}
	for _, x := range b {
		count[x]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
