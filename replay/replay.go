// Package replay runs a policy over visits of the past and says what it would have changed. It reads nothing and changes
// nothing: the visits come in with the facts that were pinned when they were submitted.
package replay

import (
	"cmp"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// Case is a submitted visit: what it was asked by, and what was answered.
type Case struct {
	ID        string
	Title     string
	Unit      string
	State     visit.State
	Submitted time.Time // UTC
	Route     visit.Route
	Facts     policy.Facts
}

// Outcome is what a policy makes of one case.
type Outcome struct {
	ID    string      `json:"id"`
	Title string      `json:"title"`
	Unit  string      `json:"unit"`
	State visit.State `json:"state"`
	// From and To are base rules; To is empty where no rule covers the visit.
	From string `json:"from"`
	To   string `json:"to"`
	// Drops and Adds are codes of sign-offs.
	Drops []string `json:"drops,omitempty"`
	Adds  []string `json:"adds,omitempty"`
	// Moved tells that the same sign-offs are asked in other stages or on other terms.
	Moved bool `json:"moved,omitempty"`
	// Refused are codes of overlays that would have refused the visit.
	Refused []string `json:"refused,omitempty"`
	// Days is by how many working days the limits of the route grow; negative if they shrink.
	Days int `json:"days"`
	// Fired are the codes of the rules and overlays that held.
	Fired []string `json:"fired,omitempty"`
}

// Changed tells that the visit would have been decided otherwise.
func (o Outcome) Changed() bool {
	return o.To == "" || o.Moved || len(o.Drops)+len(o.Adds)+len(o.Refused) > 0 || o.Days != 0
}

// Rejected tells that the visit could not have been submitted.
func (o Outcome) Rejected() bool { return o.To == "" || len(o.Refused) > 0 }

// Of routes one case under a policy. An error is a fault of the policy itself.
func Of(p *policy.Pack, c Case) (Outcome, error) {
	o := Outcome{ID: c.ID, Title: c.Title, Unit: c.Unit, State: c.State, From: c.Route.Rule}
	r, err := p.Route(c.Facts)
	if visit.CodeOf(err) == visit.Invalid {
		return o, nil
	}
	if err != nil {
		return o, err
	}
	now := r.Pin()
	o.To = now.Rule
	before, after := codes(c.Route), codes(now)
	o.Drops, o.Adds = without(before, after), without(after, before)
	o.Moved = len(o.Drops)+len(o.Adds) == 0 && (!slices.EqualFunc(c.Route.Stages, now.Stages, sameStage) || !maps.Equal(c.Route.Terms, now.Terms))
	o.Days = days(now) - days(c.Route)
	for _, x := range r.Refusals {
		o.Refused = append(o.Refused, x.Code)
	}
	for _, x := range slices.Concat(r.Rules, r.Overlays) {
		o.Fired = append(o.Fired, x.Code)
	}
	return o, nil
}

func codes(r visit.Route) []string {
	var all []string
	for _, stage := range r.Stages {
		for _, s := range stage {
			all = append(all, s.Code)
		}
	}
	return all
}

func sameStage(a, b []visit.SignOff) bool {
	return slices.EqualFunc(a, b, func(x, y visit.SignOff) bool { return x.Code == y.Code })
}

// days is the sum over the stages of the longest limit.
func days(r visit.Route) int {
	sum := 0
	for _, stage := range r.Stages {
		longest := 0
		for _, s := range stage {
			longest = max(longest, s.Limit)
		}
		sum += longest
	}
	return sum
}

func without(all, these []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(these, s) })
}

// Report is what a policy makes of many cases.
type Report struct {
	Policy visit.PolicyRef `json:"policy"`
	Cases  int             `json:"cases"`
	Same   int             `json:"same"`
	// Rerouted are asked otherwise, Refused could not have been submitted; a case may be only one of both.
	Rerouted int `json:"rerouted"`
	Refused  int `json:"refused"`
	Longer   int `json:"longer"`
	Shorter  int `json:"shorter"`
	// Rules counts by rule and overlay, in the order of the pack.
	Rules []Tally `json:"rules"`
	// Changes are all cases that change, by number.
	Changes []Outcome `json:"changes"`
}

