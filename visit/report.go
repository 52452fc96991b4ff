package visit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ReportForm is the form of a report; its fields differ.
type ReportForm string

// The forms of reports (domain P-35).
const (
	AcademicReport ReportForm = "academic"
	WorkReport     ReportForm = "work"
	StudentReport  ReportForm = "student"
)

// ReportForms lists every form.
var ReportForms = []ReportForm{AcademicReport, WorkReport, StudentReport}

// FormOf is the form of a traveller's report. The staff of a students' visit report on it as students do: what was learnt.
func FormOf(c Category, student bool) ReportForm {
	switch {
	case student || c.OfStudents():
		return StudentReport
	case c == Work || c == Training:
		return WorkReport
	default:
		return AcademicReport
	}
}

// Report is what travellers say after the return. It is kept as canonical JSON under its hash, like a version.
type Report struct {
	Form    ReportForm `json:"form"`
	Summary string     `json:"summary"`
	// Agreed is what was agreed and who carries it out, for work visits.
	Agreed  string   `json:"agreed"`
	Results []Result `json:"results"`
	// Contacts are the talents met (domain P-36); NoContacts says why there are none.
	Contacts   []Contact `json:"contacts"`
	NoContacts string    `json:"no_contacts"`
	// Duty is what was done for an international organisation.
	Duty OrganisationDuty `json:"duty"`
	// Learning and Credits are those of students; Credits is the number recognised at home.
	Learning string     `json:"learning"`
	Credits  int        `json:"credits"`
	Files    []Document `json:"files"`
	// Costs are what was spent (domain P-35, P-37); NoCosts says that nothing was, or that another report of the visit names it,
	// and OverReason why more was spent than approved.
	Costs      []Cost `json:"costs,omitempty"`
	NoCosts    bool   `json:"no_costs,omitempty"`
	OverReason string `json:"over_reason,omitempty"`
}

// Result is one outcome of a visit.
type Result struct {
	Kind ResultKind `json:"kind"`
	Text string     `json:"text"`
}

// ResultKind says what came out of a visit.
type ResultKind string

// The kinds of results.
const (
	ResultPaper     ResultKind = "paper"
	ResultTalk      ResultKind = "talk"
	ResultProject   ResultKind = "project"
	ResultAgreement ResultKind = "agreement"
	ResultPrize     ResultKind = "prize"
	ResultOther     ResultKind = "other"
)

// ResultKinds lists every kind, in the order in which a form offers them.
var ResultKinds = []ResultKind{ResultPaper, ResultTalk, ResultProject, ResultAgreement, ResultPrize, ResultOther}

// Contact is a scholar met. Country is ISO 3166-1 alpha-2, Partner the code of a partner institution where it is one.
type Contact struct {
	Name        string `json:"name"`
	Institution string `json:"institution"`
	Country     string `json:"country"`
	Field       string `json:"field"`
	FollowUp    string `json:"follow_up"`
	Partner     string `json:"partner"`
}

// OrganisationDuty is duty in an international organisation such as UIC or OSJD.
type OrganisationDuty struct {
	Organisation string `json:"organisation"`
	Office       string `json:"office"`
	Work         string `json:"work"`
}

// MaxRows is the most results, contacts or files that a report may have.
const MaxRows = 50

// Normal gives the report with every absent list as an empty one.
func (r Report) Normal() Report {
	r.Results = append([]Result{}, r.Results...)
	r.Contacts = append([]Contact{}, r.Contacts...)
	r.Files = append([]Document{}, r.Files...)
	return r
}

// Check lists what is wrong with the report or lacks, in the order of the form. What was approved says what is asked: the
// duty of a visit that is flagged so, and what was spent where there is a budget. Prices are not its matter.
func (r Report) Check(approved Draft) []Problem {
	c := &checker{}
	oneOf(c, "form", r.Form, ReportForms)
	c.text("summary", r.Summary, 10_000)
	c.limit("agreed", r.Agreed, 4000)
	c.limit("learning", r.Learning, 4000)
	switch r.Form {
	case WorkReport:
		c.text("agreed", r.Agreed, 4000)
	case StudentReport:
		c.text("learning", r.Learning, 4000)
	}
	c.results(r)
	c.contacts(r)
	if slices.Contains(approved.Flags, Organisation) {
		c.text("duty.organisation", r.Duty.Organisation, 200)
		c.text("duty.office", r.Duty.Office, 200)
		c.text("duty.work", r.Duty.Work, 2000)
	}
	if r.Credits < 0 || r.Credits > 100 {
		c.wrong("credits", "out_of_range", "from", "0", "to", "100")
	}
	c.costs(r, approved)
	c.rows("files", len(r.Files))
	c.documents(r.Files)
	return c.problems
}

