package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
)

// talentDesk is what the pages ask of the service about talents and partners.
type talentDesk interface {
	TalentYear(ctx context.Context, u service.User, a service.TalentAsk) (service.TalentYear, error)
	Talents(ctx context.Context, u service.User, a service.TalentAsk) ([]store.Talent, error)
	Talent(ctx context.Context, u service.User, id string, report, n int) (service.TalentCase, error)
	FollowTalent(ctx context.Context, u service.User, id string, report, n int, step service.NewTalentStep) error
	TalentWeights(ctx context.Context, u service.User) ([]store.TalentWeights, error)
	SetTalentWeights(ctx context.Context, u service.User, w store.TalentWeights) error
	ExportTalents(ctx context.Context, u service.User, table string, a service.TalentAsk, lang i18n.Lang, format string, country func(i18n.Lang, string) string) (service.Export, error)
	Partners(ctx context.Context, f store.PartnerFilter) ([]store.Partner, error)
	Partner(ctx context.Context, u service.User, code string) (service.PartnerCase, error)
	PutPartner(ctx context.Context, u service.User, p store.Partner, isNew bool) error
	Duties(ctx context.Context, u service.User, year int) ([]store.VisitTo, error)
}

func (p *Pages) talentRoutes(r gin.IRouter) {
	r.GET("/talent", p.signedIn(p.talentUnits))
	r.GET("/talent/lines", p.signedIn(p.talentLines))
	r.GET("/talent/export", p.signedIn(p.exportTalents))
	r.GET("/talent/weights", p.signedIn(p.shown(p.talentWeightsPage)))
	r.POST("/talent/weights", p.signedIn(p.setTalentWeights))
	r.GET("/talent/met/:id/:report/:met", p.signedIn(p.shown(p.talentMetPage)))
	r.POST("/talent/met/:id/:report/:met/steps", p.signedIn(p.followTalent))
	r.GET("/partners", p.signedIn(p.shown(p.partnersPage)))
	r.POST("/partners", p.signedIn(p.addPartner))
	r.GET("/partners/:code", p.signedIn(p.shown(p.partnerPage)))
	r.POST("/partners/:code", p.signedIn(p.putPartner))
	r.GET("/duties", p.signedIn(p.listDuties))
}

// talentAsked is the year and the unit of a list; a year that is none is refused by the service.
func talentAsked(r request) service.TalentAsk {
	a := service.TalentAsk{Unit: r.Query("unit"), Year: yearOf(r.user)}
	if asked, ok := r.GetQuery("year"); ok && asked != "" {
		a.Year, _ = strconv.Atoi(asked)
		a.Year = max(1, a.Year) // 0 would be this year
	}
	return a
}

func yearOf(u service.User) int {
	year, _ := strconv.Atoi(u.Day()[:4]) // a day begins with its year
	return year
}

// years are those that a list offers: five up to a last one, and the one that is shown.
func years(last, shown int) []string {
	var all []string
	for y := last; y > last-5; y-- {
		all = append(all, strconv.Itoa(y))
	}
	if s := strconv.Itoa(shown); !slices.Contains(all, s) {
		all = append(all, s)
	}
	return all
}

func (p *Pages) talentUnits(r request) error {
	y, err := p.svc.TalentYear(r.ctx(), r.user, talentAsked(r))
	if err != nil {
		return err
	}
	v := view.TalentUnits{Y: y, Years: years(yearOf(r.user), y.Year)}
	if v.Page, err = p.page(r, "talent", "nav.talent"); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.TalentUnitsPage(v))
}

func (p *Pages) talentLines(r request) error {
	a := talentAsked(r)
	rows, err := p.svc.Talents(r.ctx(), r.user, a)
	if err != nil {
		return err
	}
	v := view.TalentLines{Ask: a, Rows: rows, Years: years(yearOf(r.user), a.Year)}
	if v.Page, err = p.page(r, "talent", "talent.lines"); err != nil {
		return err
	}
	if v.Codes, _ = r.rights.Talents(); v.Codes == nil {
		if v.Codes, err = p.unitCodes(r); err != nil {
			return err
		}
	}
	var ids []string
	for _, t := range rows {
		ids = append(ids, t.By)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.TalentLinesPage(v))
}

func (p *Pages) exportTalents(r request) error {
	e, err := p.svc.ExportTalents(r.ctx(), r.user, r.Query("table"), talentAsked(r), p.lang(r.Context), r.Query("format"), countryName)
	if err != nil {
		return err
	}
	attach(r, e.Name, e.MediaType, e.Content)
	return nil
}

// metOf reads which person met a page is about; what is no number is nobody.
func metOf(r request) (id string, report, n int) {
	report, _ = strconv.Atoi(r.Param("report"))
	n, _ = strconv.Atoi(r.Param("met"))
	return r.Param("id"), report, n
}

