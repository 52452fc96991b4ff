package policy

import (
	"maps"
	"slices"
	"strings"
)

// Origin is a part of the record, or the draft, from which facts come.
type Origin string

// The origins of facts.
const (
	FromDraft     Origin = "draft"
	FromPersons   Origin = "persons"   // rank, studies, classified post
	FromPosts     Origin = "posts"     // who holds what from when to when
	FromPlan      Origin = "plan"      // the unit's annual plan
	FromVisits    Origin = "visits"    // other visits
	FromMarks     Origin = "marks"     // set by offices
	FromPassports Origin = "passports" // the ledger of passports and passes
	FromRisk      Origin = "risk"      // levels of countries
	FromTerms     Origin = "terms"     // teaching weeks
	FromRelations Origin = "relations" // between persons
	FromPolicy    Origin = "policy"    // limits, tables, base rules
)

// Source says where a fact comes from.
type Source struct {
	From Origin `json:"from"`
	// Items name it closer: numbers of visits, a plan with its revision, marks with their days; none where nothing was found.
	Items []string `json:"items,omitempty"`
}

var originWords = map[Origin]Words{
	FromDraft:     {"来自申请", "from the draft"},
	FromPersons:   {"来自人员信息", "from the record of persons"},
	FromPosts:     {"来自任职记录", "from the posts held"},
	FromPlan:      {"来自年度计划", "from the annual plan"},
	FromVisits:    {"来自出访记录", "from visits"},
	FromMarks:     {"来自标记台账", "from marks"},
	FromPassports: {"来自证照台账", "from the ledger of passports"},
	FromRisk:      {"来自风险等级表", "from the risk levels"},
	FromTerms:     {"来自教学周表", "from the teaching weeks"},
	FromRelations: {"来自亲属关系", "from relations"},
	FromPolicy:    {"来自规则", "from the policy"},
}

// Words says it in both languages, such as "from visits 2026-00012, 2026-00015".
func (s Source) Words() Words {
	w := originWords[s.From]
	if len(s.Items) == 0 {
		return w
	}
	return Words{ZH: w.ZH + " " + strings.Join(s.Items, "、"), EN: w.EN + " " + strings.Join(s.Items, ", ")}
}

// origins are those of all words that do not come from the draft.
var origins = map[string]Origin{
	"t.rank": FromPersons, "t.teaches": FromPersons, "t.student": FromPersons, "t.graduate": FromPersons, "t.classified": FromPersons,
	"t.retired": FromPersons, "t.age": FromPersons, "t.minor": FromPersons, "t.left": FromPersons,
	"v.ranks": FromPersons, "v.students": FromPersons, "v.staff": FromPersons,
	"t.left_post": FromPosts, "t.team_mates": FromPosts,
	"v.planned": FromPlan, "v.plan_missing": FromPlan, "v.has_plan": FromPlan, "v.quota": FromPlan, "v.quota_used": FromVisits,
	"v.risk": FromRisk, "v.teaching_days": FromTerms, "v.unit_passport_days": FromMarks,
	"t.visits": FromVisits, "t.work_visits": FromVisits, "t.days_abroad": FromVisits, "t.team_away": FromVisits, "t.head_away": FromVisits, "t.led_to": FromVisits,
	"t.overdue_passport": FromMarks, "t.overdue_report": FromMarks, "t.cooling_off": FromMarks, "t.fees_owed": FromMarks, "t.discipline": FromMarks, "t.withdrew": FromMarks,
	"t.kin": FromRelations, ruleFact.name: FromPolicy,
}

// source is where a word of a condition has its value from.
func (s *scene) source(word string) Source {
	if found, ok := s.facts.Sources[word]; ok {
		return found
	}
	if s.traveller != nil {
		if found, ok := s.traveller.Sources[word]; ok {
			return found
		}
	}
	if _, ok := s.defined[word]; ok {
		return Source{From: FromPolicy}
	}
	if from, ok := origins[word]; ok {
		return Source{From: from}
	}
	return Source{From: FromDraft}
}

// Sources say where facts come from, by the words of conditions.
type Sources map[string]Source

// note says where some words have their values from; without items there is nothing to say beyond the origin.
func (s *Sources) note(from Origin, items []string, words ...string) {
	if len(items) == 0 {
		return
	}
	if *s == nil {
		*s = Sources{}
	}
	for _, w := range words {
		(*s)[w] = Source{from, items}
	}
}

// add names one more item from which a word has its value; the first one says from which part of the record.
func (s *Sources) add(from Origin, item, word string) {
	old, ok := (*s)[word]
	if !ok {
		old.From = from
	}
	s.note(old.From, append(slices.Clone(old.Items), item), word)
}

// ShownFact is one fact as people read it.
type ShownFact struct {
	Fact   string `json:"fact"` // the word that conditions use
	Words         // what it says
	Value  string `json:"value"`
	Person string `json:"person,omitempty"` // of a t. fact
	Source Source `json:"source"`
}

// sensitive facts of a person are shown only where a rule that holds has asked for them.
var sensitive = map[string]bool{
	"t.classified": true, "t.age": true, "t.minor": true, "t.cooling_off": true, "t.fees_owed": true, "t.discipline": true, "t.withdrew": true, "t.kin": true,
}

// Shown lists the facts with where each comes from, those of the visit first, then those of each traveller.
func (f Facts) Shown(r Route) []ShownFact {
	asked := r.askedOf()
	all := []ShownFact{}
	add := func(s *scene, x fact, person string) {
		v := x.get(s)
		all = append(all, ShownFact{Fact: x.name, Words: x.words, Value: show(v), Person: person, Source: s.source(x.name)})
	}
	visitOnly := &scene{facts: &f}
	for _, x := range vocabulary {
		if strings.HasPrefix(x.name, "v.") {
			add(visitOnly, x, "")
		}
	}
	for i := range f.Travellers {
		t := &f.Travellers[i]
		for _, x := range vocabulary {
			if strings.HasPrefix(x.name, "t.") && (!sensitive[x.name] || asked[t.Person+x.name]) {
				add(&scene{facts: &f, traveller: t}, x, t.Person)
			}
		}
	}
	return all
}

// askedOf tells by person and word what the rules that hold have asked for.
func (r Route) askedOf() map[string]bool {
	asked := map[string]bool{}
	for _, items := range [][]Item{r.Rules, r.Overlays} {
		for _, it := range items {
			for word := range it.Reason.Facts {
				for _, person := range it.Reason.Travellers {
					asked[person+word] = true
				}
			}
		}
	}
	return asked
}

// FactsFrom are facts that come from one source.
type FactsFrom struct {
	Source Source
	Facts  [][2]string // word and value, sorted by word
}

// BySource groups the facts of a reason by where they come from: the draft first, then by their words.
func (r Reason) BySource() []FactsFrom {
	var all []FactsFrom
	for _, word := range slices.Sorted(maps.Keys(r.Facts)) {
		from, ok := r.Sources[word]
		if !ok {
			from = Source{From: FromDraft}
		}
		i := slices.IndexFunc(all, func(g FactsFrom) bool { return g.Source.From == from.From && slices.Equal(g.Source.Items, from.Items) })
		if i < 0 {
			all, i = append(all, FactsFrom{Source: from}), len(all)
		}
		all[i].Facts = append(all[i].Facts, [2]string{word, r.Facts[word]})
	}
	slices.SortStableFunc(all, func(a, b FactsFrom) int { return draftFirst(a) - draftFirst(b) })
	return all
}

func draftFirst(g FactsFrom) int {
	if g.Source.From == FromDraft {
		return 0
	}
	return 1
}
