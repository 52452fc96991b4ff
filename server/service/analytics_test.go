package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func TestAnalyticsAreOfTheUnitsThatOneSees(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ask := func(person string, a store.Asked) (service.Analytics, error) {
		return k.svc.Analytics(t.Context(), k.user(person), service.Asking{Lang: i18n.EN, Asked: a})
	}
	for _, person := range []string{"io.rev", "auditor", "vp.int"} {
		all, err := ask(person, store.Asked{})
		require.NoError(t, err, person)
		require.Empty(t, all.Asked.Unit)
		require.Nil(t, all.Units)
		require.Len(t, all.Tables, len(store.Analyses))
	}
	own, err := ask("dean.civ", store.Asked{})
	require.NoError(t, err)
	require.Equal(t, []any{"CIV", []string{"CIV"}}, []any{own.Asked.Unit, own.Units})
	_, err = ask("dean.civ", store.Asked{Unit: "MECH"})
	require.Equal(t, "analysts_only", rule(t, err))
	_, err = ask("faculty.civ", store.Asked{})
	require.Equal(t, "analysts_only", rule(t, err))
	_, err = ask("io.rev", store.Asked{From: "2026-02-01", To: "2026-01-01"})
	require.Equal(t, "to", problems(t, err)[0].Field)

	export := func(person, name, format string) (service.Export, error) {
		return k.svc.ExportAnalysis(t.Context(), k.user(person), service.Asking{Name: name, Lang: i18n.EN}, format, nil)
	}
	_, err = export("faculty.civ", "pace", "csv")
	require.Equal(t, "analysts_only", rule(t, err))
	_, err = export("io.rev", "leaders", "csv")
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "a question of auditors is none of analytics")
	_, err = export("io.rev", "pace", "doc")
	require.Equal(t, "format", problems(t, err)[0].Field)
	file, err := export("dean.civ", "pace", "csv")
	require.NoError(t, err)
	require.Contains(t, string(file.Content), "Median days")
}

func TestTheDayOfTheOffice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	before, err := k.svc.OfficeDesk(t.Context(), k.user("io.rev"))
	require.NoError(t, err)
	k.submitted("faculty.civ")
	d, err := k.svc.OfficeDesk(t.Context(), k.user("io.rev"))
	require.NoError(t, err)
	open := func(d service.OfficeDesk) (n int) {
		for _, b := range d.Backlog {
			n += b.Open
		}
		return n
	}
	require.Greater(t, open(d), open(before))
	require.Zero(t, d.Abroad)
	_, err = k.svc.OfficeDesk(t.Context(), k.user("hmt.rev"))
	require.NoError(t, err, "who sees no plans has the desk without them")
	_, err = k.svc.OfficeDesk(t.Context(), k.user("dean.civ"))
	require.Equal(t, "desk_only", rule(t, err))
}