func (c *checker) rows(field string, n int) {
	if n > MaxRows {
		c.wrong(field, "too_many", "max", fmt.Sprint(MaxRows))
	}
}

func (c *checker) results(r Report) {
	if len(r.Results) == 0 && r.Form != StudentReport {
		c.missing("results")
	}
	c.rows("results", len(r.Results))
	for i, x := range r.Results {
		field := fmt.Sprintf("results[%d]", i)
		oneOf(c, field+".kind", x.Kind, ResultKinds)
		c.text(field+".text", x.Text, 1000)
	}
}

func (c *checker) contacts(r Report) {
	c.limit("no_contacts", r.NoContacts, 1000)
	if len(r.Contacts) == 0 && strings.TrimSpace(r.NoContacts) == "" && r.Form != StudentReport {
		c.missing("contacts")
	}
	c.rows("contacts", len(r.Contacts))
	for i, x := range r.Contacts {
		field := fmt.Sprintf("contacts[%d]", i)
		c.text(field+".name", x.Name, 200)
		c.text(field+".institution", x.Institution, 200)
		c.text(field+".field", x.Field, 200)
		c.limit(field+".follow_up", x.FollowUp, 1000)
		if x.Country != "" && !KnownCountry(x.Country) {
			c.wrong(field+".country", "unknown_country", "value", x.Country)
		}
	}
}

type (
	// PassportIn records that the passports or passes of travellers are handed in, to their keeper.
	PassportIn struct {
		Travellers []string `json:"travellers,omitempty"`
		On         string   `json:"on"`
	}
	// FileReport hands in a report for travellers who are back: for oneself, or for the group by who leads it.
	FileReport struct {
		Travellers []string   `json:"travellers,omitempty"`
		Form       ReportForm `json:"form"`
		Content    string     `json:"content"` // hash of the report
		Spent      *Spending  `json:"spent,omitempty"`
	}
	// AcceptReport accepts a report, by the unit or the International Office.
	AcceptReport struct {
		Report int  `json:"report"`
		Reason Note `json:"reason,omitempty"`
	}
	// ReturnReport gives a report back to be mended.
	ReturnReport struct {
		Report int  `json:"report"`
		Reason Note `json:"reason"`
	}
	// Archive puts the package of a closed visit into the archive. Package is its SHA-256 (hex), Size its length in bytes.
	Archive struct {
		Package string `json:"package"`
		Size    int64  `json:"size"`
	}
)

type (
	// PassportHandedIn records that passports or passes are with their keeper again.
	PassportHandedIn struct {
		Travellers []string `json:"travellers"`
		On         string   `json:"on"`
	}
	// ReportFiled is a report; Report counts from 1 within the visit. Spent is nil where it does not say what was spent.
	ReportFiled struct {
		Report     int        `json:"report"`
		Travellers []string   `json:"travellers"`
		Form       ReportForm `json:"form"`
		Content    string     `json:"content"`
		Spent      *Spending  `json:"spent,omitempty"`
	}
	// ReportAccepted accepts a report.
	ReportAccepted struct {
		Report int  `json:"report"`
		Reason Note `json:"reason,omitempty"`
	}
	// ReportReturned gives a report back.
	ReportReturned struct {
		Report int  `json:"report"`
		Reason Note `json:"reason"`
	}
	// Closed ends the work on a visit; Archive is the end of the time to archive it, UTC.
	Closed struct {
		Archive time.Time `json:"archive,omitzero"`
	}
	// Archived is the end: the package that holds the whole file, by its hash.
	Archived struct {
		Package string    `json:"package"`
		Size    int64     `json:"size"`
		Keep    Retention `json:"keep"`
	}
)

func (PassportIn) action() string     { return "passport_in" }
func (FileReport) action() string     { return "report" }
func (AcceptReport) action() string   { return "accept_report" }
func (ReturnReport) action() string   { return "return_report" }
func (Archive) action() string        { return "archive" }
func (PassportHandedIn) fact() string { return "passport_handed_in" }
func (ReportFiled) fact() string      { return "report_filed" }
func (ReportAccepted) fact() string   { return "report_accepted" }
func (ReportReturned) fact() string   { return "report_returned" }
func (Closed) fact() string           { return "closed" }
func (Archived) fact() string         { return "archived" }

var (
	// passportPosts keep passports.
	passportPosts = []string{"PASSPORT", "IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR"}
	// reportPosts judge reports: the unit's, and the International Office.
	reportPosts = slices.Concat(carePosts, []string{"COL.DEAN", "COL.PSEC", "COL.VDS"})
	// ArchivePost puts visits into the archive.
	ArchivePost = "ARCHIVE"
)

