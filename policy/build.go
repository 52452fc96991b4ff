package policy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/exeat/exeat/visit"
)

// Route gives the route of a visit. It refuses a visit without travellers (invalid, rule no_travellers) and one that no
// base rule covers (invalid, rule no_rule_matches) with *visit.Error; any other error is a fault of the policy itself.
func (p *Pack) Route(f Facts) (Route, error) {
	if len(f.Travellers) == 0 {
		return Route{}, visit.Refuse(visit.Invalid, "no_travellers")
	}
	b := &builder{pack: p, facts: &f, why: map[string]*Reason{}}
	for _, step := range []func() error{b.baseRules, b.matchOverlays} {
		if err := step(); err != nil {
			return Route{}, err
		}
	}
	return b.build()
}

// builder makes one route.
type builder struct {
	pack     *Pack
	facts    *Facts
	members  []*member
	overlays []match
	why      map[string]*Reason // of each sign-off, the reason that asked first
}

// member is one traveller with the base rule and, later, the path that it gives.
type member struct {
	traveller *Traveller
	rule      *rule
	path      path
}

// match is an overlay that holds, and for whom; for everybody if it looks at the visit only.
type match struct {
	overlay *overlay
	members []*member
	reason  *Reason
}

func (b *builder) scene(t *Traveller, rule string) *scene {
	return &scene{facts: b.facts, traveller: t, rule: rule, defined: b.pack.defined}
}

func (b *builder) baseRules() error {
	for i := range b.facts.Travellers {
		t := &b.facts.Travellers[i]
		r, err := b.baseRule(t)
		if err != nil {
			return err
		}
		b.members = append(b.members, &member{traveller: t, rule: r})
	}
	return nil
}

func (b *builder) baseRule(t *Traveller) (*rule, error) {
	s := b.scene(t, "")
	for _, r := range b.pack.rules {
		ok, err := r.when.holds(s)
		if err != nil {
			return nil, b.pack.fault(r.id, err)
		}
		if ok {
			return r, nil
		}
	}
	return nil, visit.Refuse(visit.Invalid, "no_rule_matches", "category", string(b.facts.Category), "rank", string(t.Rank),
		"destination", string(b.facts.Destination), "days", fmt.Sprint(b.facts.Days))
}

func (b *builder) matchOverlays() error {
	for _, o := range b.pack.overlays {
		held, err := b.held(o.id, o.when)
		if err != nil {
			return err
		}
		if len(held) > 0 {
			b.overlays = append(b.overlays, match{o, held, b.reason(o.id, o.words, o.citation, o.when, held)})
		}
	}
	return nil
}

// held lists the members for whom a condition holds.
func (b *builder) held(of string, c *condition) ([]*member, error) {
	var held []*member
	for _, m := range b.members {
		ok, err := c.holds(b.scene(m.traveller, m.rule.id))
		if err != nil {
			return nil, b.pack.fault(of, err)
		}
		if !c.perTraveller {
			if ok {
				return b.members, nil
			}
			return nil, nil
		}
		if ok {
			held = append(held, m)
		}
	}
	return held, nil
}

func (b *builder) reason(id string, words Words, cite Citation, c *condition, held []*member) *Reason {
	r := &Reason{Rule: id, Words: words, Citation: cite, Facts: map[string]string{}}
	if c == nil {
		return r
	}
	r.Condition = c.source
	s := b.scene(held[0].traveller, held[0].rule.id)
	for _, name := range c.names {
		value, _ := s.ResolveName(name)
		r.Facts[name] = show(value)
		if from := s.source(name); from.From != FromDraft {
			if r.Sources == nil {
				r.Sources = Sources{}
			}
			r.Sources[name] = from
		}
	}
	if c.perTraveller {
		for _, m := range held {
			r.Travellers = append(r.Travellers, m.traveller.Person)
		}
	}
	return r
}

func (b *builder) build() (Route, error) {
	b.strictestFirst()
	r := Route{ // lists are never null in JSON
		Rule: b.members[0].rule.id, Policy: b.pack.ref, Overlays: []Item{}, Gates: []Gate{}, Documents: []Document{}, Timers: []Timer{},
		Refusals: []Remark{}, Warnings: []Remark{},
	}
	asked := newAsked()
	rules := b.rulesOnce()
	b.explain(rules)
	for _, m := range rules {
		r.Rules = append(r.Rules, Item{m.overlay.id, m.overlay.words, m.reason})
		asked.add(m)
	}
	for _, m := range b.overlays {
		r.Overlays = append(r.Overlays, Item{m.overlay.id, m.overlay.words, m.reason})
		asked.add(m)
		if err := b.remark(&r, m); err != nil {
			return Route{}, err
		}
	}
	b.stages(&r)
	b.terms(&r)
	r.gates(b.pack, asked.gates, slices.ContainsFunc(b.overlays, func(m match) bool { return m.overlay.hold }))
	for _, step := range []func() error{
		func() error { return b.documents(&r, asked.documents) }, func() error { return b.timers(&r) }, func() error { return b.life(&r) },
	} {
		if err := step(); err != nil {
			return Route{}, err
		}
	}
	r.Timing = b.pack.timing(r.Timers)
	return r, nil
}

