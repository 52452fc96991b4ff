package view

import (
	"fmt"
	"slices"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// FieldKind is how an input of a command is shown.
type FieldKind string

// The kinds of inputs. What is typed into an area or a line is kept as a note.
const (
	DateField FieldKind = "date"
	FileField FieldKind = "file"
	AreaField FieldKind = "area"
	LineField FieldKind = "line"
)

// LifeField is an input of a command; Name is the field of its problems.
type LifeField struct {
	Name     string
	Kind     FieldKind
	Optional bool
}

// LifeForm is a command of the life after the approval that the user may give now.
type LifeForm struct {
	Command     string
	Preparation string // code of what is proved
	Travellers  []string
	// Choose tells that nobody is ticked at first: for whom it is must be said.
	Choose bool
	Fields []LifeField
}

// Name is that of the form on the page; what was typed into it and its problems go by it.
func (f LifeForm) Name() string { return LifeFormName(f.Command, f.Preparation) }

// LifeFormName is the name of the form of a command.
func LifeFormName(command, preparation string) string {
	if preparation != "" {
		command += "-" + preparation
	}
	return "life-" + command
}

// LifeTyped is what was sent by the form of a command: values by field, of a file its hash.
type LifeTyped struct {
	Travellers []string
	Of         map[string]string
}

// ReportLink is a report that the user may write now.
type ReportLink struct {
	Form       visit.ReportForm
	Travellers []string
}

// CaseLife is what follows the approval, on the page of a case.
type CaseLife struct {
	Forms   []LifeForm
	Reports []service.FiledReport
	Write   []ReportLink
	// Package tells that the user may read the package in the archive.
	Package bool
}

// typedLife is what was typed into a form, nil unless it was refused.
func (v Case) typedLife(form string) *LifeTyped { return v.Typed[form].Life }

func (v Case) lifeValue(form, field string) string {
	if t := v.typedLife(form); t != nil {
		return t.Of[field]
	}
	return ""
}

// ticked tells that a traveller is chosen in a form: everybody at first.
func (v Case) ticked(f LifeForm, person string) bool {
	if t := v.typedLife(f.Name()); t != nil {
		return slices.Contains(t.Travellers, person)
	}
	return !f.Choose
}

// lifeTitle names a command, or what is proved by it.
func (v Case) lifeTitle(f LifeForm) string {
	if f.Preparation != "" {
		return v.T("life.do."+f.Command) + v.T("common.colon") + v.PolicyName(f.Preparation)
	}
	return v.T("life.do." + f.Command)
}

// lifeWaits tells that something in the life of the visit waits for the user himself.
func (v Case) lifeWaits() bool {
	can := v.C.Can
	return len(v.Life.Forms)+len(v.Life.Write) > 0 && v.C.Visit.Involved(v.User.Person) || len(can.Judge) > 0 || can.Archive
}

// TripGroup are travellers who stand alike; Trip is that of each but for the person.
type TripGroup struct {
	visit.Trip
	People  []string
	Duty    visit.Duty
	Lacking []string
}

// tripGroups puts together the travellers who stand alike, in the order of the travellers.
func (v Case) tripGroups() []*TripGroup {
	var groups []*TripGroup
	by := map[string]*TripGroup{}
	for _, t := range v.C.Visit.Trips {
		person, duty := t.Person, v.C.Visit.Route.Life.Duty(t.Person)
		t.Person = ""
		key := fmt.Sprintf("%+v %+v", t, duty)
		if by[key] == nil {
			g := &TripGroup{Trip: t, Duty: duty}
			t.Person = person
			for _, p := range v.C.Visit.Lacking(t) {
				g.Lacking = append(g.Lacking, p.Code)
			}
			by[key], groups = g, append(groups, g)
		}
		by[key].People = append(by[key].People, person)
	}
	return groups
}

// unpaid gives the keys of why Finance may not refund yet; none when it may.
func (g TripGroup) unpaid() []string {
	switch {
	case g.Payable():
		return nil
	case g.State.Ended():
		return []string{"life.unpaid.not_made"}
	case g.Back == "":
		return []string{"life.unpaid.not_back"}
	}
	var why []string
	if g.Overstayed() {
		why = append(why, "life.unpaid.overstayed")
	}
	if !g.ReportDue.IsZero() && !g.Accepted {
		why = append(why, "life.unpaid.report")
	}
	if !g.PassportDue.IsZero() && g.PassportIn == "" {
		why = append(why, "life.unpaid.passport")
	}
	return why
}

// provers names who may prove a preparation.
func (v Case) provers(p visit.Preparation) string {
	names := make([]string, len(p.By))
	for i, by := range p.By {
		switch by {
		case visit.ByTraveller, visit.ByLeader:
			names[i] = v.T("life.by." + by)
		default:
			names[i] = v.Post(by)
		}
	}
	return joinNames(v.Page, names)
}

// proofText is what a proof says, but for the contact of a traveller: who looks that up is noted, and it is done elsewhere.
func (v Case) proofText(code string, p visit.Proof) string {
	if p.Text == "" || code == visit.EmergencyContact {
		return ""
	}
	return v.note(p.Text)
}

// may judge tells that the user may accept or return a report.
func (v Case) mayJudge(report int) bool { return slices.Contains(v.C.Can.Judge, report) }

// judgeForm is the name of the form that judges a report.
func judgeForm(report int) string { return JudgeForm(count(report)) }

// JudgeForm is the name of the form that judges a report.
func JudgeForm(report string) string { return "judge-" + report }

// WriteReport is the page on which a report is written.
type WriteReport struct {
	Page
	ID, Visit  string // number and title of the visit
	Key        string
	Travellers []string // for whom the user may file it
	Ticked     []string
	Duty       bool   // the visit is flagged as duty for an organisation
	Returned   string // why the last one was given back, "" unless it was
	R          visit.Report
	Credits    string // as typed
	Lands      []string
	Partners   []store.Partner // whose agreement stands
	// Costs are what was spent as it was typed; Spent holds it, after what other reports say, against the budget.
	Costs    []CostRow
	Spent    money.Costs
	Legs     []visit.Leg
	Budgeted bool // the visit was approved with a budget
}

// withRows gives the report with a row to fill in where there is none.
func (v WriteReport) withRows() visit.Report {
	r := v.R
	if len(r.Results) == 0 {
		r.Results = []visit.Result{{}}
	}
	if len(r.Contacts) == 0 {
		r.Contacts = []visit.Contact{{}}
	}
	return r
}

func (v WriteReport) action() string { return path(v.ID, "report", string(v.R.Form)) }

// live fills in what a step of the life after the approval tells.
func (s *Step) live(fact visit.Fact) {
	s.People = visit.Whom(fact)
	switch f := fact.(type) {
	case visit.PreparationOpened: // of everybody
		s.People = nil
	case visit.PreparationMet:
		s.Codes, s.Proof = []string{f.Preparation}, f.Proof
		if f.Preparation == visit.EmergencyContact { // who looks that up is noted, and it is done elsewhere
			s.Proof = visit.Proof{}
		}
		s.Note = s.Proof.Text
	case visit.Suspended:
		s.Note = f.Reason
	case visit.Lifted:
		s.Note = f.Reason
	case visit.Recalled:
		s.Note = f.Reason
	case visit.ReturnChanged:
		s.Note = f.Reason
	case visit.ReportAccepted:
		s.Note = f.Reason
	case visit.ReportReturned:
		s.Note = f.Reason
	}
}

// manyPeople are so many that a step counts them and does not name them.
const manyPeople = 6

// stepPeople names the travellers of a step.
func (p Page) stepPeople(s Step) string {
	switch n := len(s.People); {
	case n == 0:
		return ""
	case n >= manyPeople:
		return "→ " + p.T("life.people", "count", count(n))
	default:
		return "→ " + p.Persons(s.People)
	}
}
