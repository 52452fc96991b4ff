package walk_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// whereabouts reads who is where now.
func (w walker) whereabouts(person string) service.AbroadList {
	w.t.Helper()
	var l service.AbroadList
	require.NoError(w.t, w.as(person).Read(w.t.Context(), "/abroad", &l))
	return l
}

// The duty officer finds everybody who is abroad, whoever gave no sign of life first; who looked is on record. A rise of risk
// finds the traveller who is away.
func TestP40_TheDutyOfficerKnowsWhoIsWhere(t *testing.T) {
	t.Parallel()
	w := walk(t)
	d := w.academic("faculty.civ")
	id := w.approved("faculty.civ", d)
	w.prepared(id)
	require.Empty(t, w.whereabouts("psd").People, "who is ready is still here")
	w.passTo(d.ExitDate)
	w.handOut(w.passport("faculty.civ", "E12345678"), id)
	w.act("faculty.civ", id, "depart", body{"on": d.ExitDate})
	w.act("faculty.civ", id, "check-in", body{"place": "Hotel Kyoto"})
	require.NoError(t, w.store.PutContact(t.Context(), "faculty.civ", store.Mail, "civ@example.edu"))

	l := w.whereabouts("psd")
	require.Len(t, l.People, 1)
	p := l.People[0]
	require.Equal(t, []string{id, "faculty.civ", "JP", "Tokyo", "Hotel Kyoto", "civ@example.edu"}, []string{p.Visit, p.Person, p.Country, p.City, p.Place, p.Mail})
	require.NotNil(t, p.CheckedIn)
	require.False(t, p.Alarming())
	require.Equal(t, []service.CountryCount{{Country: "JP", People: 1, Risk: 1}}, l.Countries)
	for _, of := range l.Days {
		away := d.ExitDate <= of.Day && of.Day <= d.ReturnDate
		require.Equal(t, []bool{away, of.Day == d.ExitDate, of.Day == d.ReturnDate}, []bool{of.Away == 1, of.Leave == 1, of.Return == 1}, of.Day)
	}
	require.Len(t, l.Days, 35)
	require.True(t, slices.ContainsFunc(l.Days, func(of store.AbroadDay) bool { return of.Away == 1 }))
	require.Len(t, w.whereabouts("dean.civ").People, 1, "a dean finds the people of the unit")
	others := w.whereabouts("dean.mech")
	require.Empty(t, others.People)
	require.False(t, slices.ContainsFunc(others.Days, func(of store.AbroadDay) bool { return of.Away > 0 }))
	err := w.as("faculty.mech").Read(t.Context(), "/abroad", nil)
	refused(t, err, http.StatusForbidden, "duty_posts_only")
	refused(t, w.as("psd").Read(t.Context(), "/abroad?country=ZZ", nil), http.StatusUnprocessableEntity, "invalid")

	require.NoError(t, w.as("io.rev").SetRisk(t.Context(), client.Risk{Country: "JP", Level: 4, From: w.today(0), Source: "MFA"}))
	var changes client.Page[store.RiskChange]
	deadline := time.Now().Add(30 * time.Second)
	for len(changes.Items) == 0 || changes.Items[0].EndedAt == nil {
		require.True(t, time.Now().Before(deadline), "the change is worked through")
		require.NoError(t, w.as("psd").Read(t.Context(), "/abroad/risk", &changes))
	}
	require.Equal(t, 1, changes.Items[0].Asked)
	w.pass(49 * time.Hour)
	p = w.whereabouts("psd").People[0]
	require.NotNil(t, p.Missed, "no sign of life within a day of the rise")
	require.True(t, p.Alarming())
	require.Equal(t, 4, p.Risk)
	w.act("faculty.civ", id, "check-in", body{"place": "Airport"})
	require.Nil(t, w.whereabouts("psd").People[0].Missed)

	w.passTo(d.ReturnDate)
	w.pass(3 * day)
	p = w.whereabouts("psd").People[0]
	require.Equal(t, visit.TripOverdue, p.State)
	w.act("faculty.civ", id, "arrive", body{"back": d.ReturnDate})
	require.Empty(t, w.whereabouts("psd").People)

	var seen client.Page[store.ContactAccess]
	require.NoError(t, w.as("auditor").Read(t.Context(), "/abroad/accesses", &seen))
	require.Len(t, seen.Items, 8, "every look is noted, and no refused one")
	require.Equal(t, []any{"psd", "api", 0}, []any{seen.Items[0].Person, seen.Items[0].What, seen.Items[0].People})
	require.Equal(t, 1, seen.Items[1].People)
	refused(t, w.as("psd").Read(t.Context(), "/abroad/accesses", nil), http.StatusForbidden, "auditors_only")
}
