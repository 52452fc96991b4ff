package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// lifeDesk is what the pages ask of the service about the life of a visit after its approval.
type lifeDesk interface {
	Act(ctx context.Context, u service.User, id string, a service.Act, key string) (visit.Receipt, error)
	FileReport(ctx context.Context, u service.User, id string, travellers []string, r visit.Report, key string) (visit.Receipt, error)
	Reports(ctx context.Context, u service.User, id string) ([]service.FiledReport, error)
	Costs(ctx context.Context, u service.User, id string, more []visit.Cost) (money.Costs, error)
	Archive(ctx context.Context, u service.User, id, key string) (visit.Receipt, error)
	Package(ctx context.Context, u service.User, id string) (io.ReadSeekCloser, visit.Visit, error)
}

func (p *Pages) lifeRoutes(r gin.IRouter) {
	r.POST("/visits/:id/life/:command", p.signedIn(p.live))
	r.GET("/visits/:id/report/:form", p.signedIn(p.newReport))
	r.POST("/visits/:id/report/:form", p.signedIn(p.fileReport))
	r.POST("/visits/:id/reports/:n", p.signedIn(p.judgeReport))
	r.POST("/visits/:id/archive", p.signedIn(p.archiveVisit))
	r.GET("/visits/:id/package", p.signedIn(p.sendPackage))
}

// lifeCommand is a command of the life after the approval: its inputs, for whom the user may give it now, and what it does.
type lifeCommand struct {
	name   string
	choose bool // nobody is ticked at first
	fields []view.LifeField
	who    func(service.Can) []string
	do     func(who []string, of map[string]string, text visit.Note) visit.Action
}

const (
	prepare = "prepare"
	replace = "replace" // a proof by a newer one, such as that of an insurance that was renewed
)

// proofs are the inputs of a proof, by the kind that a preparation asks for.
var proofs = map[visit.ProofKind]view.LifeField{
	visit.ProofFile: {Name: "proof.file", Kind: view.FileField},
	visit.ProofDate: {Name: "proof.date", Kind: view.DateField},
	visit.ProofText: {Name: "proof.text", Kind: view.AreaField},
}

var (
	on     = view.LifeField{Name: "on", Kind: view.DateField}
	reason = view.LifeField{Name: "reason", Kind: view.AreaField}
)

var anyProof = []view.LifeField{proofs[visit.ProofFile], proofs[visit.ProofDate], proofs[visit.ProofText]}

func prove(who []string, of map[string]string, text visit.Note) visit.Action {
	return visit.Prepare{Preparation: of["preparation"], Travellers: who, Proof: visit.Proof{File: of["proof.file"], Date: of["proof.date"], Text: text}}
}

