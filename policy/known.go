package policy

import (
	"cmp"
	"fmt"
)

// Known is what the university's record says of a visit beside the draft itself, on the day of the request. FactsOf joins
// both; nothing else reaches a policy. The zero value says that nothing is known, which refuses nothing.
type Known struct {
	// Today is the university's day, YYYY-MM-DD in Beijing.
	Today string `json:"today"`
	// People are the travellers by id; one who is not here is a problem of the draft.
	People map[string]Person `json:"people"`
	// Past is what the record says of a traveller beside the person, by person id.
	Past map[string]Past `json:"past"`
	// Away are visits of members of leading teams that lie at the same time as this one, or are led to one of its countries
	// at most six months before or after.
	Away []Absence `json:"away"`
	// Plan is the unit's annual plan for the year of exit.
	Plan Plan `json:"plan"`
	// Risk is the level of each country as of today; a country that is not here has level 1.
	Risk map[string]Risk `json:"risk"`
	// Terms are the university's teaching weeks.
	Terms []Term `json:"terms"`
	// UnitMarks are the open marks of the applying unit and of the people in it that weigh on the whole unit.
	UnitMarks []Mark `json:"unit_marks"`
	// Overrides are the refusals that were lifted for this draft.
	Overrides []Override `json:"overrides"`
	// OverRate are the kinds of budget lines above the standard, each once: computed from the tables of rates.
	OverRate []string `json:"over_rate"`
}

// Past is what the record says of a person beside the person.
type Past struct {
	// Visits are the other visits of the calendar year of exit that were submitted and did not end unmade.
	Visits []PastVisit `json:"visits"`
	Marks  []Mark      `json:"marks"`
	// Age is that of the person on the day of exit, in whole years; 0 if the day of birth is not known.
	Age int `json:"age"`
	// Left is set for who has left the university by the day of exit, LeftPost for who then holds none of the posts held before.
	Left     bool `json:"left"`
	LeftPost bool `json:"left_post"`
	// Team is the unit whose leading team (班子) the person belongs to: dean, Party secretary and their deputies; else empty.
	Team string `json:"team"`
	// HeadOf is the unit that the person heads, as dean or as Party secretary; else empty.
	HeadOf string `json:"head_of"`
	// Kin are relatives of the person who hold posts today that may be asked to sign.
	Kin []Kin `json:"kin"`
}

// PastVisit is another visit of a traveller; Days are border days.
type PastVisit struct {
	Visit string `json:"visit"`
	Work  bool   `json:"work"` // of category WRK
	Days  int    `json:"days"`
}

// Kin is a relative with a post.
type Kin struct {
	Person string `json:"person"`
	Post   string `json:"post"`
}

// Absence is another visit of a member of some unit's leading team.
type Absence struct {
	Visit     string   `json:"visit"`
	Person    string   `json:"person"`
	Team      string   `json:"team"`
	HeadOf    string   `json:"head_of"`
	Leads     bool     `json:"leads"` // the person leads that group
	Countries []string `json:"countries"`
	Period
}

// Period is a span of days, YYYY-MM-DD, both included.
type Period struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func (p Period) overlaps(o Period) bool { return p.From <= o.To && o.From <= p.To }

// Term is a span of teaching weeks.
type Term struct {
	Words
	Period
}

// Plan is what the annual plan gives a unit for the year of exit. Revision counts from 1; it is 0 where the unit has no plan
// on record, and then nothing is counted.
type Plan struct {
	Unit     string `json:"unit"`
	Year     int    `json:"year"`
	Revision int    `json:"revision"`
	// Found is set when the draft's plan_item names an entry.
	Found bool `json:"found"`
	// Quota is how many work visits the unit may make in the year; UsedBy are those that were submitted and did not end unmade.
	Quota  int      `json:"quota"`
	UsedBy []string `json:"used_by"`
}

// Risk is the level of a country, 1 (low) to 4 (do not travel), since a day and as told by a source.
type Risk struct {
	Level  int    `json:"level"`
	Since  string `json:"since"` // YYYY-MM-DD
	Source string `json:"source"`
}

// MarkKind says why a person or a unit is marked.
type MarkKind string

// The marks that offices set and lift (domain P.3, O01, O14, O21), and one that follows from what a student did.
const (
	OverduePassport MarkKind = "overdue_passport"
	OverdueReport   MarkKind = "overdue_report"
	CoolingOff      MarkKind = "cooling_off" // left a classified post, may not leave yet
	FeesOwed        MarkKind = "fees_owed"
	DisciplineCase  MarkKind = "discipline_case"
	Withdrew        MarkKind = "withdrew" // withdrew from a visit for which the unit had nominated the student (P-39)
)

// MarkKinds lists every mark.
var MarkKinds = []MarkKind{OverduePassport, OverdueReport, CoolingOff, FeesOwed, DisciplineCase, Withdrew}

// Mark is an open mark; Days is how many days it has stood, the first one counted as 1. Person is empty for one of a unit.
type Mark struct {
	Kind   MarkKind `json:"kind"`
	Person string   `json:"person"`
	Days   int      `json:"days"`
	// From is where the mark stands, FromMarks if empty; Item is the passport or the visit that it is about, where it is not
	// set by an office.
	From Origin `json:"from,omitempty"`
	Item string `json:"item,omitempty"`
}

// source says where a mark stands, and names it.
func (m Mark) source(who string) (Origin, string) {
	return cmp.Or(m.From, FromMarks), fmt.Sprintf("%s (%dd)", cmp.Or(m.Item, who), m.Days)
}

// Override lifts one refusal for one draft: who did it, by which post, when and why (domain P.6). It holds for as long as the
// refusal rests on the same facts, which Subject names; see Remark.
type Override struct {
	Rule       string `json:"rule"`
	Subject    string `json:"subject"`
	By         string `json:"by"`
	Post       string `json:"post"`
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	At         string `json:"at"` // RFC 3339, UTC
	Reason     string `json:"reason"`
}
