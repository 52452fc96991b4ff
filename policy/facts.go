package policy

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/text/language"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// Rank is the standing that decides who must agree to a person's travel.
type Rank string

// The ranks of the default policy (domain P.2).
const (
	Staff    Rank = "STAFF"
	Division Rank = "DIV"  // 处级干部: deans, heads of departments
	ViceHead Rank = "VICE" // vice-president or deputy secretary
	Head     Rank = "HEAD" // President or Party Secretary
	Student  Rank = "STUDENT"
)

// Ranks lists every rank.
var Ranks = []Rank{Staff, Division, ViceHead, Head, Student}

// Destination says which desk is in charge.
type Destination string

// The destinations. One leg in Taiwan makes the visit a Taiwan visit.
const (
	Abroad  Destination = "ABROAD"
	HKMacao Destination = "HKMO" // Hong Kong and Macao only
	Taiwan  Destination = "TW"
)

// Destinations lists every destination.
var Destinations = []Destination{Abroad, HKMacao, Taiwan}

// The values of Person.Student and Person.Classified besides the empty one, which means no.
var (
	studentLevels   = []string{"undergraduate", "graduate"}
	classifiedPosts = []string{"general", "important", "core"}
)

// Person is what the policy needs to know of a traveller, as the record has it on the day of the request.
type Person struct {
	ID     string `json:"id"`
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
	Unit   string `json:"unit"`
	Rank   Rank   `json:"rank"`
	// Teaches marks staff directly in teaching or research, whatever post they hold besides.
	Teaches bool `json:"teaches"`
	// Student is empty, undergraduate or graduate.
	Student string `json:"student"`
	// Supervisor is the id of a student's supervisor; empty if there is none.
	Supervisor string `json:"supervisor"`
	// Classified is the degree of a classified post: empty, general, important or core.
	Classified string `json:"classified"`
	Retired    bool   `json:"retired"`
	// Rehired is set for the retired who were taken on again.
	Rehired bool `json:"rehired"`
	// Born is the day of birth, YYYY-MM-DD. It is given when persons are imported and never read again: only the age is.
	Born string `json:"born,omitempty"`
}

// Facts is all that a policy may ask about a visit. It is computed once, by FactsOf, and is plain data.
type Facts struct {
	Category visit.Category `json:"category"`
	Unit     string         `json:"unit"`
	// Days counts from exit to return by Beijing border dates, both days included; 0 while a date is missing.
	Days        int         `json:"days"`
	ExitDate    string      `json:"exit_date"`
	ReturnDate  string      `json:"return_date"`
	ArriveDate  string      `json:"arrive_date,omitempty"` // at the first place abroad
	Destination Destination `json:"destination"`
	// Countries are the different countries and regions of the legs, in the order of the journey; ISO 3166-1 alpha-2.
	Countries []string `json:"countries"`
	// Distant is set if a leg is in Africa or Latin America, which have longer limits.
	Distant bool `json:"distant"`
	// GroupSize counts every traveller of the draft.
	GroupSize int                 `json:"group_size"`
	Funding   []visit.FundingKind `json:"funding"`
	// TotalCNY and PerHeadCNY are whole yuan, rounded up, of the money given in CNY; other currencies are not counted.
	TotalCNY        int64 `json:"total_cny"`
	PerHeadCNY      int64 `json:"per_head_cny"`
	ForeignCurrency bool  `json:"foreign_currency"`
	// OutsidePayer is set by the flag or by money of a host or an enterprise.
	OutsidePayer bool         `json:"outside_payer"`
	Flags        []visit.Flag `json:"flags"`
	// OverRate are the kinds of budget lines above the standard; with one of them Flags has over_rate, said or not.
	OverRate []string `json:"over_rate,omitempty"`
	// Planned is set if an entry of the annual plan is named: of the unit's plan for the year of exit, if that is on record.
	Planned bool `json:"planned"`
	Talent  bool `json:"talent"` // the talent task is filled in
	// TalentContact is set if somebody is named whom the talent task brings into contact.
	TalentContact bool        `json:"talent_contact,omitempty"`
	Travellers    []Traveller `json:"travellers"`

	// RedEye is set if the border is left so late on the day of exit that nothing of this day is spent abroad.
	RedEye bool `json:"red_eye,omitempty"`
	// Transits counts changes of planes, airside or landside.
	Transits int `json:"transits,omitempty"`
	// PlanMissing is set if the named entry is not in the unit's plan; HasPlan if the unit has one for the year of exit.
	PlanMissing bool `json:"plan_missing,omitempty"`
	HasPlan     bool `json:"has_plan,omitempty"`
	// Quota is how many work visits the plan allows, QuotaUsed how many others there are.
	Quota     int `json:"quota,omitempty"`
	QuotaUsed int `json:"quota_used,omitempty"`
	// Risks are the levels on record of the countries on the way, transits included; a country that is not here has level 1.
	Risks map[string]int `json:"risks,omitempty"`
	// TeachingDays counts the days of the visit that lie in teaching weeks.
	TeachingDays int `json:"teaching_days,omitempty"`
	// UnitPassportDays is for how many days the most overdue passport of the unit has been so.
	UnitPassportDays int `json:"unit_passport_days,omitempty"`
	// Sources say closer where facts of the visit come from, by the words of conditions.
	Sources Sources `json:"sources,omitempty"`
	// Overrides are the refusals that were lifted.
	Overrides []Override `json:"overrides,omitempty"`
}

