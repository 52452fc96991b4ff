// Package web is the pages: forms in, HTML out. A handler reads the form, calls the service, and either redirects (303) or
// shows the page again with what was typed. Nothing here decides; everything works without JavaScript.
package web

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/live"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// Deps is what the pages need.
type Deps struct {
	Service    *service.Service
	Auth       Auth
	Demo       bool         // shows the demonstration accounts and the clock
	TemporalUI string       // address of Temporal's own pages, "" where there are none
	Mailbox    string       // folder of the mails of a demonstration, "" where there is none
	Live       *live.Hub    // wakes the streams of pages; nil: pages do not update by themselves
	Help       signin.Label // whom to ask who cannot sign in; empty for the usual words
}

// Auth says who a request comes from; package auth is one. After SignIn, CSRF gives the token of the new session.
type Auth interface {
	SignIn(c *gin.Context, username, password string) error
	SignOut(c *gin.Context) error
	User(c *gin.Context) (service.User, bool)
	Expired(c *gin.Context) bool
	Again(c *gin.Context) (u service.User, ok bool, err error)
	CSRF(c *gin.Context) string
	MakeToken(ctx context.Context, u service.User, name string, days int) (string, error)

	Providers() []signin.Provider
	Begin(c *gin.Context, way signin.Way, next string, fresh bool) (string, error)
	Finish(c *gin.Context, way signin.Way) (next string, err error)
	LeaveProvider(way signin.Way) string
	LogOut(ctx context.Context, logoutRequest string) (person string, err error)
}

// desk is what the pages ask of the service.
type desk interface {
	policyDesk
	calendarDesk
	paperDesk
	approverDesk
	registerDesk
	ledgerDesk
	analyticsDesk
	auditDesk
	decisionDesk
	rateDesk
	passportDesk
	noticeDesk
	abroadDesk
	boardDesk
	talentDesk
	repairDesk
	lifeDesk
	sessionDesk
	Rights(ctx context.Context, u service.User) (service.Rights, error)
	Inbox(ctx context.Context, u service.User, f store.InboxFilter) (store.Page[store.InboxItem], error)
	savedViewDesk
	CountInbox(ctx context.Context, u service.User) (store.InboxCount, error)
	Mine(ctx context.Context, u service.User) ([]store.DraftRow, store.Page[store.VisitRow], error)
	Visits(ctx context.Context, u service.User, f store.VisitFilter) (store.Page[store.VisitRow], error)
	Case(ctx context.Context, u service.User, id string) (service.Case, error)
	Entries(ctx context.Context, u service.User, id string) ([]ledger.Entry, error)
	History(ctx context.Context, u service.User, id string) (service.History, error)
	SearchEvents(ctx context.Context, u service.User, f store.EventFilter) (store.Page[store.EventRow], error)

	Preview(ctx context.Context, id string, d visit.Draft) (service.Preview, error)
	Roster(ctx context.Context, r io.Reader) ([]visit.Traveller, error)
	Draft(ctx context.Context, u service.User, id string) (store.DraftRow, error)
	KeepDraft(ctx context.Context, u service.User, applicant, key string, d visit.Draft) (store.DraftRow, error)
	SaveDraft(ctx context.Context, u service.User, id string, revision int, d visit.Draft) (store.DraftRow, error)
	Submit(ctx context.Context, u service.User, id, key string) (visit.Receipt, error)
	Decide(ctx context.Context, u service.User, id string, d service.Decision, key string) (visit.Receipt, error)
	Do(ctx context.Context, u service.User, id, command, task, text, key string) (visit.Receipt, error)
	CategoryChange(ctx context.Context, u service.User, id string, to visit.Category) (service.CategoryChange, error)
	ChangeCategory(ctx context.Context, u service.User, id string, to visit.Category, reason, key string) (visit.Receipt, error)
	Copy(ctx context.Context, u service.User, id string) (visit.Draft, error)
	DraftFiles(ctx context.Context, u service.User, id string) (map[string]store.File, error)
	Upload(ctx context.Context, u service.User, r io.Reader) (store.File, error)
	OpenFile(ctx context.Context, u service.User, id, hash string) (service.Download, error)

	Delegations(ctx context.Context, u service.User, delegator string) ([]store.Delegation, error)
	CreateDelegation(ctx context.Context, u service.User, n service.NewDelegation) (store.Delegation, error)
	EndDelegation(ctx context.Context, u service.User, delegator string, id int64) error
	AdvanceClock(ctx context.Context, u service.User, by time.Duration) (time.Time, error)
}

