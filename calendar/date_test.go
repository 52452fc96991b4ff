package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/calendar"
)

// anyDate draws a day of the years 1900 to 2100.
var anyDate = rapid.Custom(func(t *rapid.T) calendar.Date {
	return calendar.MustDate("1900-01-01").AddDays(rapid.IntRange(0, 200*365).Draw(t, "days"))
})

func TestParseDate(t *testing.T) {
	t.Parallel()
	d, err := calendar.ParseDate("2028-02-29")
	require.NoError(t, err)
	require.Equal(t, 2028, d.Year())
	require.Equal(t, time.February, d.Month())
	require.Equal(t, 29, d.Day())
	require.Equal(t, time.Tuesday, d.Weekday())

	for _, s := range []string{
		"", "2026-2-03", "2026-02-3", "2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01",
		"12026-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01", "2026-01-01T00:00:00Z", "二〇二六",
	} {
		_, err := calendar.ParseDate(s)
		require.ErrorContains(t, err, "YYYY-MM-DD", "%q", s)
	}
}

func TestNewDate(t *testing.T) {
	t.Parallel()
	d, err := calendar.NewDate(2026, time.September, 20)
	require.NoError(t, err)
	require.Equal(t, calendar.MustDate("2026-09-20"), d)

	_, err = calendar.NewDate(2026, time.February, 29)
	require.ErrorContains(t, err, "2026-02-29")
	_, err = calendar.NewDate(0, 0, 0)
	require.Error(t, err)
	_, err = calendar.NewDate(10000, time.January, 1)
	require.Error(t, err)
}

func TestMustDatePanicsOnWrongText(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { calendar.MustDate("2026-02-30") })
}

func TestDateOfIsTheDayInShanghai(t *testing.T) {
	t.Parallel()
	instant := time.Date(2026, 9, 23, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	require.Equal(t, "2026-09-24", calendar.DateOf(instant).String())
	require.Equal(t, "2026-09-23", calendar.DateOf(instant.Add(-time.Nanosecond)).String())
	require.True(t, calendar.DateOf(time.Time{}).IsZero())
}

func TestAtIsShanghaiTime(t *testing.T) {
	t.Parallel()
	at := calendar.MustDate("2026-10-09").At(18, 30)
	require.Equal(t, "2026-10-09T18:30:00+08:00", at.Format(time.RFC3339))
}

func TestDateOrder(t *testing.T) {
	t.Parallel()
	ascending := []calendar.Date{
		{}, calendar.MustDate("2025-12-31"), calendar.MustDate("2026-01-30"),
		calendar.MustDate("2026-02-01"), calendar.MustDate("2026-02-02"),
	}
	for i, a := range ascending {
		for j, b := range ascending {
			require.Equal(t, i < j, a.Before(b), "%s before %s", a, b)
			require.Equal(t, i > j, a.After(b), "%s after %s", a, b)
		}
	}
}

func TestAddDaysStopsAtTheEnds(t *testing.T) {
	t.Parallel()
	const huge = 1 << 62
	d := calendar.MustDate("2026-01-01")
	require.Equal(t, "9999-12-31", d.AddDays(huge).String())
	require.Equal(t, "0001-01-01", d.AddDays(-huge).String())
	require.True(t, calendar.Date{}.AddDays(1).IsZero())
}

func TestAddDaysAndSubAreInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, n := anyDate.Draw(t, "date"), rapid.IntRange(-50_000, 50_000).Draw(t, "n")
		moved := d.AddDays(n)
		require.Equal(t, n, moved.Sub(d))
		require.Equal(t, d, moved.AddDays(-n))
		require.Equal(t, n > 0, moved.After(d))
	})
}

func TestDateSurvivesItsForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate.Draw(t, "date")

		text, err := json.Marshal(d)
		require.NoError(t, err)
		require.Equal(t, `"`+d.String()+`"`, string(text))
		var back calendar.Date
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, d, back)

		column, err := d.Value()
		require.NoError(t, err)
		require.Equal(t, d.String(), column)
		var scanned calendar.Date
		require.NoError(t, scanned.Scan(column))
		require.Equal(t, d, scanned)

		require.Equal(t, d, calendar.DateOf(d.At(0, 0)))
		require.Equal(t, d, calendar.DateOf(d.At(23, 59)))
	})
}

func TestZeroDateIsEmptyTextAndNull(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(calendar.Date{})
	require.NoError(t, err)
	require.Equal(t, `""`, string(text))

	column, err := calendar.Date{}.Value()
	require.NoError(t, err)
	require.Nil(t, column)

	d := calendar.MustDate("2026-01-01")
	require.NoError(t, json.Unmarshal([]byte(`""`), &d))
	require.True(t, d.IsZero())
	d = calendar.MustDate("2026-01-01")
	require.NoError(t, d.Scan(nil))
	require.True(t, d.IsZero())
}

// The driver gives a date as midnight in UTC, which is already 08:00 in Shanghai,
// or in a location west of it, where a conversion would move the day.
func TestScanKeepsTheDayShown(t *testing.T) {
	t.Parallel()
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 0), time.FixedZone("", -11*3600), time.FixedZone("", 14*3600)} {
		var d calendar.Date
		require.NoError(t, d.Scan(time.Date(2026, 3, 1, 0, 0, 0, 0, zone)))
		require.Equal(t, "2026-03-01", d.String())
	}
	var d calendar.Date
	require.NoError(t, d.Scan([]byte("2026-03-01")))
	require.Equal(t, "2026-03-01", d.String())
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []any{int64(20260301), []byte("infinity"), "01.03.2026", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		d := calendar.MustDate("2026-01-01")
		require.Error(t, d.Scan(src), "%v", src)
		require.Equal(t, "2026-01-01", d.String(), "a refused column leaves the date as it was")
	}
	var d calendar.Date
	require.Error(t, json.Unmarshal([]byte(`"2026-02-30"`), &d))
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-02-28", "2026-02-29", "0001-01-01", "9999-12-31", "0000-01-01", "2026-1-1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := calendar.ParseDate(s)
		if err != nil {
			require.True(t, d.IsZero())
			return
		}
		require.Equal(t, s, d.String())
	})
}

func TestAWeekBeginsOnMonday(t *testing.T) {
	t.Parallel()
	for day, monday := range map[string]string{"2026-11-23": "2026-11-23", "2026-11-26": "2026-11-23", "2026-11-29": "2026-11-23", "2026-11-30": "2026-11-30", "2027-01-01": "2026-12-28"} {
		d, err := calendar.ParseDate(day)
		require.NoError(t, err)
		require.Equal(t, monday, d.Monday().String(), day)
	}
}