// Traveller is what a policy may ask about one person of the group.
type Traveller struct {
	Person     string     `json:"person"`
	Role       visit.Role `json:"role"`
	Rank       Rank       `json:"rank"`
	Teaches    bool       `json:"teaches"`
	Student    string     `json:"student"`
	Supervisor string     `json:"supervisor"`
	Classified string     `json:"classified"`
	// Retired means retired and not rehired.
	Retired bool `json:"retired"`

	// Visits counts the person's other visits of the calendar year of exit, WorkVisits those of category WRK, DaysAbroad the
	// border days of all of them.
	Visits     int `json:"visits,omitempty"`
	WorkVisits int `json:"work_visits,omitempty"`
	DaysAbroad int `json:"days_abroad,omitempty"`
	// OverduePassport and OverdueReport are for how many days, the first one counted as 1.
	OverduePassport int  `json:"overdue_passport,omitempty"`
	OverdueReport   int  `json:"overdue_report,omitempty"`
	CoolingOff      bool `json:"cooling_off,omitempty"`
	FeesOwed        bool `json:"fees_owed,omitempty"`
	Discipline      bool `json:"discipline,omitempty"`
	Withdrew        bool `json:"withdrew,omitempty"` // after a nomination
	Age             int  `json:"age,omitempty"`      // on the day of exit; 0 if it is not known
	Left            bool `json:"left,omitempty"`
	LeftPost        bool `json:"left_post,omitempty"`
	// Team is the unit whose leading team the person belongs to, HeadOf the unit that the person heads; else empty.
	Team   string `json:"team,omitempty"`
	HeadOf string `json:"head_of,omitempty"`
	// TeamAway counts the others of the team who are away during the visit, outside this group; HeadAway tells that the other
	// head of the unit is.
	TeamAway int  `json:"team_away,omitempty"`
	HeadAway bool `json:"head_away,omitempty"`
	// LedTo are countries of this visit to which another head of the same unit leads a group at most six months before or after.
	LedTo []string `json:"led_to,omitempty"`
	// Kin are the posts that relatives hold.
	Kin []string `json:"kin,omitempty"`
	// Sources say closer where the person's facts come from, by the words of conditions.
	Sources Sources `json:"sources,omitempty"`
}

func (t Traveller) graduate() bool { return t.Student == "graduate" }

// FactsOf computes the facts of a draft. Travellers are looked up in what is known by id; each one not found is a problem
// unknown_person and is left out of Facts.Travellers. The draft may be unfinished: what Draft.Check reports is not
// reported again, and a missing date or leg just gives no days or countries.
func FactsOf(d visit.Draft, known Known) (Facts, []visit.Problem) {
	f := Facts{
		Category: d.Category, Unit: d.Unit, Days: borderDays(d.ExitDate, d.ReturnDate), ExitDate: d.ExitDate, ReturnDate: d.ReturnDate,
		GroupSize: len(d.Travellers), Flags: slices.Clone(d.Flags), Talent: d.TalentTask != "", TalentContact: d.TalentContact != "", RedEye: d.ExitTime >= redEye,
	}
	f.places(d.Legs)
	f.money(d.Funding)
	f.OutsidePayer = f.outsidePayer()
	f.overRate(known.OverRate)
	problems := f.group(d.Travellers, known.People)
	f.record(d, known)
	return f, problems
}