// strictestFirst sorts the members by rule, then by path, so that the route does not depend on the order of travellers.
func (b *builder) strictestFirst() {
	for _, m := range b.members {
		m.path = b.path(m)
	}
	slices.SortStableFunc(b.members, func(x, y *member) int {
		return cmp.Or(cmp.Compare(x.rule.order, y.rule.order), slices.Compare(x.path.codes(), y.path.codes()))
	})
}

// rulesOnce gives each base rule of the group once, shaped like a match.
func (b *builder) rulesOnce() []match {
	var all []match
	for i := 0; i < len(b.members); {
		r, held := b.members[i].rule, []*member{}
		for ; i < len(b.members) && b.members[i].rule == r; i++ {
			held = append(held, b.members[i])
		}
		asks := &overlay{id: r.id, words: r.title, gates: r.gates, documents: r.documents}
		all = append(all, match{asks, held, b.reason(r.id, r.words, r.citation, r.when, held)})
	}
	return all
}

// explain notes for every sign-off the reason that asked for it first: base rules before overlays.
func (b *builder) explain(rules []match) {
	for _, r := range rules {
		for _, m := range r.members {
			for _, code := range m.path.codes() {
				if !b.addedByOverlay(m, code) {
					b.because(code, r.reason)
				}
			}
		}
	}
	for _, o := range b.overlays {
		for _, code := range o.overlay.add {
			b.because(code, o.reason)
		}
		for _, code := range o.overlay.replace {
			b.because(code, o.reason)
		}
	}
}

// addedByOverlay tells that the member's own rule does not ask for the sign-off.
func (b *builder) addedByOverlay(m *member, code string) bool {
	for _, stage := range m.rule.stages {
		for _, s := range stage.slots {
			if !s.optional && s.pick(m.traveller) == code {
				return false
			}
		}
	}
	return true
}

func (b *builder) because(code string, r *Reason) {
	if b.why[code] == nil {
		b.why[code] = r
	}
}

// stages unites the members' paths into the strictest one.
func (b *builder) stages(r *Route) {
	united := b.members[0].path
	for _, m := range b.members[1:] {
		codes := m.path.codes()
		slices.SortFunc(codes, func(x, y string) int { return b.pack.code[x].order - b.pack.code[y].order })
		for _, code := range codes {
			united = united.with(b.pack, code)
		}
	}
	halve := slices.ContainsFunc(b.overlays, func(m match) bool { return m.overlay.halve })
	for _, stage := range united {
		var codes []string
		longest := 0
		for _, s := range stage {
			if s.optional {
				continue
			}
			signOff := b.signOff(s.code, halve)
			codes, r.SignOffs, longest = append(codes, s.code), append(r.SignOffs, signOff), max(longest, signOff.Limit)
		}
		if len(codes) > 0 {
			r.Stages, r.Days = append(r.Stages, codes), r.Days+longest
		}
	}
}

// signOff fills in what depends on the visit: unit, supervisor, halved limits. The time of an authority outside cannot be halved.
func (b *builder) signOff(code string, halve bool) SignOff {
	s := b.pack.code[code]
	out := SignOff{SignOff: s.SignOff, Words: s.name, Reason: b.why[code]}
	out.Posts, out.Fallback = slices.Clone(s.Posts), slices.Clone(s.Fallback)
	if s.ofUnit {
		out.Unit = b.facts.Unit
	}
	if s.supervisor {
		if out.Person = b.facts.supervisor(); out.Person != "" {
			out.Posts, out.Fallback = []string{}, slices.Concat(s.Posts, s.Fallback)
		}
	}
	out.Bulk = b.lowRisk(code)
	if halve && s.Review != visit.Outside {
		out.Limit = (s.Limit + 1) / 2
	}
	return out
}

// lowRisk tells that a sign-off may be approved in bulk: the rule of every traveller marks it, and no overlay makes the
// visit more than the plain case.
func (b *builder) lowRisk(code string) bool {
	return len(b.overlays) == 0 && !slices.ContainsFunc(b.members, func(m *member) bool { return !slices.Contains(m.rule.bulk, code) })
}

// asked gathers gates and documents with the first match that asked for each, and documents with all members concerned.
type asked struct {
	gates     map[string]*Reason
	documents map[string][]match
}

func newAsked() asked { return asked{map[string]*Reason{}, map[string][]match{}} }

func (a asked) add(m match) {
	for _, code := range m.overlay.gates {
		if a.gates[code] == nil {
			a.gates[code] = m.reason
		}
	}
	for _, code := range m.overlay.documents {
		a.documents[code] = append(a.documents[code], m)
	}
}

func (r *Route) gates(p *Pack, asked map[string]*Reason, hold bool) {
	for _, g := range p.gates {
		if reason := asked[g.code]; reason != nil {
			r.Gates = append(r.Gates, Gate{Item{g.code, g.name, reason}, g.before})
		}
	}
	if asked[p.notice.gate] != nil {
		r.NoticeDays = p.notice.days
		r.HoldNotice = hold
	}
}

