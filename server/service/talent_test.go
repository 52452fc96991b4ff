package service_test

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/test/generate"
	"github.com/exeat/exeat/visit"
)

// grown is a kit with the visits of a year, their reports too.
func grown(t *testing.T) *kit {
	k := newKit(t)
	_, err := generate.Fill(t.Context(), k.db.OwnerURL, generate.Options{Decisions: 250, Lives: true, Staff: 6, Years: 1, Seed: 5, Until: k.now()})
	require.NoError(t, err)
	return k
}

// line is the first person met of a unit, in whatever year.
func (k *kit) line(unit string) store.Talent {
	k.t.Helper()
	all, err := k.svc.Store.Talents(k.t.Context(), store.TalentFilter{Units: []string{unit}})
	require.NoError(k.t, err)
	require.NotEmpty(k.t, all)
	return all[0]
}

func year(t testing.TB, day string) int {
	y, err := strconv.Atoi(day[:4])
	require.NoError(t, err)
	return y
}

// The Chinese packs ask staff for a talent task, and a work visit for the person to meet; nothing is asked of students.
func TestP36_AnEmptyTalentLineBlocksTheSubmission(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("faculty.civ")
	task := d.TalentTask
	d.TalentTask = ""
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "first")
	require.Equal(t, []string{"talent_task"}, fields(t, err))
	require.Equal(t, []string{"O17"}, k.refusals(row.ID, d))

	d.TalentTask = task
	row, err = k.svc.SaveDraft(t.Context(), k.user("faculty.civ"), row.ID, row.Revision, d)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "second")
	require.NoError(t, err)

	work := k.draft("faculty2.civ")
	work.Category, work.TalentContact = visit.Work, ""
	require.Contains(t, k.refusals("", work), "O17K")
	work.TalentContact = "H. Sato, Kyoto University"
	require.NotContains(t, k.refusals("", work), "O17K")

	student := k.draft("student.civ")
	student.Category, student.TalentTask, student.TalentContact = visit.StudentConference, "", ""
	require.NotContains(t, k.refusals("", student), "O17")
}

func TestP36_WhoWasMetIsFollowedUpByTheUnitAndTheTalentOffice(t *testing.T) {
	t.Parallel()
	k := grown(t)
	l := k.line("CIV")
	follow := func(who, state, on, note string) error {
		return k.svc.FollowTalent(t.Context(), k.user(who), l.Visit, l.Report, l.N, service.NewTalentStep{State: state, On: on, Note: note})
	}
	require.Equal(t, "talent_only", rule(t, follow("faculty.civ", "contacted", "", "Wrote a mail.")))
	require.Equal(t, "not_found", rule(t, follow("sec.mech", "contacted", "", "Wrote a mail.")), "the visits of another unit")
	require.Equal(t, "talent_only", rule(t, follow("auditor", "contacted", "", "Wrote a mail.")), "an auditor reads")
	require.Equal(t, []string{"state", "on", "note"}, fields(t, follow("hr", "met", k.day(1), " ")))
	require.NoError(t, follow("sec.civ", "contacted", "", "Wrote a mail."))
	require.NoError(t, follow("hr", "visited", k.day(0), "Gave a talk here."))

	c, err := k.svc.Talent(t.Context(), k.user("dean.civ"), l.Visit, l.Report, l.N)
	require.NoError(t, err)
	require.True(t, c.Follows)
	require.Equal(t, []string{"visited", "visited", "Two meetings"}, []string{c.State, c.Reached, strings.Split(c.Task, " / ")[1]})
	require.Equal(t, 4, c.Points)
	require.Equal(t, []string{"sec.civ COL.SEC contacted", "hr HR visited"}, []string{
		c.Follow[0].By + " " + c.Follow[0].Post + " " + c.Follow[0].State, c.Follow[1].By + " " + c.Follow[1].Post + " " + c.Follow[1].State,
	})
	require.NoError(t, follow("hr", "closed", "", "Took another post."))
	c, err = k.svc.Talent(t.Context(), k.user("auditor"), l.Visit, l.Report, l.N)
	require.NoError(t, err)
	require.False(t, c.Follows)
	require.Equal(t, []string{"closed", "visited"}, []string{c.State, c.Reached}, "what was reached counts on")
	require.Equal(t, 4, c.Points)

	// Each step is an event of the office by who took it, without its text; and the row is never changed.
	events, err := k.svc.Store.SearchOffice(t.Context(), store.OfficeFilter{Kind: "talent_follow_up_added"})
	require.NoError(t, err)
	require.Len(t, events.Items, 3)
	require.Equal(t, []string{"hr", "sec.civ"}, []string{events.Items[0].Actor, events.Items[2].Actor})
	require.NotContains(t, events.Items[2].Body, "Wrote a mail")
	_, err = k.db.App(t).ExecContext(t.Context(), `UPDATE talent_follow_up SET state = 'hired'`)
	require.ErrorContains(t, err, "permission denied")

	// Who reads: the offices and auditors all units, the heads of a unit their own, nobody else any.
	for who, units := range map[string]int{"hr": 2, "io.rev": 2, "vp.hr": 2, "auditor": 2, "dean.civ": 1, "psec.mech": 1} {
		seen := map[string]bool{}
		for y := year(t, k.day(0)) - 1; y <= year(t, k.day(0)); y++ {
			lines, err := k.svc.Talents(t.Context(), k.user(who), service.TalentAsk{Year: y})
			require.NoError(t, err, who)
			for _, x := range lines {
				seen[x.Unit] = true
			}
		}
		require.GreaterOrEqual(t, len(seen), units, who)
		if units == 1 {
			require.Len(t, seen, 1, who)
		}
	}
	for _, who := range []string{"faculty.civ", "student.civ", "fin", "admin"} {
		_, err := k.svc.TalentYear(t.Context(), k.user(who), service.TalentAsk{})
		require.Equal(t, "talent_only", rule(t, err), who)
	}
	_, err = k.svc.Talents(t.Context(), k.user("dean.civ"), service.TalentAsk{Unit: "MECH"})
	require.Equal(t, "talent_only", rule(t, err))
	_, err = k.svc.TalentYear(t.Context(), k.user("hr"), service.TalentAsk{Year: 26})
	require.Equal(t, []string{"year"}, fields(t, err))
}

