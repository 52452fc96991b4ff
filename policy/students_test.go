package policy_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

func gateCodes(r policy.Route) []string {
	var all []string
	for _, g := range r.Gates {
		all = append(all, g.Code)
	}
	return all
}

// What item by item a student's visit asks for (domain P-39): each paper where it belongs, and not where it does not.
func TestP39_EachStudentVisitAsksForItsPapers(t *testing.T) {
	t.Parallel()
	papers := map[string]map[visit.Category]bool{
		"D9":  {visit.StudentExchange: true, visit.StudentTour: true}, // agreement
		"D10": {visit.StudentExchange: true, visit.StudentTour: true, visit.StudentCSC: true, visit.StudentConference: true},
		"D11": {visit.StudentExchange: true, visit.StudentCSC: true}, // study and credit plan
		"D12": {visit.StudentExchange: true, visit.StudentTour: true, visit.StudentCSC: true, visit.StudentConference: true},
		"D13": {visit.StudentExchange: true, visit.StudentTour: true, visit.StudentCSC: true}, // pledge and contact
		"D16": {visit.StudentTour: true},                                                      // safety and accommodation
	}
	for code, asked := range papers {
		for _, c := range studentCategories {
			require.Equal(t, asked[c], slices.Contains(documentCodes(route(t, student(c))), code), "%s of %s", code, c)
		}
		require.NotContains(t, documentCodes(route(t, academic(policy.Staff))), code, "staff")
	}
}

func TestP39_TheSupervisorSignsWhereAStudentGoesAlone(t *testing.T) {
	t.Parallel()
	for c, signs := range map[visit.Category]bool{visit.StudentConference: true, visit.StudentCSC: true, visit.StudentTour: false, visit.StudentExchange: false} {
		require.Equal(t, signs, slices.Contains(slices.Concat(route(t, student(c)).Stages...), "SUP"), c)
	}
}

func TestP39_ParentsConsentUnlessAGraduateOfAge(t *testing.T) {
	t.Parallel()
	of := func(student string, age int) []string {
		f := plain(visit.StudentExchange, policy.Student, policy.Abroad, 30)
		f.Travellers[0].Student, f.Travellers[0].Age = student, age
		return documentCodes(route(t, f))
	}
	require.Contains(t, of("undergraduate", 20), "D10")
	require.Contains(t, of("graduate", 17), "D10")
	require.NotContains(t, of("graduate", 23), "D10")
}

func TestP39_InsuranceContactsAndSignsOfLife(t *testing.T) {
	t.Parallel()
	for _, c := range studentCategories {
		f := student(c)
		f.ExitDate, f.ArriveDate, f.ReturnDate = "2026-10-01", "2026-10-02", "2026-10-05"
		r := route(t, f)
		require.Contains(t, gateCodes(r), "G7", c)
		d := r.Pin().Life.Duty("p1")
		require.Subset(t, codes(d), []string{visit.Insurance, visit.EmergencyContact}, c)
		require.Equal(t, 24, d.Arrival)
		require.Zero(t, d.CheckIn, "not for a short stay")
		f.Days = 60
		require.Equal(t, 7, route(t, f).Pin().Life.Duty("p1").CheckIn, "every week")
		f.Risks = map[string]int{"DE": 3}
		require.Equal(t, 1, route(t, f).Pin().Life.Duty("p1").CheckIn, "every day where it is dangerous")
	}
	require.NotContains(t, gateCodes(route(t, academic(policy.Staff))), "G7")
}

func TestP39_TheScholarshipCouncilDecidesAndPays(t *testing.T) {
	t.Parallel()
	pays := func(kinds ...visit.FundingKind) change { return func(f *policy.Facts) { f.Funding = kinds } }
	r, without := overlay(t, "O24", student(visit.StudentCSC), pays(visit.CSC, visit.School), pays(visit.School))
	require.Equal(t, visit.Outside, r.SignOffs[len(r.SignOffs)-1].Review, "its decision is entered with number and paper")
	require.True(t, hasRemark(r.Warnings, "O24"))
	require.False(t, hasRemark(without.Warnings, "O24"))
	require.NotContains(t, slices.Concat(route(t, student(visit.StudentExchange)).Stages...), "X.CSC")
}

func TestP39_ManyStudentsInOnePlaceForMonthsHaveStaffWithThem(t *testing.T) {
	t.Parallel()
	group := func(students, days int, staff bool) change {
		return func(f *policy.Facts) {
			f.Days, f.GroupSize = days, students
			for len(f.Travellers) < students {
				f.Travellers = append(f.Travellers, policy.Traveller{Person: "s" + string(rune('a'+len(f.Travellers))), Rank: policy.Student, Student: "graduate"})
			}
			if staff {
				f.Travellers = append(f.Travellers, policy.Traveller{Person: "teacher", Rank: policy.Staff})
			}
		}
	}
	refuses(t, "O20S", student(visit.StudentExchange), group(31, 91, true), group(31, 91, false))
	for _, near := range []change{group(30, 91, false), group(31, 90, false)} {
		require.NotContains(t, overlayCodes(route(t, changed(student(visit.StudentExchange), near))), "O20S")
	}
}
