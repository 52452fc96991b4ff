package policy

import (
	"cmp"
	"slices"

	"github.com/exeat/exeat/visit"
)

// remark adds what an overlay says to the applicant. A refusal that was lifted, on the same facts, forbids nothing.
func (b *builder) remark(r *Route, m match) error {
	at := func(x *remark) Remark {
		return Remark{Item: Item{m.overlay.id, x.words, m.reason}, Field: x.field, Posts: x.posts}
	}
	if m.overlay.warn != nil {
		r.Warnings = append(r.Warnings, at(m.overlay.warn))
	}
	if m.overlay.refuse == nil {
		return nil
	}
	refusal := at(m.overlay.refuse)
	if len(refusal.Posts) > 0 {
		var err error
		if refusal.Subject, err = b.subject(m); err != nil {
			return err
		}
		lifts := func(o Override) bool { return o.Rule == m.overlay.id && o.Subject == refusal.Subject }
		if i := slices.IndexFunc(b.facts.Overrides, lifts); i >= 0 {
			r.Overridden = append(r.Overridden, Overridden{refusal, b.facts.Overrides[i]})
			return nil
		}
	}
	r.Refusals = append(r.Refusals, refusal)
	return nil
}

// subject is the hash of what an overlay rests on: its condition, and for everybody concerned the facts that it asks for, with
// where they come from. So a level of risk is that of these countries.
func (b *builder) subject(m match) (string, error) {
	type concerned struct {
		Person  string            `json:"person"`
		Facts   map[string]string `json:"facts"`
		Sources Sources           `json:"sources"`
	}
	of := struct {
		Rule      string      `json:"rule"`
		Condition string      `json:"condition"`
		Concerned []concerned `json:"concerned"`
	}{Rule: m.overlay.id, Condition: m.overlay.when.normal}
	for _, member := range m.members {
		c := concerned{Facts: map[string]string{}, Sources: Sources{}}
		s := b.scene(member.traveller, member.rule.id)
		for _, name := range m.overlay.when.names {
			value, _ := s.ResolveName(name)
			c.Facts[name], c.Sources[name] = show(value), s.source(name)
		}
		if !m.overlay.when.perTraveller {
			of.Concerned = []concerned{c}
			break
		}
		c.Person = member.traveller.Person
		of.Concerned = append(of.Concerned, c)
	}
	slices.SortFunc(of.Concerned, func(x, y concerned) int { return cmp.Compare(x.Person, y.Person) })
	_, hash, err := visit.Canonical(of)
	return hash, err
}

// MayOverride lists the posts that may lift a refusal of a rule, and those that stand in for them where none of their holders
// may; ok is false for a rule whose refusal nobody lifts.
func (p *Pack) MayOverride(rule string) (posts, fallback []string, ok bool) {
	i := slices.IndexFunc(p.overlays, func(o *overlay) bool { return o.id == rule })
	if i < 0 || p.overlays[i].refuse == nil || len(p.overlays[i].refuse.posts) == 0 {
		return nil, nil, false
	}
	for _, code := range p.overlays[i].refuse.posts {
		posts, fallback = append(posts, p.code[code].Posts...), append(fallback, p.code[code].Fallback...)
	}
	return posts, fallback, true
}
