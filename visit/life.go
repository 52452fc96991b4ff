package visit

import (
	"slices"
	"time"
)

// Life is what follows an approval: what each traveller does before leaving, when to check in and to report, and how long
// the file is kept. The policy gives it and a visit pins it with its route; a route without one ends with the approval.
// Days are on the Beijing border calendar, YYYY-MM-DD.
type Life struct {
	Exit   string `json:"exit"`
	Arrive string `json:"arrive"` // at the first place abroad
	Return string `json:"return"`
	// Leader acts for the whole group, as the applicant does; empty where nobody leads.
	Leader string `json:"leader,omitempty"`
	// NoticeDays is the length of the notice after the visit in working days; 0 where none is held.
	NoticeDays int       `json:"notice_days,omitempty"`
	Keep       Retention `json:"keep"`
	// ArchiveBy is the day (MM-DD) of the year after the return by which the file is in the archive.
	ArchiveBy string `json:"archive_by"`
	Duties    []Duty `json:"duties"`
}

// Duty is what a life asks of some of the travellers, each of whom has one.
type Duty struct {
	Travellers   []string      `json:"travellers"`
	Preparations []Preparation `json:"preparations,omitempty"`
	// Arrival is within how many hours of the arrival abroad to check in, CheckIn every how many days from then on; 0: never.
	Arrival int `json:"arrival,omitempty"`
	CheckIn int `json:"check_in,omitempty"`
	// PassportIn is within how many days of the return the official passport or pass is handed in; 0 where there is none.
	PassportIn int        `json:"passport_in,omitempty"`
	Report     Period     `json:"report"` // from the return to the report
	Form       ReportForm `json:"form"`
}

// Preparation is something to be done before leaving, and proved.
type Preparation struct {
	Code string `json:"code"`
	// By are those who may prove it: traveller, leader, or posts; posts of units are those of the visit's unit.
	By    []string  `json:"by"`
	Proof ProofKind `json:"proof"`
	// Again marks what must be done again when the risk of the destination has risen.
	Again bool `json:"again,omitempty"`
}

// Codes of preparations that the program knows by name, where a policy asks for them.
const (
	Insurance        = "INSURANCE"
	EmergencyContact = "CONTACT"
)

// Those beside posts who may prove a preparation.
const (
	ByTraveller = "traveller"
	ByLeader    = "leader" // the leader of the group, or the applicant
)

// ProofKind says what proves a preparation.
type ProofKind string

// The kinds of proof.
const (
	ProofFile ProofKind = "file" // a document: its SHA-256
	ProofDate ProofKind = "date" // the day on which it took place
	ProofText ProofKind = "text" // a note
)

// ProofKinds lists every kind of proof.
var ProofKinds = []ProofKind{ProofFile, ProofDate, ProofText}

// Proof is the evidence of a preparation: the kind that is asked for, and what else there is.
type Proof struct {
	File string `json:"file,omitempty"` // SHA-256, hex
	Date string `json:"date,omitempty"` // YYYY-MM-DD
	Text Note   `json:"text,omitempty"`
}

func (p Proof) lacks(kind ProofKind) bool {
	switch kind {
	case ProofFile:
		return p.File == ""
	case ProofDate:
		return p.Date == ""
	default:
		return p.Text == ""
	}
}

// Period is a length of time; Of is days or months.
type Period struct {
	N  int    `json:"n"`
	Of string `json:"of"`
}

// After gives the day that lies so long after a day. A month later is the same day of the next month, or its last one.
func (p Period) After(day string) string {
	d, err := time.Parse(dayLayout, day)
	if err != nil {
		return ""
	}
	if p.Of != "months" {
		return d.AddDate(0, 0, p.N).Format(dayLayout)
	}
	first := d.AddDate(0, p.N, 1-d.Day())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d.Day(), last)-1).Format(dayLayout)
}

// Retention is how long a file is kept.
type Retention string

// The classes of retention, the longest first (domain D.2).
const (
	Permanent   Retention = "permanent"
	ThirtyYears Retention = "30"
	TenYears    Retention = "10"
)

// Retentions lists the classes, the longest first.
var Retentions = []Retention{Permanent, ThirtyYears, TenYears}

// beijing is the zone of all limits; it has no summer time.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// closing is the end of a limit that falls on a day: 18:00 in Beijing, when the offices close. UTC.
func closing(day string) time.Time { return midnight(day).Add(-6 * time.Hour) }

// midnight is the end of a day in Beijing, UTC; the zero time for what is no day.
func midnight(day string) time.Time {
	d, err := time.ParseInLocation(dayLayout, day, beijing)
	if err != nil {
		return time.Time{}
	}
	return d.AddDate(0, 0, 1).UTC()
}

// dayOf is the day of an instant in Beijing.
func dayOf(t time.Time) string { return t.In(beijing).Format(dayLayout) }

// daysBetween counts the days from one day to another; negative when the other is earlier.
func daysBetween(from, to string) int { return int(midnight(to).Sub(midnight(from)).Hours() / 24) }

// Duty gives what the life asks of a traveller; the zero Duty for somebody whom it does not know.
func (l *Life) Duty(person string) Duty {
	if l == nil {
		return Duty{}
	}
	i := slices.IndexFunc(l.Duties, func(d Duty) bool { return slices.Contains(d.Travellers, person) })
	if i < 0 {
		return Duty{}
	}
	return l.Duties[i]
}

// archiveBy is the end of the time to archive a visit that ended on a day.
func (l *Life) archiveBy(back string) time.Time {
	d, err := time.Parse(dayLayout, back)
	if err != nil || l.ArchiveBy == "" {
		return time.Time{}
	}
	return closing(d.AddDate(1, 0, 0).Format("2006") + "-" + l.ArchiveBy)
}
