package calendar_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
)

// made2027 is a table made up for these tests. It is not the list of 2027, which
// the State Council has yet to publish.
const made2027 = `
year: 2027
notices:
  - issuer: {zh: 测试, en: Test}
    title: {zh: 测试, en: Test}
    date: 2026-11-30
    source: https://example.org/2027
working_days: 261
holidays:
  - name: {zh: 元旦, en: New Year's Day}
    off: {from: 2027-01-01, to: 2027-01-03}
    work: [2027-01-09]
`

func TestWithMakesAYearKnown(t *testing.T) {
	t.Parallel()
	before := calendar.China()
	after, err := before.With("cn-2027.yaml", []byte(made2027))
	require.NoError(t, err)

	eve := calendar.MustDate("2026-12-31")
	require.Equal(t, calendar.Due{Date: calendar.MustDate("2027-01-04")}, after.Due(eve, 1))
	require.Equal(t, calendar.Due{Date: calendar.MustDate("2027-01-09")}, after.Due(eve, 6))

	require.True(t, before.Due(eve, 1).Provisional, "the calendar it was made from stays as it is")
	require.NotEqual(t, before.Version(), after.Version())
}

func TestRefusedTables(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, new string
		want     []string
	}{
		"empty list":            {made2027[strings.Index(made2027, "holidays:"):], "holidays: []", []string{"holidays", "empty"}},
		"no list":               {made2027[strings.Index(made2027, "holidays:"):], "", []string{"holidays", "empty"}},
		"no notice":             {made2027[strings.Index(made2027, "notices:"):strings.Index(made2027, "working_days:")], "", []string{"notices", "empty"}},
		"no source":             {"    source: https://example.org/2027\n", "", []string{"notices[0]", "source"}},
		"no English name":       {", en: New Year's Day", "", []string{"holidays[0]", "name"}},
		"off in another year":   {"{from: 2027-01-01,", "{from: 2026-12-31,", []string{"holidays[0]", "off.from", "2026-12-31"}},
		"work in another year":  {"[2027-01-09]", "[2028-01-08]", []string{"holidays[0]", "work", "2028-01-08"}},
		"off ends early":        {"to: 2027-01-03", "to: 2026-12-31", []string{"off.to", "2026-12-31"}},
		"off runs backwards":    {"from: 2027-01-01", "from: 2027-01-05", []string{"2027-01-03", "2027-01-05"}},
		"off has no end":        {", to: 2027-01-03", "", []string{"off.to", "missing"}},
		"both off and work":     {"[2027-01-09]", "[2027-01-03]", []string{"2027-01-03", "both as off and as work"}},
		"work twice":            {"[2027-01-09]", "[2027-01-09, 2027-01-09]", []string{"2027-01-09", "twice"}},
		"off twice":             {"[2027-01-09]\n", "[2027-01-09]\n  - name: {zh: 春节, en: Spring Festival}\n    off: {from: 2027-01-03, to: 2027-01-04}\n", []string{"holidays[1]", "2027-01-03", "twice"}},
		"work on a weekday":     {"[2027-01-09]", "[2027-01-08]", []string{"2027-01-08", "Friday"}},
		"no such day":           {"[2027-01-09]", "[2027-02-29]", []string{"2027-02-29"}},
		"wrong total":           {"working_days: 261", "working_days: 260", []string{"working_days", "260", "261"}},
		"no total":              {"working_days: 261\n", "", []string{"working_days", "261"}},
		"year not of the name":  {"year: 2027", "year: 2028", []string{"year", "2028"}},
		"unknown field":         {"working_days", "workdays", []string{"workdays"}},
		"field given twice":     {"year: 2027", "year: 2027\nyear: 2027", []string{"year"}},
		"nothing but a comment": {made2027, "# empty", []string{"year"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, made2027, tt.old)
			broken := strings.Replace(made2027, tt.old, tt.new, 1)

			_, err := calendar.China().With("cn-2027.yaml", []byte(broken))
			require.ErrorContains(t, err, "cn-2027.yaml")
			for _, part := range tt.want {
				require.ErrorContains(t, err, part)
			}

			_, loaded := calendar.Load(fstest.MapFS{"cn-2027.yaml": {Data: []byte(broken)}})
			require.EqualError(t, loaded, err.Error())
		})
	}
}

func TestSecondTableOfAYearIsRefused(t *testing.T) {
	t.Parallel()
	c, err := calendar.China().With("cn-2027.yaml", []byte(made2027))
	require.NoError(t, err)
	_, err = c.With("cn-2027.yaml", []byte(made2027))
	require.EqualError(t, err, "calendar: cn-2027.yaml: year: 2027 is loaded already")
}

func TestLoadNeedsATable(t *testing.T) {
	t.Parallel()
	_, err := calendar.Load(fstest.MapFS{"README.md": {Data: []byte("no table")}})
	require.Error(t, err)
}

// A table may run up to the last date there is.
func TestTableOfTheLastYear(t *testing.T) {
	t.Parallel()
	last := strings.NewReplacer(
		"year: 2027", "year: 9999",
		"{from: 2027-01-01, to: 2027-01-03}", "{from: 9999-12-31, to: 9999-12-31}",
		"work: [2027-01-09]", "work: []",
		"working_days: 261", "working_days: 260",
	).Replace(made2027)
	c, err := calendar.Load(fstest.MapFS{"cn-9999.yaml": {Data: []byte(last)}})
	require.NoError(t, err)
	require.True(t, c.Known(9999))
}

func TestVersionNamesTheTables(t *testing.T) {
	t.Parallel()
	load := func(tables fstest.MapFS) string {
		c, err := calendar.Load(tables)
		require.NoError(t, err)
		return c.Version()
	}
	table := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	version := load(fstest.MapFS{"cn-2027.yaml": table(made2027)})

	require.Regexp(t, "^[0-9a-f]{12}$", version)
	require.Equal(t, version, load(fstest.MapFS{"cn-2027.yaml": table(made2027), "other.txt": table("x")}))
	require.NotEqual(t, version, load(fstest.MapFS{"cn-2027.yaml": table(made2027 + "\n")}))
	require.NotEqual(t, version, calendar.China().Version())
}
