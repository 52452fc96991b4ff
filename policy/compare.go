package policy

import (
	"reflect"
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// Comparison is what differs between two packs.
type Comparison struct {
	From    visit.PolicyRef `json:"from"`
	To      visit.PolicyRef `json:"to"`
	Entries []Difference    `json:"entries"` // sections in the order of a pack
	// Samples is the number of sample visits tried, Cases those whose outcome differs.
	Samples int          `json:"samples"`
	Cases   []SampleCase `json:"cases"`
}

// Difference is one entry that only one of the packs has, or that says something else in the other.
type Difference struct {
	Section string `json:"section"` // such as rules
	Code    string `json:"code"`
	Kind    string `json:"kind"`            // added, removed or changed
	Parts   []Part `json:"parts,omitempty"` // of a changed entry
}

// SampleCase is a sample visit that the packs treat differently.
type SampleCase struct {
	Category    visit.Category `json:"category"`
	Rank        Rank           `json:"rank"`
	Destination Destination    `json:"destination"`
	Days        int            `json:"days"`
	From        string         `json:"from"` // base rule and route, or why there is none
	To          string         `json:"to"`
}

// Part is a part of an entry in both packs; empty where nothing is written.
type Part struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
}

// The kinds of differences.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Compare finds what changes from a to b: entry by entry, and in the outcome of the sample visits.
func Compare(a, b *Pack) (Comparison, error) {
	c := Comparison{From: a.ref, To: b.ref, Entries: []Difference{}, Cases: []SampleCase{}}
	from, to := a.text.sections(), b.text.sections()
	for i := range from {
		c.Entries = append(c.Entries, differences(from[i], to[i])...)
	}
	for _, f := range samples() {
		before, err := a.outcome(f)
		if err != nil {
			return c, err
		}
		after, err := b.outcome(f)
		if err != nil {
			return c, err
		}
		if c.Samples++; before != after {
			c.Cases = append(c.Cases, SampleCase{f.Category, f.Travellers[0].Rank, f.Destination, f.Days, before, after})
		}
	}
	return c, nil
}

func differences(from, to section) []Difference {
	var all []Difference
	for _, e := range from.entries {
		i := to.index(e.code)
		if i < 0 {
			all = append(all, Difference{Section: from.key, Code: e.code, Kind: Removed})
		} else if parts := e.differs(to.entries[i]); len(parts) > 0 {
			all = append(all, Difference{from.key, e.code, Changed, parts})
		}
	}
	for _, e := range to.entries {
		if from.index(e.code) < 0 {
			all = append(all, Difference{Section: to.key, Code: e.code, Kind: Added})
		}
	}
	return all
}

// section is one section of a pack's text, entry by entry. What is not a list, such as the notice, is one entry without code.
type section struct {
	key     string
	entries []entry
}

func (s section) index(code string) int {
	return slices.IndexFunc(s.entries, func(e entry) bool { return e.code == code })
}

type entry struct {
	code  string
	parts []written
}

type written struct{ key, text string }

func (e entry) differs(o entry) []Part {
	var all []Part
	for i, p := range e.parts {
		if p.text != o.parts[i].text {
			all = append(all, Part{p.key, p.text, o.parts[i].text})
		}
	}
	return all
}

// sections gives the text as it is after extending, all packs the same sections in the same order. The header and how the
// text was extended are left out: they say what the pack is, not what it decides.
func (p packText) sections() []section {
	var all []section
	for v, i := reflect.ValueOf(p), 0; i < v.NumField(); i++ {
		key, field := v.Type().Field(i).Tag.Get("yaml"), v.Field(i)
		switch {
		case field.Kind() == reflect.Slice:
			s := section{key: key}
			for j := range field.Len() {
				s.entries = append(s.entries, entryOf(inside(field.Index(j))))
			}
			all = append(all, s)
		case key == "notice" || key == "life":
			all = append(all, section{key, []entry{{"", entryOf(inside(field)).parts}}})
		}
	}
	return all
}

// inside is the value of a located one.
func inside(v reflect.Value) reflect.Value { return v.FieldByName("value") }

// entryOf takes an entry apart; its first key is its code.
func entryOf(v reflect.Value) entry {
	e := entry{code: flat(v.Field(0))}
	for i := range v.NumField() {
		e.parts = append(e.parts, written{v.Type().Field(i).Tag.Get("yaml"), flat(v.Field(i))})
	}
	return e
}

// flat writes a part of a pack on one line; what is not written is empty.
func flat(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = flat(v.Index(i))
		}
		return bracketed("[", items, "]")
	case reflect.Map:
		var items []string
		for _, k := range v.MapKeys() {
			items = append(items, k.String()+": "+flat(v.MapIndex(k)))
		}
		slices.Sort(items)
		return bracketed("{", items, "}")
	}
	if v.Type() == reflect.TypeFor[stageText]() && flat(v.FieldByName("Any"))+flat(v.FieldByName("Need"))+flat(v.FieldByName("Mixed")) == "" {
		return flat(v.FieldByName("Of")) // as it was written: a list
	}
	if text := v.FieldByName("text"); text.IsValid() { // a cell
		return text.String()
	}
	if value := inside(v); value.IsValid() {
		return flat(value)
	}
	var items []string
	for _, p := range entryOf(v).parts {
		if p.text != "" {
			items = append(items, p.key+": "+p.text)
		}
	}
	if v.Type() == reflect.TypeFor[stageText]() {
		return bracketed("{", items, "}")
	}
	return strings.Join(items, ", ")
}

func bracketed(open string, items []string, end string) string {
	if len(items) == 0 {
		return ""
	}
	return open + strings.Join(items, ", ") + end
}

// The stays of the sample visits, in days: on both sides of every threshold of the national rules.
var stays = []int{1, 5, 30, 31, 90, 91, 365}

// samples are 420 visits of one traveller that no circumstance complicates: staff of every rank in the categories of staff,
// students in those of students, to every destination, for every stay.
func samples() []Facts {
	var all []Facts
	for _, category := range visit.Categories {
		ranks := []Rank{Staff, Division, ViceHead, Head}
		if category.OfStudents() {
			ranks = []Rank{Student}
		}
		for _, rank := range ranks {
			for _, destination := range Destinations {
				for _, days := range stays {
					all = append(all, sample(category, rank, destination, days))
				}
			}
		}
	}
	return all
}

func sample(category visit.Category, rank Rank, destination Destination, days int) Facts {
	t := Traveller{Person: "1", Role: visit.Leader, Rank: rank}
	if rank == Student {
		t.Student = studentLevels[0]
	}
	country := map[Destination]string{Abroad: "DE", HKMacao: "HK", Taiwan: "TW"}[destination]
	return Facts{
		Category: category, Days: days, Destination: destination, Countries: []string{country}, GroupSize: 1,
		Funding: []visit.FundingKind{visit.Research}, Planned: true, Talent: true, TalentContact: true, Travellers: []Traveller{t},
	}
}

// outcome is what the pack answers, on one line.
func (p *Pack) outcome(f Facts) (string, error) {
	r, err := p.Route(f)
	if visit.CodeOf(err) == visit.Invalid {
		return "no rule", nil
	}
	if err != nil {
		return "", err
	}
	text := r.Rule + ": " + r.String()
	for _, code := range r.refused() {
		text += ", refused by " + code
	}
	return text, nil
}
