package demo

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

func TestUniversityIsWhole(t *testing.T) {
	t.Parallel()
	u := University()
	require.Equal(t, u, University(), "the same every time")
	units, people := map[string]store.Unit{}, map[string]policy.Person{}
	for _, x := range u.Units {
		require.NotContains(t, units, x.Code)
		require.NotEmpty(t, x.NameZH)
		require.NotEmpty(t, x.NameEN)
		units[x.Code] = x
	}
	names := map[string]bool{}
	for _, p := range u.People {
		require.NotContains(t, people, p.ID)
		require.Contains(t, units, p.Unit, p.ID)
		require.Regexp(t, regexp.MustCompile(`^\p{Han}+(·\p{Han}+)?$`), p.NameZH)
		require.False(t, names[p.NameZH] || names[p.NameEN], "two persons named %s", p.NameEN)
		names[p.NameZH], names[p.NameEN] = true, true
		people[p.ID] = p
	}
	for _, p := range u.People {
		require.Equal(t, p.Student != "", p.Rank == policy.Student, p.ID)
		if p.Student != "" {
			require.Equal(t, p.Unit, people[p.Supervisor].Unit, p.ID)
		}
	}
	for _, h := range u.Holdings {
		require.Contains(t, people, h.Person)
		require.True(t, slices.ContainsFunc(u.Posts, func(p store.Post) bool { return p.Code == h.Post && p.Unit == h.Unit }), "%v", h)
	}
	for _, office := range []string{"PC", "PUO", "ORG", "DIS", "IO", "HMT", "HR", "FIN", "RES", "SEC", "AAO", "GS", "SAO", "PSD", "AUD", "ARC", "ITC", "LEG"} {
		require.Contains(t, units, office)
	}
	for id, rank := range map[string]policy.Rank{
		"dean.civ": policy.Division, "psec.leeds": policy.Division, "vds.info": policy.Division, "sec.mech": policy.Staff,
		"fin": policy.Division, "io.dir": policy.Division, "hmt.dir": policy.Division, "io.rev": policy.Staff, "hmt.rev": policy.Staff,
		"auditor": policy.Staff, "vp.int": policy.ViceHead, "pres": policy.Head, "psec": policy.Head, "student2.civ": policy.Student,
	} {
		require.Equal(t, rank, people[id].Rank, id)
	}
	require.True(t, people["dean.civ"].Teaches)
	require.False(t, people["fin"].Teaches)
}

// Every sign-off of the default policy finds somebody who may give it.
func TestEverySignOffHasAHolder(t *testing.T) {
	t.Parallel()
	u := University()
	held := func(post, unit string) bool {
		return slices.ContainsFunc(u.Holdings, func(h store.Holding) bool { return h.Post == post && h.Unit == unit })
	}
	for _, college := range Colleges() {
		for _, post := range []string{"COL.DEAN", "COL.PSEC", "COL.VDS", "COL.SEC"} {
			require.True(t, held(post, college), "%s of %s", post, college)
		}
	}
	pack, err := policy.Default()
	require.NoError(t, err)
	people := map[string]policy.Person{}
	for _, p := range u.People {
		people[p.ID] = p
	}
	for _, s := range stories() {
		if s.end == keepDraft {
			continue
		}
		facts, problems := policy.FactsOf(s.dated(calendar.MustDate("2026-06-01")), policy.Known{People: people})
		require.Empty(t, problems)
		route, err := pack.Route(facts)
		require.NoError(t, err)
		require.Empty(t, route.Refusals, s.draft.Title)
		for _, so := range route.SignOffs {
			ok := so.Person != "" || slices.ContainsFunc(so.Posts, func(post string) bool { return held(post, so.Unit) })
			require.True(t, ok, "%s in %s", so.Code, s.draft.Title)
		}
		for code := range s.turns {
			require.True(t, slices.ContainsFunc(route.SignOffs, func(so policy.SignOff) bool { return so.Code == code }), "turn %s in %s", code, s.draft.Title)
		}
	}
}

func TestStoriesAreOfAllCategories(t *testing.T) {
	t.Parallel()
	all := stories()
	require.Len(t, all, 22)
	categories := map[visit.Category]bool{}
	for i, s := range all {
		categories[s.draft.Category] = true
		require.True(t, i == 0 || s.ago <= all[i-1].ago, "oldest first: %s", s.draft.Title)
		require.Empty(t, visit.Wrong(s.dated(calendar.MustDate("2026-06-01")).Check()), s.draft.Title)
	}
	require.Len(t, categories, len(visit.Categories))
}
