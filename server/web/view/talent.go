package view

import (
	"net/url"
	"strconv"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// TalentUnits is the table of the units of a year.
type TalentUnits struct {
	Page
	Y     service.TalentYear
	Years []string
}

// TalentLines are the persons met of a year, of one unit or of all that the user reads.
type TalentLines struct {
	Page
	Ask   service.TalentAsk
	Rows  []store.Talent
	Years []string
	Codes []string // of the units to choose from
}

// TalentMet is one person met. Sees tells whether the user may open the visit.
type TalentMet struct {
	Register
	C    service.TalentCase
	Sees bool
}

// TalentWeights are the points of a person met, with the form to set them.
type TalentWeights struct {
	Register
	Rows []store.TalentWeights
}

// Partners is the register of partner institutions.
type Partners struct {
	Register
	Rows  []store.Partner
	Codes []string
	Lands []string
}

// Partner is one of them with the visits that went there.
type Partner struct {
	Partners
	P service.PartnerCase
}

// Duties are the visits of a year for duty in an international organisation or for foreign aid.
type Duties struct {
	Page
	Year  int
	Years []string
	Rows  []store.VisitTo
}

func talentQuery(a service.TalentAsk) string {
	q := url.Values{"year": {strconv.Itoa(a.Year)}}
	if a.Unit != "" {
		q.Set("unit", a.Unit)
	}
	return q.Encode()
}

func linesURL(year int, unit string) string {
	return "/talent/lines?" + talentQuery(service.TalentAsk{Year: year, Unit: unit})
}

// talentExport is the address of a table as a file, but for its format.
func talentExport(table string, a service.TalentAsk) string {
	return "/talent/export?" + talentQuery(a) + "&table=" + table + "&format="
}

func metURL(t store.Talent, more ...string) string {
	u := "/talent/met/" + url.PathEscape(t.Visit) + "/" + strconv.Itoa(t.Report) + "/" + strconv.Itoa(t.N)
	for _, part := range more {
		u += "/" + part
	}
	return u
}

// year is the year of the line.
func (v TalentMet) year() int {
	year, _ := strconv.Atoi(v.C.Accepted[:4]) // a day begins with its year
	return year
}

func partnerURL(code string) string { return "/partners/" + url.PathEscape(code) }

// partner gives what a field of the form begins with: what the register says, for the form that changes it.
func (v Partners) now(p *store.Partner, of func(store.Partner) string) string {
	if p == nil {
		return ""
	}
	return of(*p)
}

// weight gives what a weight was last set to, to begin with.
func (v TalentWeights) weight(i int) string {
	if len(v.Rows) == 0 {
		return ""
	}
	return strconv.Itoa(v.Rows[0].Points()[i])
}