// record is what the pages look up by themselves: names, and who has a visit.
type record interface {
	People(ctx context.Context, ids ...string) (map[string]policy.Person, error)
	FindPeople(ctx context.Context, text string) ([]policy.Person, error)
	Units(ctx context.Context) ([]store.Unit, error)
	Posts(ctx context.Context) ([]store.Post, error)
	Holders(ctx context.Context, post, unit, day string) ([]store.Acting, error)
	Visit(ctx context.Context, id string) (visit.Visit, error)
	Signers(ctx context.Context, id, day string) (map[string][]store.Acting, error)
	SetLanguage(ctx context.Context, person, language string) error
	Names(ctx context.Context, persons []string) (store.Names, error)
	OpenVacancies(ctx context.Context) (int, error)
	Acting(ctx context.Context, person, day string) ([]store.Acting, error)
}

// Pages are the handlers.
type Pages struct {
	svc        desk
	record     record
	auth       Auth
	names      func(code string) (policy.Words, bool)
	demo       bool
	temporalUI string
	mailbox    string
	help       signin.Label
	hub        hub           // nil: pages do not update by themselves
	beat       time.Duration // of the streams
}

// Register puts all pages on the engine. Who stands before them must have run auth's Identify and Protect, and must answer
// the error that a request ends with by Fail, in one place for handlers and for what never reached one.
func Register(engine *gin.Engine, d Deps) *Pages {
	p := &Pages{
		svc: d.Service, record: d.Service.Store, auth: d.Auth, names: d.Service.PolicyName, demo: d.Demo,
		temporalUI: d.TemporalUI, mailbox: d.Mailbox, help: d.Help, beat: beat,
	}
	if d.Live != nil {
		p.hub = d.Live
	}
	p.routes(engine)
	if p.mailbox != "" { // the standalone form
		p.addMailbox(engine)
		engine.GET("/dev/components", p.wrap(p.showComponents))
	}
	return p
}

