package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// earlier is how many visits of one's own are offered to be copied.
const earlier = 8

// resolve takes a name for a number where only one person has it, and learns the names of all.
func (p *Pages) resolve(ctx context.Context, page *view.Page, f *view.Form) error {
	ids := make([]string, len(f.Travellers))
	for i, t := range f.Travellers {
		ids[i] = t.Person
	}
	if err := p.know(ctx, page, ids...); err != nil {
		return err
	}
	for i, t := range f.Travellers {
		if _, known := page.People[t.Person]; known || t.Person == "" {
			continue
		}
		who, ok, err := p.onlyOne(ctx, t.Person)
		if err != nil {
			return err
		}
		if ok {
			page.People[who.ID] = who
			f.Travellers[i].Person = who.ID
		}
	}
	return nil
}

func (p *Pages) onlyOne(ctx context.Context, text string) (policy.Person, bool, error) {
	found, err := p.record.FindPeople(ctx, text)
	if err != nil || len(found) != 1 {
		return policy.Person{}, false, err
	}
	return found[0], true, nil
}

func (p *Pages) newVisit(r request) error {
	page, err := p.page(r, "new", "form.new_title")
	if err != nil {
		return err
	}
	applicant, copied := strings.TrimSpace(r.Query("for")), r.Query("copy")
	leader := cmp.Or(applicant, r.user.Person)
	f := view.Form{Unit: r.user.Unit, Travellers: []visit.Traveller{{Person: leader, Role: visit.Leader}}}
	if copied != "" {
		d, err := p.svc.Copy(r.ctx(), r.user, copied)
		if err != nil {
			return err
		}
		f = view.FormOf(d)
	}
	if err := p.resolve(r.ctx(), &page, &f); err != nil {
		return err
	}
	if applicant != "" { // a name may have been typed
		applicant = f.Travellers[0].Person
	}
	v := view.Edit{Page: page, Form: f, Applicant: applicant, CopyOf: copied}
	if copied == "" && applicant == "" {
		_, own, err := p.svc.Mine(r.ctx(), r.user)
		if err != nil {
			return err
		}
		v.Earlier = own.Items[:min(len(own.Items), earlier)]
	}
	return p.showForm(r, http.StatusOK, v)
}

