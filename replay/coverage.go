package replay

import (
	"cmp"
	"iter"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// Coverage says how often each rule of a pack held for visits, each visit under the version that it was submitted under and
// with the facts that it pinned.
type Coverage struct {
	Policy visit.PolicyRef `json:"policy"`
	// Cases are the visits under any version of the pack; Others those under other packs, which are not counted.
	Cases  int `json:"cases"`
	Others int `json:"others"`
	// Rules are those of the pack in the order of its text, also where they never held, then those that only other versions had.
	Rules []Covered `json:"rules"`
}

// Covered is how often one rule or overlay held.
type Covered struct {
	Code string `json:"code"`
	policy.Words
	Fired int `json:"fired"`
	// Overridden counts the visits for which its refusal was lifted.
	Overridden int `json:"overridden"`
	// Last is the visit submitted last for which it held, and when; empty where it never did.
	Last   string    `json:"last,omitempty"`
	LastAt time.Time `json:"last_at,omitzero"`
	// Gone tells that the pack has no such rule any more.
	Gone bool `json:"gone,omitempty"`
	// Visits are those for which it held, the last submitted first.
	Visits []Covering `json:"visits,omitempty"`
}

// Covering is a visit for which a rule held.
type Covering struct {
	ID    string      `json:"id"`
	Title string      `json:"title"`
	Unit  string      `json:"unit"`
	State visit.State `json:"state"`

	submitted time.Time
}

// Cover counts over cases. PackOf gives a policy by its hash; of is the rule whose visits are listed, "" for none. It ends at
// the first error of the cases or of a policy.
func Cover(p *policy.Pack, packOf func(hash string) (*policy.Pack, error), of string, cases iter.Seq2[Case, error]) (Coverage, error) {
	work := make(chan Case, 256)
	parts := make([]cover, runtime.GOMAXPROCS(0))
	var done sync.WaitGroup
	for i := range parts {
		parts[i].rules = map[string]*Covered{}
		done.Go(func() { parts[i].work(p.Ref().Pack, packOf, of, work) })
	}
	var err error
	for c, e := range cases {
		if e != nil {
			err = e
			break
		}
		work <- c
	}
	close(work)
	done.Wait()
	all := cover{rules: map[string]*Covered{}}
	for _, x := range parts {
		err = cmp.Or(err, x.err)
		all.add(x)
	}
	if err != nil {
		return Coverage{}, err
	}
	return all.coverage(p), nil
}

// cover is the coverage that one processor has counted.
type cover struct {
	Coverage
	rules map[string]*Covered
	err   error
}

func (x *cover) work(pack string, packOf func(string) (*policy.Pack, error), of string, cases <-chan Case) {
	for c := range cases {
		if x.err != nil {
			continue // the sender must not wait
		}
		if c.Route.Policy.Pack != pack {
			x.Others++
			continue
		}
		x.err = x.count(packOf, of, c)
	}
}

func (x *cover) count(packOf func(string) (*policy.Pack, error), of string, c Case) error {
	p, err := packOf(c.Route.Policy.Hash)
	if err != nil {
		return err
	}
	x.Cases++
	r, err := p.Route(c.Facts)
	if visit.CodeOf(err) == visit.Invalid { // re-routed from a policy that knew its kind
		return nil
	}
	if err != nil {
		return err
	}
	for _, it := range slices.Concat(r.Rules, r.Overlays) {
		t := x.rule(it.Code)
		t.Words = it.Words
		t.Fired++
		if c.Submitted.After(t.LastAt) {
			t.Last, t.LastAt = c.ID, c.Submitted
		}
		if it.Code == of {
			t.Visits = append(t.Visits, Covering{c.ID, c.Title, c.Unit, c.State, c.Submitted})
		}
	}
	for _, o := range r.Overridden {
		x.rule(o.Code).Overridden++
	}
	return nil
}

func (x *cover) rule(code string) *Covered {
	if x.rules[code] == nil {
		x.rules[code] = &Covered{Code: code}
	}
	return x.rules[code]
}

func (x *cover) add(y cover) {
	x.Cases += y.Cases
	x.Others += y.Others
	for code, t := range y.rules {
		sum := x.rule(code)
		sum.Words = t.Words
		sum.Fired += t.Fired
		sum.Overridden += t.Overridden
		sum.Visits = append(sum.Visits, t.Visits...)
		if t.LastAt.After(sum.LastAt) {
			sum.Last, sum.LastAt = t.Last, t.LastAt
		}
	}
}

// coverage puts the counts into the order of the pack; a rule that never held is there too.
func (x *cover) coverage(p *policy.Pack) Coverage {
	c := x.Coverage
	c.Policy = p.Ref()
	book := p.Book()
	take := func(code string, words policy.Words) {
		t := *x.rule(code)
		t.Words = words
		c.Rules = append(c.Rules, t)
		delete(x.rules, code)
	}
	for _, b := range book.Rules {
		take(b.Code, b.Title)
	}
	for _, b := range book.Overlays {
		take(b.Code, b.Words)
	}
	var gone []Covered
	for _, t := range x.rules {
		t.Gone = true
		gone = append(gone, *t)
	}
	slices.SortFunc(gone, func(a, b Covered) int { return cmp.Compare(a.Code, b.Code) })
	c.Rules = append(c.Rules, gone...)
	for i := range c.Rules {
		slices.SortFunc(c.Rules[i].Visits, func(a, b Covering) int {
			return cmp.Or(b.submitted.Compare(a.submitted), cmp.Compare(b.ID, a.ID))
		})
	}
	return c
}