func (p *Pages) routes(r gin.IRouter) {
	r.GET("/assets/:hash/:name", p.wrap(serveAsset))
	r.GET("/login", p.wrap(p.showLogin))
	r.POST("/login", p.wrap(p.login))
	p.providerRoutes(r)
	r.POST("/logout", p.wrap(p.logout))
	r.POST("/language", p.wrap(p.setLanguage))

	r.GET("/check", p.wrap(p.findCheck))
	r.GET("/check/:code", p.wrap(p.check))
	r.POST("/check/:code", p.wrap(p.check))

	r.GET("/", p.signedIn(p.showDesk))
	p.inboxRoutes(r)
	r.GET("/events", p.signedIn(p.events))
	r.GET("/people", p.signedIn(p.findPeople))

	r.GET("/visits", p.signedIn(p.listVisits))
	r.GET("/visits/new", p.signedIn(p.newVisit))
	r.POST("/visits/new", p.signedIn(p.saveVisit))
	r.POST("/visits/preview", p.signedIn(p.previewVisit))
	r.POST("/visits/keep", p.signedIn(p.keepVisit))
	r.POST("/visits/files", p.signedIn(p.attachFile))
	r.GET("/visits/roster.csv", p.signedIn(p.sampleRoster))
	r.GET("/visits/:id", p.signedIn(p.showCase))
	r.GET("/visits/:id/edit", p.signedIn(p.editVisit))
	r.POST("/visits/:id/edit", p.signedIn(p.saveVisit))
	r.GET("/visits/:id/summary", p.signedIn(p.showSummary))
	r.POST("/visits/:id/decide", p.signedIn(p.decide))
	r.POST("/visits/:id/answer", p.signedIn(p.command(service.CommandAnswer, "answered")))
	r.POST("/visits/:id/withdraw", p.signedIn(p.command(service.CommandWithdraw, "withdrawn")))
	r.POST("/visits/:id/cancel", p.signedIn(p.command(service.CommandCancel, "cancelled")))
	p.decisionRoutes(r)
	r.GET("/visits/:id/category", p.signedIn(p.showCategory))
	r.POST("/visits/:id/category", p.signedIn(p.changeCategory))
	r.GET("/visits/:id/files/:hash", p.signedIn(p.download))
	r.GET("/visits/:id/papers/:file", p.signedIn(p.paper))
	r.GET("/visits/:id/ledger", p.signedIn(p.showLedger))
	r.GET("/visits/:id/history", p.signedIn(p.showHistory))
	r.GET("/visits/:id/as-of", p.signedIn(p.showAsOf))

	p.approverRoutes(r)
	r.GET("/analytics", p.signedIn(p.showAnalytics))
	r.GET("/analytics/:name/export", p.signedIn(p.exportAnalysis))
	r.GET("/delegations", p.signedIn(p.listDelegations))
	r.POST("/delegations", p.signedIn(p.createDelegation))
	r.POST("/delegations/:id/end", p.signedIn(p.endDelegation))
	r.GET("/audit", p.signedIn(p.searchEvents))
	r.GET("/audit/office", p.signedIn(p.searchOffice))
	r.GET("/audit/export", p.signedIn(p.exportEvents))
	r.GET("/audit/samples", p.signedIn(p.listSamples))
	r.POST("/audit/samples", p.signedIn(p.drawSample))
	r.GET("/audit/samples/:id", p.signedIn(p.showSample))
	r.GET("/audit/samples/:id/export", p.signedIn(p.exportSample))
	r.GET("/audit/findings", p.signedIn(p.listAuditFindings))
	r.POST("/audit/findings", p.signedIn(p.addAuditFinding))
	r.GET("/audit/findings/export", p.signedIn(p.exportAuditFindings))
	r.GET("/audit/findings/:id", p.signedIn(p.showAuditFinding))
	r.POST("/audit/findings/:id/steps", p.signedIn(p.followUpFinding))
	r.GET("/audit/questions", p.signedIn(p.listQuestions))
	r.GET("/audit/questions/:name", p.signedIn(p.askQuestion))
	r.GET("/audit/questions/:name/export", p.signedIn(p.exportQuestion))
	r.GET("/audit/heads", p.signedIn(p.showHeads))
	r.GET("/audit/heads/:size", p.signedIn(p.showCheckpoint))
	r.GET("/audit/keys", p.signedIn(p.showKeys))
	r.POST("/audit/bundle", p.signedIn(p.exportBundle))
	r.GET("/audit/verify", p.signedIn(p.showVerify))
	r.POST("/audit/verify", p.signedIn(p.verifyBundle))

	r.GET("/passports", p.signedIn(p.listPassports))
	r.POST("/passports", p.signedIn(p.registerPassport))
	r.GET("/passports/:id", p.signedIn(p.showPassport))
	r.POST("/passports/:id/movements", p.signedIn(p.movePassport))
	r.POST("/passports/:id/reveal", p.signedIn(p.revealPassport))

	r.GET("/rates", p.signedIn(p.showRates))
	r.POST("/rates/:table", p.signedIn(p.importRates))
	r.GET("/rates/:table/sample", p.signedIn(p.sampleRates))

	r.GET("/policy", p.signedIn(p.showPolicies))
	r.POST("/policy/use", p.signedIn(p.usePolicy))
	r.GET("/policy/versions/:hash", p.signedIn(p.showPolicy))
	r.GET("/policy/versions/:hash/text", p.signedIn(p.showPolicyText))
	r.GET("/policy/compare", p.signedIn(p.comparePolicies))
	r.GET("/policy/replay", p.signedIn(p.showReplay))
	r.GET("/policy/coverage", p.signedIn(p.showCoverage))
	r.POST("/policy/drafts", p.signedIn(p.openPolicyDraft))
	r.GET("/policy/drafts/:id", p.signedIn(p.showPolicyDraft))
	r.POST("/policy/drafts/:id", p.signedIn(p.savePolicyDraft))
	r.POST("/policy/drafts/:id/check", p.signedIn(p.checkPolicyDraft))
	r.POST("/policy/drafts/:id/publish", p.signedIn(p.publishPolicyDraft))

	r.GET("/notifications", p.signedIn(p.showNotifications))
	r.POST("/notifications/read", p.signedIn(p.readNotifications))
	r.GET("/settings/notifications", p.signedIn(p.showNotificationSettings))
	r.POST("/settings/notifications", p.signedIn(p.saveNotificationSettings))
	r.POST("/settings/notifications/digest", p.signedIn(p.sendDigest))
	r.GET("/admin/deliveries", p.signedIn(p.showDeliveries))
	r.POST("/admin/deliveries/:id/resend", p.signedIn(p.resend))
	r.POST("/admin/deliveries/test", p.signedIn(p.testChannel))

	r.GET("/calendar", p.signedIn(p.showCalendars))
	r.POST("/calendar", p.signedIn(p.loadCalendar))
	r.GET("/calendar/:campus/:year", p.signedIn(p.sendCalendar))
	r.POST("/calendar/drafts/:id/publish", p.signedIn(p.publishCalendar))
	r.POST("/calendar/drafts/:id/drop", p.signedIn(p.dropCalendar))

	p.registerRoutes(r)
	p.abroadRoutes(r)
	p.boardRoutes(r)
	p.talentRoutes(r)
	p.repairRoutes(r)
	p.lifeRoutes(r)
	p.sessionRoutes(r)

	r.POST("/clock", p.signedIn(p.advanceClock))
}

