package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// onDesk is how many lines a list of the desk has at most.
const onDesk = 8

func (p *Pages) showDesk(r request) error {
	page, err := p.page(r, "desk", "nav.desk")
	if err != nil {
		return err
	}
	v := view.Desk{Page: page}
	if r.rights.WatchesVacancies() {
		if v.Vacancies, err = p.record.OpenVacancies(r.ctx()); err != nil {
			return err
		}
	}
	if r.rights.RunsTheDay() {
		day, err := p.svc.OfficeDesk(r.ctx(), r.user)
		if err != nil {
			return err
		}
		v.Office = &day
	}
	drafts, visits, err := p.svc.Mine(r.ctx(), r.user)
	if err != nil {
		return err
	}
	v.Drafts = drafts[:min(onDesk, len(drafts))]
	if r.rights.Signs {
		tasks, err := p.svc.Inbox(r.ctx(), r.user, store.InboxFilter{Limit: onDesk})
		if err != nil {
			return err
		}
		v.Tasks = tasks.Items
	}
	for _, row := range visits.Items {
		if row.State.Open() && len(v.Visits) < onDesk {
			s, err := p.standing(r, row)
			if err != nil {
				return err
			}
			v.Visits = append(v.Visits, s)
		}
	}
	if err := p.know(r.ctx(), &v.Page, deskPeople(v)...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.DeskPage(v))
}

func (p *Pages) standing(r request, row store.VisitRow) (view.Standing, error) {
	v, err := p.record.Visit(r.ctx(), row.ID)
	if err != nil {
		return view.Standing{}, err
	}
	signers, err := p.record.Signers(r.ctx(), row.ID, r.user.Day())
	return view.Standing{Row: row, Holding: view.HoldingOf(v, signers, r.user.Now)}, err
}

func deskPeople(v view.Desk) []string {
	ids := taskPeople(v.Tasks)
	for _, s := range v.Visits {
		ids = append(ids, s.Holding.Person)
		for _, t := range s.Holding.Tasks {
			for _, a := range t.Signers {
				ids = append(ids, a.Person, a.OnBehalfOf)
			}
		}
	}
	return ids
}

func taskPeople(tasks []store.InboxItem) []string {
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.Applicant, t.OnBehalfOf)
	}
	return ids
}

func (p *Pages) listVisits(r request) error { return p.visitsPage(r, nil) }

// visitsPage shows the list; refused is why its filters were not kept, nil if nothing was asked.
func (p *Pages) visitsPage(r request, refused error) error {
	page, err := p.page(r, "visits", "visits.title")
	if err != nil {
		return err
	}
	sees := r.rights.Scope
	v := view.Visits{Page: page, MayAll: sees.All || len(sees.Units) > 0 || len(sees.Posts) > 0}
	v.All = v.MayAll && r.Query("all") != ""
	if err := p.fillVisits(r, &v); err != nil {
		return err
	}
	var ids []string
	for _, row := range v.Rows {
		ids = append(ids, row.Applicant)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	status, err := p.savedViews(r, &v.Page, &v.Saved, "visits", "/visits?all=1&", view.VisitsQuery(v.Filter), refused)
	if err != nil {
		return err
	}
	return render(r.Context, status, view.VisitsPage(v))
}

func (p *Pages) fillVisits(r request, v *view.Visits) error {
	if !v.All {
		drafts, page, err := p.svc.Mine(r.ctx(), r.user)
		v.Drafts, v.Rows = drafts, page.Items
		return err
	}
	if err := days(r, "from", "to"); err != nil {
		return err
	}
	v.Filter = visitFilter(r)
	page, err := p.svc.Visits(r.ctx(), r.user, v.Filter)
	if err != nil {
		return err
	}
	v.Rows, v.Next, v.Countries = page.Items, nextPage(r, page.Next), countryCodes(v.Lang)
	v.UnitCodes, err = p.unitCodes(r)
	return err
}

func visitFilter(r request) store.VisitFilter {
	return store.VisitFilter{
		State: visit.State(r.Query("state")), Category: visit.Category(r.Query("category")), Unit: r.Query("unit"), Person: r.Query("person"),
		Country: r.Query("country"), From: r.Query("from"), To: r.Query("to"), Text: r.Query("text"), Cursor: r.Query("cursor"),
	}
}

// days refuses filters that are given and are no days.
func days(r request, names ...string) error {
	var problems []visit.Problem
	for _, name := range names {
		day := r.Query(name)
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			problems = append(problems, visit.Problem{Field: name, Rule: "not_a_date", Args: map[string]string{"value": day}})
		}
	}
	if len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return nil
}

