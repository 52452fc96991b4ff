package money_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/visit"
)

// sampleTables are the tables that come with the program.
func sampleTables(t testing.TB) money.Tables {
	t.Helper()
	var all money.Tables
	for _, name := range money.TableNames {
		content, err := money.Sample(name)
		require.NoError(t, err)
		got, problems := money.Read(name, bytes.NewReader(content))
		require.Empty(t, problems, name)
		all.Rates, all.Exchanges, all.Classes = append(all.Rates, got.Rates...), append(all.Exchanges, got.Exchanges...), append(all.Classes, got.Classes...)
	}
	return all
}

func tokyo(exit string, lines ...visit.BudgetLine) visit.Draft {
	return visit.Draft{ExitDate: exit, Legs: []visit.Leg{{Country: "JP", City: "Tokyo"}}, Budget: lines}
}

func TestP37_ATripOf2014AndOneOf2026PriceFromDifferentTables(t *testing.T) {
	t.Parallel()
	tables := sampleTables(t)
	hotel := visit.BudgetLine{Kind: visit.Hotel, Currency: "JPY", Amount: 23_000_00, People: 2, Days: 4}
	then := money.Check(tokyo("2014-05-01", hotel), []string{"STAFF", "STAFF"}, tables)
	now := money.Check(tokyo("2026-05-01", hotel), []string{"STAFF", "STAFF"}, tables)
	require.Equal(t, visit.Money(20_000_00), then.Lines[0].Standard)
	require.Equal(t, visit.Money(26_000_00), now.Lines[0].Standard)
	require.Equal(t, []int{0}, then.Over)
	require.Empty(t, now.Over)
	require.Contains(t, then.Lines[0].Rate.Source, "财行〔2013〕516号")
	require.False(t, then.Lines[0].Rate.Sample)
	require.True(t, now.Lines[0].Rate.Sample, "what is invented says so")
	require.Equal(t, visit.Money(184_000_00), now.Lines[0].Total)
	require.Equal(t, visit.Money(10_672_00), then.TotalCNY, "at 0.058")
	require.Equal(t, visit.Money(8_832_00), now.TotalCNY, "at 0.048")
	require.Empty(t, money.Check(tokyo("2013-12-31", hotel), nil, tables).Over, "before the first table there is no standard")
}

func TestP37_TheStandardIsThatOfTheCityOrOfTheOthers(t *testing.T) {
	t.Parallel()
	tables := sampleTables(t)
	for _, c := range []struct {
		country, city, day string
		room               visit.Money
	}{
		{"JP", "tokyo ", "2014-05-01", 20_000_00}, {"JP", "京都", "2014-05-01", 18_000_00}, {"JP", "Sendai", "2014-05-01", 9_000_00},
		{"JP", "Sapporo", "2026-05-01", 15_000_00}, // the table of 2026 no longer names it
		{"KR", "Busan", "2025-12-31", 180_00}, {"KR", "Busan", "2026-01-01", 170_00},
	} {
		r, ok := tables.Rate(c.country, c.city, c.day)
		require.True(t, ok, c)
		require.Equal(t, c.room, r.Room, c)
	}
	_, ok := tables.Rate("ZZ", "Nowhere", "2026-05-01")
	require.False(t, ok)
}

func TestP37_ClassFollowsRank(t *testing.T) {
	t.Parallel()
	tables := sampleTables(t)
	fly := func(people int, class visit.Class, ranks ...string) bool {
		line := visit.BudgetLine{Kind: visit.Air, Currency: "CNY", Amount: 9_000_00, People: people, Days: 1, Class: class}
		return money.Check(tokyo("2026-05-01", line), ranks, tables).Lines[0].Over
	}
	require.False(t, fly(2, visit.Economy, "STAFF", "STAFF"))
	require.True(t, fly(1, visit.Business, "STAFF"))
	require.False(t, fly(1, visit.Business, "STAFF", "VICE"), "one ticket, for the vice-president")
	require.True(t, fly(2, visit.Business, "STAFF", "VICE"), "two tickets, and only one may")
	require.True(t, fly(1, visit.First, "HEAD"))
	require.Equal(t, visit.Economy, tables.Class("HEAD", visit.Air, "2013-01-01"), "economy where no row says more")
}