func (p *Pages) editVisit(r request) error {
	page, err := p.page(r, "visits", "form.edit_title")
	if err != nil {
		return err
	}
	row, err := p.svc.Draft(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	f := view.FormOf(row.Draft)
	if err := p.resolve(r.ctx(), &page, &f); err != nil {
		return err
	}
	v := view.Edit{Page: page, ID: row.ID, Revision: row.Revision, Form: f}
	if row.Applicant != r.user.Person {
		v.Applicant = row.Applicant
	}
	return p.showForm(r, http.StatusOK, v)
}

// showForm completes the page of the form: choices, the live route, and why it was returned.
func (p *Pages) showForm(r request, status int, v view.Edit) error {
	d, problems := draftOf(compact(v.Form))
	panel, err := p.panel(r, v.Page, v.ID, d, problems)
	if err != nil {
		return err
	}
	v.Panel, v.Lands = panel, countryCodes(v.Lang)
	if v.Units, err = p.unitCodes(r); err != nil {
		return err
	}
	if v.PlanItems, err = p.svc.PlanItems(r.ctx(), r.user, v.Form.Unit, v.Form.ExitDate); err != nil {
		return err
	}
	if v.Partners, err = p.hosts(r); err != nil {
		return err
	}
	if v.ID != "" {
		if v.Returned, v.State, err = p.whyReturned(r, v.ID); err != nil {
			return err
		}
		if v.Returned == "" {
			if v.Papers, err = p.svc.Papers(r.ctx(), r.user, v.ID); err != nil {
				return err
			}
		}
	}
	if v.Files, err = p.svc.DraftFiles(r.ctx(), r.user, v.ID); err != nil {
		return err
	}
	if v.Applicant != "" {
		if err := p.know(r.ctx(), &v.Page, v.Applicant); err != nil {
			return err
		}
	}
	v.Key, v.Form = rand.Text(), v.Form.WithRows()
	return render(r.Context, status, view.EditPage(v))
}

func (p *Pages) unitCodes(r request) ([]string, error) {
	units, err := p.record.Units(r.ctx())
	codes := make([]string, len(units))
	for i, u := range units {
		codes[i] = u.Code
	}
	return codes, err
}

// whyReturned gives the reason of the last return of a visit that was returned, "" for any other, and its state.
func (p *Pages) whyReturned(r request, id string) (string, visit.State, error) {
	c, err := p.svc.Case(r.ctx(), r.user, id)
	if visit.CodeOf(err) == visit.NotFound {
		return "", visit.StateDraft, nil
	}
	if err != nil {
		return "", "", err
	}
	for _, e := range slices.Backward(c.Entries) {
		if c.Visit.State != visit.StateReturned {
			break
		}
		switch f := e.Event.Fact.(type) {
		case visit.Returned:
			return c.Notes[f.Reason], c.Visit.State, nil
		case visit.CategoryChanged:
			return c.Notes[f.Reason], c.Visit.State, nil
		}
	}
	return "", c.Visit.State, nil
}

// ownDraft gives the id of the user's own draft; "" for one that was never saved, and for anybody else's.
func (p *Pages) ownDraft(r request, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	_, err := p.svc.Draft(r.ctx(), r.user, id)
	if visit.CodeOf(err) == visit.NotFound {
		return "", nil
	}
	return id, err
}

// panel routes a draft and finds who holds the posts of its sign-offs today.
func (p *Pages) panel(r request, page view.Page, id string, d visit.Draft, problems []visit.Problem) (view.Panel, error) {
	preview, err := p.svc.Preview(r.ctx(), id, d)
	if err != nil {
		return view.Panel{}, err
	}
	v := view.Panel{Page: page, ID: id, Route: preview.Route, Simpler: preview.Simpler, Reask: preview.Reask, Budget: preview.Budget, Facts: preview.Facts, Expected: preview.Expected, Problems: append(problems, preview.Problems...), Holders: map[string][]store.Acting{}}
	if v.Route == nil {
		return v, nil
	}
	var ids []string
	for _, o := range v.Route.Overridden {
		ids = append(ids, o.Override.By)
	}
	for _, s := range v.Route.SignOffs {
		for _, post := range s.Posts {
			as, err := p.record.Holders(r.ctx(), post, s.Unit, r.user.Day())
			if err != nil {
				return v, err
			}
			v.Holders[s.Code] = append(v.Holders[s.Code], as...)
			for _, a := range as {
				ids = append(ids, a.Person, a.OnBehalfOf)
			}
		}
		if s.Person != "" {
			ids = append(ids, s.Person)
		}
	}
	return v, p.know(r.ctx(), &v.Page, ids...)
}

func (p *Pages) previewVisit(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	page, err := p.part(r, "panel.title")
	if err != nil {
		return err
	}
	f := compact(readForm(r.Request.PostForm))
	if err := p.resolve(r.ctx(), &page, &f); err != nil {
		return err
	}
	d, problems := draftOf(f)
	id, err := p.ownDraft(r, r.PostForm("id"))
	if err != nil {
		return err
	}
	panel, err := p.panel(r, page, id, d, problems)
	if err != nil {
		return err
	}
	files, err := p.svc.DraftFiles(r.ctx(), r.user, id)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.PreviewParts(view.Edit{Page: page, ID: id, Form: f, Panel: panel, Files: files}))
}

// saveVisit does what the pressed button says: add or remove a row, save, or save and submit.
func (p *Pages) saveVisit(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v, err := p.typed(r)
	if err != nil {
		return err
	}
	button := r.PostForm("do")
	if f, ok := editRows(v.Form, button); ok {
		v.Form = f
		return p.showForm(r, http.StatusOK, v)
	}
	if button == "roster" {
		return p.addRoster(r, v)
	}
	v.Form = compact(v.Form)
	d, problems := draftOf(v.Form)
	if len(visit.Wrong(problems)) > 0 || len(v.Problems) > 0 {
		return p.showAgain(r, v, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: visit.Wrong(problems)})
	}
	row, err := p.save(r, v, d)
	if err != nil {
		return p.showAgain(r, v, err)
	}
	switch button {
	case "submit":
	case "compare":
		return redirect(r.Context, "/visits/"+row.ID+"/changes")
	default:
		return redirect(r.Context, "/visits/"+row.ID+"/edit?done=saved")
	}
	v.ID, v.Revision = row.ID, row.Revision
	if _, err := p.svc.Submit(r.ctx(), r.user, row.ID, keyOf(r)); err != nil {
		return p.showAgain(r, v, err)
	}
	return redirect(r.Context, "/visits/"+row.ID+"?done=submitted")
}

