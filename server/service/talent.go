package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// Posts that follow up the persons met of every unit, that read all of them, and that say what they count for. The posts of a unit read
// (seesUnit) and follow up its own.
var (
	talentOffices  = []string{"HR", "IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR"}
	talentReaders  = slices.Concat(talentOffices, []string{"VP.INT", "VP.HR", "PRES", "PSEC"})
	talentUnits    = []string{"COL.SEC", "COL.DEAN", "COL.PSEC"}
	talentWeighers = []string{"HR", "IO.DIR"}
)

// Talents tells of which units the user reads the persons met; nil is every unit.
func (r Rights) Talents() (units []string, reads bool) {
	if _, ok := r.acts(talentReaders...); ok || r.Audit {
		return nil, true
	}
	return r.Units, len(r.Units) > 0
}

// followsTalent tells whether the user follows up the persons met of a unit, and by which right.
func (r Rights) followsTalent(unit string) (store.Acting, bool) {
	if a, ok := r.acts(talentOffices...); ok {
		return a, true
	}
	i := slices.IndexFunc(r.Acting, func(a store.Acting) bool { return slices.Contains(talentUnits, a.Post) && a.Unit == unit })
	if i < 0 {
		return store.Acting{}, false
	}
	return r.Acting[i], true
}

// WeighsTalents tells whether the user says what a person met counts for.
func (r Rights) WeighsTalents() bool { _, ok := r.acts(talentWeighers...); return ok }

// TalentYear is what the accepted reports of a year say of talents, by unit (domain P-36).
type TalentYear struct {
	Year    int                 `json:"year"`
	Weights store.TalentWeights `json:"weights"`
	Units   []store.TalentUnit  `json:"units"`
	Total   store.TalentUnit    `json:"total"`
}

// TalentAsk says which persons met are asked for: those of the reports accepted in a year (this one when 0), of a unit ("" all that the
// user reads).
type TalentAsk struct {
	Year int    `json:"year"`
	Unit string `json:"unit,omitempty"`
}

// talentScope refuses who may not read what is asked, fills in the year, and gives the units.
func (s *Service) talentScope(ctx context.Context, u User, a *TalentAsk, page string) ([]string, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	units, reads := r.Talents()
	if !reads || a.Unit != "" && units != nil && !slices.Contains(units, a.Unit) {
		return nil, visit.Refuse(visit.Forbidden, "talent_only", "posts", strings.Join(talentReaders, ", "))
	}
	if a.Year == 0 {
		a.Year = u.year()
	}
	f := form{}
	if f.number("year", a.Year, 2000, 2200); len(f.problems) > 0 {
		return nil, f.err()
	}
	if a.Unit != "" {
		units = []string{a.Unit}
	}
	return units, s.audited(ctx, u, r, Read{Page: page, Filter: given(*a)})
}

// year is the university's year of the request.
func (u User) year() int {
	year, _ := strconv.Atoi(u.Day()[:4]) // a day begins with its year
	return year
}

// TalentYear gives the table of the units of a year: the exact sums of the lines of their accepted reports.
func (s *Service) TalentYear(ctx context.Context, u User, a TalentAsk) (TalentYear, error) {
	units, err := s.talentScope(ctx, u, &a, "talent")
	if err != nil {
		return TalentYear{}, err
	}
	y := TalentYear{Year: a.Year}
	all, err := s.Store.AllTalentWeights(ctx)
	if err != nil {
		return y, err
	}
	y.Weights = store.WeightsOf(all, a.Year)
	if y.Units, err = s.Store.TalentUnits(ctx, a.Year, units); err != nil {
		return y, err
	}
	for _, x := range y.Units {
		y.Total.Reports += x.Reports
		y.Total.Nobody += x.Nobody
		y.Total.Met += x.Met
		y.Total.FirstClass += x.FirstClass
		y.Total.Followed += x.Followed
		y.Total.Hired += x.Hired
		y.Total.Points += x.Points
	}
	return y, nil
}

// Talents lists the persons met, those of the reports accepted last first.
func (s *Service) Talents(ctx context.Context, u User, a TalentAsk) ([]store.Talent, error) {
	units, err := s.talentScope(ctx, u, &a, "talent lines")
	if err != nil {
		return nil, err
	}
	return s.Store.Talents(ctx, store.TalentFilter{Year: a.Year, Units: units})
}

