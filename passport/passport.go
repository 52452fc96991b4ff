// Package passport is the ledger of official passports and passes (domain P-33): where each is, until when it must be back,
// and whom a late one locks. It is pure; numbers are sealed with a key and shown with their middle hidden.
package passport

import (
	"cmp"
	"slices"

	"github.com/exeat/exeat/calendar"
)

// Kind is what a document of travel is.
type Kind string

// The kinds.
const (
	Official Kind = "official" // 因公护照
	HKMacao  Kind = "hkmo"     // 往来港澳通行证
	Taiwan   Kind = "taiwan"   // 往来台湾通行证
	Private  Kind = "private"  // 因私护照, where the university keeps it
)

// Kinds lists every kind.
var Kinds = []Kind{Official, HKMacao, Taiwan, Private}

// For gives the kind that a journey to a destination (ABROAD, HKMO, TW) needs, besides which a private passport may do.
func For(destination string) Kind {
	switch destination {
	case "HKMO":
		return HKMacao
	case "TW":
		return Taiwan
	default:
		return Official
	}
}

// Move is what happens to a passport.
type Move string

// The moves. A passport that was registered is nowhere before it comes in.
const (
	In        Move = "in"        // taken into custody for the first time
	Out       Move = "out"       // handed out for a visit
	Due       Move = "due"       // must be back on another day than was said
	Returned  Move = "returned"  // back in custody
	Cancelled Move = "cancelled" // void: expired, lost, replaced
)

// Moves lists every move.
var Moves = []Move{In, Out, Due, Returned, Cancelled}

// State is where a passport is.
type State string

// The states.
const (
	Registered State = "registered" // known, not in custody
	Held       State = "held"
	Away       State = "out"
	Void       State = "cancelled"
)

// States lists every state.
var States = []State{Registered, Held, Away, Void}

// After gives the state after the last move but due, which changes no place; "" before the first one.
func After(m Move) State {
	switch m {
	case In, Returned:
		return Held
	case Out:
		return Away
	case Cancelled:
		return Void
	default:
		return Registered
	}
}

// May tells whether a move can follow in a state.
func (s State) May(m Move) bool {
	switch m {
	case In:
		return s == Registered
	case Out:
		return s == Held
	case Due, Returned:
		return s == Away
	case Cancelled:
		return s != Void
	default:
		return false
	}
}

// Days of the rules, all calendar days, holidays counted (domain P.4).
const (
	OutBefore = 5  // handed out at most so many days before the departure [S19]
	Grace     = 7  // must be back so many days after the return or the cancellation [S18][S52]
	UnitFrom  = 31 // the day of being late from which the whole unit is locked [S17]
)

// FirstOut is the first day on which a passport may be handed out for a departure.
func FirstOut(exit calendar.Date) calendar.Date { return exit.AddDays(-OutBefore) }

// DueFor is when a passport must be back while nothing is known but the approval: departure + approved days + 7, so that one
// that was never used is late too [S17].
func DueFor(exit calendar.Date, days int) calendar.Date { return exit.AddDays(days + Grace) }

// DueAfter is when it must be back once the day of return, or of the cancellation, is known.
func DueAfter(day calendar.Date) calendar.Date { return day.AddDays(Grace) }

// Passport is one document as the ledger has it today.
type Passport struct {
	ID      int64  `json:"id"`
	Person  string `json:"person"`
	NameZH  string `json:"name_zh"`
	NameEN  string `json:"name_en"`
	Unit    string `json:"unit"` // of the person
	Kind    Kind   `json:"kind"`
	Masked  string `json:"number"` // with its middle hidden
	Expires string `json:"expires"`
	State   State  `json:"state"`
	// Since is the day of the last move, Visit the one it is out for, Due when it must be back; empty while it is not out.
	Since string `json:"since,omitempty"`
	Visit string `json:"visit,omitempty"`
	Due   string `json:"due,omitempty"`
}

// Overdue gives by how many days a passport is late on a day, 1 on the day after it was due; 0 while it is not late.
func (p Passport) Overdue(day calendar.Date) int {
	due, err := calendar.ParseDate(p.Due)
	if p.State != Away || err != nil {
		return 0
	}
	return max(0, day.Sub(due))
}

// LocksPerson tells that a passport locks its holder's new requests on a day: from the first day on.
func (p Passport) LocksPerson(day calendar.Date) bool { return p.Overdue(day) >= 1 }

// LocksUnit tells that it locks those of the whole unit: from the 31st day on.
func (p Passport) LocksUnit(day calendar.Date) bool { return p.Overdue(day) >= UnitFrom }

// Sort puts what is latest on top, then what is out, by the day it is due, then the others by person.
func Sort(ps []Passport, day calendar.Date) {
	slices.SortStableFunc(ps, func(a, b Passport) int {
		return cmp.Or(
			cmp.Compare(b.Overdue(day), a.Overdue(day)),
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Due, b.Due),
			cmp.Compare(a.Person, b.Person),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

func rank(p Passport) int { return slices.Index([]State{Away, Held, Registered, Void}, p.State) }
