package web

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// approverDesk is what the pages ask of the service for those who sign, and for those who see to it that somebody can.
type approverDesk interface {
	Leaders(ctx context.Context, u service.User) ([]string, error)
	SignOffsOf(ctx context.Context, u service.User, person string) ([]string, error)
	InboxFacts(ctx context.Context, u service.User) ([]service.KeyFacts, error)
	ApproveTogether(ctx context.Context, u service.User, items []service.BulkItem, key string) ([]service.BulkResult, error)
	Comment(ctx context.Context, u service.User, id string, n service.NewComment, key string) (store.Comment, error)
	Waiting(ctx context.Context, u service.User) (service.Waiting, error)
	Vacancies(ctx context.Context, u service.User, closed bool) ([]store.Vacancy, error)
	CheckVacancies(ctx context.Context, u service.User) (opened, closed int, err error)
	ImportOrganisation(ctx context.Context, u service.User, table service.ImportTable, r io.Reader, seen string) (service.OrganisationImport, error)
	Organisation(ctx context.Context, u service.User, person string) (service.Organisation, error)
	StartHolding(ctx context.Context, u service.User, h store.Holding) error
	EndHolding(ctx context.Context, u service.User, id int64, day string) error
	Leave(ctx context.Context, u service.User, person, day string) (ended int, err error)
	Rename(ctx context.Context, u service.User, person, zh, en string) error
	StartAssistant(ctx context.Context, u service.User, a store.Assistant) error
	EndAssistant(ctx context.Context, u service.User, id int64, day string) error
}

// approverRoutes are the pages of this file.
func (p *Pages) approverRoutes(r gin.IRouter) {
	r.GET("/inbox/together", p.signedIn(p.showBulk))
	r.POST("/inbox/together", p.signedIn(p.approveTogether))
	r.POST("/visits/:id/comments", p.signedIn(p.comment))
	r.GET("/waiting", p.signedIn(p.showWaiting))
	r.GET("/vacancies", p.signedIn(p.showVacancies))
	r.POST("/vacancies/check", p.signedIn(p.checkVacancies))

	p.importRoutes(r)
	r.GET("/organisation", p.signedIn(p.showOrganisation))
	r.POST("/organisation/holdings", p.signedIn(p.startHolding))
	r.POST("/organisation/holdings/:id/end", p.signedIn(p.end(func(r request, id int64) error {
		return p.svc.EndHolding(r.ctx(), r.user, id, r.PostForm("day"))
	})))
	r.POST("/organisation/leave", p.signedIn(p.leave))
	r.POST("/organisation/rename", p.signedIn(p.rename))
	r.POST("/organisation/assistants", p.signedIn(p.startAssistant))
	r.POST("/organisation/assistants/:id/end", p.signedIn(p.end(func(r request, id int64) error {
		return p.svc.EndAssistant(r.ctx(), r.user, id, r.PostForm("day"))
	})))
}

func (p *Pages) showBulk(r request) error { return p.bulkPage(r, http.StatusOK, nil, nil) }

// approveTogether approves what is marked. Each has its result on the page that comes back.
func (p *Pages) approveTogether(r request) error {
	if err := r.Request.ParseForm(); err != nil {
		return err
	}
	var items []service.BulkItem
	for _, marked := range r.Request.PostForm["item"] {
		if parts := strings.Fields(marked); len(parts) == 3 {
			items = append(items, service.BulkItem{Visit: parts[0], Task: parts[1], Version: parts[2]})
		}
	}
	results, err := p.svc.ApproveTogether(r.ctx(), r.user, items, keyOf(r))
	if visit.CodeOf(err) == visit.Invalid {
		return p.bulkPage(r, http.StatusUnprocessableEntity, nil, api.Refusal(err).Problems)
	}
	if err != nil {
		return err
	}
	return p.bulkPage(r, http.StatusOK, results, nil)
}