// Tally is what one rule or overlay of the policy did.
type Tally struct {
	Code string `json:"code"`
	policy.Words
	Fired    int `json:"fired"`    // cases for which it held
	Rerouted int `json:"rerouted"` // those of them whose route changes
	Refused  int `json:"refused"`  // cases that it refuses
	Longer   int `json:"longer"`
	Shorter  int `json:"shorter"`
}

// Of lists the changes that a rule has a part in.
func (r Report) Of(code string) []Outcome {
	return slices.DeleteFunc(slices.Clone(r.Changes), func(o Outcome) bool {
		return !slices.Contains(o.Fired, code) && !slices.Contains(o.Refused, code)
	})
}

// Run replays cases under a policy on all processors. The report does not depend on the order of the cases. It ends at the
// first error of the cases or of the policy.
func Run(p *policy.Pack, cases iter.Seq2[Case, error]) (Report, error) {
	work := make(chan Case, 256)
	parts := make([]part, runtime.GOMAXPROCS(0))
	var done sync.WaitGroup
	for i := range parts {
		done.Go(func() { parts[i].work(p, work) })
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
	all := part{fired: map[string]*Tally{}}
	for _, x := range parts {
		err = cmp.Or(err, x.err)
		all.add(x)
	}
	if err != nil {
		return Report{}, err
	}
	return all.report(p), nil
}

// part is the report of one processor.
type part struct {
	Report
	fired map[string]*Tally
	err   error
}

func (x *part) work(p *policy.Pack, cases <-chan Case) {
	x.fired = map[string]*Tally{}
	for c := range cases {
		if x.err != nil {
			continue // the sender must not wait
		}
		var o Outcome
		if o, x.err = Of(p, c); x.err == nil {
			x.count(o)
		}
	}
}

func (x *part) count(o Outcome) {
	x.Cases++
	rerouted := o.Changed() && !o.Rejected()
	for _, code := range o.Fired {
		t := x.tally(code)
		t.Fired++
		t.Rerouted += one(rerouted)
		t.Refused += one(slices.Contains(o.Refused, code))
		t.Longer += one(o.Days > 0)
		t.Shorter += one(o.Days < 0)
	}
	if !o.Changed() {
		x.Same++
		return
	}
	x.Rerouted += one(rerouted)
	x.Refused += one(o.Rejected())
	x.Longer += one(o.Days > 0)
	x.Shorter += one(o.Days < 0)
	x.Changes = append(x.Changes, o)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *part) tally(code string) *Tally {
	if x.fired[code] == nil {
		x.fired[code] = &Tally{}
	}
	return x.fired[code]
}

func (x *part) add(y part) {
	x.Cases += y.Cases
	x.Same += y.Same
	x.Rerouted += y.Rerouted
	x.Refused += y.Refused
	x.Longer += y.Longer
	x.Shorter += y.Shorter
	x.Changes = append(x.Changes, y.Changes...)
	for code, t := range y.fired {
		sum := x.tally(code)
		sum.Fired += t.Fired
		sum.Rerouted += t.Rerouted
		sum.Refused += t.Refused
		sum.Longer += t.Longer
		sum.Shorter += t.Shorter
	}
}

// report puts the tallies into the order of the pack; a rule that never held is there too.
func (x *part) report(p *policy.Pack) Report {
	r := x.Report
	r.Policy = p.Ref()
	book := p.Book()
	for _, b := range book.Rules {
		r.Rules = append(r.Rules, x.named(b.Code, b.Title))
	}
	for _, b := range book.Overlays {
		r.Rules = append(r.Rules, x.named(b.Code, b.Words))
	}
	r.Changes = append([]Outcome{}, r.Changes...)
	slices.SortFunc(r.Changes, func(a, b Outcome) int { return cmp.Compare(a.ID, b.ID) })
	return r
}

func (x *part) named(code string, words policy.Words) Tally {
	t := *x.tally(code)
	t.Code, t.Words = code, words
	return t
}
