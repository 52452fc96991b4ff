package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/generate"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// grown is an archive that has grown, with what was decided in it; it is not sealed.
type grown struct {
	t     *testing.T
	st    *store.Store
	owner *sqlx.DB
	made  generate.Result
}

// last is the last day of every generated archive of these tests.
var last = time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)

func newGrown(t *testing.T, o generate.Options) *grown {
	t.Helper()
	d := harness.NewDatabase(t)
	g := &grown{t: t, st: d.Open(t), owner: d.Owner(t)}
	o.Seed, o.Until = 5, last
	var err error
	g.made, err = generate.Archive(t.Context(), d.OwnerURL, o)
	require.NoError(t, err)
	return g
}

// ask answers a question for the last years of the archive.
func (g *grown) ask(name string, years int, with func(*store.Asked)) []map[string]any {
	g.t.Helper()
	q, ok := store.QuestionOf(name)
	require.True(g.t, ok, name)
	a := q.Default
	a.From, a.To = last.AddDate(-years, 0, 0).Format(time.DateOnly), last.AddDate(1, 0, 0).Format(time.DateOnly)
	if with != nil {
		with(&a)
	}
	got, err := g.st.Ask(g.t.Context(), q, a, 100_000, 0)
	require.NoError(g.t, err)
	require.Len(g.t, got.Rows, got.Total)
	rows := make([]map[string]any, len(got.Rows))
	for i, r := range got.Rows {
		rows[i] = map[string]any{}
		for j, c := range q.Columns {
			rows[i][c.Name] = r[j]
		}
	}
	for name, sum := range got.Sums {
		total := 0.0
		for _, r := range rows {
			total += number(r[name])
		}
		require.InDelta(g.t, total, sum, 0.01, name)
	}
	return rows
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	default:
		return 0
	}
}

func (g *grown) exec(query string, args ...any) {
	g.t.Helper()
	r, err := g.owner.Exec(query, args...)
	require.NoError(g.t, err)
	n, err := r.RowsAffected()
	require.NoError(g.t, err)
	require.NotZero(g.t, n, query)
}

// one gives one value of the database.
func (g *grown) one(query string) string {
	g.t.Helper()
	var s string
	require.NoError(g.t, g.owner.Get(&s, query))
	return s
}

