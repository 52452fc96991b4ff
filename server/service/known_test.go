package service_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// facts gives the value of every fact of a draft, of the first traveller where it is one of a person, with its source in
// English.
func (k *kit) facts(id string, d visit.Draft) (value, from map[string]string) {
	k.t.Helper()
	p, err := k.svc.Preview(k.t.Context(), id, d)
	require.NoError(k.t, err)
	require.NotEmpty(k.t, p.Facts, p.Problems)
	value, from = map[string]string{}, map[string]string{}
	for _, x := range p.Facts {
		if x.Person == "" || x.Person == d.Travellers[0].Person {
			value[x.Fact], from[x.Fact] = x.Value, x.Source.Words().EN
		}
	}
	return value, from
}

// exec changes the record as the owner of the database.
func (k *kit) exec(statement string, args ...any) {
	k.t.Helper()
	_, err := k.db.Owner(k.t).ExecContext(k.t.Context(), statement, args...)
	require.NoError(k.t, err)
}

func TestP27_OtherVisitsOfTheYearAreCountedFromTheRecord(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("faculty.civ")
	value, _ := k.facts("", d)
	require.Equal(t, "0", value["t.visits"])
	first, second := k.submitted("faculty.civ"), k.group([]string{"faculty.civ", "sec.civ"})
	value, from := k.facts("", d)
	require.Equal(t, []string{"2", "1", "8"}, []string{value["t.visits"], value["t.work_visits"], value["t.days_abroad"]})
	require.Equal(t, "from visits "+first+", "+second, from["t.days_abroad"])
	require.Equal(t, "from visits "+second, from["t.work_visits"])
	value, _ = k.facts(first, d)
	require.Equal(t, "1", value["t.visits"], "a visit does not count itself")

	next := d
	now := k.now()
	later := time.Date(now.Year()+2, 3, 1, 0, 0, 0, 0, time.UTC)
	next.ExitDate, next.ReturnDate = later.Format(time.DateOnly), later.AddDate(0, 0, 3).Format(time.DateOnly)
	next.Legs[0].Arrive, next.Legs[0].Depart = next.ExitDate, next.ReturnDate
	value, _ = k.facts("", next)
	require.Equal(t, "0", value["t.visits"], "another year")
	k.exec(`UPDATE visit SET state = 'withdrawn' WHERE id = $1`, second)
	value, _ = k.facts("", k.draft("faculty.civ"))
	require.Equal(t, "1", value["t.visits"], "what ended unmade does not count")
}

func TestP27_TheLeadingTeamIsReadFromThePosts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.submitted("psec.civ")
	d := k.draft("faculty.civ")
	d.Travellers[0].Person = "dean.civ"
	value, from := k.facts("", d)
	require.Equal(t, []string{"1", "true", "JP"}, []string{value["t.team_away"], value["t.head_away"], value["t.led_to"]})
	require.Equal(t, "from visits "+id, from["t.led_to"])
	p, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	require.Equal(t, []string{"O11H", "O11C"}, []string{p.Route.Refusals[0].Code, p.Route.Refusals[1].Code})
	d.Travellers[0].Person = "dean.mech"
	value, _ = k.facts("", d)
	require.Equal(t, []string{"0", "false", "—"}, []string{value["t.team_away"], value["t.head_away"], value["t.led_to"]})
	d.Travellers = append(d.Travellers, visit.Traveller{Person: "vds.mech", Role: visit.Member})
	value, _ = k.facts("", d)
	require.Equal(t, "1", value["t.team_mates"])

	k.exec(`UPDATE holding SET to_date = $1 WHERE person = 'dean.mech'`, k.day(10))
	d.Travellers = d.Travellers[:1]
	value, _ = k.facts("", d)
	require.Equal(t, "true", value["t.left_post"])
	require.Equal(t, "false", value["t.left"])
	k.exec(`UPDATE person SET left_on = $1 WHERE id = 'dean.mech'`, k.day(60))
	value, _ = k.facts("", d)
	require.Equal(t, "true", value["t.left"], "on the day of exit")
}

func TestTheAgeIsThatOfTheDayOfExit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("faculty.civ")
	d.Category, d.Travellers[0].Person = visit.StudentConference, "student2.civ"
	exit, err := time.Parse(time.DateOnly, d.ExitDate)
	require.NoError(t, err)
	for born, minor := range map[time.Time]bool{exit.AddDate(-18, 0, 0): false, exit.AddDate(-18, 0, 1): true} {
		people, err := k.svc.Store.People(t.Context(), "student2.civ")
		require.NoError(t, err)
		student := people["student2.civ"]
		student.Born = born.Format(time.DateOnly)
		require.NoError(t, k.svc.Store.PutUniversity(t.Context(), store.University{People: []policy.Person{student}}))
		p, err := k.svc.Preview(t.Context(), "", d)
		require.NoError(t, err)
		codes := []string{}
		for _, o := range p.Route.Overlays {
			codes = append(codes, o.Code)
		}
		require.Equal(t, minor, slices.Contains(codes, "O20M"), born)
		read, err := k.svc.Store.People(t.Context(), "student2.civ")
		require.NoError(t, err)
		require.Empty(t, read["student2.civ"].Born, "the day of birth is not read back")
	}
}

func TestP05_O22_ARelativeOfATravellerIsReplaced(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.submitted("faculty.civ")
	signs := func(person string) bool {
		items, err := k.svc.Store.InboxOf(t.Context(), person, k.day(0), id)
		require.NoError(t, err)
		return slices.ContainsFunc(items, func(it store.InboxItem) bool { return it.SignOff == "FIN" })
	}
	require.Equal(t, []bool{true, false}, []bool{signs("fin"), signs("vp.line")})
	k.exec(`INSERT INTO relation (person, relative, kind, from_date) VALUES ('fin', 'faculty.civ', 'sibling', $1)`, k.day(-1))
	require.Equal(t, []bool{false, true}, []bool{signs("fin"), signs("vp.line")}, "the fallback signs")
	value, from := k.facts("", k.draft("faculty.civ"))
	require.Equal(t, "FIN", value["t.kin"])
	require.Equal(t, "from relations fin (FIN)", from["t.kin"])
	k.exec(`UPDATE relation SET to_date = $1`, k.day(-1))
	require.Equal(t, []bool{true, false}, []bool{signs("fin"), signs("vp.line")})
}
