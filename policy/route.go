package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// Route is the policy's answer: who must agree in which order, what must be there, and why. Every part of it carries the
// reason that put it there.
type Route struct {
	// Rule is the base rule of the visit: of all travellers' base rules the first in the pack, which is the strictest.
	Rule   string          `json:"rule"`
	Policy visit.PolicyRef `json:"policy"`
	// Stages are the codes of the sign-offs, first stage first; those of one stage are asked at the same time.
	Stages [][]string `json:"stages"`
	// Terms are those of the stages, counted from 1, of which not simply all sign-offs must agree.
	Terms map[int]visit.Term `json:"terms,omitempty"`
	// SignOffs describes the same codes, in the same order, one after the other.
	SignOffs  []SignOff  `json:"sign_offs"`
	Rules     []Item     `json:"rules"` // base rule of each traveller, each rule once
	Overlays  []Item     `json:"overlays"`
	Gates     []Gate     `json:"gates"`
	Documents []Document `json:"documents"`
	Timers    []Timer    `json:"timers"`
	Refusals  []Remark   `json:"refusals"` // each forbids the submission
	Warnings  []Remark   `json:"warnings"`
	// Overridden are refusals that were lifted; they forbid nothing any more.
	Overridden []Overridden `json:"overridden,omitempty"`
	// Days is the sum, over the stages, of the longest limit, in working days; the public notice runs beside it.
	Days int `json:"days"`
	// NoticeDays is the length of the public notice in working days, 0 where none is held.
	NoticeDays int `json:"notice_days"`
	// HoldNotice says that the notice is opened only when it was decided that the visit is not exempt from it.
	HoldNotice bool `json:"hold_notice,omitempty"`
	// Timing is how long the visit waits by itself: what the timers say of it, and the default for the rest.
	Timing visit.Timing `json:"timing"`
	// Preparations are to be done before leaving; Life is all that follows the approval, as the visit will pin it. Both are
	// absent where the visit ends with the approval.
	Preparations []Preparation `json:"preparations,omitempty"`
	Life         *visit.Life   `json:"life,omitempty"`
}

// Reason says which rule asked for something and why it held.
type Reason struct {
	Rule      string   `json:"rule"` // of a base rule, an overlay or a timer
	Words              // the condition in words
	Citation  Citation `json:"citation"`
	Condition string   `json:"condition,omitempty"` // CEL; empty where a timer always runs
	// Facts are the facts that the condition asked for, with their values as shown to people. Where the condition looks
	// at travellers, they are those of the first one of Travellers.
	Facts map[string]string `json:"facts"`
	// Sources say where facts come from that are not the draft's.
	Sources Sources `json:"sources,omitempty"`
	// Travellers are the persons for whom the condition held; empty where it looks at the visit only.
	Travellers []string `json:"travellers,omitempty"`
}

// Item is a part of a route: its code, its name and its reason.
type Item struct {
	Code   string  `json:"code"`
	Words          // the name
	Reason *Reason `json:"reason"`
}

// SignOff is a sign-off of the route. Posts, Fallback, Unit, Person and Limit are as the visit will pin them.
type SignOff struct {
	visit.SignOff
	Words          // the name
	Reason *Reason `json:"reason"`
}

// Gate is a condition to be met before the approval or before the departure.
type Gate struct {
	Item
	Before string `json:"before"` // approval or departure
}

// Document is a paper to be handed in before the approval or before the departure.
type Document struct {
	Item
	Before string `json:"before"` // approval or departure
	// Generated documents are made by the system from the request, and never asked for.
	Generated bool `json:"generated"`
}

// Timer is a period that the visit will have to keep.
type Timer struct {
	Item
	Value int    `json:"value"`
	Of    string `json:"of"` // working_days, days, months or hours
}

// Remark is a refusal or a warning; Code is the overlay's.
type Remark struct {
	Item
	Field string `json:"field,omitempty"` // of the draft, where one field is to blame
	// Posts are those whose holders may lift the refusal for this visit; empty where nobody may.
	Posts []string `json:"posts,omitempty"`
	// Subject names what such a refusal rests on: the SHA-256 (hex) of the rule's condition with its facts. An override is
	// bound to it, so that it lifts nothing else.
	Subject string `json:"subject,omitempty"`
}

// Overridden is a refusal that was lifted.
type Overridden struct {
	Remark
	Override Override `json:"override"`
}

// Pin is what a visit keeps of the route from its submission on.
func (r Route) Pin() visit.Route {
	pinned := visit.Route{
		Policy: r.Policy, Rule: r.Rule, Stages: make([][]visit.SignOff, len(r.Stages)), Terms: r.Terms, NoticeDays: r.NoticeDays, HoldNotice: r.HoldNotice, Timing: &r.Timing, Life: r.Life,
	}
	next := 0
	for i, stage := range r.Stages {
		for range stage {
			pinned.Stages[i] = append(pinned.Stages[i], r.SignOffs[next].SignOff)
			next++
		}
	}
	return pinned
}

// Missing lists what stands between the draft and its submission under this route: refusals (rule policy_refused) and
// documents that the draft lacks (rule document_missing). All are marked Missing, since a draft may stand as it is.
func (r Route) Missing(d visit.Draft) []visit.Problem {
	var problems []visit.Problem
	for _, x := range r.Refusals {
		problems = append(problems, x.problem())
	}
	for _, x := range r.Documents {
		has := slices.ContainsFunc(d.Documents, func(have visit.Document) bool { return have.Kind == x.Code })
		if !has && !x.Generated && x.Before == beforeApproval {
			problems = append(problems, visit.Problem{Field: "documents", Rule: "document_missing", Missing: true,
				Args: map[string]string{"code": x.Code, "zh": x.ZH, "en": x.EN}})
		}
	}
	return problems
}

// problem is a refusal as it stands against a submission, with what in the record it rests on: late passports, other visits.
func (r Remark) problem() visit.Problem {
	args := map[string]string{"code": r.Code, "zh": r.ZH, "en": r.EN}
	var zh, en []string
	for _, word := range slices.Sorted(maps.Keys(r.Reason.Sources)) {
		if of := r.Reason.Sources[word]; of.From == FromPassports || of.From == FromVisits {
			zh, en = append(zh, of.Words().ZH), append(en, of.Words().EN)
		}
	}
	if len(zh) > 0 {
		args["zh_from"], args["en_from"] = strings.Join(zh, "；"), strings.Join(en, "; ")
	}
	return visit.Problem{Field: r.Field, Rule: "policy_refused", Missing: true, Args: args}
}

// String lists the stages for people: FIN ∥ HR → 1/2 IO.REV ∥ IO.DIR → ISSUE.
func (r Route) String() string {
	stages := make([]string, len(r.Stages))
	for i, s := range r.Stages {
		stages[i] = shownStage(s, r.Terms[i+1])
	}
	return strings.Join(stages, " → ")
}