// request is a request of somebody who is signed in.
type request struct {
	*gin.Context
	user   service.User
	rights service.Rights
}

func (r request) ctx() context.Context { return r.Request.Context() }

func (p *Pages) wrap(f func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := f(c); err != nil {
			_ = c.Error(err)
			c.Abort()
		}
	}
}

// signedIn sends everybody else to the sign-in page, with what they were about to send.
func (p *Pages) signedIn(f func(request) error) gin.HandlerFunc {
	return p.wrap(func(c *gin.Context) error {
		u, ok := p.auth.User(c)
		if !ok {
			return p.toLogin(c)
		}
		if via(c) != "" {
			u.Channel = service.MailPage
		}
		rights, err := p.svc.Rights(c.Request.Context(), u)
		if err != nil {
			return err
		}
		c.Header("Cache-Control", "no-store")
		return f(request{c, u, rights})
	})
}

// via tells that a page was opened from a mail, or a form sent from such a page: `mail`, else "".
func via(c *gin.Context) string {
	if c.Query("from") == "mail" || c.PostForm("via") == "mail" {
		return "mail"
	}
	return ""
}

// Fail answers with the page for an error, or with the sign-in page when nobody is signed in. Logging is the caller's.
func (p *Pages) Fail(c *gin.Context, err error) {
	refusal := api.Refusal(err)
	status := api.Status(refusal)
	if status == http.StatusUnauthorized && p.toLogin(c) == nil {
		return
	}
	if refusal.Rule == "csrf" && p.resume(c, status) {
		return
	}
	if s := api.RetryAfter(err); s > 0 {
		c.Header("Retry-After", strconv.Itoa(s))
	}
	page := p.bare(c, "error."+strconv.Itoa(status))
	v := view.Error{Page: page, Status: status, Text: page.Say(refusal.Rule, refusal.Args), RequestID: requestID(c), Back: back(c)}
	for _, q := range refusal.Problems {
		v.Problems = append(v.Problems, page.Problem(q))
	}
	if err := render(c, status, view.ErrorPage(v)); err != nil {
		_ = c.Error(err)
		c.Status(http.StatusInternalServerError)
	}
}

// back is the page that the user came from, where that is one of ours.
func back(c *gin.Context) string {
	from, err := url.Parse(c.GetHeader("Referer"))
	if err != nil || from.Host != c.Request.Host {
		return ""
	}
	return local(from.RequestURI())
}

