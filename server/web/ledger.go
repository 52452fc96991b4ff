package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// ledgerDesk is what the pages of the ledger ask of the service.
type ledgerDesk interface {
	AsOf(ctx context.Context, u service.User, id string, event int) (service.AsOf, error)
	LeafProofs(ctx context.Context, u service.User, id string) (map[int]service.LeafProof, error)
	Heads(ctx context.Context, u service.User, below int64) (service.Heads, error)
	Checkpoint(ctx context.Context, size int64) (store.CheckpointRow, error)
	SearchOffice(ctx context.Context, u service.User, f store.OfficeFilter) (store.Page[store.OfficeRow], error)
	Bundle(ctx context.Context, u service.User, visits []string, kept string) ([]byte, error)
	VerifyBundle(ctx context.Context, u service.User, bundle []byte, kept string) (service.Verification, error)
}

// showAsOf shows a case as it stood at an event.
func (p *Pages) showAsOf(r request) error {
	event, err := strconv.Atoi(r.Query("event"))
	if err != nil {
		return wrongIn("event", "unknown_value", "value", r.Query("event"))
	}
	a, err := p.svc.AsOf(r.ctx(), r.user, r.Param("id"), event)
	if err != nil {
		return err
	}
	page, err := p.page(r, "visits", "as_of.title")
	if err != nil {
		return err
	}
	page.Title = page.Title + " " + a.Case.Row.ID
	for id, person := range a.Case.People {
		page.People[id] = person
	}
	for _, person := range a.Case.Content.People {
		page.People[person.ID] = person
	}
	if err := p.know(r.ctx(), &page, a.Event.By.Person, a.Event.By.OnBehalfOf); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.AsOfPage(view.AsOf{Case: view.Case{Page: page, C: a.Case}, A: a}))
}

func (p *Pages) searchOffice(r request) error {
	page, err := p.page(r, "audit", "audit.office")
	if err != nil {
		return err
	}
	if err := days(r, "from", "to"); err != nil {
		return err
	}
	v := view.Office{Page: page, Filter: store.OfficeFilter{
		Kind: r.Query("kind"), Actor: r.Query("actor"), About: r.Query("about"), From: r.Query("from"), To: r.Query("to"), Cursor: r.Query("cursor"),
	}}
	found, err := p.svc.SearchOffice(r.ctx(), r.user, v.Filter)
	if err != nil {
		return err
	}
	v.Rows, v.Next = found.Items, nextPage(r, found.Next)
	ids := make([]string, len(v.Rows))
	for i, row := range v.Rows {
		ids[i] = row.Actor
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.OfficePage(v))
}

func (p *Pages) showHeads(r request) error {
	page, err := p.page(r, "audit", "audit.heads")
	if err != nil {
		return err
	}
	below, err := strconv.ParseInt(orZero(r.Query("below")), 10, 64)
	if err != nil {
		return wrongIn("below", "unknown_value", "value", r.Query("below"))
	}
	h, err := p.svc.Heads(r.ctx(), r.user, below)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.HeadsPage(view.Heads{Page: page, H: h}))
}

// showCheckpoint gives a signed checkpoint as a file.
func (p *Pages) showCheckpoint(r request) error {
	if !r.rights.Audit {
		return visit.Refuse(visit.Forbidden, "auditors_only")
	}
	size, err := strconv.ParseInt(r.Param("size"), 10, 64)
	if err != nil {
		return wrongIn("size", "unknown_value", "value", r.Param("size"))
	}
	c, err := p.svc.Checkpoint(r.ctx(), size)
	if err != nil {
		return err
	}
	attach(r, "checkpoint-"+strconv.FormatInt(c.Size, 10)+".txt", "text/plain; charset=utf-8", []byte(c.Body))
	return nil
}

// showKeys gives the public keys of the ledger as a file.
func (p *Pages) showKeys(r request) error {
	h, err := p.svc.Heads(r.ctx(), r.user, 0)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, k := range h.Keys {
		text.WriteString("# since " + k.AddedAt.UTC().Format("2006-01-02T15:04:05Z") + "\n" + k.Public + "\n")
	}
	attach(r, "keys.txt", "text/plain; charset=utf-8", []byte(text.String()))
	return nil
}

func attach(r request, name, mediaType string, content []byte) {
	r.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	r.Data(http.StatusOK, mediaType, content)
}

// exportBundle sends a bundle of the visits that the form names: as many fields, or as much in one, as there are.
func (p *Pages) exportBundle(r request) error {
	kept := strings.ReplaceAll(r.PostForm("checkpoint"), "\r\n", "\n")
	visits := strings.FieldsFunc(strings.Join(r.PostFormArray("visits"), " "), func(c rune) bool { return strings.ContainsRune(" ,;，；、\r\n\t", c) })
	b, err := p.svc.Bundle(r.ctx(), r.user, visits, strings.TrimLeft(kept, "\n "))
	if err != nil {
		return err
	}
	attach(r, api.BundleName(r.user.Now), "application/zip", b)
	return nil
}

func (p *Pages) showVerify(r request) error {
	if !r.rights.Audit {
		return visit.Refuse(visit.Forbidden, "auditors_only")
	}
	page, err := p.page(r, "audit", "audit.verify")
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.VerifyPage(view.Verify{Page: page}))
}

// verifyBundle shows what a bundle proves; a file that is none is such an outcome too.
func (p *Pages) verifyBundle(r request) error {
	page, err := p.page(r, "audit", "audit.verify")
	if err != nil {
		return err
	}
	v := view.Verify{Page: page, Checkpoint: r.PostForm("checkpoint")}
	outcome, err := p.uploadedBundle(r)
	status := http.StatusOK
	if refusal := api.Refusal(err); err != nil && refusal.Code == visit.Invalid {
		status = api.Status(refusal)
		for _, q := range refusal.Problems {
			v.Problems = append(v.Problems, v.Problem(q))
		}
	} else if err != nil {
		return err
	} else {
		v.Outcome = &outcome
	}
	return render(r.Context, status, view.VerifyPage(v))
}

func (p *Pages) uploadedBundle(r request) (service.Verification, error) {
	if !r.rights.Audit {
		return service.Verification{}, visit.Refuse(visit.Forbidden, "auditors_only")
	}
	sent, _, err := r.Request.FormFile("file")
	if err != nil {
		return service.Verification{}, wrongIn("file", "required")
	}
	defer func() { _ = sent.Close() }() // was only read
	b, err := api.ReadBundle(sent)
	if err != nil {
		return service.Verification{}, err
	}
	kept := strings.TrimLeft(strings.ReplaceAll(r.PostForm("checkpoint"), "\r\n", "\n"), "\n ")
	return p.svc.VerifyBundle(r.ctx(), r.user, b, kept)
}
