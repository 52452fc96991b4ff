package view

import (
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Policies is the first page of the policies.
type Policies struct {
	Page
	P     service.Policies
	Right service.Rights
	Today string
	Packs []string // ids that have a version
	Codes []string // of units
}

// PolicyBook is a version as a rule book; Query chooses the entries that have all its words.
type PolicyBook struct {
	Page
	Version store.PolicyVersion
	Book    policy.Book
	Query   string
	Right   service.Rights
	Others  []store.PolicyVersion // to compare with
	Effects []store.PolicyEffect
}

// PolicyText is a version as it was written.
type PolicyText struct {
	Page
	Version store.PolicyVersion
}

// PolicyComparison is what changes from one version to another.
type PolicyComparison struct {
	Page
	C policy.Comparison
}

// PolicyDraft is a text that is being edited.
type PolicyDraft struct {
	Page
	Draft  store.PolicyDraft
	Text   string // as typed, also where it was not kept
	Faults policy.Faults
	Right  service.Rights
	Choice service.OpenVisits
	Note   string
}

// Replay is what a policy would have changed.
type Replay struct {
	Page
	Query    string // of the address, to get the same as CSV
	Draft    int64
	Hash     string
	From, To string
	Open     bool
	Rule     string // only the changes that this rule has a part in
	R        replay.Report
}

// shown are the changes to list, at most as many as a page bears.
func (v Replay) shown() []replay.Outcome {
	all := v.R.Changes
	if v.Rule != "" {
		all = v.R.Of(v.Rule)
	}
	return all[:min(len(all), shownChanges)]
}

const shownChanges = 200

func (v Replay) hidden() int {
	all := len(v.R.Changes)
	if v.Rule != "" {
		all = len(v.R.Of(v.Rule))
	}
	return all - len(v.shown())
}

// of is the address of the same replay for one rule.
func (v Replay) of(rule string) string {
	return "/policy/replay?" + v.Query + "&rule=" + rule + "#changes"
}

// bars scales the counts of fired rules to the width of the chart, in percent.
func (v Replay) bar(n int) string {
	return percent(float64(n), float64(v.R.Cases))
}

// found tells that an entry of the book has all words of the query in either language, its code, condition or citation.
func (v PolicyBook) found(e policy.BookEntry, more ...string) bool {
	text := strings.ToLower(strings.Join(append(more, e.Code, e.ZH, e.EN, e.Condition, e.Citation.ID, e.Citation.ZH, e.Citation.EN, e.Citation.Number), " "))
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(v.Query)), func(w string) bool { return !strings.Contains(text, w) })
}

// slotName names a slot of a stage as people read it.
func (p Page) slotName(slot string) string {
	if code, ok := strings.CutSuffix(slot, "?"); ok {
		return p.PolicyName(code) + p.T("policy.optional")
	}
	if one, other, ok := strings.Cut(slot, "|"); ok {
		return p.PolicyName(one) + " / " + p.PolicyName(other)
	}
	return p.PolicyName(slot)
}

func (p Page) slotNames(stage []string) string {
	names := make([]string, len(stage))
	for i, s := range stage {
		names[i] = p.slotName(s)
	}
	return strings.Join(names, " · ")
}

// cited is a citation in words.
func (p Page) cited(c policy.Citation) string {
	return strings.TrimSpace(strings.Join(slices.DeleteFunc([]string{p.Words(c.Words), c.Number, c.Article}, func(s string) bool { return s == "" }), " "))
}

// lines gives every fault of a text as "line:column".
func at(f policy.Fault) string { return strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column) }
