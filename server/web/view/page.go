// Package view is what people see: one typed struct and one templ component for each page. It reads nothing and decides
// nothing; everything that a page shows comes in with its struct. Texts are looked up by key in the language of the page.
package view

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Page is what every page shows around its content.
type Page struct {
	Lang    i18n.Lang
	Title   string // in the language of the page
	URL     string // path and query of this page, to come back to after a change of language
	CSRF    string
	User    *User // nil: nobody is signed in
	Here    string
	Waiting store.InboxCount // tasks that wait for the user
	// Registers is how much waits for the user in the registers.
	Registers int
	// Unread is how many notifications the user has not read.
	Unread int
	// Via is `mail` where the page was opened from a mail; forms carry it on, so that the ledger says so.
	Via   string
	Flash string
	// Problems are shown above the content, each with a link to its field.
	Problems []Problem
	Now      time.Time // the university's time
	Demo     bool
	Mailbox  bool // there are pages of the mails that were sent
	Assets   Assets
	Names
}

// User is who is signed in, and what the navigation offers him.
type User struct {
	Person, NameZH, NameEN string
	Signs, Audits, Admin   bool
	Posts                  []string // that the user acts for today, in own right or for another
	Registers, Abroad      bool
}

// Assets are the addresses of the style sheet and the scripts; HTMX is empty if it was not built. Inbox is for those who sign, Form for
// the page of a request.
type Assets struct{ CSS, App, Inbox, Form, HTMX string }

// Names give what codes and ids are called. Where a name is not known the code is shown.
type Names struct {
	People  map[string]policy.Person
	Units   map[string]policy.Words
	Posts   map[string]policy.Words
	Policy  func(code string) (policy.Words, bool) // sign-offs, gates, documents
	Country func(lang i18n.Lang, code string) string
	// Past are the names of all times, for what is past; Delegations those by which somebody acted, by number.
	Past        store.Names
	Delegations map[int64]store.Delegation
}

// Problem is one thing to put right, in words. Field is the path of the input; empty for the whole.
type Problem struct{ Field, Label, Text string }

// T gives the text of a key; pairs fill its places, name before value.
func (p Page) T(key string, pairs ...string) string {
	return i18n.Text(p.Lang, key, visit.Refuse("", "", pairs...).Args)
}

// Say gives the words for a refusal.
func (p Page) Say(rule string, args map[string]string) string {
	args = maps.Clone(args)
	if code, ok := args["sign_off"]; ok {
		args["sign_off"] = p.PolicyName(code)
	}
	if id, ok := args["person"]; ok {
		args["person"] = p.Person(id)
	}
	return i18n.Text(p.Lang, "rule."+rule, args)
}

// Problem puts a problem of the draft or of another form into words.
func (p Page) Problem(q visit.Problem) Problem {
	return Problem{Field: q.Field, Label: p.fieldLabel(q.Field), Text: p.Say(q.Rule, q.Args)}
}

// fieldLabel names a field by its path: legs[1].arrive is "Leg 2 · Arrive".
func (p Page) fieldLabel(path string) string {
	if path == "" {
		return ""
	}
	if code, ok := strings.CutPrefix(path, "upload."); ok {
		return p.PolicyName(code)
	}
	open, shut := strings.Index(path, "["), strings.Index(path, "]")
	if open < 0 || shut < open {
		return p.T("field." + path)
	}
	n, err := strconv.Atoi(path[open+1 : shut])
	if err != nil {
		return p.T("field." + path)
	}
	list := p.T("row."+path[:open]) + " " + strconv.Itoa(n+1)
	if path[shut+1:] == "" {
		return list
	}
	return list + " · " + p.T("field."+path[:open]+"[]"+path[shut+1:])
}

// Person names a person by id.
func (p Page) Person(id string) string {
	switch id {
	case visit.System.Person:
		return p.T("common.system")
	case service.Somebody:
		return p.T("common.somebody")
	}
	if who, ok := p.People[id]; ok {
		return p.Lang.Pick(who.NameZH, who.NameEN)
	}
	if w, ok := p.Past.Last(id); ok {
		return p.Words(w)
	}
	return id
}

// Persons names several persons.
func (p Page) Persons(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = p.Person(id)
	}
	return strings.Join(names, p.T("common.comma"))
}

// Unit names a unit by its code.
func (p Page) Unit(code string) string { return p.named(p.Units, code) }

// Post names a post by its code.
func (p Page) Post(code string) string { return p.named(p.Posts, code) }

func (p Page) named(m map[string]policy.Words, code string) string {
	if w, ok := m[code]; ok {
		return p.Words(w)
	}
	return code
}

// Words gives the text of the page's language.
func (p Page) Words(w policy.Words) string { return p.Lang.Pick(w.ZH, w.EN) }

// PolicyName names a sign-off, a gate or a document by its code.
func (p Page) PolicyName(code string) string {
	if p.Policy != nil {
		if w, ok := p.Policy(code); ok {
			return p.Words(w)
		}
	}
	return code
}

// CountryName names a country or region by its code.
func (p Page) CountryName(code string) string {
	if p.Country == nil {
		return code
	}
	return p.Country(p.Lang, code)
}

// CountryNames names several.
func (p Page) CountryNames(codes []string) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = p.CountryName(c)
	}
	return strings.Join(names, p.T("common.comma"))
}

// Day, Days, Time and Ago write days and instants; see package i18n.
func (p Page) Day(day string) string       { return i18n.Day(p.Lang, day) }
func (p Page) Days(from, to string) string { return i18n.Days(p.Lang, from, to) }
func (p Page) Time(t time.Time) string     { return i18n.Time(p.Lang, t) }
func (p Page) Ago(t time.Time) string      { return i18n.Relative(p.Lang, p.Now, t) }
func (p Page) WorkingDays(n int) string    { return i18n.Amount(p.Lang, n, "working_day") }
func (p Page) Late(due time.Time) bool     { return !due.IsZero() && due.Before(p.Now) }
func (p Page) State(s visit.State) string  { return p.T("state." + string(s)) }
func (p Page) OtherLang() i18n.Lang        { return i18n.Langs[(indexOf(p.Lang)+1)%len(i18n.Langs)] }
func (p Page) current(here string) string  { return map[bool]string{true: "page"}[p.Here == here] }
func machine(t time.Time) string           { return t.UTC().Format(time.RFC3339) }
func short(hash string) string             { return hash[:min(12, len(hash))] }
func count(n int) string                   { return strconv.Itoa(n) }
func stateClass(s visit.State) string      { return "state " + string(s) }
func path(parts ...string) string          { return "/visits/" + strings.Join(parts, "/") }
func indexed(list string, i int) string    { return fmt.Sprintf("%s[%d]", list, i) }
func kilobytes(n int64) string             { return fmt.Sprintf("%d KB", (n+1023)/1024) }

// Amount writes a number of what a policy counts in: days, working_days, hours or months.
func (p Page) Amount(n int, of string) string {
	return i18n.Amount(p.Lang, n, strings.TrimSuffix(of, "s"))
}

func indexOf(l i18n.Lang) int {
	for i, have := range i18n.Langs {
		if have == l {
			return i
		}
	}
	return 0
}

// inputID makes the id of an input from the path of its field: legs[0].country is f-legs-0-country.
func inputID(field string) string {
	return "f-" + strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(field)
}

// ErrorOf gives the text of the first problem of a field, "" when it has none.
func (p Page) ErrorOf(field string) string {
	for _, q := range p.Problems {
		if q.Field == field {
			return q.Text
		}
	}
	return ""
}
