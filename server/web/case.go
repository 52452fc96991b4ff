package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

func (p *Pages) showCase(r request) error {
	_, err := p.svc.Draft(r.ctx(), r.user, r.Param("id"))
	v, caseErr := p.seeCase(r)
	if visit.CodeOf(caseErr) == visit.NotFound && err == nil { // one's own draft that was never submitted
		return redirect(r.Context, "/visits/"+r.Param("id")+"/edit")
	}
	if caseErr != nil {
		return caseErr
	}
	return render(r.Context, http.StatusOK, view.CasePage(v))
}

// showSummary is what a row of the inbox opens to: a part of a page. Where no script asks for it, it is the case.
func (p *Pages) showSummary(r request) error {
	if !partial(r.Context) {
		return redirect(r.Context, "/visits/"+url.PathEscape(r.Param("id"))+"?"+r.Request.URL.Query().Encode()+"#decide")
	}
	v, err := p.seeCase(r)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.OpenedTask(v))
}

// seeCase reads a case to be shown, at the task and with the choice that the address names.
func (p *Pages) seeCase(r request) (view.Case, error) {
	v, err := p.caseOf(r)
	if err != nil {
		return v, err
	}
	v.Task, v.Filtered = r.Query("task"), true
	if story := r.Query("story"); slices.Contains(view.Chapters, story) {
		v.Story = story
	}
	if verdict := r.Query("verdict"); verdict != "" { // the choice that a key in the inbox makes; the button decides
		v.Typed = map[string]view.Typed{"decide": {Verdict: verdict}}
	}
	if v.Unread > 0 { // what the page shows is known from now on
		err = p.svc.SeeVisit(r.ctx(), r.user, v.C.Row.ID)
	}
	return v, err
}

func (p *Pages) caseOf(r request) (view.Case, error) {
	c, err := p.svc.Case(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return view.Case{}, err
	}
	papers, err := p.svc.Papers(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return view.Case{}, err
	}
	page, err := p.page(r, "visits", "form.edit_title")
	if err != nil {
		return view.Case{}, err
	}
	page.Title = c.Row.ID + " " + c.Row.Title
	for id, person := range c.People {
		page.People[id] = person
	}
	for _, person := range c.Content.People { // as the record knew them when it was submitted
		page.People[person.ID] = person
	}
	page.Past, page.Delegations = c.Names, c.Delegations
	page.Policy = api.SignOffNames(c, page.Policy)
	life, err := p.lifeOf(r, &page, c)
	if err != nil {
		return view.Case{}, err
	}
	return view.Case{Page: page, C: c, Papers: papers, Life: life, Key: rand.Text()}, nil
}

func (p *Pages) decide(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	d := service.Decision{
		Task: r.PostForm("task"), Verdict: service.Verdict(r.PostForm("decision")), Reason: text(r.Request.PostForm, "reason"),
		Version: r.PostForm("version"),
	}
	d.Seen, _ = strconv.Atoi(r.PostForm("seen")) // what is no number is the newest
	typed := view.Typed{Verdict: string(d.Verdict), Text: d.Reason, Stage: r.PostForm("stage")}
	if r.PostForm("outside") != "" && d.Verdict != service.Question {
		o, err := p.outsidePaper(r)
		if err != nil {
			return p.caseAgain(r, "decide", d.Task, typed, err)
		}
		d.Outside, typed.Outside = o, *o
	}
	stage, err := strconv.Atoi(orZero(r.PostForm("stage")))
	if err != nil {
		err = wrongIn("stage", "unknown_value", "value", r.PostForm("stage"))
	} else {
		if d.Verdict == service.Return {
			d.Stage = stage
		}
		_, err = p.svc.Decide(r.ctx(), r.user, r.Param("id"), d, keyOf(r))
	}
	if err != nil {
		return p.caseAgain(r, "decide", d.Task, typed, err)
	}
	if partial(r.Context) { // of a row that was opened in the inbox, which the script takes away
		r.Status(http.StatusNoContent)
		return nil
	}
	return redirect(r.Context, casePath(r, "decided"))
}

