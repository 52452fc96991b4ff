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
}

// Facts is all that a policy may ask about a visit. It is computed once, by FactsOf, and is plain data.
type Facts struct {
	Category visit.Category `json:"category"`
	Unit     string         `json:"unit"`
	// Days counts from exit to return by Beijing border dates, both days included; 0 while a date is missing.
	Days        int         `json:"days"`
	ExitDate    string      `json:"exit_date"`
	ReturnDate  string      `json:"return_date"`
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
	OverRate   []string    `json:"over_rate,omitempty"`
	Planned    bool        `json:"planned"` // an entry of the annual plan is named
	Talent     bool        `json:"talent"`  // the talent task is filled in
	Travellers []Traveller `json:"travellers"`
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
}

func (t Traveller) graduate() bool { return t.Student == "graduate" }

// FactsOf computes the facts of a draft. Travellers are looked up in what is known by id; each one not found is a problem
// unknown_person and is left out of Facts.Travellers. The draft may be unfinished: what Draft.Check reports is not
// reported again, and a missing date or leg just gives no days or countries.
func FactsOf(d visit.Draft, known Known) (Facts, []visit.Problem) {
	f := Facts{
		Category: d.Category, Unit: d.Unit, Days: borderDays(d.ExitDate, d.ReturnDate), ExitDate: d.ExitDate, ReturnDate: d.ReturnDate,
		GroupSize: len(d.Travellers), Flags: slices.Clone(d.Flags), Planned: d.PlanItem != "", Talent: d.TalentTask != "",
	}
	f.places(d.Legs)
	f.money(d.Funding)
	f.OutsidePayer = f.outsidePayer()
	f.overRate(known.OverRate)
	return f, f.group(d.Travellers, known.People)
}

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

func (f *Facts) places(legs []visit.Leg) {
	for _, l := range legs {
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
	if slices.ContainsFunc(f.Travellers, func(t Traveller) bool { return t.Person == found }) {
		return ""
	}
	return found
}