// redEye is the time from which on an exit counts a day that is not spent abroad (domain A.5, P-26).
const redEye = "22:00"

func (f *Facts) outsidePayer() bool {
	return slices.Contains(f.Flags, visit.OutsidePayer) || slices.Contains(f.Funding, visit.HostPays) || slices.Contains(f.Funding, visit.Enterprise)
}

// borderDays is 0 for dates that Draft.Check refuses.
func borderDays(exit, return_ string) int {
	out, err := calendar.ParseDate(exit)
	if err != nil {
		return 0
	}
	back, err := calendar.ParseDate(return_)
	if err != nil {
		return 0
	}
	days, err := calendar.BorderDays(out, back)
	if err != nil {
		return 0
	}
	return days
}

// places counts every country but those in which the traveller only changes planes without crossing the border.
func (f *Facts) places(legs []visit.Leg) {
	if len(legs) > 0 {
		f.ArriveDate = legs[0].Arrive
	}
	for _, l := range legs {
		if l.Transit != "" {
			f.Transits++
		}
		if l.Transit == visit.Airside {
			continue
		}
		if l.Country != "" && l.Country != "CN" && !slices.Contains(f.Countries, l.Country) {
			f.Countries = append(f.Countries, l.Country)
		}
	}
	f.Destination = destination(f.Countries)
	f.Distant = slices.ContainsFunc(f.Countries, distant)
}

func destination(countries []string) Destination {
	elsewhere := func(c string) bool { return c != "HK" && c != "MO" }
	switch {
	case slices.Contains(countries, "TW"):
		return Taiwan
	case len(countries) > 0 && !slices.ContainsFunc(countries, elsewhere):
		return HKMacao
	default:
		return Abroad
	}
}

// Regions of UN M.49.
var africa, latinAmerica = language.MustParseRegion("002"), language.MustParseRegion("419")

func distant(country string) bool {
	r, err := language.ParseRegion(country)
	return err == nil && (africa.Contains(r) || latinAmerica.Contains(r))
}

func (f *Facts) money(funding []visit.Funding) {
	var total visit.Money
	for _, m := range funding {
		if m.Kind != "" && !slices.Contains(f.Funding, m.Kind) {
			f.Funding = append(f.Funding, m.Kind)
		}
		if m.Currency == "CNY" {
			total = add(total, m.Amount)
		} else if m.Currency != "" {
			f.ForeignCurrency = true
		}
	}
	f.TotalCNY = roundUp(int64(total), 100)
	f.PerHeadCNY = roundUp(f.TotalCNY, int64(max(1, f.GroupSize)))
}

// add stops at the greatest amount, so that no sum of a hostile draft turns negative. Negative amounts are refused elsewhere.
func add(a, b visit.Money) visit.Money {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + max(0, b)
}

func roundUp(n, by int64) int64 {
	if n%by == 0 {
		return n / by
	}
	return n/by + 1
}

func (f *Facts) group(travellers []visit.Traveller, people map[string]Person) []visit.Problem {
	var problems []visit.Problem
	for i, t := range travellers {
		p, ok := people[t.Person]
		if !ok {
			problems = append(problems, visit.Problem{
				Field: fmt.Sprintf("travellers[%d].person", i), Rule: "unknown_person", Args: map[string]string{"person": t.Person},
			})
			continue
		}
		f.Travellers = append(f.Travellers, Traveller{
			Person: t.Person, Role: t.Role, Rank: p.Rank, Teaches: p.Teaches, Student: p.Student, Supervisor: p.Supervisor,
			Classified: p.Classified, Retired: p.Retired && !p.Rehired,
		})
	}
	return problems
}

// supervisor is the one person who signs as supervisor: empty if the group has none or several, or if he or she travels
// too and so may not sign (domain P.6).
func (f *Facts) supervisor() string {
	found := ""
	for _, t := range f.Travellers {
		if t.Supervisor == "" {
			continue
		}
		if found != "" && t.Supervisor != found {
			return ""
		}
		found = t.Supervisor
	}
	if f.travels(found) {
		return ""
	}
	return found
}