func TestP48_EveryStandingQuestionIsASavedQuery(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 700, Staff: 10, Years: 2})
	for n := 1; n <= 16; n++ {
		require.Len(t, slices.DeleteFunc(slices.Clone(store.Questions), func(q store.Question) bool { return q.Number != n }), 1, n)
	}
	for _, q := range store.Questions {
		rows := g.ask(q.Name, 3, nil)
		if slices.Contains([]int{2, 3, 7, 9, 12, 13, 14, 15, 0}, q.Number) && q.Name != "conformance" {
			require.NotEmpty(t, rows, q.Name)
		}
		if q.Takes("from") && q.Name != "waiting" { // a backlog is today's
			require.Empty(t, g.ask(q.Name, 0, func(a *store.Asked) { a.From, a.To = "1999-01-01", "1999-12-31" }), q.Name)
		}
	}
	_, ok := store.QuestionOf("no_such")
	require.False(t, ok)

	// What an archive may not have is not there; put there by hand it is found.
	for _, name := range []string{"own_cases", "notices", "split", "teams", "conformance"} {
		require.Empty(t, g.ask(name, 3, nil), name)
	}
	require.Empty(t, slices.DeleteFunc(g.ask("stand_ins", 3, nil), func(r map[string]any) bool { return r["outside"] == false }))

	id := g.one(`SELECT t.visit FROM task t JOIN visit v ON v.id = t.visit WHERE t.state = 'approved' AND v.state = 'closed' AND t.sign_off = 'COL.DEAN' ORDER BY 1 LIMIT 1`)
	g.exec(`UPDATE task t SET decided_by = v.travellers[1] FROM visit v WHERE v.id = t.visit AND t.visit = $1 AND t.sign_off = 'COL.DEAN'`, id)
	found := g.ask("own_cases", 3, nil)
	require.Len(t, found, 1)
	require.Equal(t, []any{id, "COL.DEAN", "traveller"}, []any{found[0]["visit"], found[0]["sign_off"], found[0]["what"]})
	outside := slices.DeleteFunc(g.ask("stand_ins", 3, nil), func(r map[string]any) bool { return r["outside"] == false })
	require.Len(t, outside, 1, "nor does the traveller hold the post")

	g.exec(`UPDATE visit SET notice_opened = (SELECT max(at) - interval '1 day' FROM event WHERE visit = $1 AND kind = 'notice_closed' AND at < coalesce(after_opened, 'infinity')) WHERE id = $1`, id)
	found = g.ask("notices", 3, nil)
	require.Len(t, found, 1)
	require.Equal(t, id, found[0]["visit"])
	require.Less(t, number(found[0]["working_days"]), 5.0)

	g.exec(`UPDATE leg SET host = 'One  Host' WHERE visit IN (SELECT id FROM visit WHERE category = 'WRK' AND state = 'closed')`)
	g.exec(`UPDATE leg SET arrive = '2026-01-10', depart = '2026-01-20' WHERE host = 'One  Host'`)
	require.NotEmpty(t, g.ask("split", 3, nil))
	require.Empty(t, g.ask("split", 3, func(a *store.Asked) { a.Most = 5000 }))

	g.exec(`UPDATE visit SET travellers = '{dean.civ,psec.civ}' WHERE id = $1`, id)
	found = g.ask("teams", 3, nil)
	require.Len(t, found, 1)
	require.Equal(t, []any{"one_group", "CIV", int64(2)}, []any{found[0]["what"], found[0]["unit"], found[0]["people"]})

	g.exec(`UPDATE task SET sign_off = 'OTHER' WHERE visit = $1 AND sign_off = 'IO.REV'`, id)
	found = g.ask("conformance", 3, nil)
	require.Len(t, found, 1)
	require.Equal(t, []any{id, "not_given", "IO.REV"}, []any{found[0]["visit"], found[0]["what"], found[0]["sign_off"]})

	before := g.ask("students", 3, nil)
	g.exec(`UPDATE trip SET state = 'abroad', met = '{CONTACT}', person = 'student.civ' WHERE visit = $1`, id)
	after := g.ask("students", 3, nil)
	require.Len(t, after, len(before)+1)
	require.Equal(t, []any{id, false}, []any{after[0]["visit"], after[0]["insured"]}, "without insurance first")

	require.Empty(t, slices.DeleteFunc(g.ask("policies", 3, nil), func(r map[string]any) bool { return r["published_meanwhile"] == nil }))
	g.exec(`INSERT INTO policy_version (hash, pack, version, body, effective_from, edited_by, published_by, published_at, open_visits, note)
		SELECT 'x', split_part(policy, ' ', 1), '9', '', '2026-01-01', '{a}', 'b', submitted_at + interval '1 minute', 'keep', '' FROM visit WHERE id = $1`, id)
	require.Contains(t, fmt.Sprint(g.ask("policies", 3, nil)), "cn-delegated 9")
	require.Empty(t, g.ask("policies", 3, func(a *store.Asked) { a.Policy = "other 1" }))

	g.exec(`UPDATE trip SET back_on = return_date + 9, late = 9 WHERE visit = $1`, id)
	require.Equal(t, []any{id, true}, []any{g.ask("borders", 3, nil)[0]["visit"], g.ask("borders", 3, nil)[0]["overstayed"]})
}

// D.3, question 9: spent against budget, by visit and unit, and the cabin class against the rank.
func TestP48_SpentIsHeldAgainstTheBudgetByVisitAndUnit(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 700, Staff: 10, Years: 2})
	type money struct{ spent, approved visit.Money }
	visits, units := map[string]money{}, map[string]money{}
	for _, id := range g.made.Visits {
		v, err := g.st.Visit(t.Context(), id)
		require.NoError(t, err)
		said := money{}
		for _, f := range v.Reports {
			if f.Standing() && f.Spent != nil {
				said.spent, said.approved = said.spent+f.Spent.CNY, f.Spent.Approved
			}
		}
		if said.approved > 0 {
			visits[id] = said
			units[v.Unit] = money{units[v.Unit].spent + said.spent, units[v.Unit].approved + said.approved}
		}
	}
	rows, silent, above := g.ask("money", 3, nil), 0, 0
	for _, r := range rows {
		said, ok := visits[r["visit"].(string)]
		if !ok {
			require.Nil(t, r["spent"], "no report says what was spent: that is not zero")
			require.Nil(t, r["used"])
			silent++
			continue
		}
		require.InDelta(t, float64(said.spent)/100, r["spent"], 0.001, r["visit"])
		require.InDelta(t, float64(said.approved)/100, r["budget"], 0.001, r["visit"])
		require.InDelta(t, float64(said.spent)/float64(said.approved), r["used"], 1e-9)
		unit := units[r["unit"].(string)]
		require.InDelta(t, float64(unit.spent)/float64(unit.approved), r["unit_used"], 1e-9)
		if said.spent > said.approved {
			require.Equal(t, true, r["over"], r["visit"])
			above++
		}
	}
	require.Len(t, rows, len(visits)+silent)
	for name, n := range map[string]int{"silent": silent, "above": above, "said": len(visits) - above} {
		require.NotZero(t, n, name)
	}

	id := slices.DeleteFunc(rows, func(r map[string]any) bool { return r["spent"] == nil || r["over"] == true })[0]["visit"].(string)
	row := func() map[string]any {
		return slices.DeleteFunc(g.ask("money", 3, nil), func(r map[string]any) bool { return r["visit"] != id })[0]
	}
	g.exec(`UPDATE report SET flown = 'business' WHERE visit = $1`, id)
	require.Equal(t, []any{"business", true}, []any{row()["class"], row()["over"]}, "the class that was flown, not that of the budget")
	g.exec(`UPDATE report SET state = 'returned' WHERE visit = $1`, id)
	require.Nil(t, row()["spent"], "a report that was given back says nothing")
	lines := slices.DeleteFunc(g.ask("three_years", 3, nil), func(r map[string]any) bool { return visits[r["visit"].(string)].spent == 0 || r["visit"] == id })
	require.NotEmpty(t, lines)
	require.NotNil(t, lines[0]["spent"])
}

