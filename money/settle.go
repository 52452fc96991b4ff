package money

// Settlement is what Finance has to know before a visit is paid. Days are YYYY-MM-DD.
type Settlement struct {
	Approved       bool   // a numbered paper is in force: without one nothing is refunded [S4]
	Cancelled      bool   // the visit was cancelled after its approval; what it cost is decided by hand
	ReturnApproved string // approved return
	Returned       string // day of the entry stamp, empty while nobody has returned
	ForceMajeure   bool   // a later return was reported with proof and accepted
	ReportAccepted bool
	PassportsOut   int // official passports and passes of the travellers that are not back
}

// Lack is a reason why a visit cannot be paid.
type Lack string

// The reasons, in the order in which they are told.
const (
	LackApproval  Lack = "approval"
	LackCancelled Lack = "cancelled"
	LackReturn    Lack = "return"
	LackOverstay  Lack = "overstay" // no refund of any cost of the trip [S36], force majeure excepted [S83]
	LackReport    Lack = "report"
	LackPassport  Lack = "passport"
)

// Lacks lists every reason.
var Lacks = []Lack{LackApproval, LackCancelled, LackReturn, LackOverstay, LackReport, LackPassport}

// Payable gives what stands between a visit and its payment; nothing means that Finance may pay (domain P-35).
func Payable(s Settlement) []Lack {
	holds := map[Lack]bool{
		LackApproval:  !s.Approved,
		LackCancelled: s.Cancelled,
		LackReturn:    s.Returned == "",
		LackOverstay:  s.Returned > s.ReturnApproved && !s.ForceMajeure,
		LackReport:    !s.ReportAccepted,
		LackPassport:  s.PassportsOut > 0,
	}
	var lacks []Lack
	for _, l := range Lacks {
		if holds[l] {
			lacks = append(lacks, l)
		}
	}
	return lacks
}
