package visit

import (
	"slices"
	"strings"
)

// OfStudents tells that students travel, with or without staff who lead them.
func (c Category) OfStudents() bool { return strings.HasPrefix(string(c), "STU_") }

// Nominated tells that the unit has said yes: every sign-off of the unit was given, in whatever round, so that the traveller
// stands on its list (domain A.10, P-39).
func (v Visit) Nominated() bool {
	asked := false
	for _, stage := range v.Route.Stages {
		for _, s := range stage {
			if s.Review != UnitReview || s.Added != nil {
				continue
			}
			asked = true
			if !slices.ContainsFunc(v.Tasks, func(t Task) bool {
				return t.SignOff.Code == s.Code && (t.State == TaskApproved || t.State == TaskSuperseded)
			}) {
				return false
			}
		}
	}
	return asked
}

// WithdrawsNominee tells whether an event that is about to be applied is a traveller's own withdrawal after the nomination, and
// whose: who takes back the own request, or cancels the own trip. What an office orders, or time does, is nobody's withdrawal.
func (v Visit) WithdrawsNominee(e Event) (person string, ok bool) {
	person = e.By.Person
	if e.By.Post != "" || e.By.Channel == System.Channel || !slices.Contains(v.Travellers, person) || !v.Nominated() {
		return "", false
	}
	switch f := e.Fact.(type) {
	case Withdrawn:
		return person, true
	case Cancelled:
		return person, len(f.Travellers) == 0 || slices.Contains(f.Travellers, person)
	default:
		return "", false
	}
}