func (p *Pages) bulkPage(r request, status int, results []service.BulkResult, problems []visit.Problem) error {
	items, err := p.svc.InboxFacts(r.ctx(), r.user)
	if err != nil {
		return err
	}
	page, err := p.page(r, "inbox", "bulk.title")
	if err != nil {
		return err
	}
	v := view.Bulk{Page: page, Items: items, Key: rand.Text(), Results: results}
	var ids []string
	for _, it := range items {
		ids = append(append(ids, it.Applicant, it.OnBehalfOf), it.Travellers...)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	for _, q := range problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	return render(r.Context, status, view.BulkPage(v))
}

// comment keeps a remark with the files that came with it.
func (p *Pages) comment(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	n := service.NewComment{
		Body: text(r.Request.PostForm, "body"), Visibility: store.Visibility(r.PostForm("visibility")), Task: r.PostForm("task"),
	}
	if r.Request.MultipartForm != nil {
		for _, header := range r.Request.MultipartForm.File["file"] {
			if header.Size == 0 && header.Filename == "" {
				continue
			}
			f, err := p.keepFile(r, header)
			if err != nil {
				return p.commentAgain(r, n, err)
			}
			n.Files = append(n.Files, store.CommentFile{File: f.Hash, Name: header.Filename})
		}
	}
	if _, err := p.svc.Comment(r.ctx(), r.user, r.Param("id"), n, keyOf(r)); err != nil {
		return p.commentAgain(r, n, err)
	}
	return redirect(r.Context, casePath(r, "commented")+"#comments")
}

func (p *Pages) commentAgain(r request, n service.NewComment, err error) error {
	return p.caseAgain(r, "comment", "", view.Typed{Verdict: string(n.Visibility), Text: n.Body, Stage: n.Task}, err)
}

func (p *Pages) showWaiting(r request) error {
	page, err := p.page(r, "waiting_times", "waiting.title")
	if err != nil {
		return err
	}
	v := view.WaitingReport{Page: page}
	if v.W, err = p.svc.Waiting(r.ctx(), r.user); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.WaitingPage(v))
}

func (p *Pages) showVacancies(r request) error {
	page, err := p.page(r, "vacancies", "vacancies.title")
	if err != nil {
		return err
	}
	v := view.Vacancies{Page: page, Closed: r.Query("closed") != "", Links: r.rights.All}
	if v.List, err = p.svc.Vacancies(r.ctx(), r.user, v.Closed); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.VacanciesPage(v))
}

func (p *Pages) checkVacancies(r request) error {
	if _, _, err := p.svc.CheckVacancies(r.ctx(), r.user); err != nil {
		return err
	}
	return redirect(r.Context, "/vacancies?done=vacancies_checked")
}

func (p *Pages) showOrganisation(r request) error {
	return p.organisationPage(r, view.OrganisationForm{}, nil, nil)
}

// organisationPage shows the posts, and again what was typed into a form that was refused. The fields of its problems are
// those of the inputs: rename says how.
func (p *Pages) organisationPage(r request, f view.OrganisationForm, rename map[string]string, refused error) error {
	status := http.StatusOK
	if refused != nil {
		refusal := api.Refusal(refused)
		if refusal.Code != visit.Invalid && refusal.Code != visit.Conflict && refusal.Code != visit.NotFound {
			return refused
		}
		status = api.Status(refusal)
	}
	page, err := p.page(r, "organisation", "organisation.title")
	if err != nil {
		return err
	}
	v := view.Organisation{Page: page, PersonID: strings.TrimSpace(r.Query("person")), Form: f, Today: r.user.Day()}
	if v.O, err = p.svc.Organisation(r.ctx(), r.user, v.PersonID); err != nil {
		return err
	}
	var ids []string
	for _, h := range v.O.Holdings {
		ids = append(ids, h.Person)
	}
	for _, a := range v.O.Assistants {
		ids = append(ids, a.Assistant, a.Leader)
	}
	if err := p.knowAll(r.ctx(), &v.Page, ids); err != nil {
		return err
	}
	v.Problems = renamed(v.Page, refused, rename)
	return render(r.Context, status, view.OrganisationPage(v))
}