func TestP37_CurrenciesMeetInYuan(t *testing.T) {
	t.Parallel()
	tables := sampleTables(t)
	b := money.Check(tokyo("2026-05-01",
		visit.BudgetLine{Kind: visit.Hotel, Leg: 1, Currency: "CNY", Amount: 1_249_00, People: 1, Days: 1}, // 26,000 yen are 1,248 yuan
		visit.BudgetLine{Kind: visit.Hotel, Leg: 1, Currency: "CNY", Amount: 1_248_00, People: 1, Days: 1},
		visit.BudgetLine{Kind: visit.Registration, Currency: "CHF", Amount: 300_00, People: 1, Days: 1},
		visit.BudgetLine{Kind: visit.Meals, Leg: 1, Currency: "CHF", Amount: 9_000_00, People: 1, Days: 1},
	), []string{"STAFF"}, tables)
	require.Equal(t, []int{0}, b.Over, "what cannot be compared is not called too much")
	require.Equal(t, []string{"hotel"}, b.OverKinds())
	require.Equal(t, visit.Money(2_497_00), b.TotalCNY)
	require.Equal(t, []string{"CHF"}, b.Open)
	require.Nil(t, b.Lines[2].CNY)
}

func TestP37_EveryWrongCellIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	_, problems := money.Read(money.RateTable, strings.NewReader("\ufeffcountry,city,currency,room,meals,incidentals,from,source,sample\n"+
		"JP,Tokyo,JPY,26000,10000,5000,2026-01-01,Notice,no\n"+
		"XX,,yen,-1,much,5000,2026-02-30,,maybe\n"))
	got := map[string]string{}
	for _, p := range problems {
		got[p.Field] = p.Rule
	}
	require.Equal(t, map[string]string{
		"rows[2].country": "unknown_country", "rows[2].currency": "unknown_currency", "rows[2].room": "negative", "rows[2].meals": "not_a_number",
		"rows[2].from": "not_a_date", "rows[2].source": "required", "rows[2].sample": "unknown_value",
	}, got, "the third line of the file")
	for text, rule := range map[string]string{
		"": "not_csv", "country,city\n": "no_column", "currency,cny,from,source,sample\n": "no_column",
		strings.Join(money.Columns[money.RateTable], ",") + "\n": "no_rows",
	} {
		_, problems := money.Read(money.RateTable, strings.NewReader(text))
		require.NotEmpty(t, problems, text)
		require.Equal(t, rule, problems[0].Rule, text)
	}
	_, problems = money.Read(money.ExchangeTable, strings.NewReader("currency,cny,from,source,sample\nUSD,0,2026-01-01,x,no\nEUR,7.1234567,2026-01-01,x,no\nGBP,\"9\n"))
	require.Len(t, problems, 3)
	require.Equal(t, "rows[1].cny", problems[0].Field)
	require.Equal(t, "rows[2].cny", problems[1].Field)
	require.Equal(t, "not_csv", problems[2].Rule)
}

func TestP37_FactorsAreDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0.048": "0.048", "7": "7", "7.10": "7.1", "0.000001": "0.000001", "999999.999999": "999999.999999"} {
		f, err := money.ParseFactor(text)
		require.NoError(t, err)
		require.Equal(t, want, f.String())
	}
	for _, text := range []string{"", "0", "-1", "1e3", "1.2345678", "1000000", "a"} {
		_, err := money.ParseFactor(text)
		require.Error(t, err, text)
	}
}

func TestP35_PayableOnlyWithReportAcceptedAndPassportIn(t *testing.T) {
	t.Parallel()
	s := money.Settlement{Approved: true, ReturnApproved: "2026-03-08", Returned: "2026-03-08", ReportAccepted: true}
	require.Empty(t, money.Payable(s))
	for lack, change := range map[money.Lack]func(*money.Settlement){
		money.LackApproval:  func(s *money.Settlement) { s.Approved = false },
		money.LackCancelled: func(s *money.Settlement) { s.Cancelled = true },
		money.LackReturn:    func(s *money.Settlement) { s.Returned = "" },
		money.LackOverstay:  func(s *money.Settlement) { s.Returned = "2026-03-09" },
		money.LackReport:    func(s *money.Settlement) { s.ReportAccepted = false },
		money.LackPassport:  func(s *money.Settlement) { s.PassportsOut = 1 },
	} {
		changed := s
		change(&changed)
		require.Equal(t, []money.Lack{lack}, money.Payable(changed))
	}
	s.Returned, s.ForceMajeure = "2026-03-11", true
	require.Empty(t, money.Payable(s), "a storm is nobody's fault [S83]")
}

func FuzzRead(f *testing.F) {
	for _, name := range money.TableNames {
		content, err := money.Sample(name)
		require.NoError(f, err)
		f.Add(string(name), content)
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		tables, problems := money.Read(money.Table(name), bytes.NewReader(content))
		if len(problems) == 0 && len(tables.Rates)+len(tables.Exchanges)+len(tables.Classes) == 0 && money.Columns[money.Table(name)] != nil {
			t.Fatal("neither rows nor problems")
		}
	})
}