func TestP36_WhatAPersonMetCountsForIsData(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	now := year(t, k.day(0))
	set := func(who string, w store.TalentWeights) error {
		return k.svc.SetTalentWeights(t.Context(), k.user(who), w)
	}
	all, err := k.svc.TalentWeights(t.Context(), k.user("dean.civ"))
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, []int{1, 2, 4, 6, 10}, all[0].Points())
	require.Contains(t, all[0].Citation, "University default")

	w := store.TalentWeights{From: now, Met: 2, Contacted: 2, Visited: 5, Applied: 9, Hired: 20, Citation: "Rules of the Talent Office, No. 7"}
	require.Equal(t, "register_only", rule(t, set("dean.civ", w)))
	wrong := w
	wrong.From, wrong.Visited, wrong.Citation = now-1, 1, ""
	require.Equal(t, []string{"from_year", "visited", "citation"}, fields(t, set("hr", wrong)), "a year that has passed keeps its weights, and what came further never counts less")
	require.NoError(t, set("hr", w))
	y, err := k.svc.TalentYear(t.Context(), k.user("hr"), service.TalentAsk{})
	require.NoError(t, err)
	require.Equal(t, []int{now, 20}, []int{y.Year, y.Weights.Hired})
	y, err = k.svc.TalentYear(t.Context(), k.user("hr"), service.TalentAsk{Year: now - 1})
	require.NoError(t, err)
	require.Equal(t, 10, y.Weights.Hired)
	events, err := k.svc.Store.SearchOffice(t.Context(), store.OfficeFilter{Kind: "talent_weight_added"})
	require.NoError(t, err)
	require.Equal(t, "hr", events.Items[0].Actor)
	_, err = k.db.App(t).ExecContext(t.Context(), `UPDATE talent_weight SET hired = 99`)
	require.ErrorContains(t, err, "permission denied")
}

