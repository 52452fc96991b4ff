package view

import (
	"net/url"
	"slices"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Register is what the pages of all registers share.
type Register struct {
	Page
	Right service.Rights
	// Typed is what was typed into a form that was refused, Tried the entry whose form it was, 0 for the form of a new one.
	Typed url.Values
	Tried int64
	Today string
}

// typed gives what was typed into a field of the form of an entry, else the value to begin with.
func (v Register) typed(of int64, field, otherwise string) string {
	if v.Typed == nil || v.Tried != of {
		return otherwise
	}
	return v.Typed.Get(field)
}

// RegisterIndex lists the registers that the user may read.
type RegisterIndex struct {
	Register
	List []RegisterLink
}

// RegisterLink is a register with what waits in it.
type RegisterLink struct {
	Of    service.Register
	Keeps bool
	Open  int
}

// RiskLevels is the table of risk levels, as of a day.
type RiskLevels struct {
	Register
	Day     string
	Rows    []store.RiskLevel
	Lands   []string
	Changes bool // may read what changes of risk set off
}

// RiskHistory is every level of a country.
type RiskHistory struct {
	Register
	Country string
	Rows    []store.RiskLevel
}

// Terms are the teaching weeks.
type Terms struct {
	Register
	Rows []store.TeachingTerm
}

// Relations is the register of who is related to whom.
type Relations struct {
	Register
	Rows []store.Relation
}

// Authorities is the register of powers.
type Authorities struct {
	Register
	Rows []store.Authority
	// Powers are the sign-offs that a power may be for.
	Powers []string
}

// Marks are the marks that the user may read.
type Marks struct {
	Register
	Lifted bool
	Rows   []store.Mark
	Codes  []string // of units
}

// mayLift tells that the user lifts marks of that kind.
func (v Marks) mayLift(m store.Mark) bool {
	return m.LiftedAt == nil && slices.Contains(v.Right.MarkKinds(), m.Kind)
}

// Findings are what the International Office is to look at.
type Findings struct {
	Register
	Resolved bool
	Rows     []store.Finding
}

// Overrides are refusals that somebody is asked to lift.
type Overrides struct {
	Register
	Decided bool
	Rows    []store.Override
}

// Override is one of them, with its draft.
type Override struct {
	Register
	C service.OverrideCase
}

// OwnOverrides is what an applicant may ask to be lifted for a draft, and has asked.
type OwnOverrides struct {
	Register
	ID    string
	Title string
	Asked []store.Override
	// Refusals are those that stand and that somebody may lift.
	Refusals []policy.Remark
}

// asked tells that a refusal was put to them and not decided yet.
func (v OwnOverrides) asked(x policy.Remark) bool {
	return slices.ContainsFunc(v.Asked, func(o store.Override) bool { return o.State == "open" && o.Rule == x.Code && o.Subject == x.Subject })
}

// Plans are the annual plans of all units.
type Plans struct {
	Register
	Year int
	Rows []service.PlanRow
}

// Plan is one unit's plan; Form is what is typed into its form.
type Plan struct {
	Register
	P    service.PlanOf
	Form PlanForm
}

// PlanForm is a plan as it is typed.
type PlanForm struct {
	Revision, Quota, Reason string
	Entries                 []PlanEntry
}

// PlanEntry is an entry as it is typed; countries are codes with spaces.
type PlanEntry struct{ Item, Category, Title, Countries, Days, People string }

// PlanFormOf fills a form from a revision.
func PlanFormOf(p store.Plan) PlanForm {
	f := PlanForm{Revision: count(p.Revision), Quota: count(p.Quota)}
	for _, e := range p.Entries {
		f.Entries = append(f.Entries, PlanEntry{e.Item, string(e.Category), e.Title, strings.Join(e.Countries, " "), count(e.Days), count(e.People)})
	}
	return f
}

// usedBy are the visits that name an entry.
func (v Plan) usedBy(item string) []store.PlanUse {
	return slices.DeleteFunc(slices.Clone(v.P.Uses), func(u store.PlanUse) bool { return u.PlanItem != item })
}

// unplanned are the visits that name no entry of the plan in force.
func (v Plan) unplanned() []store.PlanUse {
	in := v.P.InForce()
	return slices.DeleteFunc(slices.Clone(v.P.Uses), func(u store.PlanUse) bool {
		return in != nil && slices.ContainsFunc(in.Entries, func(e store.PlanEntry) bool { return e.Item == u.PlanItem })
	})
}

// PlanSummary is what became of the plans.
type PlanSummary struct {
	Register
	Year, Half int
	Rows       []service.PlanSummary
}

func registerURL(parts ...string) string { return "/registers/" + strings.Join(parts, "/") }
