package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// registerDesk is what the pages ask of the service about registers.
type registerDesk interface {
	RegisterWork(ctx context.Context, u service.User) (map[service.Register]int, error)
	RiskLevels(ctx context.Context, u service.User, day string) ([]store.RiskLevel, error)
	RiskHistory(ctx context.Context, country string) ([]store.RiskLevel, error)
	SetRisk(ctx context.Context, u service.User, r store.RiskLevel) error
	Terms(ctx context.Context) ([]store.TeachingTerm, error)
	AddTerm(ctx context.Context, u service.User, t store.TeachingTerm) (int64, error)
	EndTerm(ctx context.Context, u service.User, id int64) error
	Relations(ctx context.Context, u service.User) ([]store.Relation, error)
	AddRelation(ctx context.Context, u service.User, r store.Relation) (int64, error)
	EndRelation(ctx context.Context, u service.User, id int64) error
	Authorities(ctx context.Context) ([]store.Authority, error)
	AddAuthority(ctx context.Context, u service.User, a store.Authority) (int64, error)
	EndAuthority(ctx context.Context, u service.User, id int64, to, reason string) error
	Marks(ctx context.Context, u service.User, lifted bool) ([]store.Mark, error)
	SetMark(ctx context.Context, u service.User, m store.Mark) (store.Mark, error)
	LiftMark(ctx context.Context, u service.User, id int64, reason string) error
	Findings(ctx context.Context, u service.User, resolved bool) ([]store.Finding, error)
	FindSplits(ctx context.Context, u service.User, days int) (int, error)
	ResolveFinding(ctx context.Context, u service.User, id int64, reason string) error
	Plans(ctx context.Context, u service.User, year int) ([]service.PlanRow, error)
	Plan(ctx context.Context, u service.User, unit string, year int) (service.PlanOf, error)
	PutPlan(ctx context.Context, u service.User, p store.Plan) (store.Plan, error)
	PlanItems(ctx context.Context, u service.User, unit, exit string) ([]store.PlanEntry, error)
	PlanSummary(ctx context.Context, u service.User, year, half int) ([]service.PlanSummary, error)
	AskOverride(ctx context.Context, u service.User, id, rule, why string) (store.Override, error)
	Overrides(ctx context.Context, u service.User, decided bool) ([]store.Override, error)
	OverridesOf(ctx context.Context, u service.User, id string) ([]store.Override, error)
	OverrideCase(ctx context.Context, u service.User, number int64) (service.OverrideCase, error)
	DecideOverride(ctx context.Context, u service.User, number int64, lift bool, reason string) error
}

func (p *Pages) registerRoutes(r gin.IRouter) {
	r.GET("/registers", p.signedIn(p.listRegisters))
	r.GET("/registers/risk", p.signedIn(p.shown(p.riskPage)))
	r.POST("/registers/risk", p.signedIn(p.setRisk))
	r.GET("/registers/risk/:country", p.signedIn(p.riskHistory))
	r.GET("/registers/terms", p.signedIn(p.shown(p.termsPage)))
	r.POST("/registers/terms", p.signedIn(p.addTerm))
	r.POST("/registers/terms/:id/end", p.signedIn(p.endTerm))
	r.GET("/registers/relations", p.signedIn(p.shown(p.relationsPage)))
	r.POST("/registers/relations", p.signedIn(p.addRelation))
	r.POST("/registers/relations/:id/end", p.signedIn(p.endRelation))
	r.GET("/registers/authorities", p.signedIn(p.shown(p.authoritiesPage)))
	r.POST("/registers/authorities", p.signedIn(p.addAuthority))
	r.POST("/registers/authorities/:id/end", p.signedIn(p.endAuthority))
	r.GET("/registers/marks", p.signedIn(p.shown(p.marksPage)))
	r.POST("/registers/marks", p.signedIn(p.setMark))
	r.POST("/registers/marks/:id/lift", p.signedIn(p.liftMark))
	r.GET("/registers/findings", p.signedIn(p.shown(p.findingsPage)))
	r.POST("/registers/findings/look", p.signedIn(p.findSplits))
	r.POST("/registers/findings/:id/resolve", p.signedIn(p.resolveFinding))
	r.GET("/registers/overrides", p.signedIn(p.listOverrides))
	r.GET("/registers/overrides/:id", p.signedIn(p.shown(p.overridePage)))
	r.POST("/registers/overrides/:id", p.signedIn(p.decideOverride))
	r.GET("/registers/plans", p.signedIn(p.listPlans))
	r.GET("/registers/plan-summary", p.signedIn(p.planSummary))
	r.GET("/registers/plans/:unit/:year", p.signedIn(p.showPlan))
	r.POST("/registers/plans/:unit/:year", p.signedIn(p.putPlan))
	r.GET("/visits/:id/overrides", p.signedIn(p.shown(p.ownOverrides)))
	r.POST("/visits/:id/overrides", p.signedIn(p.askOverride))
}