func TestP36_TheFilesSayWhatTheTableOfUnitsSays(t *testing.T) {
	t.Parallel()
	k := grown(t)
	l := k.line("CIV")
	ask := service.TalentAsk{Year: year(t, l.Accepted)}
	export := func(who, table, format string, a service.TalentAsk) (service.Export, error) {
		return k.svc.ExportTalents(t.Context(), k.user(who), table, a, i18n.EN, format, nil)
	}
	y, err := k.svc.TalentYear(t.Context(), k.user("hr"), ask)
	require.NoError(t, err)
	e, err := export("hr", service.TalentUnitTable, "csv", ask)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(e.Content), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(y.Units)+2)
	require.Equal(t, []string{"Unit", "Accepted reports", "Reports without a meeting", "People met", "At first-class partners", "Followed up", "Hired", "Points"}, rows[0])
	sum := rows[len(rows)-1]
	require.Equal(t, []string{strconv.Itoa(y.Total.Reports), strconv.Itoa(y.Total.Met), strconv.Itoa(y.Total.Points)}, []string{sum[1], sum[3], sum[7]})

	// The lines of one unit make up its row.
	civ := y.Units[slices.IndexFunc(y.Units, func(x store.TalentUnit) bool { return x.Unit == "CIV" })]
	ask.Unit = "CIV"
	e, err = export("dean.civ", service.TalentLineTable, "json", ask)
	require.NoError(t, err)
	var got struct {
		Total int                `json:"total"`
		Sums  map[string]float64 `json:"sums"`
	}
	require.NoError(t, json.Unmarshal(e.Content, &got))
	require.Equal(t, civ.Met, got.Total)
	require.InDelta(t, civ.Points, got.Sums["points"], 0)
	_, err = export("hr", service.TalentLineTable, "xlsx", ask)
	require.NoError(t, err)

	_, err = export("dean.mech", service.TalentLineTable, "csv", ask)
	require.Equal(t, "talent_only", rule(t, err))
	_, err = export("hr", "talent_all", "csv", ask)
	require.Equal(t, []string{"table"}, fields(t, err))
	_, err = export("hr", service.TalentLineTable, "doc", ask)
	require.Equal(t, []string{"format"}, fields(t, err))
	events, err := k.svc.Store.SearchOffice(t.Context(), store.OfficeFilter{Kind: service.AuditTable})
	require.NoError(t, err)
	require.Len(t, events.Items, 3, "each file is in the record, what is refused is not")
}

func TestP36_APartnerShowsTheVisitsThatWentThere(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	kyoto := store.Partner{
		Code: "JP-KYOTO", NameZH: "京都大学", NameEN: "Kyoto University", Country: "JP", Discipline: "Civil engineering", FirstClass: true, Unit: "CIV", Since: "2020-01-01",
	}
	put := func(who string, p store.Partner) error { return k.svc.PutPartner(t.Context(), k.user(who), p, true) }
	require.Equal(t, "register_only", rule(t, put("sec.civ", kyoto)))
	wrong := kyoto
	wrong.Code, wrong.NameZH, wrong.Country, wrong.Discipline, wrong.Unit, wrong.EndedOn = "Kyoto", "", "XX", "", "X", "2019-01-01"
	require.Equal(t, []string{"partner_code", "name_zh", "country", "discipline", "unit", "ended_on"}, fields(t, put("io.rev", wrong)))
	require.NoError(t, put("io.rev", kyoto))
	require.Equal(t, "partner_already", rule(t, put("io.rev", kyoto)))
	kyoto.EndedOn = k.day(400)
	require.NoError(t, k.svc.PutPartner(t.Context(), k.user("io.dir"), kyoto, false))
	events, err := k.svc.Store.SearchOffice(t.Context(), store.OfficeFilter{Kind: "partner_changed"})
	require.NoError(t, err)
	require.Equal(t, "io.dir", events.Items[0].Actor)

	d := k.draft("faculty.civ")
	d.Legs[0].Host, d.Flags = "KYOTO university", []visit.Flag{visit.ForeignAid}
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "kyoto")
	require.NoError(t, err)
	other := k.draft("faculty2.civ")
	other.Legs[0].Host = "Another university"
	elsewhere, err := k.svc.CreateDraft(t.Context(), k.user("faculty2.civ"), "", other)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty2.civ"), elsewhere.ID, "elsewhere")
	require.NoError(t, err)

	for who, n := range map[string]int{"io.rev": 1, "faculty.civ": 1, "dean.civ": 1, "faculty2.civ": 0, "dean.mech": 0} {
		c, err := k.svc.Partner(t.Context(), k.user(who), "JP-KYOTO")
		require.NoError(t, err, who)
		require.Len(t, c.Visits, n, who)
		require.Equal(t, "Civil engineering", c.Discipline)
		exit := year(t, d.ExitDate)
		duties, err := k.svc.Duties(t.Context(), k.user(who), exit)
		require.NoError(t, err, who)
		require.Len(t, duties, n, who)
		if n == 1 {
			require.Equal(t, row.ID, c.Visits[0].Visit)
			require.Equal(t, []bool{true, false}, []bool{duties[0].ForeignAid, duties[0].Organisation})
		}
		none, err := k.svc.Duties(t.Context(), k.user(who), exit-1)
		require.NoError(t, err)
		require.Empty(t, none)
	}
	_, err = k.svc.Partner(t.Context(), k.user("io.rev"), "JP-NONE")
	require.Equal(t, "not_found", rule(t, err))
}
