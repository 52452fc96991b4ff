package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// keptDraft is what the script of the form is told when it saves as one types. Nothing is lost by a refusal: what was typed stays in
// the form, and the text says why it is not saved.
type keptDraft struct {
	Kept     bool   `json:"kept"`
	Text     string `json:"text"`
	ID       string `json:"id,omitempty"`
	Revision int    `json:"revision,omitempty"`
	// Changed tells that the draft was changed elsewhere: saving by itself stops until the user has decided.
	Changed bool `json:"changed,omitempty"`
}

// keepVisit saves the form for its script: a new draft, or the revision that the form names. A refusal is an answer like any other.
func (p *Pages) keepVisit(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	page, err := p.part(r, "form.new_title")
	if err != nil {
		return err
	}
	v := view.Edit{Page: page, ID: r.PostForm("id"), Revision: revisionOf(r), Form: compact(readForm(r.Request.PostForm)), Applicant: r.PostForm("applicant")}
	if err := p.resolve(r.ctx(), &v.Page, &v.Form); err != nil {
		return err
	}
	d, problems := draftOf(v.Form)
	wrong := visit.Wrong(problems)
	if len(wrong) == 0 {
		row, err := p.save(r, v, d)
		if err == nil {
			at := i18n.Clock(row.UpdatedAt)
			r.JSON(http.StatusOK, keptDraft{Kept: true, ID: row.ID, Revision: row.Revision, Text: page.T("keep.saved", "time", at)})
			return nil
		}
		refusal := api.Refusal(err)
		if refusal.Rule == "draft_changed" {
			r.JSON(http.StatusOK, keptDraft{Changed: true, ID: v.ID, Text: page.T("keep.changed")})
			return nil
		}
		if refusal.Code != visit.Invalid {
			return err
		}
		wrong = refusal.Problems
	}
	r.JSON(http.StatusOK, keptDraft{Text: page.T("keep.wrong", "fields", labels(page, wrong))})
	return nil
}

// labels names the fields of problems, each once.
func labels(page view.Page, problems []visit.Problem) string {
	var names []string
	for _, q := range problems {
		if name := page.Problem(q).Label; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, page.T("common.comma"))
}

// attached is what the script of the form is told of a file that it has sent: the document to add, or why it was refused.
type attached struct {
	Kind string `json:"kind"`
	File string `json:"file,omitempty"`
	Name string `json:"name"`
	Text string `json:"text,omitempty"` // why not
}

// attachFile keeps one file before the form is sent. It belongs to no visit until a draft names it.
func (p *Pages) attachFile(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	page, err := p.part(r, "form.new_title")
	if err != nil {
		return err
	}
	if r.Request.MultipartForm == nil || len(r.Request.MultipartForm.File["file"]) != 1 {
		return wrongIn("file", "required")
	}
	header := r.Request.MultipartForm.File["file"][0]
	a := attached{Kind: r.PostForm("kind"), Name: header.Filename}
	f, err := p.keepFile(r, header)
	switch {
	case visit.CodeOf(err) == visit.Invalid:
		a.Text = page.Problem(api.Refusal(err).Problems[0]).Text
	case err != nil:
		return err
	default:
		a.File = f.Hash
	}
	r.JSON(http.StatusOK, a)
	return nil
}
