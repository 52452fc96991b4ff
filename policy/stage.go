package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/exeat/exeat/visit"
)

// stageText is a stage of a rule as it is written: a list of sign-offs, which must all agree, or a mapping that says more.
type stageText struct {
	Of    []cell `yaml:"of" as:"slot" doc:"The sign-offs that are asked at the same time."`
	Any   []cell `yaml:"any" as:"slot" doc:"The same, where one of them is enough."`
	Need  cell   `yaml:"need" as:"number" doc:"How many of them must approve; all where nothing is written."`
	Mixed cell   `yaml:"mixed" as:"mixed" doc:"What a return or a rejection by one does: cancel the others at once (the default), or finish, and then it counts only where the approvals are not enough."`
}

// UnmarshalYAML takes a list for what it is, and a mapping key by key.
func (s *stageText) UnmarshalYAML(n ast.Node) error {
	if list, ok := n.(*ast.SequenceNode); ok {
		return yaml.NodeToValue(list, &s.Of, yaml.Strict())
	}
	type plain stageText
	return yaml.NodeToValue(n, (*plain)(s), yaml.Strict())
}

// stage is one stage of a rule.
type stage struct {
	slots []slot
	term  visit.Term
}

// stages reads the sign-offs of a rule: CODE, CODE? (if an overlay asks) or CODE|CODE (graduate students, all others).
func (l *loader) stages(owner place, written []stageText) []stage {
	var all []stage
	seen, certain := map[string]bool{}, false
	for _, text := range written {
		s := stage{term: l.term(owner, text)}
		for _, c := range slices.Concat(text.Of, text.Any) {
			s.slots = append(s.slots, l.slot(c, seen, s.term))
			certain = certain || !s.slots[len(s.slots)-1].optional
		}
		all = append(all, s)
	}
	if !certain {
		l.fault(owner, "stages: at least one sign-off must be asked for always")
	}
	return all
}

func (l *loader) slot(c cell, seen map[string]bool, of visit.Term) slot {
	text, optional := strings.CutSuffix(c.text, "?")
	code, otherwise, choice := strings.Cut(text, "|")
	l.office(c.at, code, seen)
	if choice {
		l.office(c.at, otherwise, seen)
	}
	if optional && of.Need > 0 {
		l.fault(c.at, "stages: %s? cannot be one of several of which some are enough: an overlay that adds it must have it", code)
	}
	return slot{code, otherwise, optional}
}

func (l *loader) term(owner place, t stageText) visit.Term {
	at := owner
	if named := slices.Concat(t.Of, t.Any); len(named) > 0 {
		at = named[0].at
	}
	switch {
	case len(t.Any) > 0 && (len(t.Of) > 0 || t.Need.text != ""):
		l.fault(at, "stages: write any: […] alone, or need: … and of: […]")
	case len(t.Any)+len(t.Of) == 0:
		l.fault(at, "stages: a stage names at least one sign-off")
	}
	term := visit.Term{Mixed: visit.Mixed(l.among(at, "mixed", t.Mixed, string(visit.MixedCancel), mixes...))}
	if term.Mixed == visit.MixedCancel {
		term.Mixed = ""
	}
	if len(t.Any) > 1 {
		term.Need = 1
	}
	if t.Need.text != "" {
		if term.Need = l.number(at, "need", t.Need); term.Need > len(t.Of) {
			l.fault(t.Need.at, "need: %d of %d cannot approve", term.Need, len(t.Of))
		}
	}
	if term.Need == len(t.Of) {
		term.Need = 0 // all
	}
	return term
}

var mixes = texts([]visit.Mixed{visit.MixedCancel, visit.MixedFinish})

// terms gives those of the route's stages by their numbers. A term holds while its stage has exactly the sign-offs that the
// pack wrote: one more or another one by an overlay or by a traveller's own rule, or one that an overlay or the rule of
// another traveller must have, and all are asked. Of two terms for one stage the stricter holds.
func (b *builder) terms(r *Route) {
	must := b.demanded()
	for i, codes := range r.Stages {
		if slices.ContainsFunc(codes, func(code string) bool { return must[code] }) {
			continue
		}
		var term visit.Term
		for n, t := range b.termsOf(codes) {
			if n == 0 || strictTerm(t, len(codes)) > strictTerm(term, len(codes)) {
				term = t
			}
		}
		if term != (visit.Term{}) {
			if r.Terms == nil {
				r.Terms = map[int]visit.Term{}
			}
			r.Terms[i+1] = term
		}
	}
}

// demanded are the sign-offs that somebody asks for without a choice.
func (b *builder) demanded() map[string]bool {
	must := map[string]bool{}
	for _, o := range b.overlays {
		for _, code := range o.overlay.add {
			must[code] = true
		}
	}
	for _, m := range b.members {
		for _, s := range m.rule.stages {
			for _, x := range s.slots {
				if s.term == (visit.Term{}) && !x.optional {
					must[x.pick(m.traveller)] = true
				}
			}
		}
	}
	return must
}

func (b *builder) termsOf(codes []string) []visit.Term {
	sorted := slices.Sorted(slices.Values(codes))
	var all []visit.Term
	for _, m := range b.members {
		for _, s := range m.rule.stages {
			var own []string
			for _, x := range s.slots {
				own = append(own, x.pick(m.traveller))
			}
			if slices.Sort(own); slices.Equal(sorted, own) {
				all = append(all, s.term)
			}
		}
	}
	return all
}

// strictTerm ranks terms for a stage of so many sign-offs: more approvals, then the end at the first contrary answer.
func strictTerm(t visit.Term, signOffs int) int {
	rank := 2 * cmp.Or(t.Need, signOffs)
	if t.Mixed != visit.MixedFinish {
		rank++
	}
	return rank
}

// slotCodes writes the stage as a pack does, each slot by itself.
func (s stage) slotCodes() []string {
	all := make([]string, len(s.slots))
	for i, x := range s.slots {
		all[i] = x.String()
	}
	return all
}

// shownStage shows a stage for people: FIN ∥ HR, or 2/3 FIN ∥ HR ∥ ORG where two are enough.
func shownStage(codes []string, t visit.Term) string {
	text := strings.Join(codes, " ∥ ")
	if t.Need > 0 {
		return fmt.Sprintf("%d/%d %s", t.Need, len(codes), text)
	}
	return text
}
