package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// refused gives the problems of a form to show beside what was typed; any other error is given back.
func refused(page *view.Page, err error) (status int, other error) {
	if err == nil {
		return http.StatusOK, nil
	}
	refusal := api.Refusal(err)
	switch {
	case refusal.Code == visit.NotFound:
		page.Problems = append(page.Problems, view.Problem{Text: page.Say(refusal.Rule, refusal.Args)})
	case refusal.Code != visit.Invalid:
		return 0, err
	}
	for _, q := range refusal.Problems {
		page.Problems = append(page.Problems, page.Problem(q))
	}
	return api.Status(refusal), nil
}

func (p *Pages) listSamples(r request) error { return p.samplesPage(r, url.Values{}, nil) }

func (p *Pages) samplesPage(r request, typed url.Values, wrong error) error {
	page, err := p.page(r, "audit", "audit.samples")
	if err != nil {
		return err
	}
	v := view.Samples{Page: page, Typed: typed, Countries: countryCodes(page.Lang)}
	status, err := refused(&v.Page, wrong)
	if err != nil {
		return err
	}
	if v.List, err = p.svc.Samples(r.ctx(), r.user); err != nil {
		return err
	}
	if v.Codes, err = p.unitCodes(r); err != nil {
		return err
	}
	var ids []string
	for _, s := range v.List {
		ids = append(ids, s.DrawnBy)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, status, view.SamplesPage(v))
}

func (p *Pages) drawSample(r request) error {
	size, err := whole("size", r.PostForm("size"))
	n := service.NewSample{Seed: r.PostForm("seed"), Size: size, SampleFilter: store.SampleFilter{
		From: r.PostForm("from"), To: r.PostForm("to"), Unit: r.PostForm("unit"), Category: visit.Category(r.PostForm("category")), Country: r.PostForm("country"),
	}}
	var drawn store.Sample
	if err == nil {
		drawn, err = p.svc.DrawSample(r.ctx(), r.user, n)
	}
	if err != nil {
		return p.samplesPage(r, r.Request.PostForm, err)
	}
	return redirect(r.Context, "/audit/samples/"+strconv.FormatInt(drawn.ID, 10))
}

// whole reads a number that may be left out.
func whole(field, s string) (int, error) {
	n, err := strconv.Atoi(orZero(s))
	if err != nil {
		return 0, wrongIn(field, "unknown_value", "value", s)
	}
	return n, nil
}

func (p *Pages) showSample(r request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	s, err := p.svc.Sample(r.ctx(), r.user, id)
	if err != nil {
		return err
	}
	page, err := p.page(r, "audit", "samples.one", "id", r.Param("id"))
	if err != nil {
		return err
	}
	v := view.Drawn{Page: page, S: s}
	if err := p.know(r.ctx(), &v.Page, s.DrawnBy); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.SamplePage(v))
}

func idOf(r request) (int64, error) {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return 0, wrongIn("id", "unknown_value", "value", r.Param("id"))
	}
	return id, nil
}

func (p *Pages) listAuditFindings(r request) error {
	return p.auditFindingsPage(r, url.Values{"visit": {r.Query("visit")}, "sample": {r.Query("sample")}}, nil)
}

func (p *Pages) auditFindingsPage(r request, typed url.Values, wrong error) error {
	page, err := p.page(r, "audit", "audit.findings")
	if err != nil {
		return err
	}
	v := view.AuditFindings{Page: page, State: r.Query("state"), Typed: typed}
	status, err := refused(&v.Page, wrong)
	if err != nil {
		return err
	}
	if v.List, err = p.svc.AuditFindings(r.ctx(), r.user, v.State, ""); err != nil {
		return err
	}
	if v.Codes, err = p.unitCodes(r); err != nil {
		return err
	}
	return render(r.Context, status, view.AuditFindingsPage(v))
}

func (p *Pages) addAuditFinding(r request) error {
	event, err := whole("event", r.PostForm("event"))
	sample, wrongSample := whole("sample", r.PostForm("sample"))
	if err == nil {
		err = wrongSample
	}
	var id int64
	if err == nil {
		id, err = p.svc.AddAuditFinding(r.ctx(), r.user, service.NewAuditFinding{
			Visit: r.PostForm("visit"), Event: event, Sample: int64(sample), Severity: r.PostForm("severity"), Note: r.PostForm("note"),
			Unit: r.PostForm("unit"), Due: r.PostForm("due"),
		})
	}
	if err != nil {
		return p.auditFindingsPage(r, r.Request.PostForm, err)
	}
	return redirect(r.Context, "/audit/findings/"+strconv.FormatInt(id, 10))
}

func (p *Pages) showAuditFinding(r request) error { return p.auditFindingPage(r, url.Values{}, nil) }

func (p *Pages) auditFindingPage(r request, typed url.Values, wrong error) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	page, err := p.page(r, "audit", "findings.one", "id", r.Param("id"))
	if err != nil {
		return err
	}
	v := view.AuditFinding{Page: page, Typed: typed}
	status, err := refused(&v.Page, wrong)
	if err != nil {
		return err
	}
	if v.F, err = p.svc.AuditFinding(r.ctx(), r.user, id); err != nil {
		return err
	}
	ids := []string{v.F.FoundBy}
	for _, s := range v.F.Steps {
		ids = append(ids, s.By)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	return render(r.Context, status, view.AuditFindingPage(v))
}

func (p *Pages) followUpFinding(r request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := p.svc.FollowUpFinding(r.ctx(), r.user, id, r.PostForm("state"), r.PostForm("note")); err != nil {
		return p.auditFindingPage(r, r.Request.PostForm, err)
	}
	return redirect(r.Context, "/audit/findings/"+r.Param("id"))
}

// exportSample sends the visits of a sample as a file.
func (p *Pages) exportSample(r request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	e, err := p.svc.ExportSample(r.ctx(), r.user, id, p.lang(r.Context), r.Query("format"))
	return sendFile(r, e, err)
}

// exportAuditFindings sends findings with their follow-up as a file.
func (p *Pages) exportAuditFindings(r request) error {
	e, err := p.svc.ExportAuditFindings(r.ctx(), r.user, r.Query("state"), r.Query("visit"), p.lang(r.Context), r.Query("format"))
	return sendFile(r, e, err)
}

func sendFile(r request, e service.Export, err error) error {
	if err != nil {
		return err
	}
	attach(r, e.Name, e.MediaType, e.Content)
	return nil
}
