package view

import (
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/server/service"
)

// Coverage is how often each rule held over all visits.
type Coverage struct {
	Page
	Of    service.CoverageOf
	C     replay.Coverage
	Query string // of the address, to get the same as CSV or for one rule
	Codes []string
}

// bar scales a count to the width of the chart, in percent.
func (v Coverage) bar(n int) string {
	return percent(float64(n), float64(v.C.Cases))
}

// never counts the rules that held for no visit.
func (v Coverage) never() int {
	n := 0
	for _, x := range v.C.Rules {
		if x.Fired == 0 {
			n++
		}
	}
	return n
}

// shown are the visits of the rule that is looked at, at most as many as a page bears.
func (v Coverage) shown() []replay.Covering {
	for _, x := range v.C.Rules {
		if x.Code == v.Of.Rule {
			return x.Visits[:min(len(x.Visits), shownChanges)]
		}
	}
	return nil
}

func (v Coverage) url(more string) string { return "/policy/coverage?" + v.Query + more }