// tried is a form that was refused: what was typed, of which entry, and why. The zero value is none.
type tried struct {
	id  int64
	err error
}

// shown is the handler of a page before anything was sent from it.
func (p *Pages) shown(page func(request, tried) error) func(request) error {
	return func(r request) error { return page(r, tried{}) }
}

// register is the frame of a register's page.
func (p *Pages) register(r request, t tried, title string, pairs ...string) (view.Register, int, error) {
	page, err := p.page(r, "registers", title, pairs...)
	v := view.Register{Page: page, Right: r.rights, Today: r.user.Day(), Tried: t.id}
	if err != nil || t.err == nil {
		return v, http.StatusOK, err
	}
	refusal := api.Refusal(t.err)
	v.Typed = r.Request.PostForm
	for _, q := range refusal.Problems {
		problem := v.Problem(q)
		if t.id != 0 {
			problem.Field += "-" + strconv.FormatInt(t.id, 10)
		}
		v.Problems = append(v.Problems, problem)
	}
	if len(refusal.Problems) == 0 {
		v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
	}
	return v, api.Status(refusal), nil
}

// sent answers a form: where it was refused for what was typed, or because something is there already, its page again.
func (p *Pages) sent(r request, id int64, err error, again func(request, tried) error, to string) error {
	if refusedOnPage(err) {
		return again(r, tried{id, err})
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, to)
}

func entryID(r request) (int64, error) {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "page")
	}
	return id, nil
}

func (p *Pages) listRegisters(r request) error {
	frame, _, err := p.register(r, tried{}, "registers.title")
	if err != nil {
		return err
	}
	work, err := p.svc.RegisterWork(r.ctx(), r.user)
	if err != nil {
		return err
	}
	v := view.RegisterIndex{Register: frame}
	for _, g := range service.Registers {
		if r.rights.Reads(g) {
			v.List = append(v.List, view.RegisterLink{Of: g, Keeps: r.rights.Keeps(g), Open: work[g]})
		}
	}
	return render(r.Context, http.StatusOK, view.RegistersPage(v))
}

func (p *Pages) riskPage(r request, t tried) error {
	frame, status, err := p.register(r, t, "register.risk")
	if err != nil {
		return err
	}
	if err := days(r, "day"); err != nil {
		return err
	}
	v := view.RiskLevels{Register: frame, Day: r.Query("day"), Lands: countryCodes(frame.Lang)}
	_, v.Changes = r.rights.Abroad()
	if v.Day == "" {
		v.Day = v.Today
	}
	if v.Rows, err = p.svc.RiskLevels(r.ctx(), r.user, v.Day); err != nil {
		return err
	}
	if err := p.knowRisk(r.ctx(), &v.Page, v.Rows); err != nil {
		return err
	}
	return render(r.Context, status, view.RiskPage(v))
}

func (p *Pages) knowRisk(ctx context.Context, page *view.Page, rows []store.RiskLevel) error {
	var ids []string
	for _, x := range rows {
		ids = append(ids, x.SetBy)
	}
	return p.knowAll(ctx, page, ids)
}

