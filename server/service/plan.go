package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// PlanRow is a unit's annual plan as the list of all plans shows it.
type PlanRow struct {
	Unit     string      `json:"unit"`
	InForce  *store.Plan `json:"in_force,omitempty"`
	Proposed *store.Plan `json:"proposed,omitempty" doc:"A newer revision that waits to be adopted."`
	Used     int         `json:"used" doc:"Work visits that count against the quota."`
}

// PlanOf is one unit's plan for a year, with all that counts against it.
type PlanOf struct {
	Unit      string          `json:"unit"`
	Year      int             `json:"year"`
	Revisions []store.Plan    `json:"revisions" doc:"The newest first; the first that is adopted is in force."`
	Uses      []store.PlanUse `json:"uses" doc:"Visits of the year, submitted and not ended unmade."`
	Adopts    bool            `json:"adopts" doc:"The caller's revision would be in force at once."`
	Proposes  bool            `json:"proposes"`
}

// InForce is the plan that counts; nil where none was adopted.
func (p PlanOf) InForce() *store.Plan {
	i := slices.IndexFunc(p.Revisions, func(r store.Plan) bool { return r.Adopted })
	if i < 0 {
		return nil
	}
	return &p.Revisions[i]
}

// Used counts the work visits.
func (p PlanOf) Used() int { return workVisits(p.Uses) }

func workVisits(uses []store.PlanUse) int {
	n := 0
	for _, u := range uses {
		if u.Category == visit.Work {
			n++
		}
	}
	return n
}

// readsPlan tells whether the user may read the plan of a unit.
func (u User) readsPlan(r Rights, unit string) bool {
	_, adopts := r.acts(planAdopters...)
	return r.All || adopts || u.Unit == unit || slices.Contains(r.Units, unit)
}

func yearBounds(year int) (from, to string) {
	return fmt.Sprintf("%04d-01-01", year), fmt.Sprintf("%04d-12-31", year)
}

// checkYear keeps a year within what the record takes.
func checkYear(year int) error {
	f := form{}
	if year < 2000 || year > 2999 {
		f.wrong("year", "from_to", "from", "2000", "to", "2999")
	}
	return f.err()
}

// Plans lists the annual plans of the units that the user may read, by unit; units without a plan are there too.
func (s *Service) Plans(ctx context.Context, u User, year int) ([]PlanRow, error) {
	rows, _, err := s.plans(ctx, u, year)
	return rows, err
}

// plans gives the plans that the user may read, and the visits of all units that count in the year.
func (s *Service) plans(ctx context.Context, u User, year int) ([]PlanRow, []store.PlanUse, error) {
	r, err := s.reader(ctx, u, PlanRegister)
	if err != nil {
		return nil, nil, err
	}
	if err := checkYear(year); err != nil {
		return nil, nil, err
	}
	units, err := s.Store.Units(ctx)
	if err != nil {
		return nil, nil, err
	}
	from, to := yearBounds(year)
	uses, err := s.Store.PlanUses(ctx, "", from, to)
	if err != nil {
		return nil, nil, err
	}
	inForce, err := s.Store.PlansInForce(ctx, year)
	if err != nil {
		return nil, nil, err
	}
	proposed, err := s.Store.PlansProposed(ctx, year)
	if err != nil {
		return nil, nil, err
	}
	rows := []PlanRow{}
	for _, unit := range units {
		if !u.readsPlan(r, unit.Code) {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(uses), func(x store.PlanUse) bool { return x.Unit != unit.Code })
		rows = append(rows, PlanRow{Unit: unit.Code, InForce: planOfUnit(inForce, unit.Code), Proposed: planOfUnit(proposed, unit.Code), Used: workVisits(of)})
	}
	return rows, uses, nil
}

func planOfUnit(all []store.Plan, unit string) *store.Plan {
	i := slices.IndexFunc(all, func(p store.Plan) bool { return p.Unit == unit })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Plan gives a unit's plan for a year with its revisions and the visits that count.
func (s *Service) Plan(ctx context.Context, u User, unit string, year int) (PlanOf, error) {
	p := PlanOf{Unit: unit, Year: year}
	r, err := s.Rights(ctx, u)
	if err != nil {
		return p, err
	}
	if err := checkYear(year); err != nil {
		return p, err
	}
	if !u.readsPlan(r, unit) {
		return p, visit.Refuse(visit.NotFound, "not_found", "what", "plan", "id", unit+" "+strconv.Itoa(year))
	}
	by, ok := r.planner(unit)
	p.Adopts, p.Proposes = ok && slices.Contains(planAdopters, by.Post), ok
	if p.Revisions, err = s.Store.PlanRevisions(ctx, unit, year); err != nil {
		return p, err
	}
	from, to := yearBounds(year)
	p.Uses, err = s.Store.PlanUses(ctx, unit, from, to)
	return p, err
}

// planner gives the right by which the user writes a unit's plan: the International Office's first.
func (r Rights) planner(unit string) (store.Acting, bool) {
	if a, ok := r.acts(planAdopters...); ok {
		return a, true
	}
	i := slices.IndexFunc(r.Acting, func(a store.Acting) bool { return a.Unit == unit && slices.Contains(unitPlanners, a.Post) })
	if i < 0 {
		return store.Acting{}, false
	}
	return r.Acting[i], true
}

// PutPlan writes the next revision of a unit's plan, as a whole. The International Office's is in force at once, that of the
// unit's own posts waits to be adopted. Revision is the one that was read, 0 for the first; a change needs a reason.
func (s *Service) PutPlan(ctx context.Context, u User, p store.Plan) (store.Plan, error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return p, err
	}
	by, ok := r.planner(p.Unit)
	if !ok {
		return p, visit.Refuse(visit.Forbidden, "register_only", "posts", "IO.REV, IO.DIR, COL.SEC, COL.DEAN, COL.PSEC")
	}
	if err := s.checkPlan(ctx, p); err != nil {
		return p, err
	}
	p.Adopted, p.SetBy, p.SetPost = slices.Contains(planAdopters, by.Post), u.Person, by.Post
	return s.Store.PutPlan(ctx, p)
}

