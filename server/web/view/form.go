package view

import (
	"slices"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Form holds a draft as it was typed; amounts and dates may be anything.
type Form struct {
	Category, Title, Purpose, Unit                  string
	ExitDate, ReturnDate, ExitTime                  string
	Invitation, PlanItem, TalentTask, TalentContact string
	Travellers                                      []visit.Traveller
	Legs                                            []visit.Leg
	Funding                                         []FundingRow
	Budget                                          []BudgetRow
	Documents                                       []visit.Document
	Flags                                           []string
}

// FundingRow is one source of money as it was typed.
type FundingRow struct{ Source, Kind, Currency, Amount string }

// BudgetRow is a line of the budget as it was typed.
type BudgetRow struct{ Kind, Leg, Currency, Amount, People, Days, Class string }

func budgetRow(l visit.BudgetLine) BudgetRow {
	return BudgetRow{string(l.Kind), count(l.Leg), l.Currency, l.Amount.String(), count(l.People), count(l.Days), string(l.Class)}
}

// FormOf fills a form from a draft.
func FormOf(d visit.Draft) Form {
	f := Form{
		Category: string(d.Category), Title: d.Title, Purpose: d.Purpose, Unit: d.Unit, ExitDate: d.ExitDate, ReturnDate: d.ReturnDate, ExitTime: d.ExitTime,
		Invitation: d.Invitation, PlanItem: d.PlanItem, TalentTask: d.TalentTask, TalentContact: d.TalentContact,
		Travellers: slices.Clone(d.Travellers), Legs: slices.Clone(d.Legs), Documents: slices.Clone(d.Documents),
	}
	for _, m := range d.Funding {
		f.Funding = append(f.Funding, FundingRow{m.Source, string(m.Kind), m.Currency, m.Amount.String()})
	}
	for _, l := range d.Budget {
		f.Budget = append(f.Budget, budgetRow(l))
	}
	for _, flag := range d.Flags {
		f.Flags = append(f.Flags, string(flag))
	}
	return f
}

// WithRows gives the form with at least one row to fill in each list.
func (f Form) WithRows() Form {
	if len(f.Travellers) == 0 {
		f.Travellers = []visit.Traveller{{Role: visit.Leader}}
	}
	if len(f.Legs) == 0 {
		f.Legs = []visit.Leg{{}}
	}
	if len(f.Funding) == 0 {
		f.Funding = []FundingRow{{Currency: "CNY"}}
	}
	return f
}

// forStudents tells that the questions begin with those for students: as the category says, or else who travels.
func (v Edit) forStudents() bool {
	if v.Form.Category != "" {
		return visit.Category(v.Form.Category).ForStudents()
	}
	return len(v.Form.Travellers) > 0 && v.People[v.Form.Travellers[0].Person].Rank == policy.Student
}

func (f Form) has(flag visit.Flag) bool { return slices.Contains(f.Flags, string(flag)) }

// Edit is the page of the form: a new request, a draft, or a returned or approved visit.
type Edit struct {
	Page
	ID       string // "" for a new request
	Revision int
	Key      string // makes a submission that is sent twice act once
	// Applicant is for whom the request is prepared, "" for one's own.
	Applicant string
	Form      Form
	// CopyOf is the visit that the form was copied from, "" for any other; Earlier are those that a new one may be copied from.
	CopyOf  string
	Earlier []store.VisitRow
	// Roster is a list of travellers that was pasted and refused.
	Roster   string
	Returned string // why it was returned, "" unless it was
	State    visit.State
	Typed    bool                  // what it shows was sent and is not saved
	Changed  bool                  // the draft was changed elsewhere since
	Files    map[string]store.File // of the documents of the draft as it was saved last, by hash
	Units    []string
	Lands    []string // codes of countries, in the order of their names
	Panel    Panel
	Papers   service.Papers // of a draft that was saved and never submitted
	// Partners are suggested as hosts: those whose agreement stands.
	Partners []store.Partner
	// PlanItems are the entries of the unit's annual plan.
	PlanItems []store.PlanEntry
}

func (v Edit) action() string {
	if v.ID == "" {
		return "/visits/new"
	}
	return path(v.ID, "edit")
}

// documents are the papers that the route asks for, and those that were handed in besides.
func (v Edit) documents() []policy.Document {
	if v.Panel.Route == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(v.Panel.Route.Documents), func(d policy.Document) bool { return d.Generated })
}

