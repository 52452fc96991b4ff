package policy

import (
	"maps"
	"slices"
	"strings"
)

// inherited is added to the line numbers of an extended pack, so that a place tells which file it is in: no text has as many
// lines as this.
const inherited = maxText

// extend completes the text by the embedded pack that it extends and gives the text of that one, nil if there is none.
func (l *loader) extend() []byte {
	w := l.written
	if w.Extends.text == "" {
		if len(w.Instead) > 0 {
			l.fault(place{}, "instead: there is nothing to change: write extends: …, or change the rules themselves")
		}
		return nil
	}
	id := w.Extends.text
	text, err := l.base(id)
	if err != nil {
		l.fault(w.Extends.at, "extends: %v", err)
		return nil
	}
	base, err := readFrom(packFile(id), text, inherited)
	if err != nil {
		l.fault(w.Extends.at, "extends: %v", err)
		return nil
	}
	if base.Extends.text != "" {
		l.fault(w.Extends.at, "extends: %s extends %s itself: extend that one", id, base.Extends.text)
		return nil
	}
	l.instead(&base)
	w.lay(base)
	return text
}

// instead takes sign-offs out of the extended pack and puts others in their place wherever they were named.
func (l *loader) instead(base *packText) {
	w := l.written
	for _, from := range slices.Sorted(maps.Keys(w.Instead)) {
		to := w.Instead[from]
		i := slices.IndexFunc(base.SignOffs, func(s located[signOffText]) bool { return s.value.Code.text == from })
		if i < 0 {
			l.fault(to.at, "instead: %s has no sign-off %q", w.Extends.text, from)
			continue
		}
		base.SignOffs = slices.Delete(base.SignOffs, i, i+1)
		base.rename(from, to.text)
	}
}

// rename changes a sign-off in all stages and overlays.
func (p *packText) rename(from, to string) {
	for _, r := range p.Rules {
		for _, stage := range r.value.Stages {
			for _, cells := range [][]cell{stage.Of, stage.Any} {
				for i := range cells {
					cells[i].text = renamedSlot(cells[i].text, from, to)
				}
			}
		}
	}
	for i := range p.Overlays {
		o := &p.Overlays[i].value
		for j := range o.Add {
			o.Add[j].text = renamed(o.Add[j].text, from, to)
		}
		replace := map[string]cell{}
		for code, by := range o.Replace {
			by.text = renamed(by.text, from, to)
			replace[renamed(code, from, to)] = by
		}
		o.Replace = replace
	}
	for i := range p.Reask {
		for j := range p.Reask[i].value.Ask {
			p.Reask[i].value.Ask[j].text = renamed(p.Reask[i].value.Ask[j].text, from, to)
		}
	}
}

func renamed(code, from, to string) string {
	if code == from {
		return to
	}
	return code
}

// renamedSlot renames in a slot such as FIN, SEC? or GS|AAO.
func renamedSlot(slot, from, to string) string {
	code, optional := strings.CutSuffix(slot, "?")
	codes := strings.Split(code, "|")
	for i := range codes {
		codes[i] = renamed(codes[i], from, to)
	}
	slot = strings.Join(codes, "|")
	if optional {
		slot += "?"
	}
	return slot
}

// lay fills in from the base what the pack does not write itself. An entry of the same id or code takes the place of the
// base's; new rules come before the base's, so that they are tried first; new sign-offs come last of their review; all
// other new entries come at the end.
func (p *packText) lay(base packText) {
	if p.Issuer.at.line == 0 {
		p.Issuer = base.Issuer
	}
	if p.Notice.at.line == 0 {
		p.Notice = base.Notice
	}
	if p.Life.at.line == 0 {
		p.Life = base.Life
	}
	p.Citations = merged(base.Citations, p.Citations, func(c citationText) cell { return c.ID })
	p.Limits = merged(base.Limits, p.Limits, func(c limitText) cell { return c.ID })
	p.Tables = merged(base.Tables, p.Tables, func(c tableText) cell { return c.ID })
	p.SignOffs = merged(base.SignOffs, p.SignOffs, func(c signOffText) cell { return c.Code })
	slices.SortStableFunc(p.SignOffs, func(a, b located[signOffText]) int {
		return slices.Index(reviews, a.value.Review.text) - slices.Index(reviews, b.value.Review.text)
	})
	p.Gates = merged(base.Gates, p.Gates, func(c gateText) cell { return c.Code })
	p.Documents = merged(base.Documents, p.Documents, func(c documentText) cell { return c.Code })
	p.Timers = merged(base.Timers, p.Timers, func(c timerText) cell { return c.Code })
	p.Overlays = merged(base.Overlays, p.Overlays, func(c overlayText) cell { return c.ID })
	p.Reask = merged(base.Reask, p.Reask, func(c reaskText) cell { return c.Change })
	rules := merged(base.Rules, p.Rules, func(c ruleText) cell { return c.ID })
	p.Rules = slices.Concat(rules[len(base.Rules):], rules[:len(base.Rules)])
}

// merged puts each own entry in the place of the base's entry of the same code, or at the end. Two own entries of one code
// both stay, so that the second is found to be one too many.
func merged[T any](base, own []located[T], code func(T) cell) []located[T] {
	all, taken := slices.Clone(base), map[int]bool{}
	for _, e := range own {
		i := slices.IndexFunc(base, func(b located[T]) bool { return code(b.value).text == code(e.value).text })
		if i < 0 || taken[i] {
			all = append(all, e)
			continue
		}
		all[i], taken[i] = e, true
	}
	return all
}