// lifeCommands are all of them, in the order of a visit.
var lifeCommands = []lifeCommand{
	{name: prepare, fields: anyProof, do: prove},
	{name: replace, choose: true, fields: anyProof, do: prove},
	{
		name: "depart", fields: []view.LifeField{on}, who: func(c service.Can) []string { return c.Depart },
		do: func(who []string, of map[string]string, _ visit.Note) visit.Action {
			return visit.Depart{Travellers: who, On: of["on"]}
		},
	},
	{
		name: "check-in", fields: []view.LifeField{{Name: "place", Kind: view.LineField, Optional: true}}, who: func(c service.Can) []string { return c.CheckIn },
		do: func(who []string, _ map[string]string, text visit.Note) visit.Action {
			return visit.CheckIn{Travellers: who, Place: text}
		},
	},
	{
		name: "arrive", fields: []view.LifeField{{Name: "left", Kind: view.DateField, Optional: true}, {Name: "back", Kind: view.DateField}},
		who: func(c service.Can) []string { return c.Arrive },
		do: func(who []string, of map[string]string, _ visit.Note) visit.Action {
			return visit.Arrive{Travellers: who, Left: of["left"], Back: of["back"]}
		},
	},
	{
		name: "change-return", fields: []view.LifeField{{Name: "return", Kind: view.DateField}, reason, {Name: "proof", Kind: view.FileField}},
		who: func(c service.Can) []string { return c.ChangeReturn },
		do: func(who []string, of map[string]string, text visit.Note) visit.Action {
			return visit.ChangeReturn{Travellers: who, Return: of["return"], Reason: text, Proof: of["proof"]}
		},
	},
	{
		name: "passport-in", fields: []view.LifeField{on}, who: func(c service.Can) []string { return c.PassportIn },
		do: func(who []string, of map[string]string, _ visit.Note) visit.Action {
			return visit.PassportIn{Travellers: who, On: of["on"]}
		},
	},
	{
		name: "recall", fields: []view.LifeField{reason}, who: func(c service.Can) []string { return c.Recall },
		do: func(who []string, _ map[string]string, text visit.Note) visit.Action {
			return visit.Recall{Travellers: who, Reason: text}
		},
	},
	{
		name: "suspend", fields: []view.LifeField{reason}, who: func(c service.Can) []string { return c.Suspend },
		do: func(who []string, _ map[string]string, text visit.Note) visit.Action {
			return visit.Suspend{Travellers: who, Reason: text}
		},
	},
	{
		name: "lift", fields: []view.LifeField{reason}, who: func(c service.Can) []string { return c.Lift },
		do: func(who []string, _ map[string]string, text visit.Note) visit.Action {
			return visit.Lift{Travellers: who, Reason: text}
		},
	},
	{
		name: "cancel", choose: true, fields: []view.LifeField{reason}, who: func(c service.Can) []string { return c.Cancel },
		do: func(who []string, _ map[string]string, text visit.Note) visit.Action {
			return visit.Cancel{Travellers: who, Reason: text}
		},
	},
}

// lifeOf gives what the page of a case shows of the life after the approval, and learns the names of posts for it.
func (p *Pages) lifeOf(r request, page *view.Page, c service.Case) (view.CaseLife, error) {
	if len(c.Visit.Trips) == 0 {
		return view.CaseLife{}, nil
	}
	l := view.CaseLife{Forms: lifeForms(c), Package: c.Visit.Package != "" && r.rights.All}
	for _, form := range visit.ReportForms {
		if who := c.Can.Report[form]; len(who) > 0 {
			l.Write = append(l.Write, view.ReportLink{Form: form, Travellers: who})
		}
	}
	var err error
	if l.Reports, err = p.svc.Reports(r.ctx(), r.user, c.Row.ID); err != nil {
		return l, err
	}
	return l, p.knowPosts(r.ctx(), page)
}

// lifeForms are the commands that the user may give now.
func lifeForms(c service.Case) []view.LifeForm {
	var forms []view.LifeForm
	for _, p := range c.Can.Prepare {
		forms = append(forms, view.LifeForm{Command: prepare, Preparation: p.Code, Travellers: p.Travellers, Fields: []view.LifeField{proofs[p.Proof]}})
	}
	for _, p := range c.Can.Replace {
		forms = append(forms, view.LifeForm{
			Command: replace, Preparation: p.Code, Travellers: p.Travellers, Choose: len(p.Travellers) > 1, Fields: []view.LifeField{proofs[p.Proof]},
		})
	}
	for _, l := range lifeCommands {
		if l.who == nil {
			continue
		}
		who := l.who(c.Can)
		alone := l.choose && c.MayCancel && len(who) == 1 // the case is cancelled as a whole then
		if len(who) > 0 && !alone {
			forms = append(forms, view.LifeForm{Command: l.name, Travellers: who, Choose: l.choose, Fields: l.fields})
		}
	}
	return forms
}

// live carries out a command of the life after the approval.
func (p *Pages) live(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	i := slices.IndexFunc(lifeCommands, func(c lifeCommand) bool { return c.name == r.Param("command") })
	if i < 0 {
		return visit.Refuse(visit.NotFound, "not_found", "what", "page")
	}
	c, typed := lifeCommands[i], view.LifeTyped{Travellers: r.PostFormArray("travellers")}
	var err error
	if typed.Of, err = p.lifeValues(r, c.fields); err == nil && len(typed.Travellers) == 0 {
		err = wrongIn("travellers", "required") // to the service nobody would be everybody
	}
	if err == nil {
		_, err = p.svc.Act(r.ctx(), r.user, r.Param("id"), c.act(typed), keyOf(r))
	}
	if err != nil {
		form := view.LifeFormName(c.name, typed.Of["preparation"])
		return p.caseAgain(r, form, "", view.Typed{Life: &typed}, namedIn(err, "text", c.text()))
	}
	return redirect(r.Context, casePath(r, "life"))
}