// handedIn finds the uploads of a kind, by their places in the form.
func (v Edit) handedIn(kind string) []int {
	var at []int
	for i, d := range v.Form.Documents {
		if d.Kind == kind {
			at = append(at, i)
		}
	}
	return at
}

// unasked are the uploads of kinds that the route does not ask for.
func (v Edit) unasked() []int {
	asked := v.documents()
	var at []int
	for i, d := range v.Form.Documents {
		if !slices.ContainsFunc(asked, func(a policy.Document) bool { return a.Code == d.Kind }) {
			at = append(at, i)
		}
	}
	return at
}

// file gives what is known of an upload that was saved with the draft.
func (v Edit) file(i int) (store.File, bool) {
	f, ok := v.Files[v.Form.Documents[i].File]
	return f, ok
}

// Panel is the live route beside the form.
type Panel struct {
	Page
	ID       string          // of the draft, "" for one that was never saved
	Route    *policy.Route   // nil while too little is known
	Simpler  []policy.Change // what would make the route simpler
	Reask    *policy.Reask   // of a visit that was submitted before; nil for any other draft
	Facts    []policy.ShownFact
	Problems []visit.Problem
	Budget   money.Budget
	Expected *service.Expected
	Holders  map[string][]store.Acting // who may sign today, by the code of the sign-off
}

// stages groups the sign-offs of the route by stage.
func (v Panel) stages() [][]policy.SignOff {
	var out [][]policy.SignOff
	next := 0
	for _, codes := range v.Route.Stages {
		out = append(out, v.Route.SignOffs[next:next+len(codes)])
		next += len(codes)
	}
	return out
}

// mayAsk tells that a refusal can be put to somebody who may lift it.
func (v Panel) mayAsk() bool {
	return slices.ContainsFunc(v.Route.Refusals, func(x policy.Remark) bool { return len(x.Posts) > 0 })
}

// refused counts what the policy does not allow.
func (v Panel) refused() int {
	if v.Route == nil {
		return 0
	}
	return len(v.Route.Refusals)
}

// missing are the problems that only a submission has, without those that the panel shows as refusals; wrong are the others.
func (v Panel) missing() []visit.Problem { return v.problems(true) }
func (v Panel) wrong() []visit.Problem   { return v.problems(false) }

func (v Panel) problems(missing bool) []visit.Problem {
	return slices.DeleteFunc(slices.Clone(v.Problems), func(p visit.Problem) bool {
		return p.Missing != missing || p.Rule == "policy_refused"
	})
}

// holders names who may act: the holder, or "Li for Wang".
func (p Page) holders(as []store.Acting) string {
	names := make([]string, 0, len(as))
	for _, a := range as {
		if name := p.Acting(a.Person, a.OnBehalfOf); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return joinNames(p, names)
}

// own tells that the user may begin another visit from this one: applicant or traveller.
func (p Page) own(r store.VisitRow) bool {
	return p.User != nil && (r.Applicant == p.User.Person || slices.Contains(r.Travellers, p.User.Person))
}

func joinNames(p Page, names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += p.T("common.comma")
		}
		out += n
	}
	return out
}

// Acting names a person, and the holder for whom a delegate acts.
func (p Page) Acting(person, onBehalfOf string) string {
	if onBehalfOf == "" {
		return p.Person(person)
	}
	return p.T("common.for", "delegate", p.Person(person), "holder", p.Person(onBehalfOf))
}
