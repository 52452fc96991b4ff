package web

import (
	"context"
	"errors"
	"io"
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