func TestP52_ReturnsAndPathsEqualTheEvents(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 400, Staff: 10, Years: 1})
	require.Equal(t, g.one(`SELECT count(*) FROM event WHERE kind IN ('returned', 'rejected')`), fmt.Sprint(len(g.ask("returns", 3, nil))))
	require.Empty(t, g.ask("returns", 3, func(a *store.Asked) { a.Person = "auditor" }), "an auditor decides nothing")
	into := map[any]float64{}
	for _, r := range g.ask("paths", 3, nil) {
		into[r["to_step"]] += number(r["times"])
		require.NotEqual(t, "submitted", r["to_step"])
	}
	for step, kind := range map[string]string{"returned": "returned", "rejected": "rejected", "withdrawn": "withdrawn", "approved": "approved"} {
		require.Equal(t, g.one(`SELECT count(*) FROM event WHERE kind = '`+kind+`'`), fmt.Sprint(into[step]), step)
	}
}

func TestP52_WaitingTimesEqualTheEvents(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 500, Staff: 10, Years: 1})
	type office struct {
		hours                   []float64
		late, returned, decided int
	}
	want := map[string]*office{}
	for _, id := range g.made.Visits {
		v, err := g.st.Visit(t.Context(), id)
		require.NoError(t, err)
		for _, k := range v.Tasks {
			if k.Decided.IsZero() {
				continue
			}
			o := want[k.SignOff.Code]
			if o == nil {
				o = &office{}
				want[k.SignOff.Code] = o
			}
			o.decided++
			o.hours = append(o.hours, k.Decided.Sub(k.Opened).Hours())
			if k.Decided.After(k.Due) {
				o.late++
			}
			if k.State == visit.TaskReturned {
				o.returned++
			}
		}
	}
	rows := g.ask("waiting", 3, nil)
	decided := 0
	for _, r := range rows {
		o := want[r["sign_off"].(string)]
		if o == nil {
			require.Zero(t, number(r["decided"]))
			continue
		}
		slices.Sort(o.hours)
		n := len(o.hours)
		require.InDelta(t, (o.hours[(n-1)/2]+o.hours[n/2])/2, r["median_hours"], 0.06, r["sign_off"])
		require.Equal(t, []float64{float64(o.decided), float64(o.late), float64(o.returned)}, []float64{number(r["decided"]), number(r["late"]), number(r["returned"])})
		decided += o.decided
	}
	require.Greater(t, decided, 400)
	require.Equal(t, len(want), len(slices.DeleteFunc(rows, func(r map[string]any) bool { return number(r["decided"]) == 0 })))
	none := g.ask("waiting", 3, func(a *store.Asked) { a.Unit = "NO_UNIT" })
	require.Empty(t, none)
}

func TestP49_TheTableOfPersonsHasWhatAuditorsCompare(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 400, Staff: 6, Years: 2})
	rows := g.ask("three_years", 3, nil)
	require.NotEmpty(t, rows)
	want := 0
	require.NoError(t, g.owner.Get(&want, `SELECT count(*) FROM trip WHERE state NOT IN ('cancelled', 'expired')`))
	require.Len(t, rows, want, "a line for every traveller")
	previous := 0
	for _, r := range rows {
		for _, name := range []string{"person", "rank", "unit", "left_on", "back_on", "days", "place", "mission", "class", "amount", "payer", "visit"} {
			require.NotEmpty(t, r[name], name)
		}
		if r["previous"] != nil {
			previous++
			require.Less(t, r["previous"], r["left_on"].(string))
		}
	}
	require.NotZero(t, previous)
	who := rows[0]["person"].(string)
	for _, r := range g.ask("three_years", 3, func(a *store.Asked) { a.Person = who }) {
		require.Equal(t, who, r["person"])
	}
	require.Empty(t, g.ask("three_years", 3, func(a *store.Asked) { a.Person = "nobody" }))
}