// Filed is a report with what became of it.
type Filed struct {
	ID         int         `json:"id"`
	Travellers []string    `json:"travellers"`
	Form       ReportForm  `json:"form"`
	Content    string      `json:"content"` // hash
	Spent      *Spending   `json:"spent,omitempty"`
	State      ReportState `json:"state"`
	By         Actor       `json:"by"`
	At         time.Time   `json:"at"`
	DecidedBy  Actor       `json:"decided_by,omitzero"`
	Decided    time.Time   `json:"decided,omitzero"`
	Reason     Note        `json:"reason,omitempty"`
}

// ReportState is where a report stands.
type ReportState string

// The states of a report.
const (
	ReportWaits     ReportState = "filed"
	ReportTaken     ReportState = "accepted"
	ReportSentBack  ReportState = "returned"
	ReportWithdrawn ReportState = "superseded" // an objection to the notice after the visit was upheld
)

// ReportStates lists every state of a report.
var ReportStates = []ReportState{ReportWaits, ReportTaken, ReportSentBack, ReportWithdrawn}

// Filed gives a report by its number.
func (v Visit) Filed(id int) (Filed, bool) {
	if id < 1 || id > len(v.Reports) {
		return Filed{}, false
	}
	return v.Reports[id-1], true
}

func (d *decider) passportIn(a PassportIn) error {
	if !d.holds(passportPosts...) {
		return Refuse(Forbidden, "passport_posts_only")
	}
	var travellers []string
	for _, t := range d.Trips {
		named := len(a.Travellers) == 0 || slices.Contains(a.Travellers, t.Person)
		if named && !t.PassportDue.IsZero() && t.PassportIn == "" {
			travellers = append(travellers, t.Person)
		}
	}
	if err := d.eachNamed(a.Travellers, func(t Trip) error {
		if !slices.Contains(travellers, t.Person) {
			return Refuse(Conflict, "no_passport_due", "person", t.Person)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(travellers) == 0 {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if err := d.pastDay("on", a.On); err != nil {
		return err
	}
	if err := d.emit(PassportHandedIn{Travellers: travellers, On: a.On}); err != nil {
		return err
	}
	return d.follow()
}

func (d *decider) fileReport(a FileReport) error {
	travellers, err := d.concerned(a.Travellers, nil, TripBack)
	if err != nil {
		return err
	}
	if !slices.Contains(ReportForms, a.Form) {
		return wrongField("form", "unknown_value", "value", string(a.Form))
	}
	other := func(p string) bool { return d.Route.Life.Duty(p).Form != a.Form }
	if i := slices.IndexFunc(a.Travellers, other); i >= 0 {
		return wrongField("form", "other_form", "person", a.Travellers[i])
	}
	travellers = slices.DeleteFunc(slices.Clone(travellers), other)
	if len(travellers) == 0 {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if a.Content == "" {
		return needs("content")
	}
	return d.emit(ReportFiled{Report: len(d.Reports) + 1, Travellers: travellers, Form: a.Form, Content: a.Content, Spent: a.Spent})
}

// reportToJudge finds a report that waits, and checks that the actor may judge it: not one of the group, nor the applicant.
func (d *decider) reportToJudge(id int) error {
	r, ok := d.Filed(id)
	if !ok {
		return Refuse(NotFound, "no_such_report", "report", fmt.Sprint(id))
	}
	if !d.holds(reportPosts...) {
		return Refuse(Forbidden, "report_posts_only")
	}
	if err := d.outsider(); err != nil {
		return err
	}
	if r.State != ReportWaits {
		return Refuse(Conflict, "report_judged", "report", fmt.Sprint(id), "state", string(r.State))
	}
	return nil
}

// outsider refuses whoever applied or travels, and whoever acts for such a person.
func (d *decider) outsider() error {
	for _, p := range []string{d.command.By.Person, d.command.By.OnBehalfOf} {
		if p != "" && (p == d.Applicant || slices.Contains(d.Travellers, p)) {
			return Refuse(Forbidden, "own_visit", "person", p)
		}
	}
	return nil
}

func (d *decider) acceptReport(a AcceptReport) error {
	if err := d.reportToJudge(a.Report); err != nil {
		return err
	}
	if err := d.emit(ReportAccepted(a)); err != nil {
		return err
	}
	return d.follow()
}

func (d *decider) returnReport(a ReturnReport) error {
	if err := d.reportToJudge(a.Report); err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	return d.emit(ReportReturned(a))
}

func (d *decider) archive(a Archive) error {
	if !d.holds(ArchivePost) {
		return Refuse(Forbidden, "archive_post_only")
	}
	if d.State != StateClosed {
		return Refuse(Conflict, "not_in_state", "state", string(d.State))
	}
	if a.Package == "" {
		return needs("package")
	}
	return d.emit(Archived{Package: a.Package, Size: a.Size, Keep: d.Route.Life.Keep})
}