// The bounds of a plan.
const (
	maxEntries = 200
	maxQuota   = 1000
)

func (s *Service) checkPlan(ctx context.Context, p store.Plan) error {
	if err := checkYear(p.Year); err != nil {
		return err
	}
	f := form{}
	units, err := s.Store.Units(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(units, func(x store.Unit) bool { return x.Code == p.Unit }) {
		f.wrong("unit", "unknown_unit", "value", p.Unit)
	}
	f.number("quota", p.Quota, 0, maxQuota)
	if p.Revision > 0 {
		f.text("reason", p.Reason)
	}
	if len(p.Entries) > maxEntries {
		f.wrong("entries", "too_far", "max", strconv.Itoa(maxEntries))
	}
	seen := map[string]bool{}
	for i, e := range p.Entries {
		f.entry(fmt.Sprintf("entries[%d]", i), e)
		if seen[e.Item] {
			f.wrong(fmt.Sprintf("entries[%d].item", i), "twice", "value", e.Item)
		}
		seen[e.Item] = true
	}
	return f.err()
}

func (f *form) entry(field string, e store.PlanEntry) {
	f.text(field+".item", e.Item)
	if len([]rune(e.Item)) > 40 {
		f.wrong(field+".item", "too_long", "max", "40")
	}
	f.text(field+".title", e.Title)
	if !slices.Contains(visit.Categories, e.Category) {
		f.wrong(field+".category", "unknown_value", "value", string(e.Category))
	}
	for _, c := range e.Countries {
		f.country(field+".countries", c)
	}
	f.number(field+".days", e.Days, 1, 400)
	f.number(field+".people", e.People, 1, 200)
}

// PlanItems are the entries that a draft of a unit may name: those of the plan in force for the year of exit ("" this year).
func (s *Service) PlanItems(ctx context.Context, u User, unit, exit string) ([]store.PlanEntry, error) {
	day, err := calendar.ParseDate(cmp.Or(exit, u.Day()))
	if err != nil || unit == "" {
		return nil, nil
	}
	plans, err := s.Store.PlansInForce(ctx, day.Year())
	if p := planOfUnit(plans, unit); p != nil {
		return p.Entries, err
	}
	return nil, err
}

// PlanSummary is what became of a unit's plan in a half-year, or in the year.
type PlanSummary struct {
	Unit      string `json:"unit"`
	Quota     int    `json:"quota" doc:"Of the whole year."`
	Entries   int    `json:"entries" doc:"Of the whole year."`
	Visits    int    `json:"visits" doc:"Submitted and not ended unmade."`
	Work      int    `json:"work_visits"`
	Approved  int    `json:"approved"`
	People    int    `json:"people" doc:"Different travellers."`
	Countries int    `json:"countries" doc:"Different countries and regions."`
	Days      int    `json:"days" doc:"Border days of all visits."`
	Unplanned int    `json:"unplanned" doc:"Visits that name no entry of the plan."`
	// Items are entries that no visit names yet.
	Open []string `json:"open" doc:"Entries of the plan that no visit of the year has named."`
}

// PlanSummary sums up the visits of a year by unit; half is 1, 2, or 0 for the whole year (domain A.4).
func (s *Service) PlanSummary(ctx context.Context, u User, year, half int) ([]PlanSummary, error) {
	rows, all, err := s.plans(ctx, u, year)
	if err != nil {
		return nil, err
	}
	middle := fmt.Sprintf("%04d-07-01", year)
	sums := []PlanSummary{}
	for _, row := range rows {
		sum := PlanSummary{Unit: row.Unit, Open: []string{}}
		of := slices.DeleteFunc(slices.Clone(all), func(x store.PlanUse) bool { return x.Unit != row.Unit })
		items := map[string]bool{}
		if row.InForce != nil {
			sum.Quota, sum.Entries = row.InForce.Quota, len(row.InForce.Entries)
			for _, e := range row.InForce.Entries {
				items[e.Item] = true
				if !slices.ContainsFunc(of, func(x store.PlanUse) bool { return x.PlanItem == e.Item }) {
					sum.Open = append(sum.Open, e.Item)
				}
			}
		}
		in := slices.DeleteFunc(of, func(x store.PlanUse) bool {
			return half == 1 && x.ExitDate >= middle || half == 2 && x.ExitDate < middle
		})
		sum.add(in, items)
		sums = append(sums, sum)
	}
	return sums, nil
}

func (sum *PlanSummary) add(uses []store.PlanUse, items map[string]bool) {
	people, countries := map[string]bool{}, map[string]bool{}
	sum.Visits, sum.Work = len(uses), workVisits(uses)
	for _, x := range uses {
		sum.Days += x.Days
		if !items[x.PlanItem] {
			sum.Unplanned++
		}
		if !x.State.Open() {
			sum.Approved++
		}
		for _, p := range x.Travellers {
			people[p] = true
		}
		for _, c := range x.Countries {
			countries[c] = true
		}
	}
	sum.People, sum.Countries = len(people), len(countries)
}