// lifeValues reads the inputs of a command and keeps the files that came with it. A file that was sent before stays, so that
// it need not be sent again.
func (p *Pages) lifeValues(r request, fields []view.LifeField) (map[string]string, error) {
	of := map[string]string{"preparation": r.PostForm("preparation")}
	var refused error
	for _, f := range fields {
		of[f.Name] = text(r.Request.PostForm, f.Name)
		if f.Kind != view.FileField {
			continue
		}
		of[f.Name] = r.PostForm(f.Name + ".kept")
		file, err := r.FormFile(f.Name)
		if err != nil || file.Size == 0 && file.Filename == "" { // none was chosen
			continue
		}
		kept, err := p.keepFile(r, file)
		switch {
		case err == nil:
			of[f.Name] = kept.Hash
		case visit.CodeOf(err) == visit.Invalid:
			refused = namedIn(err, "file", f.Name)
		default:
			return of, err
		}
	}
	return of, refused
}

// text is the input of a command that is kept as a note, "" where it has none.
func (c lifeCommand) text() string {
	i := slices.IndexFunc(c.fields, func(f view.LifeField) bool { return f.Kind == view.AreaField || f.Kind == view.LineField })
	if i < 0 {
		return ""
	}
	return c.fields[i].Name
}

func (c lifeCommand) act(typed view.LifeTyped) service.Act {
	a := service.Act{Text: typed.Of[c.text()], Files: map[string]string{}, Do: func(text visit.Note) visit.Action {
		return c.do(typed.Travellers, typed.Of, text)
	}}
	for _, f := range c.fields {
		if f.Kind == view.FileField {
			a.Files[f.Name] = typed.Of[f.Name]
		}
	}
	return a
}

// namedIn gives a refusal with the problems of a field under the name that it has in the form.
func namedIn(err error, field, name string) error {
	var refused *visit.Error
	if !errors.As(err, &refused) {
		return err
	}
	named := *refused
	named.Problems = slices.Clone(refused.Problems)
	for i, q := range named.Problems {
		if rest, ok := strings.CutPrefix(q.Field, field); ok && (rest == "" || rest[0] == '[') {
			named.Problems[i].Field = name + rest
		}
	}
	return &named
}

func (p *Pages) judgeReport(r request) error {
	n, err := strconv.Atoi(r.Param("n"))
	if err != nil {
		return visit.Refuse(visit.NotFound, "not_found", "what", "page")
	}
	said := text(r.Request.PostForm, "reason")
	judge := func(text visit.Note) visit.Action { return visit.AcceptReport{Report: n, Reason: text} }
	if r.PostForm("do") == "return" {
		judge = func(text visit.Note) visit.Action { return visit.ReturnReport{Report: n, Reason: text} }
	}
	if _, err = p.svc.Act(r.ctx(), r.user, r.Param("id"), service.Act{Text: said, Do: judge}, keyOf(r)); err != nil {
		return p.caseAgain(r, view.JudgeForm(r.Param("n")), "", view.Typed{Text: said}, namedIn(err, "text", "reason"))
	}
	return redirect(r.Context, casePath(r, "life"))
}

func (p *Pages) archiveVisit(r request) error {
	if _, err := p.svc.Archive(r.ctx(), r.user, r.Param("id"), keyOf(r)); err != nil {
		return p.caseAgain(r, "life-archive", "", view.Typed{}, err)
	}
	return redirect(r.Context, casePath(r, "archived"))
}

func (p *Pages) sendPackage(r request) error {
	content, v, err := p.svc.Package(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return err
	}
	api.ServePackage(r.Writer, r.Request, content, v)
	return nil
}

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
