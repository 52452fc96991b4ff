package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/money"
)

func (s *site) importSamples() {
	s.t.Helper()
	fin := s.as("fin")
	for _, table := range money.TableNames {
		content, err := money.Sample(table)
		require.NoError(s.t, err)
		got := s.send(http.MethodPost, "/api/v1/rates/"+string(table), string(content), header{"Authorization": "Bearer " + fin.token, "Content-Type": "text/csv"})
		require.Positive(s.t, got.ok(http.StatusCreated).at("rows"))
	}
}

func TestP37_RatesAreImportedAndReadByTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.importSamples()
	faculty := s.as("faculty.civ")
	got := faculty.get("/rates?country=KR&day=2014-06-01").ok(http.StatusOK)
	require.Len(t, got.at("rates"), 4)
	require.EqualValues(t, 180, got.at("rates", 0, "room"))
	require.Contains(t, got.at("rates", 0, "source"), "财行〔2013〕516号")
	require.Equal(t, false, got.at("rates", 0, "sample"))
	require.EqualValues(t, 0.058, got.at("exchanges", 1, "cny"))
	csv := func(c caller, text string) reply {
		return s.send(http.MethodPost, "/api/v1/rates/exchange", text, header{"Authorization": "Bearer " + c.token, "Content-Type": "text/csv"})
	}
	csv(faculty, "x").refused(http.StatusForbidden, "forbidden", "finance_only")
	csv(s.as("fin"), "currency,cny,from,source,sample\nUSD,free,2026-01-01,x,no\n").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("rows[1].cny", "not_a_number")

	preview := faculty.post("/visits/preview", strings.Replace(strings.Replace(conference, "%s", "", 1), `"documents"`,
		`"budget":[{"kind":"hotel","currency":"JPY","amount":30000,"people":1,"days":3},{"kind":"air","currency":"CNY","amount":6000,"people":1,"days":1,"class":"business"}],"documents"`, 1), "").ok(http.StatusOK)
	require.Equal(t, []any{0.0, 1.0}, preview.at("budget", "over"))
	require.EqualValues(t, 22000, preview.at("budget", "lines", 0, "standard"))
	require.Equal(t, "economy", preview.at("budget", "lines", 1, "allowed"))
	require.EqualValues(t, 10320, preview.at("budget", "total_cny"))
}

func TestP37_TheBudgetIsTypedIntoTheFormWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.importSamples()
	faculty := s.browse("faculty.civ")
	send := faculty.post
	form := url.Values{
		"title": {"Bridges"}, "unit": {"CIV"}, "category": {"ACA"}, "purpose": {"To read a paper."}, "exit_date": {"2027-03-01"}, "return_date": {"2027-03-04"},
		"travellers[0].person": {"faculty.civ"}, "travellers[0].role": {"leader"},
		"legs[0].country": {"JP"}, "legs[0].city": {"Kyoto"}, "legs[0].arrive": {"2027-03-01"}, "legs[0].depart": {"2027-03-04"},
	}
	form.Set("do", "add-budget")
	page := send("/visits/new", form).ok(http.StatusOK).Body
	require.Contains(t, page, `name="budget[0].kind"`)
	form.Set("budget[0].kind", "hotel")
	form.Set("budget[0].currency", "jpy")
	form.Set("budget[0].amount", "many")
	form.Set("budget[0].people", "1")
	form.Set("budget[0].days", "3")
	form.Set("do", "save")
	page = send("/visits/new", form).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, page, `value="many"`, "nothing that was typed is lost")
	form.Set("budget[0].amount", "30000")
	saved := send("/visits/new", form).ok(http.StatusSeeOther).Header.Get("Location")
	page = faculty.get(saved).ok(http.StatusOK).Body
	for _, want := range []string{`value="30000"`, "JPY 22,000", ">over<", "Sample", "JPY 90,000"} {
		require.Contains(t, page, want)
	}
	id := strings.Split(saved, "/")[2]
	text := pdfText(t, faculty.get("/visits/"+id+"/papers/D4.pdf").ok(http.StatusOK).Body)
	for _, want := range []string{"住宿费Hotel", "JPY30,0001390,000JPY22000", "超标over", "合计TotalCNY4,320"} {
		require.Contains(t, text, want)
	}
}

func TestP37_FinanceImportsOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	fin := s.browse("fin")
	send := func(text string) reply { return fin.post("/rates/exchange", url.Values{"text": {text}}) }
	page := fin.get("/rates").ok(http.StatusOK).Body
	require.Contains(t, page, `action="/rates/exchange"`)
	bad := send("currency,cny,from,source,sample\nUSD,free,2026-01-01,Notice,no\n").ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, bad, "File line 2", "the line of the file")
	require.Contains(t, bad, "USD,free", "what was pasted is still there")
	require.Equal(t, "/rates?done=rates_imported", send("currency,cny,from,source,sample\nUSD,7.1,2026-01-01,Notice,no\n").ok(http.StatusSeeOther).Header.Get("Location"))
	require.Contains(t, fin.get("/rates?day=2026-02-01").ok(http.StatusOK).Body, "7.1")
	sample := fin.get("/rates/rates/sample").ok(http.StatusOK)
	require.Contains(t, sample.Body, "财行〔2013〕516号")
	require.NotContains(t, s.browse("faculty.civ").get("/rates").ok(http.StatusOK).Body, `action="/rates/exchange"`)
}
