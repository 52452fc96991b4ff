package policy

// Known is what the university's record says of a visit beside the draft itself, on the day of the request. FactsOf joins
// both; nothing else reaches a policy. The zero value says that nothing is known, which refuses nothing.
type Known struct {
	// Today is the university's day, YYYY-MM-DD in Beijing.
	Today string
	// People are the travellers by id; one who is not here is a problem of the draft.
	People map[string]Person
	// Past is what other visits of the travellers say, by person id.
	Past map[string]Past
	// Away are visits of others that lie at the same time as this one, or led to the same country in the six months before.
	Away []Absence
	// Plan is the unit's annual plan for the year of exit.
	Plan Plan
	// Risk is the level of each country, 1 (low) to 4 (do not travel); a country that is not here has level 1.
	Risk map[string]int
	// Terms are the university's teaching weeks.
	Terms []Period
	// UnitMarks are the open marks of the applying unit and of the people in it that weigh on the whole unit.
	UnitMarks []Mark
	// OverRate are the kinds of budget lines above the standard, each once: computed from the tables of rates.
	OverRate []string
}

// Past counts a person's other visits of the calendar year of exit that were submitted and did not end unmade.
type Past struct {
	WorkVisits int // visits of category WRK
	Visits     int // visits of any category
	Days       int // days abroad of all of them
	Marks      []Mark
	// Team is the unit whose leading team (班子) the person belongs to: dean, Party secretary and their deputies; else empty.
	Team string
	// HeadOf is the unit that the person heads, as dean or as Party secretary; else empty.
	HeadOf string
	// Kin are the posts (COL.DEAN, FIN, …) that relatives of the person hold today.
	Kin []string
}

// Absence is another visit of a member of some unit's leading team.
type Absence struct {
	Visit     string
	Person    string
	Team      string
	HeadOf    string
	Leads     bool // the person leads that group
	Countries []string
	Period
}

// Period is a span of days, YYYY-MM-DD, both included.
type Period struct {
	From string
	To   string
}

// Plan is what the annual plan gives a unit.
type Plan struct {
	// Found is set when the draft's plan_item names an entry of the unit for that year.
	Found bool
	// Quota is how many work visits the unit may make in the year, Used how many were submitted and did not end unmade;
	// without a plan of the unit HasQuota is false and nothing is counted.
	HasQuota bool
	Quota    int
	Used     int
}

// MarkKind says why a person or a unit is marked.
type MarkKind string

// The marks that offices set and lift (domain P.3, O01, O14, O21).
const (
	OverduePassport MarkKind = "overdue_passport"
	OverdueReport   MarkKind = "overdue_report"
	CoolingOff      MarkKind = "cooling_off" // left a classified post, may not leave yet
	FeesOwed        MarkKind = "fees_owed"
	DisciplineCase  MarkKind = "discipline_case"
)

// MarkKinds lists every mark.
var MarkKinds = []MarkKind{OverduePassport, OverdueReport, CoolingOff, FeesOwed, DisciplineCase}

// Mark is an open mark; Days is how many days it has stood, the first one counted as 1.
type Mark struct {
	Kind   MarkKind
	Person string
	Days   int
}