// typed reads the form and keeps the files that came with it. A file that is refused is a problem of the page.
func (p *Pages) typed(r request) (view.Edit, error) {
	id, title := r.Param("id"), "form.new_title"
	if id != "" {
		title = "form.edit_title"
	}
	page, err := p.page(r, "visits", title)
	if err != nil {
		return view.Edit{}, err
	}
	f := readForm(r.Request.PostForm)
	if err := p.resolve(r.ctx(), &page, &f); err != nil {
		return view.Edit{}, err
	}
	v := view.Edit{Page: page, ID: id, Revision: revisionOf(r), Form: f, Applicant: r.PostForm("applicant"), Typed: true}
	return v, p.upload(r, &v)
}

func (p *Pages) upload(r request, v *view.Edit) error {
	if r.Request.MultipartForm == nil {
		return nil
	}
	for field, files := range r.Request.MultipartForm.File {
		kind, ok := strings.CutPrefix(field, "upload.")
		for _, header := range files {
			if !ok || header.Size == 0 && header.Filename == "" {
				continue
			}
			f, err := p.keepFile(r, header)
			if visit.CodeOf(err) == visit.Invalid {
				for _, q := range api.Refusal(err).Problems {
					q.Field = field
					v.Problems = append(v.Problems, v.Problem(q))
				}
				continue
			}
			if err != nil {
				return err
			}
			v.Form.Documents = append(v.Form.Documents, visit.Document{Kind: kind, File: f.Hash, Name: header.Filename})
		}
	}
	return nil
}

func (p *Pages) keepFile(r request, header *multipart.FileHeader) (store.File, error) {
	file, err := header.Open()
	if err != nil {
		return store.File{}, err
	}
	defer func() { _ = file.Close() }() // was only read
	return p.svc.Upload(r.ctx(), r.user, file)
}

// revisionOf is the revision that a form was rendered with: 0, whatever the draft has, for what is not a number.
func revisionOf(r request) int {
	n, _ := strconv.Atoi(r.PostForm("revision"))
	return n
}

func (p *Pages) save(r request, v view.Edit, d visit.Draft) (store.DraftRow, error) {
	if v.ID == "" {
		return p.svc.KeepDraft(r.ctx(), r.user, v.Applicant, keyOf(r), d)
	}
	return p.svc.SaveDraft(r.ctx(), r.user, v.ID, v.Revision, d)
}

// showAgain shows the form with everything that was typed and what stands against it. A draft that was changed elsewhere
// gets its present revision, so that saving once more, on purpose, replaces it.
func (p *Pages) showAgain(r request, v view.Edit, err error) error {
	refusal := api.Refusal(err)
	switch {
	case refusal.Rule == "draft_changed":
		row, err := p.svc.Draft(r.ctx(), r.user, v.ID)
		if err != nil {
			return err
		}
		v.Revision, v.Changed = row.Revision, true
		v.Problems = append(v.Problems, view.Problem{Text: v.Say(refusal.Rule, refusal.Args)})
	case refusal.Code != visit.Invalid:
		return err
	case len(refusal.Problems) == 0 && len(v.Problems) == 0:
		v.Problems = append(v.Problems, view.Problem{Text: v.Say(refusal.Rule, refusal.Args)})
	}
	for _, q := range refusal.Problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	return p.showForm(r, api.Status(refusal), v)
}

// keyOf is what makes a request act once, as the page was rendered with it.
func keyOf(r request) string {
	if key := r.PostForm("key"); key != "" {
		return key
	}
	return rand.Text()
}
