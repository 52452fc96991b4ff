package policy

import (
	"cmp"
	"slices"

	"github.com/exeat/exeat/visit"
)

// reaskRule says what one kind of change asks again.
type reaskRule struct {
	change   visit.Change
	when     *condition // nil: always
	ask      []string   // codes, reviews, askAll or askLastLeader
	notice   bool
	refuse   *remark // the change is not possible: a new visit is asked for
	citation Citation
}

// What an entry of `reask` may name besides the codes of sign-offs and the reviews.
const (
	askAll        = "all"
	askLastLeader = "last_leader"
	anyChange     = "any"
)

// Reask says what changes between two versions ask again. Refusals are those that hold after the approval, when a visit
// cannot be changed in this way at all.
type Reask struct {
	Changes  []visit.Change `json:"changes"`
	SignOffs []string       `json:"sign_offs"` // codes, in the order of the route
	Notice   bool           `json:"notice"`
	Refusals []Remark       `json:"refusals,omitempty"`
}

// Reask judges the change from one version to another, whose route is given. A kind of change on which the pack says
// nothing asks everything again: the strictest.
func (p *Pack) Reask(old, new visit.Draft, was, is Facts, route visit.Route) (Reask, error) {
	r := Reask{Changes: Changes(old, new), SignOffs: []string{}}
	asked := map[string]bool{}
	if len(r.Changes) == 0 {
		return r, nil
	}
	for _, change := range append([]visit.Change{anyChange}, r.Changes...) {
		rule, err := p.reaskRule(change, was, is)
		if err != nil {
			return r, err
		}
		if rule == nil {
			continue
		}
		r.Notice = r.Notice || rule.notice
		if rule.refuse != nil {
			r.Refusals = append(r.Refusals, Remark{Item: Item{Code: string(change), Words: rule.refuse.words}, Field: rule.refuse.field})
		}
		for _, name := range rule.ask {
			for _, code := range named(name, route) {
				asked[code] = true
			}
		}
	}
	for _, stage := range route.Stages {
		for _, s := range stage {
			if asked[s.Code] {
				r.SignOffs = append(r.SignOffs, s.Code)
			}
		}
	}
	return r, nil
}

// reaskRule finds the entry that holds for a change; nil where none has to.
func (p *Pack) reaskRule(change visit.Change, was, is Facts) (*reaskRule, error) {
	i := slices.IndexFunc(p.reask, func(r reaskRule) bool { return r.change == change })
	if i >= 0 {
		holds, err := p.reask[i].holds(p, was, is)
		if holds || err != nil {
			return &p.reask[i], err
		}
	}
	if change == anyChange {
		return nil, nil
	}
	return &reaskRule{change: change, ask: []string{askAll}, notice: true}, nil
}

// holds looks at the visit before and after the change.
func (r reaskRule) holds(p *Pack, was, is Facts) (bool, error) {
	if r.when == nil {
		return true, nil
	}
	for _, f := range []*Facts{&was, &is} {
		ok, err := r.when.holds(&scene{facts: f, traveller: &Traveller{}, defined: p.defined})
		if err != nil {
			return false, p.fault("reask "+string(r.change), err)
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// named gives the sign-offs of a route that an entry means by one of its names.
func named(name string, route visit.Route) []string {
	var all []string
	lastLeader := ""
	for _, stage := range route.Stages {
		for _, s := range stage {
			if name == askAll || name == s.Code || name == string(s.Review) {
				all = append(all, s.Code)
			}
			if s.Review == visit.LeaderReview {
				lastLeader = s.Code
			}
		}
	}
	if name == askLastLeader && lastLeader != "" {
		all = append(all, lastLeader)
	}
	return all
}

// Judges lists the kinds of changes after which a sign-off of a route is asked again: what it judges.
func (p *Pack) Judges(code string, route visit.Route) []visit.Change {
	return slices.DeleteFunc(slices.Clone(visit.Changes), func(c visit.Change) bool {
		i := slices.IndexFunc(p.reask, func(r reaskRule) bool { return r.change == c })
		return i >= 0 && !slices.ContainsFunc(p.reask[i].ask, func(name string) bool { return slices.Contains(named(name, route), code) })
	})
}

// reaskText is an entry of the section reask.
type reaskText struct {
	Change   cell                `yaml:"change" as:"change" need:"yes" doc:"Kind of change, or any."`
	When     cell                `yaml:"when" as:"condition" doc:"Only where this holds before or after the change."`
	Ask      []cell              `yaml:"ask" as:"ask" doc:"Sign-offs that are asked again: codes, reviews, last_leader or all; nobody where nothing is written."`
	Notice   cell                `yaml:"notice" as:"truth" doc:"The public notice is held again."`
	Refuse   located[remarkText] `yaml:"refuse" doc:"Once approved, a visit cannot be changed in this way; said to the applicant."`
	Citation cell                `yaml:"citation" as:"citation" need:"yes" doc:"Where this comes from."`
}

var changes = append([]string{anyChange}, texts(visit.Changes)...)

func (l *loader) reaskList() {
	seen := map[string]bool{}
	names := slices.Concat([]string{askAll, askLastLeader}, reviews, l.signOffCodes())
	for _, e := range l.written.Reask {
		v := e.value
		r := reaskRule{
			change: visit.Change(l.among(e.at, "change", v.Change, "", changes...)), when: l.optionalCondition(l.forOthers, v.When),
			ask: l.known("ask", v.Ask, names), notice: l.truth("notice", v.Notice), refuse: l.remark("refuse", v.Refuse),
			citation: l.citation(e.at, v.Citation),
		}
		l.unique(seen, e.at, "change", v.Change)
		if r.when != nil && r.when.perTraveller {
			l.fault(v.When.at, "when: write facts of the visit (v.…): a change is one of the whole visit")
		}
		if r.change == anyChange && r.when == nil && r.refuse == nil && len(r.ask) == 0 {
			l.fault(e.at, "the entry does nothing: write ask, notice or refuse")
		}
		l.pack.reask = append(l.pack.reask, r)
	}
	slices.SortStableFunc(l.pack.reask, func(a, b reaskRule) int {
		return cmp.Compare(slices.Index(changes, string(a.change)), slices.Index(changes, string(b.change)))
	})
}