func (p *Pages) talentMetPage(r request, t tried) error {
	id, report, n := metOf(r)
	c, err := p.svc.Talent(r.ctx(), r.user, id, report, n)
	if err != nil {
		return err
	}
	frame, status, err := p.register(r, t, "talent.lines")
	if err != nil {
		return err
	}
	frame.Here = "talent"
	v := view.TalentMet{Register: frame, C: c, Sees: r.rights.All || slices.Contains(r.rights.Units, c.Unit)}
	ids := []string{c.By}
	for _, s := range c.Follow {
		ids = append(ids, s.By)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	return render(r.Context, status, view.TalentMetPage(v))
}

func (p *Pages) followTalent(r request) error {
	id, report, n := metOf(r)
	err := p.svc.FollowTalent(r.ctx(), r.user, id, report, n, service.NewTalentStep{State: r.PostForm("state"), On: r.PostForm("on"), Note: text(r.Request.PostForm, "note")})
	return p.sent(r, 0, err, p.talentMetPage, "/talent/met/"+url.PathEscape(id)+"/"+r.Param("report")+"/"+r.Param("met")+"?done=register")
}

func (p *Pages) talentWeightsPage(r request, t tried) error {
	rows, err := p.svc.TalentWeights(r.ctx(), r.user)
	if err != nil {
		return err
	}
	frame, status, err := p.register(r, t, "talent.weights")
	if err != nil {
		return err
	}
	frame.Here = "talent"
	v := view.TalentWeights{Register: frame, Rows: rows}
	var ids []string
	for _, w := range rows {
		ids = append(ids, w.SetBy)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, status, view.TalentWeightsPage(v))
}

func (p *Pages) setTalentWeights(r request) error {
	number := func(field string) int {
		n, err := strconv.Atoi(text(r.Request.PostForm, field))
		if err != nil {
			return -1 // which is refused with what is allowed
		}
		return n
	}
	err := p.svc.SetTalentWeights(r.ctx(), r.user, store.TalentWeights{
		From: number("from_year"), Met: number("met"), Contacted: number("contacted"), Visited: number("visited"), Applied: number("applied"), Hired: number("hired"),
		Citation: text(r.Request.PostForm, "citation"),
	})
	return p.sent(r, 0, err, p.talentWeightsPage, "/talent/weights?done=register")
}

// partners is the frame of the pages of partner institutions.
func (p *Pages) partners(r request, t tried, title string) (view.Partners, int, error) {
	frame, status, err := p.register(r, t, title)
	if err != nil {
		return view.Partners{}, status, err
	}
	frame.Here = "partners"
	v := view.Partners{Register: frame, Lands: countryCodes(frame.Lang)}
	v.Codes, err = p.unitCodes(r)
	return v, status, err
}

// hosts are the partners that the form of a request suggests: those whose agreement stands.
func (p *Pages) hosts(r request) ([]store.Partner, error) {
	all, err := p.svc.Partners(r.ctx(), store.PartnerFilter{})
	return slices.DeleteFunc(all, func(x store.Partner) bool { return !x.InForce(r.user.Day()) }), err
}

func (p *Pages) partnersPage(r request, t tried) error {
	v, status, err := p.partners(r, t, "nav.partners")
	if err != nil {
		return err
	}
	if v.Rows, err = p.svc.Partners(r.ctx(), store.PartnerFilter{}); err != nil {
		return err
	}
	return render(r.Context, status, view.PartnersPage(v))
}

func (p *Pages) partnerPage(r request, t tried) error {
	c, err := p.svc.Partner(r.ctx(), r.user, r.Param("code"))
	if err != nil {
		return err
	}
	frame, status, err := p.partners(r, t, "nav.partners")
	if err != nil {
		return err
	}
	v := view.Partner{Partners: frame, P: c}
	if err := p.know(r.ctx(), &v.Page, c.SetBy); err != nil {
		return err
	}
	return render(r.Context, status, view.PartnerPage(v))
}

func (p *Pages) addPartner(r request) error {
	partner := sentPartner(r, text(r.Request.PostForm, "partner_code"))
	return p.sent(r, 0, p.svc.PutPartner(r.ctx(), r.user, partner, true), p.partnersPage, "/partners/"+url.PathEscape(partner.Code)+"?done=register")
}

func (p *Pages) putPartner(r request) error {
	code := r.Param("code")
	if _, err := p.svc.Partner(r.ctx(), r.user, code); err != nil {
		return err
	}
	return p.sent(r, 0, p.svc.PutPartner(r.ctx(), r.user, sentPartner(r, code), false), p.partnerPage, "/partners/"+url.PathEscape(code)+"?done=register")
}

func sentPartner(r request, code string) store.Partner {
	f := r.Request.PostForm
	return store.Partner{
		Code: code, NameZH: text(f, "name_zh"), NameEN: text(f, "name_en"), Country: f.Get("country"), Discipline: text(f, "discipline"),
		FirstClass: f.Get("first_class") != "", Unit: f.Get("unit"), Since: f.Get("since"), EndedOn: f.Get("ended_on"),
	}
}

func (p *Pages) listDuties(r request) error {
	a := talentAsked(r)
	rows, err := p.svc.Duties(r.ctx(), r.user, a.Year)
	if err != nil {
		return err
	}
	v := view.Duties{Year: a.Year, Years: years(yearOf(r.user)+1, a.Year), Rows: rows}
	if v.Page, err = p.page(r, "partners", "partner.duties"); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.DutiesPage(v))
}