// renamed puts a refusal into words, with the fields as the inputs of the page are named.
func renamed(page view.Page, refused error, names map[string]string) []view.Problem {
	if refused == nil {
		return nil
	}
	problems := problemsOf(page, refused)
	for i, q := range problems {
		if name, ok := names[q.Field]; ok {
			problems[i].Field = name
		}
	}
	return problems
}

// numberOf is a person's number: as it was typed, or of the only person whom the text finds.
func (p *Pages) numberOf(r request, field string) (string, error) {
	typed := text(r.Request.PostForm, field)
	if typed == "" {
		return "", nil
	}
	people, err := p.record.People(r.ctx(), typed)
	if err != nil || len(people) > 0 {
		return typed, err
	}
	who, ok, err := p.onlyOne(r.ctx(), typed)
	if ok {
		typed = who.ID
	}
	return typed, err
}

func (p *Pages) startHolding(r request) error {
	person, err := p.numberOf(r, "person")
	if err != nil {
		return err
	}
	post, unit, _ := strings.Cut(r.PostForm("post"), " ")
	f := view.OrganisationForm{Person: person, Post: post, Unit: unit, From: r.PostForm("from"), To: r.PostForm("to")}
	err = p.svc.StartHolding(r.ctx(), r.user, store.Holding{Person: person, Post: post, Unit: unit, From: f.From, To: f.To})
	if err != nil {
		return p.organisationPage(r, f, nil, err)
	}
	return redirect(r.Context, "/organisation?done=holding_started")
}

func (p *Pages) leave(r request) error {
	person, err := p.numberOf(r, "person")
	if err != nil {
		return err
	}
	f := view.OrganisationForm{LeavePerson: person, Day: r.PostForm("day")}
	if _, err := p.svc.Leave(r.ctx(), r.user, person, f.Day); err != nil {
		return p.organisationPage(r, f, map[string]string{"person": "leave_person"}, err)
	}
	return redirect(r.Context, "/organisation?done=left")
}

func (p *Pages) rename(r request) error {
	person, err := p.numberOf(r, "person")
	if err != nil {
		return err
	}
	f := view.OrganisationForm{RenamePerson: person, RenameZH: text(r.Request.PostForm, "name_zh"), RenameEN: text(r.Request.PostForm, "name_en")}
	if err := p.svc.Rename(r.ctx(), r.user, person, f.RenameZH, f.RenameEN); err != nil {
		return p.organisationPage(r, f, map[string]string{"person": "rename_person"}, err)
	}
	return redirect(r.Context, "/organisation?done=renamed")
}

func (p *Pages) startAssistant(r request) error {
	assistant, err := p.numberOf(r, "assistant")
	if err != nil {
		return err
	}
	leader, err := p.numberOf(r, "leader")
	if err != nil {
		return err
	}
	f := view.OrganisationForm{Assistant: assistant, Leader: leader, AssistantFrom: r.PostForm("from"), AssistantTo: r.PostForm("to")}
	err = p.svc.StartAssistant(r.ctx(), r.user, store.Assistant{Assistant: assistant, Leader: leader, From: f.AssistantFrom, To: f.AssistantTo})
	if err != nil {
		return p.organisationPage(r, f, map[string]string{"from": "assistant_from", "to": "assistant_to"}, err)
	}
	return redirect(r.Context, "/organisation?done=assistant_started")
}

// end is the handler of a form that makes a day the last of something by its number.
func (p *Pages) end(do func(r request, id int64) error) func(request) error {
	return func(r request) error {
		id, err := strconv.ParseInt(r.Param("id"), 10, 64)
		if err != nil {
			return visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", r.Param("id"))
		}
		if err := do(r, id); err != nil {
			return p.organisationPage(r, view.OrganisationForm{}, nil, err)
		}
		return redirect(r.Context, "/organisation?done=ended")
	}
}