// TalentCase is a person met with what was done since, and whether the user may add to that.
type TalentCase struct {
	store.Talent
	Follow  []store.TalentStep `json:"follow_up"`
	Follows bool               `json:"follows" doc:"Whether the caller may add a step."`
	At      *store.Partner     `json:"at,omitempty" doc:"The partner institution that the report names."`
}

// Talent gives one person met, with the follow-up.
func (s *Service) Talent(ctx context.Context, u User, id string, report, n int) (TalentCase, error) {
	t, r, err := s.talent(ctx, u, id, report, n)
	if err != nil {
		return TalentCase{}, err
	}
	if err := s.audited(ctx, u, r, Read{Page: fmt.Sprintf("talent %d/%d", report, n), Visit: id}); err != nil {
		return TalentCase{}, err
	}
	c := TalentCase{Talent: t}
	_, c.Follows = r.followsTalent(t.Unit)
	if c.Follow, err = s.Store.TalentSteps(ctx, id, report, n); err != nil || t.Partner == "" {
		return c, err
	}
	ps, err := s.Store.Partners(ctx, store.PartnerFilter{Codes: []string{t.Partner}})
	if len(ps) == 1 {
		c.At = &ps[0]
	}
	return c, err
}

// talent finds a line that the user may read; any other looks as if it were not there.
func (s *Service) talent(ctx context.Context, u User, id string, report, n int) (store.Talent, Rights, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return store.Talent{}, r, err
	}
	units, reads := r.Talents()
	if !reads {
		return store.Talent{}, r, visit.Refuse(visit.Forbidden, "talent_only", "posts", strings.Join(talentReaders, ", "))
	}
	t, err := s.Store.Talent(ctx, id, report, n)
	if err == nil && units != nil && !slices.Contains(units, t.Unit) {
		err = visit.Refuse(visit.NotFound, "not_found", "what", "talent", "id", fmt.Sprintf("%s/%d/%d", id, report, n))
	}
	return t, r, err
}

// NewTalentStep is a step of the follow-up to add: what was done or reached, on which day (today when ""), and how.
type NewTalentStep struct {
	State string `json:"state" enum:"contacted,visited,applied,hired,closed"`
	On    string `json:"on" doc:"YYYY-MM-DD; today when left out."`
	Note  string `json:"note"`
}

// FollowTalent adds a step to the follow-up of a person met, by the unit or by an office; it stays in the record.
func (s *Service) FollowTalent(ctx context.Context, u User, id string, report, n int, step NewTalentStep) error {
	t, r, err := s.talent(ctx, u, id, report, n)
	if err != nil {
		return err
	}
	a, ok := r.followsTalent(t.Unit)
	if !ok {
		return visit.Refuse(visit.Forbidden, "talent_only", "posts", strings.Join(slices.Concat(talentOffices, talentUnits), ", "))
	}
	step.On = orElse(step.On, u.Day())
	f := form{}
	if !slices.Contains(store.TalentStates, step.State) {
		f.wrong("state", "unknown_value", "value", step.State, "allowed", strings.Join(store.TalentStates, ", "))
	}
	if f.day("on", step.On); step.On > u.Day() {
		f.wrong("on", "in_the_future", "today", u.Day())
	}
	f.text("note", step.Note)
	if err := f.err(); err != nil {
		return err
	}
	return s.as(ctx, u, func(st *store.Store) error {
		_, err := st.AddTalentStep(ctx, t, store.TalentStep{State: step.State, On: step.On, Note: strings.TrimSpace(step.Note), By: u.Person, Post: a.Post})
		return err
	})
}

// TalentWeights lists what a person met counted for and counts for, the latest year first, for all who read talents.
func (s *Service) TalentWeights(ctx context.Context, u User) ([]store.TalentWeights, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	if _, reads := r.Talents(); !reads {
		return nil, visit.Refuse(visit.Forbidden, "talent_only", "posts", strings.Join(talentReaders, ", "))
	}
	return s.Store.AllTalentWeights(ctx)
}

