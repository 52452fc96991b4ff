package web

import (
	"io"
	"net/http"
	"strings"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// addRoster adds the list that came with the form, as a file or as cells that were pasted, to the travellers, and shows the form
// again. What is wrong with the list stands beside it; what was typed stays.
func (p *Pages) addRoster(r request, v view.Edit) error {
	v.Roster = text(r.Request.PostForm, "roster")
	content := io.Reader(strings.NewReader(v.Roster))
	if file, header, err := r.Request.FormFile("roster_file"); err == nil {
		defer func() { _ = file.Close() }() // was only read
		if header.Size > 0 {
			content = file
		}
	}
	list, err := p.svc.Roster(r.ctx(), content)
	if visit.CodeOf(err) == visit.Invalid {
		for _, q := range api.Refusal(err).Problems {
			said := v.Problem(q)
			said.Field = "roster"
			v.Problems = append(v.Problems, said)
		}
		return p.showForm(r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	v.Form.Travellers, v.Roster = service.WithRoster(compact(v.Form).Travellers, list), ""
	if err := p.resolve(r.ctx(), &v.Page, &v.Form); err != nil {
		return err
	}
	return p.showForm(r, http.StatusOK, v)
}

// sampleRoster gives the heads of a list of travellers, to fill in.
func (p *Pages) sampleRoster(r request) error {
	content, err := sheet.CSV(service.RosterSample)
	if err != nil {
		return err
	}
	attach(r, "travellers.csv", "text/csv; charset=utf-8", content)
	return nil
}
