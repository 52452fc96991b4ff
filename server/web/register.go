package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/sheet"
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

// sendCSV sends rows as a file for spreadsheets.
func sendCSV(r request, name string, rows [][]string) error {
	file, err := sheet.CSV(rows)
	if err != nil {
		return err
	}
	r.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	r.Data(http.StatusOK, "text/csv; charset=utf-8", file)
	return nil
}