func (p *Pages) setRisk(r request) error {
	level, _ := strconv.Atoi(r.PostForm("level")) // what is no number is no level
	err := p.svc.SetRisk(r.ctx(), r.user, store.RiskLevel{
		Country: r.PostForm("country"), Level: level, From: r.PostForm("from"), Source: text(r.Request.PostForm, "source"), Note: text(r.Request.PostForm, "note"),
	})
	return p.sent(r, 0, err, p.riskPage, "/registers/risk/"+url.PathEscape(r.PostForm("country"))+"?done=register")
}

func (p *Pages) riskHistory(r request) error {
	frame, status, err := p.register(r, tried{}, "register.history")
	if err != nil {
		return err
	}
	v := view.RiskHistory{Register: frame, Country: r.Param("country")}
	if !visit.KnownCountry(v.Country) {
		return visit.Refuse(visit.NotFound, "not_found", "what", "page")
	}
	if v.Rows, err = p.svc.RiskHistory(r.ctx(), v.Country); err != nil {
		return err
	}
	if err := p.knowRisk(r.ctx(), &v.Page, v.Rows); err != nil {
		return err
	}
	return render(r.Context, status, view.RiskHistoryPage(v))
}

func (p *Pages) termsPage(r request, t tried) error {
	frame, status, err := p.register(r, t, "register.terms")
	if err != nil {
		return err
	}
	v := view.Terms{Register: frame}
	if v.Rows, err = p.svc.Terms(r.ctx()); err != nil {
		return err
	}
	var ids []string
	for _, x := range v.Rows {
		ids = append(ids, x.SetBy)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, status, view.TermsPage(v))
}

func (p *Pages) addTerm(r request) error {
	f := r.Request.PostForm
	_, err := p.svc.AddTerm(r.ctx(), r.user, store.TeachingTerm{NameZH: text(f, "name_zh"), NameEN: text(f, "name_en"), From: r.PostForm("from"), To: r.PostForm("to")})
	return p.sent(r, 0, err, p.termsPage, "/registers/terms?done=register")
}

func (p *Pages) endTerm(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	if err := p.svc.EndTerm(r.ctx(), r.user, id); err != nil {
		return err
	}
	return redirect(r.Context, "/registers/terms?done=register")
}

