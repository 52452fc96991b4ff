package visit

import "slices"

// Review is the part of the university that a sign-off belongs to; it names the state of a visit that waits for it.
type Review string

// The reviews, from the unit to the outside.
const (
	UnitReview   Review = "unit"
	OfficeReview Review = "office"
	IOReview     Review = "io"
	LeaderReview Review = "leader"
	Issue        Review = "issue"   // the university issues the approval under delegated authority
	Outside      Review = "outside" // an authority outside decides; its decision is entered here
)

// SignOff is one signature that a route asks for.
type SignOff struct {
	// Code names it, for example COL.DEAN, FIN, ISSUE, X.MOE.
	Code   string `json:"code"`
	Review Review `json:"review"`
	// Posts may sign; the holder of any one of them on the day of the decision is enough.
	Posts []string `json:"posts"`
	// Fallback posts sign when no holder of Posts may (empty post, or every holder is in conflict).
	Fallback []string `json:"fallback,omitempty"`
	// Unit is the unit whose posts are meant, for posts that every unit has; empty for posts of the university.
	Unit string `json:"unit,omitempty"`
	// Person is set instead of Posts where one person is meant (the supervisor of a student); Fallback signs when the
	// person has left or is in conflict.
	Person string `json:"person,omitempty"`
	// Limit is the time to decide, in working days.
	Limit int `json:"limit"`
	// Bulk marks a sign-off of low risk, which may be approved together with others (domain P-19).
	Bulk bool `json:"bulk,omitempty"`
	// Once says that who has just signed the sign-off before it need not sign again: one decision is recorded for both
	// (domain P.6).
	Once bool `json:"once,omitempty"`
	// Added is set where not the policy asks for the sign-off but another signer.
	Added *Added `json:"added,omitempty"`
}

// PolicyRef names the exact text of a policy.
type PolicyRef struct {
	Pack    string `json:"pack"`
	Version string `json:"version"`
	Hash    string `json:"hash"` // SHA-256 of the pack's text, hex
}

// Route is the part of a policy's answer that a visit pins at submission: who signs, in which order, and whether a
// public notice must close before the approval is issued. It never changes for the version of the visit it was made for.
type Route struct {
	Policy PolicyRef   `json:"policy"`
	Rule   string      `json:"rule"`
	Stages [][]SignOff `json:"stages"`
	// Terms are those of the stages, counted from 1, that do not simply ask for all of their sign-offs.
	Terms map[int]Term `json:"terms,omitempty"`
	// NoticeDays is the length of the public notice in working days; 0 where none is held.
	NoticeDays int `json:"notice_days"`
	// HoldNotice says that the visit may hold what must be kept secret: its notice is opened only when it was decided that it
	// is not exempt.
	HoldNotice bool `json:"hold_notice,omitempty"`
	// Life is what follows the approval; nil where the visit ends with it.
	Life *Life `json:"life,omitempty"`
	// Timing is DefaultTiming where it is absent.
	Timing *Timing `json:"timing,omitempty"`
}

// After gives the route that goes on after the first stages of another one, which were already asked: those first, then
// what this route asks for besides. A sign-off that was asked is not asked again, wherever the route has it; a stage that
// loses one by this asks for all that are left of it.
func (r Route) After(other Route, stages int) Route {
	out := r
	out.Stages, out.Terms = slices.Clone(other.Stages[:stages]), map[int]Term{}
	seen := map[string]bool{}
	for i, stage := range out.Stages {
		out.term(i+1, other.Term(i+1))
		for _, s := range stage {
			seen[s.Code] = true
		}
	}
	for i, stage := range r.Stages {
		rest := slices.DeleteFunc(slices.Clone(stage), func(s SignOff) bool { return seen[s.Code] })
		if len(rest) > 0 {
			out.Stages = append(out.Stages, rest)
		}
		if len(rest) == len(stage) {
			out.term(len(out.Stages), r.Term(i+1))
		}
	}
	if len(out.Terms) == 0 {
		out.Terms = nil
	}
	return out
}

func (r Route) term(stage int, t Term) {
	if t != (Term{}) {
		r.Terms[stage] = t
	}
}
