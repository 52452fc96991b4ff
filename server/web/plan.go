package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// year is the year that a page of plans is asked for, else that of today.
func year(r request) int {
	if n, err := strconv.Atoi(r.Query("year")); err == nil {
		return n
	}
	return calendar.DateOf(r.user.Now).Year()
}

func (p *Pages) listPlans(r request) error {
	frame, status, err := p.register(r, tried{}, "register.plans")
	if err != nil {
		return err
	}
	v := view.Plans{Register: frame, Year: year(r)}
	if v.Rows, err = p.svc.Plans(r.ctx(), r.user, v.Year); err != nil {
		return err
	}
	return render(r.Context, status, view.PlansPage(v))
}

func (p *Pages) planSummary(r request) error {
	v := view.PlanSummary{Year: year(r)}
	v.Half, _ = strconv.Atoi(r.Query("half")) // anything else is the whole year
	var err error
	if v.Rows, err = p.svc.PlanSummary(r.ctx(), r.user, v.Year, v.Half); err != nil {
		return err
	}
	if r.Query("format") == "csv" {
		return sendPlanSummary(r, v)
	}
	frame, status, err := p.register(r, tried{}, "plan.summary")
	if err != nil {
		return err
	}
	v.Register = frame
	return render(r.Context, status, view.PlanSummaryPage(v))
}

func sendPlanSummary(r request, v view.PlanSummary) error {
	rows := [][]string{{"unit", "quota", "entries", "visits", "work_visits", "approved", "people", "countries", "days", "unplanned", "open_entries"}}
	for _, x := range v.Rows {
		row := []string{x.Unit}
		for _, n := range []int{x.Quota, x.Entries, x.Visits, x.Work, x.Approved, x.People, x.Countries, x.Days, x.Unplanned} {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, append(row, sheet.Cell(strings.Join(x.Open, " "))))
	}
	return sendCSV(r, fmt.Sprintf("plans-%d-%d.csv", v.Year, v.Half), rows)
}

func (p *Pages) showPlan(r request) error { return p.planPage(r, tried{}, nil) }

// planPage shows a plan; typed is what its form holds, else the newest revision.
func (p *Pages) planPage(r request, t tried, typed *view.PlanForm) error {
	frame, status, err := p.register(r, t, "register.plans")
	if err != nil {
		return err
	}
	v := view.Plan{Register: frame}
	if v.P, err = p.svc.Plan(r.ctx(), r.user, r.Param("unit"), planYear(r)); err != nil {
		return err
	}
	switch {
	case typed != nil:
		v.Form = *typed
	case len(v.P.Revisions) > 0:
		v.Form = view.PlanFormOf(v.P.Revisions[0])
	default:
		v.Form = view.PlanForm{Revision: "0", Quota: "0", Entries: []view.PlanEntry{{}}}
	}
	if status == http.StatusConflict && len(v.P.Revisions) > 0 { // saved once more, on purpose, it follows what was written meanwhile
		v.Form.Revision = strconv.Itoa(v.P.Revisions[0].Revision)
	}
	var ids []string
	for _, x := range v.P.Revisions {
		ids = append(ids, x.SetBy)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	return render(r.Context, status, view.PlanPage(v))
}

func planYear(r request) int {
	n, _ := strconv.Atoi(r.Param("year")) // 0 is no year of a plan
	return n
}

func (p *Pages) putPlan(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	f := readPlan(r.Request.PostForm)
	if verb, index, _ := strings.Cut(strings.TrimSuffix(r.PostForm("do"), "-entries"), "-entries-"); verb == "add" || verb == "remove" {
		n, _ := strconv.Atoi(index)
		f.Entries = edited(f.Entries, verb, n, view.PlanEntry{})
		return p.planPage(r, tried{}, &f)
	}
	plan, problems := planOf(f)
	plan.Unit, plan.Year = r.Param("unit"), planYear(r)
	var err error
	if len(problems) > 0 {
		err = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	} else {
		_, err = p.svc.PutPlan(r.ctx(), r.user, plan)
	}
	again := func(r request, t tried) error { return p.planPage(r, t, &f) }
	return p.sent(r, 0, err, again, "/registers/plans/"+url.PathEscape(plan.Unit)+"/"+strconv.Itoa(plan.Year)+"?done=register")
}

func readPlan(f url.Values) view.PlanForm {
	return view.PlanForm{
		Revision: f.Get("revision"), Quota: text(f, "quota"), Reason: text(f, "reason"),
		Entries: rows(f, "entries", func(of func(string) string) view.PlanEntry {
			return view.PlanEntry{Item: of("item"), Category: of("category"), Title: of("title"), Countries: strings.ToUpper(of("countries")), Days: of("days"), People: of("people")}
		}),
	}
}

// planOf makes the plan, with the problems that only a form can have. Rows in which nothing was typed are left out.
func planOf(f view.PlanForm) (store.Plan, []visit.Problem) {
	var problems []visit.Problem
	number := func(field, s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			problems = append(problems, visit.Problem{Field: field, Rule: "not_a_number", Args: map[string]string{"value": s}})
		}
		return n
	}
	p := store.Plan{Reason: f.Reason}
	p.Revision, p.Quota = number("revision", f.Revision), number("quota", f.Quota)
	for i, e := range f.Entries {
		if e.Item == "" && e.Title == "" && e.Countries == "" && e.Days == "" && e.People == "" {
			continue
		}
		field := fmt.Sprintf("entries[%d]", i)
		p.Entries = append(p.Entries, store.PlanEntry{
			Item: e.Item, Category: visit.Category(e.Category), Title: e.Title, Countries: strings.FieldsFunc(e.Countries, func(r rune) bool { return strings.ContainsRune(" ,;，、；", r) }),
			Days: number(field+".days", e.Days), People: number(field+".people", e.People),
		})
	}
	return p, problems
}