func (p *Pages) relationsPage(r request, t tried) error {
	frame, status, err := p.register(r, t, "register.relations")
	if err != nil {
		return err
	}
	v := view.Relations{Register: frame}
	if v.Rows, err = p.svc.Relations(r.ctx(), r.user); err != nil {
		return err
	}
	var ids []string
	for _, x := range v.Rows {
		ids = append(ids, x.Person, x.Relative, x.SetBy)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	return render(r.Context, status, view.RelationsPage(v))
}

func (p *Pages) addRelation(r request) error {
	x := store.Relation{Person: text(r.Request.PostForm, "person"), Relative: text(r.Request.PostForm, "relative"), Kind: r.PostForm("kind"), From: r.PostForm("from")}
	for _, typed := range []*string{&x.Person, &x.Relative} {
		who, ok, err := p.onlyOne(r.ctx(), *typed)
		if err != nil {
			return err
		}
		if ok {
			*typed = who.ID
		}
	}
	_, err := p.svc.AddRelation(r.ctx(), r.user, x)
	return p.sent(r, 0, err, p.relationsPage, "/registers/relations?done=register")
}

func (p *Pages) endRelation(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	if err := p.svc.EndRelation(r.ctx(), r.user, id); err != nil {
		return err
	}
	return redirect(r.Context, "/registers/relations?done=register")
}

func (p *Pages) authoritiesPage(r request, t tried) error {
	frame, status, err := p.register(r, t, "register.authorities")
	if err != nil {
		return err
	}
	v := view.Authorities{Register: frame}
	if v.Rows, err = p.svc.Authorities(r.ctx()); err != nil {
		return err
	}
	if v.Powers, err = p.powers(r); err != nil {
		return err
	}
	var ids []string
	for _, x := range v.Rows {
		ids = append(ids, x.SetBy, x.EndedBy)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, status, view.AuthoritiesPage(v))
}

// powers are the sign-offs of the policy in force that decide: the issue first, then the leaders and the offices of the university.
func (p *Pages) powers(r request) ([]string, error) {
	all, err := p.svc.Policies(r.ctx(), r.user)
	if err != nil {
		return nil, err
	}
	_, pack, err := p.svc.PolicyVersion(r.ctx(), all.InForce.Hash)
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, s := range slices.Backward(pack.Book().SignOffs) {
		if !strings.HasPrefix(s.Code, "X.") {
			codes = append(codes, s.Code)
		}
	}
	return codes, nil
}

func (p *Pages) addAuthority(r request) error {
	f := r.Request.PostForm
	_, err := p.svc.AddAuthority(r.ctx(), r.user, store.Authority{
		Power: r.PostForm("power"), NameZH: text(f, "name_zh"), NameEN: text(f, "name_en"), GrantedBy: text(f, "granted_by"), Document: text(f, "document"),
		From: r.PostForm("from"), To: r.PostForm("to"), Exceptions: text(f, "exceptions"),
	})
	return p.sent(r, 0, err, p.authoritiesPage, "/registers/authorities?done=register")
}

func (p *Pages) endAuthority(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	err = p.svc.EndAuthority(r.ctx(), r.user, id, r.PostForm("to"), text(r.Request.PostForm, "reason"))
	return p.sent(r, id, err, p.authoritiesPage, "/registers/authorities?done=register")
}

func (p *Pages) marksPage(r request, t tried) error {
	frame, status, err := p.register(r, t, "register.marks")
	if err != nil {
		return err
	}
	v := view.Marks{Register: frame, Lifted: r.Query("lifted") == "1"}
	if v.Rows, err = p.svc.Marks(r.ctx(), r.user, v.Lifted); err != nil {
		return err
	}
	if v.Codes, err = p.unitCodes(r); err != nil {
		return err
	}
	var ids []string
	for _, m := range v.Rows {
		ids = append(ids, m.Person, m.SetBy, m.LiftedBy)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	return render(r.Context, status, view.MarksPage(v))
}

func (p *Pages) setMark(r request) error {
	m := store.Mark{
		Kind: policy.MarkKind(r.PostForm("kind")), Person: text(r.Request.PostForm, "person"), Unit: r.PostForm("unit"), Since: r.PostForm("since"), Reason: text(r.Request.PostForm, "reason"),
	}
	if m.Person != "" {
		who, ok, err := p.onlyOne(r.ctx(), m.Person)
		if err != nil {
			return err
		}
		if ok {
			m.Person = who.ID
		}
	}
	_, err := p.svc.SetMark(r.ctx(), r.user, m)
	return p.sent(r, 0, err, p.marksPage, "/registers/marks?done=register")
}

func (p *Pages) liftMark(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	err = p.svc.LiftMark(r.ctx(), r.user, id, text(r.Request.PostForm, "reason"))
	return p.sent(r, id, err, p.marksPage, "/registers/marks?done=register")
}

func (p *Pages) findingsPage(r request, t tried) error {
	frame, status, err := p.register(r, t, "register.findings")
	if err != nil {
		return err
	}
	v := view.Findings{Register: frame, Resolved: r.Query("resolved") == "1"}
	if v.Rows, err = p.svc.Findings(r.ctx(), r.user, v.Resolved); err != nil {
		return err
	}
	var ids []string
	for _, f := range v.Rows {
		ids = append(ids, f.ResolvedBy)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	return render(r.Context, status, view.FindingsPage(v))
}

// lookDays is how far back and ahead the page looks for split groups.
const lookDays = 365

func (p *Pages) findSplits(r request) error {
	if _, err := p.svc.FindSplits(r.ctx(), r.user, lookDays); err != nil {
		return err
	}
	return redirect(r.Context, "/registers/findings?done=register")
}

func (p *Pages) resolveFinding(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	err = p.svc.ResolveFinding(r.ctx(), r.user, id, text(r.Request.PostForm, "reason"))
	return p.sent(r, id, err, p.findingsPage, "/registers/findings?done=register")
}

func (p *Pages) listOverrides(r request) error {
	frame, status, err := p.register(r, tried{}, "register.overrides")
	if err != nil {
		return err
	}
	v := view.Overrides{Register: frame, Decided: r.Query("decided") == "1"}
	if v.Rows, err = p.svc.Overrides(r.ctx(), r.user, v.Decided); err != nil {
		return err
	}
	if err := p.knowOverrides(r.ctx(), &v.Page, v.Rows); err != nil {
		return err
	}
	return render(r.Context, status, view.OverridesPage(v))
}

func (p *Pages) knowOverrides(ctx context.Context, page *view.Page, rows []store.Override) error {
	var ids []string
	for _, o := range rows {
		ids = append(ids, o.AskedBy, o.DecidedBy, o.OnBehalfOf)
	}
	return p.knowAll(ctx, page, ids)
}

func (p *Pages) overridePage(r request, t tried) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	c, err := p.svc.OverrideCase(r.ctx(), r.user, id)
	if err != nil {
		return err
	}
	frame, status, err := p.register(r, t, "register.override")
	if err != nil {
		return err
	}
	v := view.Override{Register: frame, C: c}
	if err := p.knowOverrides(r.ctx(), &v.Page, []store.Override{c.Override}); err != nil {
		return err
	}
	for person, name := range c.People {
		v.People[person] = name
	}
	return render(r.Context, status, view.OverridePage(v))
}

func (p *Pages) decideOverride(r request) error {
	id, err := entryID(r)
	if err != nil {
		return err
	}
	err = p.svc.DecideOverride(r.ctx(), r.user, id, r.PostForm("do") == "lift", text(r.Request.PostForm, "reason"))
	return p.sent(r, 0, err, p.overridePage, "/registers/overrides?done=register")
}

func (p *Pages) ownOverrides(r request, t tried) error {
	row, err := p.svc.Draft(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	preview, err := p.svc.Preview(r.ctx(), row.ID, row.Draft)
	if err != nil {
		return err
	}
	frame, status, err := p.register(r, t, "register.ask_title")
	if err != nil {
		return err
	}
	v := view.OwnOverrides{Register: frame, ID: row.ID, Title: row.Draft.Title}
	if preview.Route != nil {
		v.Refusals = slices.DeleteFunc(slices.Clone(preview.Route.Refusals), func(x policy.Remark) bool { return len(x.Posts) == 0 })
	}
	if v.Asked, err = p.svc.OverridesOf(r.ctx(), r.user, row.ID); err != nil {
		return err
	}
	if err := p.knowOverrides(r.ctx(), &v.Page, v.Asked); err != nil {
		return err
	}
	return render(r.Context, status, view.OwnOverridesPage(v))
}

func (p *Pages) askOverride(r request) error {
	_, err := p.svc.AskOverride(r.ctx(), r.user, r.Param("id"), r.PostForm("rule"), text(r.Request.PostForm, "why"))
	return p.sent(r, 0, err, p.ownOverrides, "/visits/"+url.PathEscape(r.Param("id"))+"/overrides?done=register")
}

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
		rows = append(rows, append(row, plainCell(strings.Join(x.Open, " "))))
	}
	return sendCSV(r, fmt.Sprintf("plans-%d-%d.csv", v.Year, v.Half), rows)
}

// sendCSV sends rows in UTF-8, with the mark that spreadsheets look for.
func sendCSV(r request, name string, rows [][]string) error {
	var buf bytes.Buffer
	buf.WriteString("\ufeff")
	w := csv.NewWriter(&buf)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	r.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	r.Data(http.StatusOK, "text/csv; charset=utf-8", buf.Bytes())
	return nil
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
