package visit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gowebpki/jcs"
	"golang.org/x/text/language"
)

// Category is the kind of visit; it chooses between the short path and the strict one.
type Category string

// The categories of the default policy (domain A.3).
const (
	Academic          Category = "ACA"      // 学术交流
	Work              Category = "WRK"      // 工作访问
	Training          Category = "TRN"      // 培训
	LongStay          Category = "LONG"     // staff, over 90 days or CSC
	StudentConference Category = "STU_CONF" // conference, competition, short research
	StudentExchange   Category = "STU_EXCH"
	StudentTour       Category = "STU_TOUR" // 寒暑假游学
	StudentCSC        Category = "STU_CSC"
)

// Categories lists every category, in the order in which a form offers them.
var Categories = []Category{Academic, Work, Training, LongStay, StudentConference, StudentExchange, StudentTour, StudentCSC}

// ForStudents tells that students make such a visit.
func (c Category) ForStudents() bool {
	return slices.Contains([]Category{StudentConference, StudentExchange, StudentTour, StudentCSC}, c)
}

// Flag marks a draft for a special procedure.
type Flag string

// The flags a draft may carry.
const (
	Urgent       Flag = "urgent"        // limits halved, the President signs too
	CrossUnit    Flag = "cross_unit"    // 双跨团组: the group is run by another unit
	Organisation Flag = "organisation"  // duty in an international organisation (UIC, OSJD)
	ForeignAid   Flag = "foreign_aid"   // 援外培训
	TakesGoods   Flag = "takes_goods"   // papers, data, samples, software or equipment go out
	OwnPassport  Flag = "own_passport"  // private passport
	OutsidePayer Flag = "outside_payer" // somebody outside the university pays
	OverRate     Flag = "over_rate"     // hotel, city travel or class above the rate
	WithFamily   Flag = "with_family"   // spouse or child in the group
	TeachingWeek Flag = "teaching_week" // leaves teaching uncovered

	Restricted     Flag = "restricted"       // what goes out belongs to a restricted project
	MultiEntryVisa Flag = "multi_entry_visa" // the private passport has a valid visa for several entries
	ForeignCarrier Flag = "foreign_carrier"  // flies with a carrier of another country
	Sensitive      Flag = "sensitive"        // a listed sensitive subject or organisation
	Secret         Flag = "secret"           // holds what must be kept secret: asks to be exempt from the public notice
)

// Flags lists every flag, in the order in which a form offers them.
var Flags = []Flag{
	Urgent, CrossUnit, Organisation, ForeignAid, TakesGoods, Restricted, OwnPassport, MultiEntryVisa, OutsidePayer, OverRate, ForeignCarrier,
	WithFamily, TeachingWeek, Sensitive, Secret,
}

// Role is a traveller's part in the group.
type Role string

// The roles in a group.
const (
	Leader Role = "leader"
	Member Role = "member"
)

// Draft is what an applicant says of a visit. Dates are days on the Beijing border calendar, `YYYY-MM-DD`.
// It holds no passport number; persons are named by their id (staff or student number).
type Draft struct {
	Category   Category    `json:"category"`
	Title      string      `json:"title"`
	Purpose    string      `json:"purpose"`
	Unit       string      `json:"unit"`
	Travellers []Traveller `json:"travellers"`
	Legs       []Leg       `json:"legs"`
	ExitDate   string      `json:"exit_date"`
	ReturnDate string      `json:"return_date"`
	Funding    []Funding   `json:"funding"`
	// Budget is the money line by line; left out by those who have none, so that drafts of before keep their hash.
	Budget     []BudgetLine `json:"budget,omitempty"`
	Invitation string       `json:"invitation"`
	PlanItem   string       `json:"plan_item"`
	TalentTask string       `json:"talent_task"`
	// TalentContact is whom the talent task brings into contact: name, post and institution. Left out by most categories.
	TalentContact string     `json:"talent_contact,omitempty"`
	Documents     []Document `json:"documents"`
	Flags         []Flag     `json:"flags"`
	// ExitTime is when the border is left on the day of exit, HH:MM in Beijing; optional.
	ExitTime string `json:"exit_time,omitempty"`
}

// Traveller is one person of the group.
type Traveller struct {
	Person string `json:"person"`
	Role   Role   `json:"role"`
}

// Transit says that a leg is not a stay but a change of planes, and where the traveller waits. The empty one is a stay.
type Transit string

// The transits. Only an airside one, in which no border is crossed, does not count as a country (domain A.5).
const (
	Airside  Transit = "airside"
	Landside Transit = "landside"
)

// Transits lists every transit.
var Transits = []Transit{Airside, Landside}

// Leg is one stay or transit. Country is ISO 3166-1 alpha-2; Arrive and Depart lie within exit and return date.
type Leg struct {
	Country string `json:"country"`
	City    string `json:"city"`
	Arrive  string `json:"arrive"`
	Depart  string `json:"depart"`
	Host    string `json:"host"`
	// Transport is how the traveller gets there (flight or train numbers), Lodging where he stays; neither need be said.
	Transport string  `json:"transport,omitempty"`
	Lodging   string  `json:"lodging,omitempty"`
	Transit   Transit `json:"transit,omitempty"`
}

