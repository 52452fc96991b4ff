package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func academicReport() visit.Report {
	return visit.Report{
		Form: visit.AcademicReport, Summary: "The paper was read.", Results: []visit.Result{{Kind: visit.ResultTalk, Text: "A talk at the conference."}},
		Contacts: []visit.Contact{{Name: "H. Sato", Institution: "Kyoto University", Country: "JP", Field: "Bridge monitoring", FollowUp: "A visit in spring."}},
	}
}

func TestP35_TheFormOfAReportDependsOnTheCategory(t *testing.T) {
	t.Parallel()
	require.Equal(t, visit.AcademicReport, visit.FormOf(visit.Academic, false))
	require.Equal(t, visit.WorkReport, visit.FormOf(visit.Work, false))
	require.Equal(t, visit.StudentReport, visit.FormOf(visit.StudentTour, false))
	require.Equal(t, visit.StudentReport, visit.FormOf(visit.Academic, true))

	require.Empty(t, academicReport().Check(visit.Draft{}))
	work := academicReport()
	work.Form = visit.WorkReport
	require.Equal(t, []string{"agreed"}, fields(work.Check(visit.Draft{})))
	work.Agreed = "An agreement; the school carries it out."
	require.Empty(t, work.Check(visit.Draft{}))
	student := visit.Report{Form: visit.StudentReport, Summary: "A semester."}
	require.Equal(t, []string{"learning"}, fields(student.Check(visit.Draft{})), "no talents are asked of students")
	require.Equal(t, []string{"duty.organisation", "duty.office", "duty.work"}, fields(academicReport().Check(visit.Draft{Flags: []visit.Flag{visit.Organisation}})), "duty in an organisation is reported on")
}

func TestP36_AReportNamesTheTalentsMetOrSaysWhyNone(t *testing.T) {
	t.Parallel()
	r := academicReport()
	r.Contacts = nil
	require.Equal(t, []string{"contacts"}, fields(r.Check(visit.Draft{})))
	r.NoContacts = "The session was cancelled."
	require.Empty(t, r.Check(visit.Draft{}))
	r = academicReport()
	r.Contacts[0] = visit.Contact{Name: "H. Sato", Country: "XX"}
	require.Equal(t, []string{"contacts[0].institution", "contacts[0].field", "contacts[0].country"}, fields(r.Check(visit.Draft{})))
	r = academicReport()
	r.Results, r.Summary = []visit.Result{{Kind: "song", Text: "x"}}, ""
	require.Equal(t, []string{"summary", "results[0].kind"}, fields(r.Check(visit.Draft{})))
	r = academicReport()
	r.Results = make([]visit.Result, visit.MaxRows+1)
	require.Contains(t, fields(r.Check(visit.Draft{})), "results")
}

func fields(ps []visit.Problem) []string {
	var all []string
	for _, p := range ps {
		all = append(all, p.Field)
	}
	return all
}
