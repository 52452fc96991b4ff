package web

import (
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// importRoutes are the pages of the import of units, posts, people and holdings.
func (p *Pages) importRoutes(r gin.IRouter) {
	r.GET("/organisation/import", p.signedIn(p.showImport))
	r.POST("/organisation/import", p.signedIn(p.importOrganisation))
	r.GET("/organisation/import/:table/sample", p.signedIn(p.sampleImport))
}

func (p *Pages) showImport(r request) error {
	if !r.rights.Admin {
		return visit.Refuse(visit.Forbidden, "admin_only")
	}
	return p.importPage(r, view.OrganisationImport{Table: service.ImportTable(r.Query("table"))}, nil)
}

// importOrganisation shows what a table would do, and does it once that has been seen. A file comes back as text, in the same lines:
// so it can be mended here, and nothing is sent twice.
func (p *Pages) importOrganisation(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := view.OrganisationImport{Table: service.ImportTable(r.PostForm("table")), Typed: r.PostForm("text")}
	content, err := p.importContent(r, &v)
	if err != nil {
		return err
	}
	seen := ""
	if r.PostForm("do") == "apply" {
		seen = r.PostForm("seen")
	}
	o, err := p.svc.ImportOrganisation(r.ctx(), r.user, v.Table, strings.NewReader(content), seen)
	if err == nil && seen != "" {
		return redirect(r.Context, "/organisation/import?table="+string(v.Table)+"&done=organisation_imported")
	}
	if visit.CodeOf(err) == visit.Conflict { // the record has changed meanwhile, or the text: it is shown anew
		again, second := p.svc.ImportOrganisation(r.ctx(), r.user, v.Table, strings.NewReader(content), "")
		if second != nil {
			err = second
		}
		o = again
	}
	if err == nil || visit.CodeOf(err) == visit.Conflict {
		v.Plan = &o
	}
	return p.importPage(r, v, err)
}

// importContent is the file, where one was chosen, else the text.
func (p *Pages) importContent(r request, v *view.OrganisationImport) (string, error) {
	file, header, err := r.Request.FormFile("file")
	if err != nil || header.Size == 0 {
		return v.Typed, nil
	}
	defer func() { _ = file.Close() }() // was only read
	content, err := io.ReadAll(io.LimitReader(file, service.MaxImport+1))
	if err != nil || len(content) > service.MaxImport {
		return string(content), err
	}
	rows, err := sheet.Read(content)
	if err != nil {
		return string(content), nil // the service says what is wrong with it
	}
	v.Typed, err = sheet.Text(rows)
	return v.Typed, err
}

func (p *Pages) importPage(r request, v view.OrganisationImport, wrong error) error {
	page, err := p.page(r, "organisation", "import.title")
	if err != nil {
		return err
	}
	v.Page = page
	status := http.StatusOK
	if visit.CodeOf(wrong) == visit.Conflict {
		status, v.Problems = http.StatusConflict, problemsOf(page, wrong)
	} else if status, err = refused(&v.Page, wrong); err != nil {
		return err
	}
	return render(r.Context, status, view.OrganisationImportPage(v))
}

func (p *Pages) sampleImport(r request) error {
	rows, ok := service.ImportSample(service.ImportTable(r.Param("table")))
	if !ok {
		return visit.Refuse(visit.NotFound, "not_found", "what", "table", "id", r.Param("table"))
	}
	content, err := sheet.CSV(rows)
	if err != nil {
		return err
	}
	attach(r, r.Param("table")+"-sample.csv", "text/csv; charset=utf-8", content)
	return nil
}