// SetTalentWeights sets what a person met counts for, from this year or a later one on; the years before keep theirs. What came further
// never counts less.
func (s *Service) SetTalentWeights(ctx context.Context, u User, w store.TalentWeights) error {
	if _, err := s.keeper(ctx, u, talentWeighers); err != nil {
		return err
	}
	f := form{}
	f.number("from_year", w.From, u.year(), u.year()+10)
	before := 0
	for i, points := range w.Points() {
		kind := store.TalentReached[i]
		if f.number(kind, points, 0, 1000); points < before {
			f.wrong(kind, "counts_less", "before", strconv.Itoa(before))
		}
		before = points
	}
	f.text("citation", w.Citation)
	if err := f.err(); err != nil {
		return err
	}
	w.SetBy, w.Citation = u.Person, strings.TrimSpace(w.Citation)
	return s.as(ctx, u, func(st *store.Store) error { return st.SetTalentWeights(ctx, w) })
}

// Tables of talents that can be had as files: the units of a year, and the persons met.
const (
	TalentUnitTable = "talent_units"
	TalentLineTable = "talent_lines"
)

// TalentTables are their columns.
var TalentTables = map[string][]store.Column{
	TalentUnitTable: {
		{Name: "unit", Kind: store.UnitColumn}, {Name: "reports", Kind: store.NumberColumn, Sum: true}, {Name: "nobody", Kind: store.NumberColumn, Sum: true},
		{Name: "met", Kind: store.NumberColumn, Sum: true}, {Name: "first_class", Kind: store.NumberColumn, Sum: true}, {Name: "followed", Kind: store.NumberColumn, Sum: true},
		{Name: "hired", Kind: store.NumberColumn, Sum: true}, {Name: "points", Kind: store.NumberColumn, Sum: true},
	},
	TalentLineTable: {
		{Name: "unit", Kind: store.UnitColumn}, {Name: "visit", Kind: store.VisitColumn}, {Name: "title", Kind: store.TextColumn}, {Name: "talent_task", Kind: store.TextColumn},
		{Name: "person", Kind: store.PersonColumn}, {Name: "name", Kind: store.TextColumn}, {Name: "institution", Kind: store.TextColumn},
		{Name: "country", Kind: store.CountryColumn}, {Name: "discipline", Kind: store.TextColumn}, {Name: "partner", Kind: store.TextColumn},
		{Name: "follow_up", Kind: store.TextColumn}, {Name: "accepted", Kind: store.DayColumn}, {Name: "talent_state", Kind: store.CodeColumn},
		{Name: "last", Kind: store.DayColumn}, {Name: "points", Kind: store.NumberColumn, Sum: true},
	},
}

func (t *Table) addYear(y TalentYear) {
	for _, x := range y.Units {
		t.add(x.Unit, x.Reports, x.Nobody, x.Met, x.FirstClass, x.Followed, x.Hired, x.Points)
	}
}

// ExportTalents gives one of the tables as a file, and records that it was exported.
func (s *Service) ExportTalents(ctx context.Context, u User, table string, a TalentAsk, lang i18n.Lang, format string, country func(i18n.Lang, string) string) (Export, error) {
	a.Year = orElse(a.Year, u.year())
	t := Table{Name: table, Columns: TalentTables[table], Asked: a, Lang: lang, Country: country}
	switch table {
	case TalentUnitTable:
		y, err := s.TalentYear(ctx, u, a)
		if err != nil {
			return Export{}, err
		}
		t.addYear(y)
	case TalentLineTable:
		lines, err := s.Talents(ctx, u, a)
		if err != nil {
			return Export{}, err
		}
		for _, x := range lines {
			t.add(x.Unit, x.Visit, x.Title, x.Task, x.By, x.Name, x.Institution, x.Country, x.Field, x.Partner, x.Intended, x.Accepted, x.State, x.Last, x.Points)
		}
	default:
		return Export{}, wrong("table", "unknown_value", "value", table, "allowed", TalentUnitTable+", "+TalentLineTable)
	}
	if err := s.named(ctx, &t); err != nil {
		return Export{}, err
	}
	return s.send(ctx, u, t, strings.ReplaceAll(table, "_", " "), format)
}

// add adds a row of texts and numbers, and sums up what is summed.
func (t *Table) add(values ...any) {
	for i, c := range t.Columns {
		n, ok := values[i].(int)
		if !ok {
			continue
		}
		values[i] = int64(n)
		if c.Sum {
			if t.Sums == nil {
				t.Sums = map[string]float64{}
			}
			t.Sums[c.Name] += float64(n)
		}
	}
	t.Rows = append(t.Rows, values)
	t.Total++
}