// outsidePaper reads the paper of an outside decision. A scan that was sent before stays, so that it need not be sent again.
func (p *Pages) outsidePaper(r request) (*visit.OutsideDecision, error) {
	o := &visit.OutsideDecision{Number: text(r.Request.PostForm, "outside_number"), Date: r.PostForm("outside_date"), File: r.PostForm("outside_kept")}
	file, err := r.FormFile("outside_file")
	if err != nil || file.Size == 0 { // none was chosen
		return o, nil
	}
	kept, err := p.keepFile(r, file)
	o.File = kept.Hash
	if visit.CodeOf(err) == visit.Invalid {
		for _, q := range api.Refusal(err).Problems {
			q.Field = "outside.file"
			return o, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{q}}
		}
	}
	return o, err
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func casePath(r request, done string) string {
	return "/visits/" + url.PathEscape(r.Param("id")) + "?done=" + done
}

// command is the handler of an applicant's command with one text: answer, withdraw or cancel.
func (p *Pages) command(name, done string) func(request) error {
	field := "reason"
	if name == service.CommandAnswer {
		field = "answer"
	}
	return func(r request) error {
		task, said := r.PostForm("task"), r.PostForm(field)
		if _, err := p.svc.Do(r.ctx(), r.user, r.Param("id"), name, task, text(r.Request.PostForm, field), keyOf(r)); err != nil {
			return p.caseAgain(r, name, task, view.Typed{Text: said}, err)
		}
		return redirect(r.Context, casePath(r, done))
	}
}

// caseAgain shows the case as it is now, with what was typed and why it was refused.
func (p *Pages) caseAgain(r request, form, task string, typed view.Typed, err error) error {
	refusal := api.Refusal(err)
	if refusal.Code != visit.Invalid && refusal.Code != visit.Conflict && refusal.Code != visit.Unavailable {
		return err
	}
	v, caseErr := p.caseOf(r)
	if caseErr != nil {
		return caseErr
	}
	if refusal.Code == visit.Unavailable { // sent again as it is, it acts once
		v.Key = keyOf(r)
	}
	v.Task, v.Typed = task, map[string]view.Typed{form: typed}
	for _, q := range refusal.Problems {
		problem := v.Problem(q)
		problem.Field = inForm(form, task, q.Field)
		v.Problems = append(v.Problems, problem)
	}
	if len(v.Problems) == 0 {
		v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
	}
	if partial(r.Context) { // of a row that was opened in the inbox
		return render(r.Context, api.Status(refusal), view.OpenedTask(v))
	}
	return render(r.Context, api.Status(refusal), view.CasePage(v))
}

// inForm names the input of a form that a problem's field stands for.
func inForm(form, task, field string) string {
	switch form {
	case "decide":
		return field
	case service.CommandAnswer, service.CommandWithdraw, service.CommandCancel, exemptNotice, publishNotice:
		return form + task
	default:
		list, _, _ := strings.Cut(field, "[")
		return form + "." + list
	}
}

func (p *Pages) download(r request) error {
	d, err := p.svc.OpenFile(r.ctx(), r.user, r.Param("id"), r.Param("hash"))
	if err != nil {
		return err
	}
	api.ServeFile(r.Writer, r.Request, d)
	return nil
}

func (p *Pages) showLedger(r request) error {
	page, err := p.page(r, "visits", "ledger.title")
	if err != nil {
		return err
	}
	entries, err := p.svc.Entries(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	proofs, err := p.svc.LeafProofs(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	v := view.Ledger{Page: page, ID: r.Param("id"), Audits: r.rights.Audit}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Event.By.Person, e.Event.By.OnBehalfOf)
		entry := view.LedgerEntry{
			Seq: e.Event.Seq, At: e.Event.At, Kind: e.Event.Kind(), By: e.Event.By, Hash: e.Hash, Prev: e.Prev, Body: e.Body,
			Shown: e.Event.Shown.Hash != "",
		}
		if proof, ok := proofs[e.Event.Seq]; ok {
			entry.Proof = &proof
		}
		v.Entries = append(v.Entries, entry)
	}
	if err := ledger.Verify(entries); err != nil {
		v.Broken = err.Error()
	}
	if err := p.knowPast(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.LedgerPage(v))
}

func (p *Pages) showHistory(r request) error {
	page, err := p.page(r, "visits", "history.title")
	if err != nil {
		return err
	}
	h, err := p.svc.History(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range h.Lines {
		ids = append(ids, l.By.Person, l.By.OnBehalfOf)
	}
	if err := p.knowPast(r.ctx(), &page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.HistoryPage(view.History{Page: page, ID: r.Param("id"), H: h, TemporalUI: p.temporalUI}))
}