// Funding is one source of money. Currency is ISO 4217.
type Funding struct {
	Source   string      `json:"source"`
	Kind     FundingKind `json:"kind"`
	Currency string      `json:"currency"`
	Amount   Money       `json:"amount"`
}

// FundingKind says whose money it is.
type FundingKind string

// The kinds of money.
const (
	Research   FundingKind = "research"
	UnitFund   FundingKind = "unit"
	School     FundingKind = "school"
	CSC        FundingKind = "csc"
	HostPays   FundingKind = "host"
	Enterprise FundingKind = "enterprise"
	Personal   FundingKind = "personal"
)

// FundingKinds lists every kind, in the order in which a form offers them.
var FundingKinds = []FundingKind{Research, UnitFund, School, CSC, HostPays, Enterprise, Personal}

// Document is one paper of the request: Kind is a code of the policy (D1 to D19), File the SHA-256 (hex) of its content.
type Document struct {
	Kind string `json:"kind"`
	File string `json:"file"`
	Name string `json:"name"`
}

// Money is an amount in hundredths of its currency; JSON shows it as a plain number with at most two decimals.
type Money int64

// MarshalJSON writes the amount as a number of whole units, such as 1200 or 99.5.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON reads a number with at most two decimals.
func (m *Money) UnmarshalJSON(b []byte) error {
	v, err := ParseMoney(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// String gives the amount without grouping, such as 1200 or 99.5.
func (m Money) String() string {
	s := strconv.FormatInt(int64(m), 10)
	neg := strings.TrimPrefix(s, "-")
	sign := s[:len(s)-len(neg)]
	for len(neg) < 3 {
		neg = "0" + neg
	}
	whole, cents := neg[:len(neg)-2], strings.TrimRight(neg[len(neg)-2:], "0")
	if cents == "" {
		return sign + whole
	}
	return sign + whole + "." + cents
}

// ParseMoney reads a decimal number with at most two decimals, below 10^13.
func ParseMoney(s string) (Money, error) {
	whole, cents, _ := strings.Cut(s, ".")
	if strings.Trim(whole, "-") == "" {
		return 0, fmt.Errorf("amount %q is not a number", s)
	}
	if len(strings.TrimPrefix(whole, "-")) > 13 || len(cents) > 2 {
		return 0, fmt.Errorf("amount %q: at most two decimals and thirteen digits", s)
	}
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q is not a number", s)
	}
	return Money(n), nil
}

const (
	dayLayout  = time.DateOnly
	timeLayout = "15:04"
)

// KnownCountry tells whether code is a two-letter code of a country or region (ISO 3166-1 alpha-2).
func KnownCountry(code string) bool {
	if len(code) != 2 || strings.ToUpper(code) != code {
		return false
	}
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.Canonicalize().String() == code
}

// Check lists what is wrong with the draft and what a submission still lacks (Problem.Missing), in the order of the form.
// Rules that need the record or the policy (persons, days, documents) are checked by the policy, not here.
func (d Draft) Check() []Problem {
	c := &checker{}
	oneOf(c, "category", d.Category, Categories)
	c.text("title", d.Title, 200)
	c.text("purpose", d.Purpose, 4000)
	c.text("unit", d.Unit, 40)
	c.travellers(d.Travellers)
	exit, return_ := c.day("exit_date", d.ExitDate), c.day("return_date", d.ReturnDate)
	c.time("exit_time", d.ExitTime)
	if !exit.IsZero() && !return_.IsZero() && return_.Before(exit) {
		c.wrong("return_date", "date_order", "after", d.ExitDate)
	}
	c.legs(d.Legs, exit, return_)
	c.funding(d.Funding)
	c.budget(d.Budget, len(d.Legs))
	c.limit("invitation", d.Invitation, 2000)
	c.limit("plan_item", d.PlanItem, 200)
	c.limit("talent_task", d.TalentTask, 2000)
	c.limit("talent_contact", d.TalentContact, 500)
	c.documents(d.Documents)
	for i, f := range d.Flags {
		oneOf(c, fmt.Sprintf("flags[%d]", i), f, Flags)
	}
	return c.problems
}

// Normal gives the draft with every absent list as an empty one, so that equal drafts have equal canonical forms.
func (d Draft) Normal() Draft {
	d.Travellers = append([]Traveller{}, d.Travellers...)
	d.Legs = append([]Leg{}, d.Legs...)
	d.Funding = append([]Funding{}, d.Funding...)
	d.Documents = append([]Document{}, d.Documents...)
	d.Flags = append([]Flag{}, d.Flags...)
	return d
}

// Wrong keeps the problems that even a draft may not have.
func Wrong(ps []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Missing })
}

// Canonical gives the RFC 8785 form of any JSON value and the SHA-256 of it, in hex.
func Canonical(v any) (body []byte, hash string, err error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, "", fmt.Errorf("encode: %w", err)
	}
	if body, err = jcs.Transform(raw); err != nil {
		return nil, "", fmt.Errorf("canonical form: %w", err)
	}
	sum := sha256.Sum256(body)
	return body, hex.EncodeToString(sum[:]), nil
}

