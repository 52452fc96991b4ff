package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// reportPage is the empty form of a report, or that of the last one which was given back.
func (p *Pages) reportPage(r request) (view.WriteReport, error) {
	form := visit.ReportForm(r.Param("form"))
	if !slices.Contains(visit.ReportForms, form) {
		return view.WriteReport{}, visit.Refuse(visit.NotFound, "not_found", "what", "page")
	}
	c, err := p.svc.Case(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return view.WriteReport{}, err
	}
	who := c.Can.Report[form]
	if len(who) == 0 {
		return view.WriteReport{}, visit.Refuse(visit.Conflict, "not_in_state", "state", string(c.Visit.State))
	}
	v := view.WriteReport{
		ID: c.Row.ID, Visit: c.Row.Title, Key: rand.Text(), Travellers: who, Ticked: who, R: visit.Report{Form: form},
		Duty: slices.Contains(c.Content.Draft.Flags, visit.Organisation), Legs: c.Content.Draft.Legs, Costs: view.BudgetedRows(c.Content.Draft.Budget),
		Budgeted: len(c.Content.Draft.Budget) > 0,
	}
	if v.Page, err = p.page(r, "visits", "life.write."+string(form)); err != nil {
		return v, err
	}
	v.Lands = countryCodes(v.Lang)
	if v.Partners, err = p.hosts(r); err != nil {
		return v, err
	}
	if err := p.know(r.ctx(), &v.Page, who...); err != nil {
		return v, err
	}
	reports, err := p.svc.Reports(r.ctx(), r.user, c.Row.ID)
	for _, filed := range reports {
		covers := slices.ContainsFunc(filed.Travellers, func(person string) bool { return slices.Contains(who, person) })
		if covers && filed.Form == form && filed.State != visit.ReportWaits {
			v.R, v.Returned = filed.Text, filed.Comment
			if filed.Text.SaysCosts() {
				v.Costs = view.CostRows(filed.Text.Costs)
			}
		}
	}
	v.R.Form = form
	if v.R.Credits > 0 {
		v.Credits = strconv.Itoa(v.R.Credits)
	}
	return v, err
}

func (p *Pages) newReport(r request) error {
	v, err := p.reportPage(r)
	if err != nil {
		return err
	}
	return p.showReport(r, http.StatusOK, v)
}

// showReport shows the form of a report, with what was spent beside the budget.
func (p *Pages) showReport(r request, status int, v view.WriteReport) error {
	costs, _ := costsOf(v.Costs) // what cannot be read counts for nothing yet
	var err error
	if v.Spent, err = p.svc.Costs(r.ctx(), r.user, v.ID, costs); err != nil {
		return err
	}
	return render(r.Context, status, view.WriteReportPage(v))
}