// nextPage is the address of this list from the cursor on, "" on the last page.
func nextPage(r request, cursor string) string {
	if cursor == "" {
		return ""
	}
	q := r.Request.URL.Query()
	q.Del("done")
	q.Set("cursor", cursor)
	return (&url.URL{Path: r.Request.URL.Path, RawQuery: q.Encode()}).String()
}

// findPeople searches persons: as a page, or as suggestions for a script.
func (p *Pages) findPeople(r request) error {
	page, err := p.page(r, "", "people.title")
	if err != nil {
		return err
	}
	text := strings.TrimSpace(r.Query("q"))
	var found []policy.Person
	if text != "" {
		if found, err = p.record.FindPeople(r.ctx(), text); err != nil {
			return err
		}
	}
	if partial(r.Context) {
		return render(r.Context, http.StatusOK, view.PeopleOptions(page, found))
	}
	return render(r.Context, http.StatusOK, view.PeoplePage(view.People{Page: page, Text: text, Found: found}))
}

func (p *Pages) searchEvents(r request) error {
	page, err := p.page(r, "audit", "audit.title")
	if err != nil {
		return err
	}
	if err := days(r, "from", "to"); err != nil {
		return err
	}
	v := view.Audit{Page: page, Filter: eventFilter(r), Countries: countryCodes(page.Lang), Export: exportOf(r, "/audit/export")}
	if v.UnitCodes, err = p.unitCodes(r); err != nil {
		return err
	}
	found, err := p.svc.SearchEvents(r.ctx(), r.user, v.Filter)
	if err != nil {
		return err
	}
	v.Rows, v.Next = found.Items, nextPage(r, found.Next)
	var ids []string
	for _, row := range v.Rows {
		ids = append(ids, row.Actor, row.OnBehalfOf)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	if err := p.knowPast(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.AuditPage(v))
}

func eventFilter(r request) store.EventFilter {
	return store.EventFilter{
		Visit: r.Query("visit"), Actor: r.Query("actor"), Kind: r.Query("kind"), Post: r.Query("post"), From: r.Query("from"), To: r.Query("to"),
		Delegated: r.Query("delegated") != "", Delegate: r.Query("delegate"), SignOff: r.Query("sign_off"), Person: r.Query("person"), Unit: r.Query("unit"),
		Country: r.Query("country"), Category: visit.Category(r.Query("category")), State: visit.State(r.Query("state")), Policy: r.Query("policy"),
		Finding: r.Query("finding"), Cursor: r.Query("cursor"),
	}
}

// exportOf is the address of what a list has found as a file, to which the format is added.
func exportOf(r request, path string) string {
	q := r.Request.URL.Query()
	q.Del("cursor")
	return path + "?" + and(q)
}

// exportEvents sends the history that a search finds as a file.
func (p *Pages) exportEvents(r request) error {
	if err := days(r, "from", "to"); err != nil {
		return err
	}
	e, err := p.svc.ExportEvents(r.ctx(), r.user, eventFilter(r), p.lang(r.Context), r.Query("format"))
	if err != nil {
		return err
	}
	attach(r, e.Name, e.MediaType, e.Content)
	return nil
}

// knowAll reads the names of persons and of posts.
func (p *Pages) knowAll(ctx context.Context, page *view.Page, people []string) error {
	if err := p.know(ctx, page, people...); err != nil {
		return err
	}
	return p.knowPosts(ctx, page)
}
