package visit

import (
	"maps"
	"slices"
	"time"
)

// Trip is the part of one traveller in an approved visit: from the preparation to the end each traveller has a state of his
// own (domain P.5). Instants are UTC, days on the Beijing border calendar.
type Trip struct {
	Person string    `json:"person"`
	State  TripState `json:"state"`
	// Met are the preparations that are proved, by their code.
	Met map[string]Proof `json:"met,omitempty"`
	// Expires is when a trip ends that never began.
	Expires time.Time `json:"expires"`
	// Return is the planned day of return; Extended tells that force majeure has moved it.
	Return   string `json:"return"`
	Extended bool   `json:"extended,omitempty"`
	Recalled bool   `json:"recalled,omitempty"`
	// Left and Back are the days of the border stamps. Late is how many days after the approved return Back lies, negative
	// when it lies before; days that force majeure explains are in Excused.
	Left    string `json:"left,omitempty"`
	Back    string `json:"back,omitempty"`
	Late    int    `json:"late,omitempty"`
	Excused int    `json:"excused,omitempty"`
	// Overdue is when the alarm is raised if no return is recorded.
	Overdue time.Time `json:"overdue,omitzero"`
	// CheckInDue is the end of the time for the next check-in, zero when none is awaited; CheckedIn is the last one. Missed
	// is the due time that passed without one; the next check-in clears it.
	CheckInDue time.Time `json:"check_in_due,omitzero"`
	CheckedIn  time.Time `json:"checked_in,omitzero"`
	Missed     time.Time `json:"missed,omitzero"`
	// PassportDue is zero where no official passport is to be handed in; PassportIn is the day on which it was.
	PassportDue time.Time `json:"passport_due,omitzero"`
	PassportIn  string    `json:"passport_in,omitempty"`
	// ReportDue is zero where no report is asked. Report is the number of the report that covers the traveller.
	ReportDue  time.Time `json:"report_due,omitzero"`
	ReportLate bool      `json:"report_late,omitempty"`
	Report     int       `json:"report,omitempty"`
	Accepted   bool      `json:"accepted,omitempty"`
}

// TripState is where one traveller stands.
type TripState string

// The states of a trip. Back is the domain's `returned`, which here names a request that went back to the applicant.
const (
	TripPreparing TripState = "preparing"
	TripReady     TripState = "ready"
	TripSuspended TripState = "suspended" // risk, or an order; nobody leaves
	TripAbroad    TripState = "abroad"
	TripOverdue   TripState = "overdue" // a day after the planned return nothing is recorded
	TripBack      TripState = "back"
	TripReporting TripState = "reporting" // a report is filed, or accepted while the passport is still out
	TripReported  TripState = "reported"  // nothing more to do for the traveller
	TripClosed    TripState = "closed"
	TripCancelled TripState = "cancelled"
	TripExpired   TripState = "expired" // the approved return has passed, and nobody left
)

// TripStates lists every state of a trip, the least advanced first.
var TripStates = []TripState{
	TripSuspended, TripPreparing, TripReady, TripAbroad, TripOverdue, TripBack, TripReporting, TripReported, TripClosed, TripCancelled, TripExpired,
}

// Away tells that the traveller is abroad, as far as is known.
func (s TripState) Away() bool { return s == TripAbroad || s == TripOverdue }

// Home tells that the traveller has not left yet, and still may.
func (s TripState) Home() bool {
	return s == TripPreparing || s == TripReady || s == TripSuspended
}

// Ended tells that the trip was not made: it does not count for the state of the visit while another one does.
func (s TripState) Ended() bool { return s == TripCancelled || s == TripExpired }

// stateOfTrip is the state of a visit whose least advanced traveller stands here.
var stateOfTrip = map[TripState]State{
	TripSuspended: StateSuspended, TripPreparing: StatePreparing, TripReady: StateReady, TripAbroad: StateAbroad, TripOverdue: StateAbroad,
	TripBack: StateBack, TripReporting: StateReporting, TripReported: StateReporting, TripClosed: StateClosed,
	TripCancelled: StateCancelled, TripExpired: StateExpired,
}

// Trip gives the trip of a traveller.
func (v Visit) Trip(person string) (Trip, bool) {
	i := slices.IndexFunc(v.Trips, func(t Trip) bool { return t.Person == person })
	if i < 0 {
		return Trip{}, false
	}
	return v.Trips[i], true
}

// Lacking lists the preparations that a traveller still has to prove, in the order of the policy.
func (v Visit) Lacking(t Trip) []Preparation {
	return slices.DeleteFunc(slices.Clone(v.Route.Life.Duty(t.Person).Preparations), func(p Preparation) bool {
		_, met := t.Met[p.Code]
		return met
	})
}

// Payable tells that Finance may refund a traveller: the report is accepted, the passport in, and no day of the stay lies
// after the approved return without force majeure (domain P-35, A.5).
func (t Trip) Payable() bool {
	return (t.State == TripReported || t.State == TripClosed) && !t.Overstayed()
}

// Overstayed tells that the traveller came back later than approved and than force majeure explains; nothing is refunded then.
func (t Trip) Overstayed() bool { return t.Back != "" && t.Late > t.Excused }

// stateOfTrips is the state of the least advanced traveller; those who do not travel count only where nobody does. A visit
// whose notice after the return is open is in that.
func (v Visit) stateOfTrips() State {
	least, rank := TripExpired, len(TripStates)
	if slices.ContainsFunc(v.Trips, func(t Trip) bool { return t.State == TripCancelled }) {
		least = TripCancelled
	}
	for _, t := range v.Trips {
		if r := slices.Index(TripStates, t.State); !t.State.Ended() && r < rank {
			least, rank = t.State, r
		}
	}
	if least == TripReported && v.After.State == NoticeOpen {
		return StatePostNotice
	}
	return stateOfTrip[least]
}

// travelling lists the trips that were made or still may be.
func (v Visit) travelling() []Trip {
	return slices.DeleteFunc(slices.Clone(v.Trips), func(t Trip) bool { return t.State.Ended() })
}

// each changes the trips of some travellers.
func (v *Visit) each(travellers []string, change func(*Trip)) {
	for i := range v.Trips {
		if slices.Contains(travellers, v.Trips[i].Person) {
			change(&v.Trips[i])
		}
	}
}

// prove notes the proof of a preparation. The map is replaced: copies of the visit share it.
func (t *Trip) prove(code string, p Proof) {
	met := maps.Clone(t.Met)
	if met == nil {
		met = map[string]Proof{}
	}
	met[code] = p
	t.Met = met
}

// reopen takes back the proof of a preparation.
func (t *Trip) reopen(code string) {
	met := maps.Clone(t.Met)
	delete(met, code)
	if len(met) == 0 {
		met = nil
	}
	t.Met = met
}

// standing is the state of somebody who prepares: ready when nothing lacks.
func (v Visit) standing(t Trip) TripState {
	if len(v.Lacking(t)) == 0 {
		return TripReady
	}
	return TripPreparing
}

// done moves a traveller on whose report is accepted and whose passport is in, or who owes neither.
func (t *Trip) done() {
	reported := t.Accepted || t.ReportDue.IsZero()
	passport := t.PassportIn != "" || t.PassportDue.IsZero()
	if reported && passport && (t.State == TripBack || t.State == TripReporting) {
		t.State = TripReported
	}
}
