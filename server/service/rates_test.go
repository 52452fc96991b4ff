package service_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/visit"
)

// sampleRates imports the tables that come with the program, as Finance does.
func (k *kit) sampleRates() {
	k.t.Helper()
	for _, t := range money.TableNames {
		content, err := money.Sample(t)
		require.NoError(k.t, err)
		n, err := k.svc.ImportRates(k.t.Context(), k.user("fin"), t, bytes.NewReader(content))
		require.NoError(k.t, err)
		require.Positive(k.t, n)
	}
}

func TestP37_OverRateLinesAskFinanceAndTheOffice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.sampleRates()
	d := k.draft("faculty.civ")
	d.Budget = []visit.BudgetLine{{Kind: visit.Hotel, Currency: "JPY", Amount: 22_000_00, People: 1, Days: 3}}
	within, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	require.Empty(t, within.Budget.Over)
	require.NotContains(t, within.Route.Stages[1], "IO.DIR")

	d.Budget[0].Amount++
	over, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	require.Equal(t, []int{0}, over.Budget.Over)
	var codes []string
	for _, s := range over.Route.SignOffs {
		codes = append(codes, s.Code)
	}
	require.Contains(t, codes, "IO.DIR", "O18: FIN and IO.DIR")
	require.Contains(t, codes, "FIN")
	require.Empty(t, d.Flags, "what the applicant wrote stays as it is")

	// The content keeps what was computed: a later table does not change the pinned route.
	row, err := k.svc.CreateDraft(t.Context(), k.user("faculty.civ"), "", d)
	require.NoError(t, err)
	_, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), row.ID, "s")
	require.NoError(t, err)
	_, err = k.svc.ImportRates(t.Context(), k.user("fin"), money.RateTable, strings.NewReader(
		strings.Join(money.Columns[money.RateTable], ",")+"\nJP,Kyoto,JPY,90000,10000,5000,2026-01-01,A later notice,no\n"))
	require.NoError(t, err)
	c, err := k.svc.Case(t.Context(), k.user("fin"), row.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"hotel"}, c.Content.Facts.OverRate)
	require.Len(t, c.Route.SignOffs, len(over.Route.SignOffs))
	again, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	require.Empty(t, again.Budget.Over, "of two rows for one place and day the later one counts")
}

func TestP37_OnlyFinanceImportsAndOnlyWholeFiles(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := "currency,cny,from,source,sample\nUSD,7.1,2026-01-01,Notice,no\n"
	for _, person := range []string{"faculty.civ", "io.dir", "admin", "auditor"} {
		_, err := k.svc.ImportRates(t.Context(), k.user(person), money.ExchangeTable, strings.NewReader(good))
		require.Equal(t, "finance_only", rule(t, err), person)
	}
	_, err := k.svc.ImportRates(t.Context(), k.user("fin"), money.ExchangeTable, strings.NewReader(good+"EUR,-1,2026-01-01,Notice,no\n"))
	ps := problems(t, err)
	require.Len(t, ps, 1)
	require.Equal(t, "rows[2].cny", ps[0].Field)
	got, err := k.svc.RatesOn(t.Context(), k.user("faculty.civ"), "", "2026-06-01")
	require.NoError(t, err)
	require.Empty(t, got.Exchanges, "nothing of a file with a wrong cell")
	_, err = k.svc.ImportRates(t.Context(), k.user("fin"), money.ExchangeTable, strings.NewReader(good+strings.Repeat(" ", 4<<20)))
	require.Equal(t, "too_large", problems(t, err)[0].Rule)
	_, err = k.svc.ImportRates(t.Context(), k.user("fin"), "prices", strings.NewReader(good))
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	n, err := k.svc.ImportRates(t.Context(), k.user("fin"), money.ExchangeTable, strings.NewReader(good))
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestP37_TheTablesInForceAreThoseOfTheDay(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.sampleRates()
	rooms := func(day string) map[string]string {
		got, err := k.svc.RatesOn(t.Context(), k.user("faculty.civ"), "JP", day)
		require.NoError(t, err)
		m := map[string]string{}
		for _, r := range got.Rates {
			m[r.City] = r.Room.String()
		}
		return m
	}
	require.Equal(t, "18000", rooms("2014-03-01")["京都/Kyoto"])
	require.Equal(t, "9000", rooms("2025-12-31")[""])
	require.Equal(t, map[string]string{"东京/Tokyo": "26000", "大阪/Osaka": "22000", "京都/Kyoto": "22000", "": "15000"}, rooms("2026-01-01"))
	require.Empty(t, rooms("2013-12-31"))
	_, err := k.svc.RatesOn(t.Context(), k.user("faculty.civ"), "", "soon")
	require.Equal(t, "not_a_date", problems(t, err)[0].Rule)
}