// checker collects problems under the names of their fields.
type checker struct{ problems []Problem }

func (c *checker) add(p Problem, pairs ...string) {
	p.Args = Refuse("", "", pairs...).Args
	c.problems = append(c.problems, p)
}

func (c *checker) wrong(field, rule string, pairs ...string) {
	c.add(Problem{Field: field, Rule: rule}, pairs...)
}
func (c *checker) missing(field string) {
	c.add(Problem{Field: field, Rule: "required", Missing: true})
}

func (c *checker) limit(field, s string, max int) {
	if n := len([]rune(s)); n > max {
		c.wrong(field, "too_long", "max", strconv.Itoa(max), "have", strconv.Itoa(n))
	}
}

func (c *checker) text(field, s string, max int) {
	if strings.TrimSpace(s) == "" {
		c.missing(field)
	}
	c.limit(field, s, max)
}

func oneOf[T ~string](c *checker, field string, s T, allowed []T) {
	switch {
	case s == "":
		c.missing(field)
	case !slices.Contains(allowed, s):
		c.wrong(field, "unknown_value", "value", string(s), "allowed", strings.Trim(fmt.Sprint(allowed), "[]"))
	}
}

func (c *checker) day(field, s string) time.Time {
	if s == "" {
		c.missing(field)
		return time.Time{}
	}
	t, err := time.Parse(dayLayout, s)
	if err != nil {
		c.wrong(field, "not_a_date", "value", s)
	}
	return t
}

// time checks a time of day that may be left out.
func (c *checker) time(field, s string) {
	if _, err := time.Parse(timeLayout, s); s != "" && (err != nil || len(s) != len(timeLayout)) {
		c.wrong(field, "not_a_time", "value", s)
	}
}

func (c *checker) travellers(ts []Traveller) {
	if len(ts) == 0 {
		c.missing("travellers")
	}
	seen, leaders := map[string]bool{}, 0
	for i, t := range ts {
		field := fmt.Sprintf("travellers[%d]", i)
		c.text(field+".person", t.Person, 64)
		oneOf(c, field+".role", t.Role, []Role{Leader, Member})
		if seen[t.Person] {
			c.wrong(field+".person", "twice", "value", t.Person)
		}
		seen[t.Person] = true
		if t.Role == Leader {
			leaders++
		}
	}
	if leaders > 1 {
		c.wrong("travellers", "one_leader")
	}
}

func (c *checker) legs(legs []Leg, exit, return_ time.Time) {
	if len(legs) == 0 {
		c.missing("legs")
	}
	previous := exit
	for i, l := range legs {
		field := fmt.Sprintf("legs[%d]", i)
		if l.Country == "" {
			c.missing(field + ".country")
		} else if !KnownCountry(l.Country) {
			c.wrong(field+".country", "unknown_country", "value", l.Country)
		}
		c.text(field+".city", l.City, 100)
		c.limit(field+".host", l.Host, 300)
		c.limit(field+".transport", l.Transport, 200)
		c.limit(field+".lodging", l.Lodging, 200)
		if l.Transit != "" {
			oneOf(c, field+".transit", l.Transit, Transits)
		}
		arrive, depart := c.day(field+".arrive", l.Arrive), c.day(field+".depart", l.Depart)
		c.within(field+".arrive", arrive, exit, return_)
		c.within(field+".depart", depart, exit, return_)
		if !arrive.IsZero() && !depart.IsZero() && depart.Before(arrive) {
			c.wrong(field+".depart", "date_order", "after", l.Arrive)
		}
		if i > 0 && !arrive.IsZero() && arrive.Before(previous) {
			c.wrong(field+".arrive", "legs_overlap", "after", previous.Format(dayLayout))
		}
		if !depart.IsZero() {
			previous = depart
		}
	}
}

func (c *checker) within(field string, day, exit, return_ time.Time) {
	if day.IsZero() || exit.IsZero() || return_.IsZero() {
		return
	}
	if day.Before(exit) || day.After(return_) {
		c.wrong(field, "outside_dates", "from", exit.Format(dayLayout), "to", return_.Format(dayLayout))
	}
}

func (c *checker) funding(fs []Funding) {
	if len(fs) == 0 {
		c.missing("funding")
	}
	for i, f := range fs {
		field := fmt.Sprintf("funding[%d]", i)
		c.text(field+".source", f.Source, 200)
		oneOf(c, field+".kind", f.Kind, FundingKinds)
		if f.Amount < 0 {
			c.wrong(field+".amount", "negative")
		}
		c.currency(field+".currency", f.Currency)
	}
}

func (c *checker) documents(ds []Document) {
	for i, d := range ds {
		field := fmt.Sprintf("documents[%d]", i)
		c.text(field+".kind", d.Kind, 10)
		c.limit(field+".name", d.Name, 255)
		if b, err := hex.DecodeString(d.File); err != nil || len(b) != sha256.Size {
			c.wrong(field+".file", "not_a_file", "value", d.File)
		}
	}
}