// local gives the address if it is a path of this site, else "".
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(address, "//") || strings.Contains(address, `\`) {
		return ""
	}
	return address
}

func requestID(c *gin.Context) string { return c.Writer.Header().Get("X-Request-ID") }

// bare is a page that needs nobody to be signed in and nothing to be read.
func (p *Pages) bare(c *gin.Context, title string, pairs ...string) view.Page {
	lang := p.lang(c)
	page := view.Page{
		Lang: lang, URL: c.Request.URL.RequestURI(), CSRF: p.auth.CSRF(c), Now: time.Now(), Demo: p.demo, Assets: pageAssets(),
		Via: via(c), Mailbox: p.mailbox != "", Names: view.Names{Policy: p.names, Country: countryName},
	}
	if c.Request.Method != http.MethodGet {
		page.URL = back(c)
	}
	if u, ok := p.auth.User(c); ok {
		page.Now = u.Now
		page.User = &view.User{Person: u.Person, NameZH: u.NameZH, NameEN: u.NameEN}
	}
	page.Title = page.T(title, pairs...)
	return page
}

// page is the frame for somebody who is signed in; here names the entry of the navigation.
func (p *Pages) page(r request, here, title string, pairs ...string) (view.Page, error) {
	page, err := p.part(r, title, pairs...)
	if err != nil {
		return page, err
	}
	page.Here = here
	_, page.User.Abroad = r.rights.Abroad()
	page.User.Signs, page.User.Audits, page.User.Admin = r.rights.Signs, r.rights.Audit, r.rights.Admin
	for _, a := range r.rights.Acting {
		page.User.Posts = append(page.User.Posts, a.Post)
	}
	if done := "done." + r.Query("done"); i18n.Has(done) {
		page.Flash = page.T(done)
	}
	if page.Unread, err = p.svc.Unread(r.ctx(), r.user); err != nil {
		return page, err
	}
	if r.rights.Signs {
		if page.Waiting, err = p.svc.CountInbox(r.ctx(), r.user); err != nil {
			return page, err
		}
	}
	if r.rights.Watches() {
		work, err := p.svc.RegisterWork(r.ctx(), r.user)
		if err != nil {
			return page, err
		}
		page.User.Registers = true
		for _, n := range work {
			page.Registers += n
		}
	}
	return page, nil
}

// part is what a part of a page needs to know, without the frame.
func (p *Pages) part(r request, title string, pairs ...string) (view.Page, error) {
	page := p.bare(r.Context, title, pairs...)
	units, err := p.record.Units(r.ctx())
	page.Units, page.People = map[string]policy.Words{}, map[string]policy.Person{}
	for _, u := range units {
		page.Units[u.Code] = policy.Words{ZH: u.NameZH, EN: u.NameEN}
	}
	return page, err
}

// know reads the names of persons into a page. Who is no longer there is known by the last names.
func (p *Pages) know(ctx context.Context, page *view.Page, ids ...string) error {
	people, err := p.record.People(ctx, ids...)
	for id, person := range people {
		page.People[id] = person
	}
	gone := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, known := page.People[id]
		return known || id == "" || id == visit.System.Person || id == service.Somebody
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return p.knowPast(ctx, page, gone...)
}

// knowPast reads what persons were called at all times: what is past is told in the names of its time (domain P-16).
func (p *Pages) knowPast(ctx context.Context, page *view.Page, ids ...string) error {
	names, err := p.record.Names(ctx, ids)
	if page.Past == nil {
		page.Past = store.Names{}
	}
	maps.Copy(page.Past, names)
	return err
}

// knowPosts reads the names of posts into a page.
func (p *Pages) knowPosts(ctx context.Context, page *view.Page) error {
	posts, err := p.record.Posts(ctx)
	page.Posts = map[string]policy.Words{}
	for _, post := range posts {
		page.Posts[post.Code] = policy.Words{ZH: post.NameZH, EN: post.NameEN}
	}
	return err
}

// lang is the language of the page: of the profile, else of the cookie, else of the browser.
func (p *Pages) lang(c *gin.Context) i18n.Lang {
	if u, ok := p.auth.User(c); ok {
		if lang, ok := i18n.Parse(u.Language); ok {
			return lang
		}
	}
	if cookie, err := c.Cookie(languageCookie); err == nil {
		if lang, ok := i18n.Parse(cookie); ok {
			return lang
		}
	}
	return i18n.FromAcceptLanguage(c.GetHeader("Accept-Language"))
}

// render writes a component; nothing is sent before all of it is there.
func render(c *gin.Context, status int, component templ.Component) error {
	var buf bytes.Buffer
	if err := component.Render(c.Request.Context(), &buf); err != nil {
		return err
	}
	c.Header("Vary", "HX-Request, Accept-Language, Cookie")
	c.Data(status, "text/html; charset=utf-8", buf.Bytes())
	return nil
}

func redirect(c *gin.Context, to string) error {
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// partial tells that a script asks for a part of a page.
func partial(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" }

// wrongIn is a refusal of one field of a form.
func wrongIn(field, rule string, pairs ...string) error {
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args}}}
}
