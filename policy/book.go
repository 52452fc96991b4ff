package policy

import (
	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// Book is a pack as people read it: every rule in words, with what it asks for and where it comes from.
type Book struct {
	Ref           visit.PolicyRef `json:"ref"`
	Title         Words           `json:"title"`
	Issuer        Words           `json:"issuer"`
	EffectiveFrom calendar.Date   `json:"effective_from"`
	Rules         []BookRule      `json:"rules"`
	Overlays      []BookOverlay   `json:"overlays"`
	SignOffs      []BookSignOff   `json:"sign_offs"`
	Documents     []BookEntry     `json:"documents"`
	Timers        []BookTimer     `json:"timers"`
	Reask         []BookReask     `json:"reask"`
	// Defined are the limits and tables that conditions name, with their values as written.
	Defined []Entry `json:"defined"`
}

// BookEntry is a rule, or what one asks for, with its condition where it has one.
type BookEntry struct {
	Code      string   `json:"code"`
	Words              // the condition in words, or the name
	Condition string   `json:"condition,omitempty"` // CEL
	Citation  Citation `json:"citation,omitzero"`
}

// BookRule is a base rule. Stages hold slots as they are written: FIN, SEC? (only if an overlay asks), GS|AAO (the first for
// graduate students).
type BookRule struct {
	BookEntry
	Title  Words      `json:"title"`
	Stages [][]string `json:"stages"`
	// Terms are those of the stages, counted from 1, of which not simply all sign-offs must agree.
	Terms     map[int]visit.Term `json:"terms,omitempty"`
	Gates     []string           `json:"gates"`
	Documents []string           `json:"documents"`
	Lead      []string           `json:"lead"`
	Bulk      []string           `json:"bulk"` // sign-offs that may be approved in bulk
}

// BookOverlay is an overlay or a modifier.
type BookOverlay struct {
	BookEntry
	Add       []string          `json:"add"`
	Replace   map[string]string `json:"replace"`
	Gates     []string          `json:"gates"`
	Documents []string          `json:"documents"`
	Halves    bool              `json:"halve_limits"`
	Holds     bool              `json:"hold_notice"`
	Warn      Words             `json:"warn,omitzero"`
	Refuse    Words             `json:"refuse,omitzero"`
	// Override are the posts whose holders may lift the refusal for one visit.
	Override []string `json:"override,omitempty"`
}

// BookSignOff is an office or a post that signs; Limit is in working days.
type BookSignOff struct {
	Code     string   `json:"code"`
	Words             // the name
	Posts    []string `json:"posts"`
	Fallback []string `json:"fallback"`
	Limit    int      `json:"limit"`
}

// BookTimer is a period; Of is working_days, days, months or hours.
type BookTimer struct {
	BookEntry
	Value int    `json:"value"`
	Of    string `json:"of"`
}

// BookReask is what one kind of change asks again: codes, reviews, last_leader or all.
type BookReask struct {
	Change    visit.Change `json:"change"`
	Condition string       `json:"condition,omitempty"` // CEL
	Ask       []string     `json:"ask"`
	Notice    bool         `json:"notice"`
	Refuse    Words        `json:"refuse,omitzero"`
	Citation  Citation     `json:"citation"`
}

// Entry is an entry of the text by its code, part by part.
type Entry struct {
	Code  string  `json:"code"`
	Parts []Field `json:"parts"`
}

// Field is a part of an entry as it is written.
type Field struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// Book gives the pack as a rule book, in the order of its text.
func (p *Pack) Book() Book {
	b := Book{Ref: p.ref, Title: p.Title, Issuer: p.Issuer, EffectiveFrom: p.EffectiveFrom}
	for _, r := range p.rules {
		b.Rules = append(b.Rules, BookRule{
			BookEntry: bookEntry(r.id, r.words, r.when, r.citation), Title: r.title, Stages: r.slots(), Terms: r.terms(), Gates: r.gates, Documents: r.documents, Lead: r.lead,
			Bulk: r.bulk,
		})
	}
	for _, o := range p.overlays {
		b.Overlays = append(b.Overlays, BookOverlay{
			BookEntry: bookEntry(o.id, o.words, o.when, o.citation), Add: o.add, Replace: o.replace, Gates: o.gates, Documents: o.documents,
			Halves: o.halve, Holds: o.hold, Warn: o.warn.said(), Refuse: o.refuse.said(), Override: o.refuse.mayLift(),
		})
	}
	for _, s := range p.signOffs {
		b.SignOffs = append(b.SignOffs, BookSignOff{s.Code, s.name, s.Posts, s.Fallback, s.Limit})
	}
	for _, d := range p.documents {
		b.Documents = append(b.Documents, bookEntry(d.code, d.name, d.when, Citation{}))
	}
	for _, t := range p.timers {
		b.Timers = append(b.Timers, BookTimer{bookEntry(t.code, t.name, t.when, t.citation), t.value, t.of})
	}
	for _, r := range p.reask {
		e := BookReask{Change: r.change, Ask: r.ask, Notice: r.notice, Refuse: r.refuse.said(), Citation: r.citation}
		if r.when != nil {
			e.Condition = r.when.source
		}
		b.Reask = append(b.Reask, e)
	}
	for _, s := range p.text.sections() {
		if s.key == "limits" || s.key == "tables" {
			b.Defined = append(b.Defined, s.shown()...)
		}
	}
	return b
}

func bookEntry(code string, words Words, when *condition, from Citation) BookEntry {
	e := BookEntry{Code: code, Words: words, Citation: from}
	if when != nil {
		e.Condition = when.source
	}
	return e
}

func (r *rule) slots() [][]string {
	stages := make([][]string, len(r.stages))
	for i, s := range r.stages {
		stages[i] = s.slotCodes()
	}
	return stages
}

func (r *rule) terms() map[int]visit.Term {
	terms := map[int]visit.Term{}
	for i, s := range r.stages {
		if s.term != (visit.Term{}) {
			terms[i+1] = s.term
		}
	}
	return terms
}

// String writes the slot as a pack does.
func (s slot) String() string {
	switch {
	case s.optional:
		return s.code + "?"
	case s.otherwise != "":
		return s.code + "|" + s.otherwise
	default:
		return s.code
	}
}

func (r *remark) said() Words {
	if r == nil {
		return Words{}
	}
	return r.words
}

func (r *remark) mayLift() []string {
	if r == nil {
		return nil
	}
	return r.posts
}

func (s section) shown() []Entry {
	all := make([]Entry, len(s.entries))
	for i, e := range s.entries {
		all[i].Code = e.code
		for _, p := range e.parts {
			all[i].Parts = append(all[i].Parts, Field{p.key, p.text})
		}
	}
	return all
}
