package view

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// PersonAt names a person as he was called at a time; who is no longer there has the names of then too.
func (p Page) PersonAt(id string, at time.Time) string {
	if w, ok := p.Past.At(id, at); ok {
		return p.Words(w)
	}
	return p.Person(id)
}

// Signed says who did something, and for whom by which delegation, in the names of that time.
func (p Page) Signed(by visit.Actor, at time.Time) string {
	holder := ""
	if by.OnBehalfOf != "" {
		holder = p.PersonAt(by.OnBehalfOf, at)
	}
	d := p.Delegations[by.Delegation]
	return i18n.Signed(p.Lang, p.PersonAt(by.Person, at), holder, by.Delegation, d.From, d.To)
}

// Lasting writes how long something lasted.
func (p Page) Lasting(d time.Duration) string { return i18n.Lasting(p.Lang, d) }

// Words2 gives the name in the page's language.
func (p Page) Words2(zh, en string) string { return p.Lang.Pick(zh, en) }

// lasted is a duration for machines, in whole seconds.
func lasted(d time.Duration) string { return "PT" + strconv.FormatInt(int64(d.Seconds()), 10) + "S" }

func seconds64(n int64) time.Duration { return time.Duration(n) * time.Second }

// right tells by which delegation the user signs a task of his inbox: "" in his own right.
func (p Page) right(it store.InboxItem) string {
	if it.OnBehalfOf == "" {
		return ""
	}
	return p.Signed(visit.Actor{Person: p.User.Person, OnBehalfOf: it.OnBehalfOf, Delegation: it.Delegation}, p.Now)
}

// group are the travellers of a trip by name.
func (p Page) group(t store.Journey) string { return p.Persons(t.Travellers) }

// span is a time from a day on; an empty end is open.
func (p Page) span(from, to string) string {
	if to == "" {
		return p.T("organisation.since", "day", p.Day(from))
	}
	return p.Days(from, to)
}

// visibilities are those that the form of a comment offers.
func (v Case) visibilities() []store.Visibility {
	all := []store.Visibility{store.ForAll}
	if v.User.Signs && !v.party() {
		all = append(all, store.ForApprovers)
	}
	return append(all, store.ForOffice)
}

// party tells that the user applies or travels.
func (v Case) party() bool {
	return v.User.Person == v.C.Visit.Applicant || slices.Contains(v.C.Visit.Travellers, v.User.Person)
}

// mayComment tells that the user may say something here: who only audits may not.
func (v Case) mayComment() bool { return v.User.Signs || !v.User.Audits || v.party() }

// Bulk is the page of sign-offs that may be approved together.
type Bulk struct {
	Page
	Items []service.KeyFacts
	Key   string
	// Results are what became of those that were sent, nil before.
	Results []service.BulkResult
}

// failed says why one was not approved.
func (v Bulk) failed(err error) string {
	var refusal *visit.Error
	if errors.As(err, &refusal) {
		return v.Say(refusal.Rule, refusal.Args)
	}
	return v.Say("unavailable", nil)
}

// Vacancies is the page of sign-offs that nobody can give, or only a fallback.
type Vacancies struct {
	Page
	List   []store.Vacancy
	Closed bool
	Links  bool // who sees the cases gets links to them
}

// WaitingReport is the report of waiting times.
type WaitingReport struct {
	Page
	W service.Waiting
}

// Organisation is the page of posts and who holds them.
type Organisation struct {
	Page
	O        service.Organisation
	PersonID string // whose holdings are shown, "" for all posts
	Form     OrganisationForm
	Today    string
}

// OrganisationForm is what was typed into the forms of the page.
type OrganisationForm struct {
	Person, Post, Unit, From, To                  string
	Assistant, Leader, AssistantFrom, AssistantTo string
	LeavePerson, Day                              string
	RenamePerson, RenameZH, RenameEN              string
}

// holders are the holdings of a post that the page shows.
func (v Organisation) holders(post store.Post) []store.Holding {
	return slices.DeleteFunc(slices.Clone(v.O.Holdings), func(h store.Holding) bool { return h.Post != post.Code || h.Unit != post.Unit })
}

// ended tells that something is over on a day.
func ended(to, today string) bool { return to != "" && to < today }

func unitOrNone(p Page, code string) string {
	if code == "" {
		return ""
	}
	return p.Unit(code)
}

// errorField is the field of an input by its id.
func errorField(id string) string { return strings.TrimPrefix(id, "f-") }

// scopeOf says in words what a delegation is limited to, "" where it is not.
func (p Page) scopeOf(w store.Within) string {
	var parts []string
	add := func(list []string, name func(string) string) {
		if len(list) == 0 {
			return
		}
		names := make([]string, len(list))
		for i, code := range list {
			names[i] = name(code)
		}
		parts = append(parts, joinNames(p, names))
	}
	add(w.Categories, func(c string) string { return p.T("category." + c) })
	add(w.Units, p.Unit)
	add(w.SignOffs, p.PolicyName)
	return strings.Join(parts, " · ")
}
