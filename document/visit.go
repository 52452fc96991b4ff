package document

import (
	"strings"

	"github.com/exeat/exeat/visit"
)

// Visit is what the papers say of a visit; days are YYYY-MM-DD on the Beijing border calendar.
type Visit struct {
	ID            string   `json:"id"`
	University    Words    `json:"university"`
	Title         string   `json:"title"`
	Purpose       string   `json:"purpose"`
	Category      Words    `json:"category"`
	Unit          Words    `json:"unit"`
	Applicant     Words    `json:"applicant"`
	People        []Person `json:"people"`
	Stays         []Stay   `json:"stays"`
	ExitDate      string   `json:"exit_date"`
	ReturnDate    string   `json:"return_date"`
	Days          int      `json:"days"` // both border days counted
	Countries     []Words  `json:"countries"`
	Funding       []Fund   `json:"funding"`
	Invitation    string   `json:"invitation"`
	PlanItem      string   `json:"plan_item"`
	TalentTask    string   `json:"talent_task"`
	TalentContact string   `json:"talent_contact,omitempty"`
	Flags         []Words  `json:"flags"`
	Documents     []Words  `json:"documents"`
	// Draft marks what was not submitted yet.
	Draft bool `json:"draft,omitempty"`
}

// Person is one traveller.
type Person struct {
	Name Words `json:"name"`
	Unit Words `json:"unit"`
	Post Words `json:"post"` // posts held, or the standing where there is none
	Role Words `json:"role"`
}

// Stay is one leg of the journey.
type Stay struct {
	Country Words  `json:"country"`
	City    string `json:"city"`
	Host    string `json:"host"`
	Arrive  string `json:"arrive"`
	Depart  string `json:"depart"`
}

// Fund is one source of money.
type Fund struct {
	Source   string      `json:"source"`
	Kind     Words       `json:"kind"`
	Currency string      `json:"currency"`
	Amount   visit.Money `json:"amount"`
}

func (v Visit) mark() string {
	if v.Draft {
		return "草稿 DRAFT"
	}
	return ""
}

func (v Visit) route() string {
	parts := make([]string, len(v.Stays))
	for i, s := range v.Stays {
		parts[i] = s.Country.both() + " " + s.City
	}
	return strings.Join(parts, " → ")
}

func joined(ws []Words) string {
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = w.both()
	}
	return strings.Join(parts, "；")
}

func (v Visit) countries() string { return joined(v.Countries) }

// leader is whom the group is called after.
func (v Visit) leader() Words {
	if len(v.People) == 0 {
		return v.Applicant
	}
	return v.People[0].Name
}

func (v Visit) money() string {
	parts := make([]string, len(v.Funding))
	for i, f := range v.Funding {
		parts[i] = f.Currency + " " + grouped(f.Amount) + "（" + f.Kind.both() + "，" + f.Source + "）"
	}
	return strings.Join(parts, "\n")
}

// grouped writes an amount with a comma between thousands.
func grouped(m visit.Money) string {
	whole, cents, has := strings.Cut(m.String(), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if has {
		return whole + "." + cents
	}
	return whole
}

var (
	columnsOfPeople = []Words{{"姓名", "Name"}, {"单位", "Unit"}, {"职务", "Post"}, {"身份", "Role"}}
	columnsOfStays  = []Words{{"国家/地区", "Country or region"}, {"城市", "City"}, {"抵离日期", "From – to"}, {"接待单位", "Host"}}
)

func (s *sheet) people(people []Person) {
	rows := make([][]string, len(people))
	for i, p := range people {
		rows[i] = []string{p.Name.both(), p.Unit.both(), p.Post.both(), p.Role.both()}
	}
	s.table([]float64{2.4, 3, 3, 1.6}, columnsOfPeople, rows)
}

func (s *sheet) stays(stays []Stay) {
	rows := make([][]string, len(stays))
	for i, l := range stays {
		rows[i] = []string{l.Country.both(), l.City, l.Arrive + " – " + l.Depart, l.Host}
	}
	s.table([]float64{1.8, 1.8, 2.2, 4}, columnsOfStays, rows)
}