// found counts the events that a search finds, page by page.
func (g *grown) found(f store.EventFilter) int {
	g.t.Helper()
	n := 0
	for f.Limit = 200; ; {
		p, err := g.st.SearchEvents(g.t.Context(), f)
		require.NoError(g.t, err)
		n += len(p.Items)
		if f.Cursor = p.Next; f.Cursor == "" {
			return n
		}
	}
}

func TestP48_TheHistoryIsFilteredByEverythingAuditorsAskFor(t *testing.T) {
	t.Parallel()
	g := newGrown(t, generate.Options{Decisions: 300, Staff: 6, Years: 2})
	rows := []store.VisitRow{}
	for _, id := range g.made.Visits {
		r, err := g.st.VisitRow(t.Context(), id)
		require.NoError(t, err)
		rows = append(rows, r)
	}
	events := func(of func(store.VisitRow) bool) int {
		n := 0
		for _, r := range rows {
			if of(r) {
				n += r.Seq // events are numbered without a gap
			}
		}
		require.NotZero(t, n)
		require.Less(t, n, g.made.Events)
		return n
	}
	some := rows[0]
	require.Equal(t, g.made.Events, g.found(store.EventFilter{}))
	require.Equal(t, events(func(r store.VisitRow) bool {
		return slices.Contains(r.Travellers, some.Applicant) || r.Applicant == some.Applicant
	}), g.found(store.EventFilter{Person: some.Applicant}))
	require.Equal(t, events(func(r store.VisitRow) bool { return r.Unit == "CIV" }), g.found(store.EventFilter{Unit: "CIV"}))
	require.Equal(t, events(func(r store.VisitRow) bool { return slices.Contains(r.Countries, "JP") }), g.found(store.EventFilter{Country: "JP"}))
	require.Equal(t, events(func(r store.VisitRow) bool { return r.Category == visit.Work }), g.found(store.EventFilter{Category: visit.Work}))
	require.Equal(t, events(func(r store.VisitRow) bool { return r.State == visit.StateClosed }), g.found(store.EventFilter{State: visit.StateClosed}))
	require.Equal(t, g.made.Events, g.found(store.EventFilter{Policy: some.Policy}))
	require.Equal(t, g.one(`SELECT count(*) FROM task WHERE sign_off = 'FIN' AND decided_at IS NOT NULL AND state <> 'superseded'`), fmt.Sprint(g.found(store.EventFilter{SignOff: "FIN", Kind: "signed_off"})+g.found(store.EventFilter{SignOff: "FIN", Kind: "returned"})+g.found(store.EventFilter{SignOff: "FIN", Kind: "rejected"})))
	require.Equal(t, g.one(`SELECT count(*) FROM event WHERE on_behalf_of <> '' AND actor = 'vds.civ'`), fmt.Sprint(g.found(store.EventFilter{Delegate: "vds.civ"})))
	for name, f := range map[string]store.EventFilter{
		"person": {Person: "nobody"}, "unit": {Unit: "NO"}, "country": {Country: "ZZ"}, "policy": {Policy: "cn-delegated 0"}, "sign-off": {SignOff: "NO"},
		"delegate": {Delegate: "dean.civ"}, "dates": {From: "1990-01-01", To: "1990-12-31"}, "finding": {Finding: "any"},
	} {
		require.Zero(t, g.found(f), name)
	}

	id, err := g.st.AddAuditFinding(t.Context(), store.AuditFinding{Visit: some.ID, Severity: "minor", Note: "No letter.", FoundBy: "auditor"})
	require.NoError(t, err)
	require.Equal(t, some.Seq, g.found(store.EventFilter{Finding: "open"}))
	require.Zero(t, g.found(store.EventFilter{Finding: "closed"}))
	require.NoError(t, g.st.AddFollowUp(t.Context(), id, "closed", "The letter was found.", "auditor"))
	require.Equal(t, some.Seq, g.found(store.EventFilter{Finding: "closed"}))
	require.Zero(t, g.found(store.EventFilter{Finding: "open"}))
	require.Zero(t, g.found(store.EventFilter{Finding: "split_group"}))
}
