package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// auditDesk is what the pages of the auditor's workplace ask of the service.
type auditDesk interface {
	ExportEvents(ctx context.Context, u service.User, f store.EventFilter, lang i18n.Lang, format string) (service.Export, error)
	Samples(ctx context.Context, u service.User) ([]store.Sample, error)
	DrawSample(ctx context.Context, u service.User, n service.NewSample) (store.Sample, error)
	Sample(ctx context.Context, u service.User, id int64) (service.Drawn, error)
	AuditFindings(ctx context.Context, u service.User, state, visitID string) ([]store.AuditFinding, error)
	AuditFinding(ctx context.Context, u service.User, id int64) (service.Tracked, error)
	AddAuditFinding(ctx context.Context, u service.User, n service.NewAuditFinding) (int64, error)
	FollowUpFinding(ctx context.Context, u service.User, id int64, state, note string) error
	ExportSample(ctx context.Context, u service.User, id int64, lang i18n.Lang, format string) (service.Export, error)
	ExportAuditFindings(ctx context.Context, u service.User, state, visitID string, lang i18n.Lang, format string) (service.Export, error)
	Questions(ctx context.Context, u service.User) ([]store.Question, error)
	Question(ctx context.Context, u service.User, name string) (store.Question, store.Asked, error)
	Ask(ctx context.Context, u service.User, a service.Asking) (service.Table, error)
	ExportQuestion(ctx context.Context, u service.User, a service.Asking, format string, country func(i18n.Lang, string) string) (service.Export, error)
}

func (p *Pages) listQuestions(r request) error {
	page, err := p.page(r, "questions", "audit.questions")
	if err != nil {
		return err
	}
	list, err := p.svc.Questions(r.ctx(), r.user)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.QuestionsPage(view.Questions{Page: page, List: list}))
}

// askQuestion shows the form of a question with its answer; what is wrong is shown beside what was typed.
func (p *Pages) askQuestion(r request) error {
	q, usual, err := p.svc.Question(r.ctx(), r.user, r.Param("name"))
	if err != nil {
		return err
	}
	page, err := p.page(r, "questions", "question."+q.Name)
	if err != nil {
		return err
	}
	v := view.Question{Page: page, Q: q, Typed: typed(r, q, usual), From: 1}
	if v.Codes, err = p.unitCodes(r); err != nil {
		return err
	}
	a, problems := asking(v.Typed, q.Name, page.Lang)
	n, err := strconv.Atoi(r.Query("page"))
	if err == nil && n > 1 {
		a.Page, v.From = n, (n-1)*service.TablePage+1
	}
	if len(problems) > 0 {
		return p.wrongQuestion(r, v, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems})
	}
	table, err := p.svc.Ask(r.ctx(), r.user, a)
	if err != nil {
		return p.wrongQuestion(r, v, err)
	}
	table.Country = countryName
	v.Table = &table
	v.Export = "/audit/questions/" + q.Name + "/export?" + and(v.Typed)
	if a.Page > 1 {
		v.Prev = pageOf(r, a.Page-1)
	}
	if v.From+len(table.Rows) <= table.Total {
		v.Next = pageOf(r, max(1, a.Page)+1)
	}
	return render(r.Context, http.StatusOK, view.QuestionPage(v))
}

func (p *Pages) wrongQuestion(r request, v view.Question, err error) error {
	refusal := api.Refusal(err)
	if refusal.Code != visit.Invalid {
		return err
	}
	for _, q := range refusal.Problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	return render(r.Context, api.Status(refusal), view.QuestionPage(v))
}

func (p *Pages) exportQuestion(r request) error {
	q, usual, err := p.svc.Question(r.ctx(), r.user, r.Param("name"))
	if err != nil {
		return err
	}
	a, problems := asking(typed(r, q, usual), q.Name, p.lang(r.Context))
	if len(problems) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	e, err := p.svc.ExportQuestion(r.ctx(), r.user, a, r.Query("format"), countryName)
	return sendFile(r, e, err)
}

// typed is what the form of a question holds: what was sent, else what is usual.
func typed(r request, q store.Question, usual store.Asked) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"from": usual.From, "to": usual.To, "by": usual.By, "most": strconv.Itoa(usual.Most), "days": strconv.Itoa(usual.Days),
		"unit": "", "person": "", "policy": "",
	} {
		if !q.Takes(name) {
			continue
		}
		if sent, ok := r.GetQuery(name); ok && (sent != "" || value == "") {
			value = sent
		}
		v.Set(name, value)
	}
	return v
}

func asking(v url.Values, name string, lang i18n.Lang) (service.Asking, []visit.Problem) {
	a := service.Asking{Name: name, Lang: lang, Page: 1, Asked: store.Asked{
		From: v.Get("from"), To: v.Get("to"), Unit: v.Get("unit"), Person: v.Get("person"), Policy: v.Get("policy"), By: v.Get("by"),
	}}
	var problems []visit.Problem
	for field, into := range map[string]*int{"most": &a.Asked.Most, "days": &a.Asked.Days} {
		n, err := strconv.Atoi(orZero(v.Get(field)))
		if err != nil {
			problems = append(problems, visit.Problem{Field: field, Rule: "unknown_value", Args: map[string]string{"value": v.Get(field)}})
		}
		*into = n
	}
	return a, problems
}

// pageOf is the address of another page of this list.
func pageOf(r request, n int) string {
	q := r.Request.URL.Query()
	q.Set("page", strconv.Itoa(n))
	return (&url.URL{Path: r.Request.URL.Path, RawQuery: q.Encode()}).String()
}

// and is a query to which the format of a file is added.
func and(v url.Values) string {
	if len(v) == 0 {
		return "format="
	}
	return v.Encode() + "&format="
}