// documents keeps those that are asked of at least one member to whom they apply.
func (b *builder) documents(r *Route, asked map[string][]match) error {
	for _, d := range b.pack.documents {
		for _, m := range asked[d.code] {
			applies, err := b.applies(d, m.members)
			if err != nil {
				return err
			}
			if applies {
				r.Documents = append(r.Documents, Document{Item{d.code, d.name, m.reason}, d.before, d.generated})
				break
			}
		}
	}
	return nil
}

func (b *builder) applies(d document, members []*member) (bool, error) {
	if d.when == nil {
		return true, nil
	}
	for _, m := range members {
		ok, err := d.when.holds(b.scene(m.traveller, m.rule.id))
		if err != nil {
			return false, b.pack.fault(d.code, err)
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// timers lists the lead times that the base rules name and every other timer whose condition holds.
func (b *builder) timers(r *Route) error {
	for _, t := range b.pack.timers {
		reason, err := b.starts(t)
		if err != nil {
			return err
		}
		if reason != nil {
			r.Timers = append(r.Timers, Timer{Item{t.code, t.name, reason}, t.value, t.of})
		}
	}
	return nil
}

// starts gives the reason for which a timer runs in this visit, nil if it does not.
func (b *builder) starts(t timer) (*Reason, error) {
	switch {
	case t.lead:
		held := slices.DeleteFunc(slices.Clone(b.members), func(m *member) bool { return !slices.Contains(m.rule.lead, t.code) })
		if len(held) == 0 {
			return nil, nil
		}
		return b.reason(held[0].rule.id, held[0].rule.words, t.citation, held[0].rule.when, held), nil
	case t.when != nil:
		held, err := b.held(t.code, t.when)
		if err != nil || len(held) == 0 {
			return nil, err
		}
		return b.reason(t.code, t.name, t.citation, t.when, held), nil
	default:
		return b.reason(t.code, t.name, t.citation, nil, nil), nil
	}
}

// path is the stages of one member; an optional slot is a place that nobody has asked for yet.
type path [][]slot

// path is the member's base rule with everything that the overlays which hold for the member add and replace.
func (b *builder) path(m *member) path {
	var p path
	for _, stage := range m.rule.stages {
		var slots []slot
		for _, s := range stage.slots {
			slots = append(slots, slot{code: s.pick(m.traveller), optional: s.optional})
		}
		p = append(p, slots)
	}
	for _, o := range b.overlays {
		if slices.Contains(o.members, m) {
			for _, code := range o.overlay.add {
				p = p.with(b.pack, code)
			}
		}
	}
	for _, o := range b.overlays {
		if slices.Contains(o.members, m) && len(o.overlay.replace) > 0 {
			p = p.replaced(o.overlay.replace)
		}
	}
	return p
}

func (p path) codes() []string {
	var all []string
	for _, stage := range p {
		for _, s := range stage {
			if !s.optional {
				all = append(all, s.code)
			}
		}
	}
	return all
}

// with asks for a sign-off: in the slot that waits for it, else in the stage of its kind, else in a stage of its own.
func (p path) with(pack *Pack, code string) path {
	if slices.Contains(p.codes(), code) {
		return p
	}
	for _, stage := range p {
		for j := range stage {
			if stage[j].code == code {
				stage[j].optional = false
				return p
			}
		}
	}
	s := pack.code[code]
	if i := p.home(pack, s); i >= 0 {
		p[i] = append(p[i], slot{code: code})
		return p
	}
	later := func(stage []slot) bool {
		return slices.ContainsFunc(stage, func(x slot) bool { return pack.code[x.code].order > s.order })
	}
	at := slices.IndexFunc(p, later)
	if at < 0 {
		at = len(p)
	}
	return slices.Insert(p, at, []slot{{code: code}})
}

// home is the stage in which a unit's or an office's sign-off joins its like: the last one before the leaders. The
// International Office and the leaders sign one after the other, each in a stage of its own.
func (p path) home(pack *Pack, s *signOff) int {
	if s.Review != visit.UnitReview && s.Review != visit.OfficeReview {
		return -1
	}
	home := -1
	for i, stage := range p {
		for _, x := range stage {
			switch pack.code[x.code].Review {
			case s.Review:
				home = i
			case visit.LeaderReview, visit.Issue, visit.Outside:
				return home
			}
		}
	}
	return home
}

// replaced puts other sign-offs in the place of some; one that would stand twice stays where it comes first.
func (p path) replaced(by map[string]string) path {
	seen := map[string]bool{}
	for i, stage := range p {
		kept := stage[:0]
		for _, s := range stage {
			if other, ok := by[s.code]; ok {
				s.code = other
			}
			if s.optional || !seen[s.code] {
				kept = append(kept, s)
			}
			seen[s.code] = seen[s.code] || !s.optional
		}
		p[i] = kept
	}
	return p
}