// fileReport does what the pressed button says: add or remove a row, compare with the budget, or file the report.
func (p *Pages) fileReport(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v, err := p.reportPage(r)
	if err != nil {
		return err
	}
	v.R, v.Credits, v.Ticked, v.Key = readReport(r), text(r.Request.PostForm, "credits"), r.PostFormArray("travellers"), keyOf(r)
	v.Costs = readCosts(r)
	refused := p.reportFiles(r, &v.R)
	switch verb, which, _ := strings.Cut(r.PostForm("do"), "-"); {
	case refused == nil && (verb == "add" || verb == "remove"):
		return p.reportRows(r, v, verb, which)
	case refused == nil && verb == "compare":
		return p.showReport(r, http.StatusOK, v)
	}
	v.R.Results = slices.DeleteFunc(v.R.Results, func(x visit.Result) bool { return x == visit.Result{} })
	v.R.Contacts = slices.DeleteFunc(v.R.Contacts, func(x visit.Contact) bool { return x == visit.Contact{} })
	if refused == nil && v.Credits != "" {
		if v.R.Credits, err = strconv.Atoi(v.Credits); err != nil {
			refused = wrongIn("credits", "out_of_range", "from", "0", "to", "100")
		}
	}
	if refused == nil && len(v.Ticked) == 0 {
		refused = wrongIn("travellers", "required")
	}
	rows, places := paid(v.Costs)
	var problems []visit.Problem
	if v.R.Costs, problems = costsOf(rows); refused == nil && len(problems) > 0 {
		refused = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	if refused == nil {
		_, refused = p.svc.FileReport(r.ctx(), r.user, v.ID, v.Ticked, v.R, v.Key)
	}
	if refused == nil {
		return redirect(r.Context, casePath(r, "reported"))
	}
	return p.reportAgain(r, v, inRows(refused, "costs", places))
}

// reportRows adds or removes a row; which is the list and, to remove, the number of the row.
func (p *Pages) reportRows(r request, v view.WriteReport, verb, which string) error {
	list, index, _ := strings.Cut(which, "-")
	n, _ := strconv.Atoi(index) // only a removal has one
	switch list {
	case "results":
		v.R.Results = edited(v.R.Results, verb, n, visit.Result{})
	case "contacts":
		v.R.Contacts = edited(v.R.Contacts, verb, n, visit.Contact{})
	case "costs":
		v.Costs = edited(v.Costs, verb, n, view.CostRow{BudgetRow: newLine(len(v.Ticked))})
	case "files":
		v.R.Files = edited(v.R.Files, verb, n, visit.Document{})
	}
	return p.showReport(r, http.StatusOK, v)
}

func readReport(r request) visit.Report {
	f := r.Request.PostForm
	return visit.Report{
		Form: visit.ReportForm(r.Param("form")), Summary: text(f, "summary"), Agreed: text(f, "agreed"), Learning: text(f, "learning"), NoContacts: text(f, "no_contacts"),
		Duty: visit.OrganisationDuty{Organisation: text(f, "duty.organisation"), Office: text(f, "duty.office"), Work: text(f, "duty.work")},
		Results: rows(f, "results", func(of func(string) string) visit.Result {
			return visit.Result{Kind: visit.ResultKind(of("kind")), Text: of("text")}
		}),
		Contacts: rows(f, "contacts", func(of func(string) string) visit.Contact {
			return visit.Contact{Name: of("name"), Institution: of("institution"), Country: of("country"), Field: of("field"), FollowUp: of("follow_up"), Partner: of("partner")}
		}),
		Files: rows(f, "files", func(of func(string) string) visit.Document {
			return visit.Document{Kind: reportFile, File: of("file"), Name: of("name")}
		}),
		NoCosts: f.Get("no_costs") != "", OverReason: text(f, "over_reason"),
	}
}

func readCosts(r request) []view.CostRow {
	return rows(r.Request.PostForm, "costs", func(of func(string) string) view.CostRow {
		return view.CostRow{BudgetRow: budgetRow(of), On: of("on")}
	})
}

// paid are the rows with an amount, and the place of each among all of them: what was budgeted and cost nothing is left empty.
func paid(all []view.CostRow) (rows []view.CostRow, places []int) {
	for i, c := range all {
		if c.Amount != "" {
			rows, places = append(rows, c), append(places, i)
		}
	}
	return rows, places
}

// costsOf makes what was spent of rows, with the problems of their numbers.
func costsOf(rows []view.CostRow) (costs []visit.Cost, problems []visit.Problem) {
	for i, c := range rows {
		line, wrong := budgetLine(fmt.Sprintf("costs[%d]", i), c.BudgetRow)
		cost := line.Cost(line.Amount)
		cost.On = c.On
		costs, problems = append(costs, cost), append(problems, wrong...)
	}
	return costs, problems
}

// inRows gives a refusal with the problems of a list under the rows in which they were typed.
func inRows(err error, list string, places []int) error {
	var refused *visit.Error
	if !errors.As(err, &refused) {
		return err
	}
	named := *refused
	named.Problems = slices.Clone(refused.Problems)
	for i, q := range named.Problems {
		number, field, ok := strings.Cut(strings.TrimPrefix(q.Field, list+"["), "]")
		if n, err := strconv.Atoi(number); ok && err == nil && n < len(places) && strings.HasPrefix(q.Field, list+"[") {
			named.Problems[i].Field = fmt.Sprintf("%s[%d]%s", list, places[n], field)
		}
	}
	return &named
}

// reportFile is the kind of a document that comes with a report.
const reportFile = "REPORT"

// reportFiles keeps the files that came with a report.
func (p *Pages) reportFiles(r request, report *visit.Report) error {
	if r.Request.MultipartForm == nil {
		return nil
	}
	for _, header := range r.Request.MultipartForm.File["upload"] {
		if header.Size == 0 && header.Filename == "" {
			continue
		}
		f, err := p.keepFile(r, header)
		if err != nil {
			return namedIn(err, "file", "upload")
		}
		report.Files = append(report.Files, visit.Document{Kind: reportFile, File: f.Hash, Name: header.Filename})
	}
	return nil
}

// reportAgain shows the form of a report with what was typed and why it was refused.
func (p *Pages) reportAgain(r request, v view.WriteReport, err error) error {
	refusal := api.Refusal(err)
	if refusal.Code != visit.Invalid && refusal.Code != visit.Conflict && refusal.Code != visit.Unavailable {
		return err
	}
	for _, q := range refusal.Problems {
		q.Field = strings.Replace(q.Field, "documents[", "files[", 1)
		problem := v.Problem(q)
		if q.Field == "contacts" { // elsewhere these are ways to reach somebody
			problem.Label = v.T("report.contacts")
		}
		v.Problems = append(v.Problems, problem)
	}
	if len(v.Problems) == 0 {
		v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
	}
	return p.showReport(r, api.Status(refusal), v)
}
