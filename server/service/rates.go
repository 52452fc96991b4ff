package service

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// FinancePost keeps the tables of rates (domain P.6).
const FinancePost = "FIN"

// KeepsRates tells that the user may import tables of rates today.
func (r Rights) KeepsRates() bool {
	return slices.ContainsFunc(r.Acting, func(a store.Acting) bool { return a.Post == FinancePost })
}

// MaxTable is how large an imported table may be, in bytes.
const MaxTable = 4 << 20

// ImportRates adds a table of rates from CSV, by Finance; it gives how many rows were added. With one wrong cell nothing is
// added, and every wrong cell is named with its line.
func (s *Service) ImportRates(ctx context.Context, u User, t money.Table, r io.Reader) (int, error) {
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return 0, err
	}
	if !rights.KeepsRates() {
		return 0, visit.Refuse(visit.Forbidden, "finance_only")
	}
	if !slices.Contains(money.TableNames, t) {
		return 0, visit.Refuse(visit.NotFound, "not_found", "what", "table", "id", string(t))
	}
	limited := &io.LimitedReader{R: r, N: MaxTable + 1}
	tables, problems := money.Read(t, limited)
	if limited.N == 0 {
		problems = []visit.Problem{{Field: "file", Rule: "too_large", Args: map[string]string{"limit": "4 MiB"}}}
	}
	if len(problems) > 0 {
		return 0, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	return len(tables.Rates) + len(tables.Exchanges) + len(tables.Classes), s.Store.AddRates(ctx, u.Person, tables)
}

// RatesOn gives the rows in force on a day (YYYY-MM-DD, the user's when empty), of one country or of all.
func (s *Service) RatesOn(ctx context.Context, u User, country, day string) (money.Tables, error) {
	if day == "" {
		day = u.Day()
	}
	if _, err := calendar.ParseDate(day); err != nil {
		return money.Tables{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "day", Rule: "not_a_date", Args: map[string]string{"value": day}}}}
	}
	var countries []string
	if country != "" {
		countries = []string{country}
	}
	all, err := s.Store.Rates(ctx, countries, day)
	return inForce(all, day), err
}

// inForce leaves of each table only what counts on a day, in the order of countries, currencies and ranks.
func inForce(all money.Tables, day string) money.Tables {
	var t money.Tables
	for _, r := range all.Rates {
		if found, ok := all.Rate(r.Country, firstName(r.City), day); ok && found == r && !slices.Contains(t.Rates, r) {
			t.Rates = append(t.Rates, r)
		}
	}
	for _, e := range all.Exchanges {
		if found, ok := all.Exchange(e.Currency, day); ok && found == e && !slices.Contains(t.Exchanges, e) {
			t.Exchanges = append(t.Exchanges, e)
		}
	}
	for _, c := range all.Classes {
		same := func(k money.Class) bool { return k.Rank == c.Rank && k.Mode == c.Mode }
		if all.Class(c.Rank, c.Mode, day) == c.Class && !slices.ContainsFunc(t.Classes, same) {
			t.Classes = append(t.Classes, c)
		}
	}
	slices.SortStableFunc(t.Rates, func(a, b money.Rate) int { return cmp.Compare(a.Country, b.Country) })
	slices.SortStableFunc(t.Exchanges, func(a, b money.Exchange) int { return cmp.Compare(a.Currency, b.Currency) })
	return t
}

// firstName is one name of a city; of the row for all others a name that no city has.
func firstName(city string) string {
	if city == "" {
		return "\x00"
	}
	name, _, _ := strings.Cut(city, "/")
	return name
}

// budget holds a draft's money against the tables in force on its exit date.
func (s *Service) budget(ctx context.Context, d visit.Draft, people map[string]policy.Person) (money.Budget, error) {
	if len(d.Budget) == 0 {
		return money.Check(d, nil, money.Tables{}), nil
	}
	ranks := ranksOf(d, people)
	if _, err := time.Parse(time.DateOnly, d.ExitDate); err != nil {
		d.ExitDate = ""
		return money.Check(d, ranks, money.Tables{}), nil
	}
	t, err := s.Store.Rates(ctx, countriesOf(d), d.ExitDate)
	return money.Check(d, ranks, t), err
}

func countriesOf(d visit.Draft) []string {
	var countries []string
	for _, l := range d.Legs {
		countries = append(countries, l.Country)
	}
	return countries
}

func ranksOf(d visit.Draft, people map[string]policy.Person) []string {
	var ranks []string
	for _, t := range d.Travellers {
		ranks = append(ranks, string(people[t.Person].Rank))
	}
	return ranks
}
