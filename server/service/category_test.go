package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// atOffice is a conference of a division-level cadre who teaches (R16), as it lies before the International Office.
func (k *kit) atOffice() string {
	k.t.Helper()
	id := k.submitted("vds.civ")
	for person, task := range map[string]string{"dean.civ": "1.1.COL.DEAN", "psec.civ": "1.1.COL.PSEC", "fin": "1.1.FIN", "org": "1.1.ORG"} {
		_, err := k.svc.Decide(k.t.Context(), k.user(person), id, service.Decision{Task: task, Verdict: service.Approve}, "approve")
		require.NoError(k.t, err)
	}
	return id
}

// TestP03_TheCategoryIsChangedAndBothRoutesKept is the acceptance check of P-03: ACA to WRK on a division-level cadre turns R16 into R12, adds DIS, and keeps
// the reason and both routes.
func TestP03_TheCategoryIsChangedAndBothRoutesKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.atOffice()
	office := k.user("io.rev")

	change, err := k.svc.CategoryChange(t.Context(), office, id, visit.Work)
	require.NoError(t, err)
	require.Equal(t, "R16", change.Before.Rule)
	require.Equal(t, "R12", change.After.Route.Rule)
	require.NotEmpty(t, change.After.Problems, "a work visit asks for papers that a conference does not")

	r, err := k.svc.ChangeCategory(t.Context(), office, id, visit.Work, "It signs an agreement.", "change")
	require.NoError(t, err)
	require.Equal(t, visit.StateReturned, r.State, "the applicant gets it back to complete it")
	again, err := k.svc.ChangeCategory(t.Context(), office, id, visit.Work, "It signs an agreement.", "change")
	require.NoError(t, err)
	require.Equal(t, r.Digest, again.Digest)

	c, err := k.svc.Case(t.Context(), office, id)
	require.NoError(t, err)
	require.Equal(t, visit.Work, c.Row.Category)
	require.Equal(t, "R12", c.Row.Rule)
	var routes []string
	for _, e := range c.Entries {
		switch f := e.Event.Fact.(type) {
		case visit.Submitted:
			routes = append(routes, f.Route.Rule)
		case visit.CategoryChanged:
			routes = append(routes, f.Route.Rule)
			require.Equal(t, "It signs an agreement.", c.Notes[f.Reason])
		}
	}
	require.Equal(t, []string{"R16", "R12"}, routes)

	applicant := k.user("vds.civ")
	d, err := k.svc.Draft(t.Context(), applicant, id)
	require.NoError(t, err)
	require.Equal(t, visit.Work, d.Draft.Category)
	_, err = k.svc.Submit(t.Context(), applicant, id, "too early")
	require.Equal(t, "cannot_submit", rule(t, err))
	back := d.Draft
	back.Category = visit.Academic
	_, err = k.svc.SaveDraft(t.Context(), applicant, id, 0, back)
	require.NoError(t, err, "a draft may stand as it is typed")
	_, err = k.svc.Submit(t.Context(), applicant, id, "other")
	require.Contains(t, problems(t, err), visit.Problem{Field: "category", Rule: "category_set", Missing: true, Args: map[string]string{"category": "WRK"}})

	for _, q := range change.After.Problems {
		if q.Rule == "document_missing" {
			d.Draft.Documents = append(d.Draft.Documents, visit.Document{Kind: q.Args["code"], File: d.Draft.Documents[0].File, Name: "a.txt"})
		}
	}
	_, err = k.svc.SaveDraft(t.Context(), applicant, id, 0, d.Draft)
	require.NoError(t, err)
	r, err = k.svc.Submit(t.Context(), applicant, id, "complete")
	require.NoError(t, err)
	require.Equal(t, visit.StateUnit, r.State)
	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "DIS", v.Route.Stages[1][2].Code)
}

func TestCategoryIsChangedByTheOfficeOnly(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.atOffice()
	for _, person := range []string{"fin", "pres", "vds.civ"} {
		_, err := k.svc.ChangeCategory(t.Context(), k.user(person), id, visit.Work, "No.", "change")
		require.Equal(t, "office_only", rule(t, err), person)
	}
	office := k.user("io.dir")
	_, err := k.svc.ChangeCategory(t.Context(), office, id, visit.Academic, "The same.", "same")
	require.Equal(t, "same_category", rule(t, err))
	_, err = k.svc.ChangeCategory(t.Context(), office, id, "XYZ", "Unknown.", "unknown")
	require.Equal(t, "category", problems(t, err)[0].Field)
	_, err = k.svc.ChangeCategory(t.Context(), office, id, visit.Work, "", "bare")
	require.Equal(t, "reason", problems(t, err)[0].Field)
}
