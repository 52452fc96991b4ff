package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/calendar"
)

// weekdays knows no year, so it counts Monday to Friday.
var weekdays = &calendar.Calendar{}

func TestDueDaysAcrossHolidays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		start string
		n     int
		due   string
		naive string // Monday to Friday
	}{
		{"2026-09-24", 5, "2026-10-09", "2026-10-01"}, // Mid-Autumn and National Day
		{"2026-02-12", 5, "2026-02-26", "2026-02-19"}, // Spring Festival, Saturday 14 worked
		{"2026-02-06", 5, "2026-02-13", "2026-02-13"}, // no holiday on the way
		{"2026-09-18", 1, "2026-09-20", "2026-09-21"}, // Sunday 20 worked
		{"2026-09-30", 1, "2026-10-08", "2026-10-01"},
		{"2026-04-30", 5, "2026-05-11", "2026-05-07"}, // Saturday 9 worked
		{"2025-01-24", 5, "2025-02-07", "2025-01-31"}, // Sunday 26 worked
		{"2025-09-26", 5, "2025-10-10", "2025-10-03"}, // Sunday 28 worked
	}
	for _, tt := range tests {
		t.Run(tt.start, func(t *testing.T) {
			t.Parallel()
			start, want := calendar.MustDate(tt.start), calendar.Due{Date: calendar.MustDate(tt.due)}

			due, err := calendar.China().AddWorkingDays(start, tt.n)
			require.NoError(t, err)
			require.Equal(t, want, due)
			require.Equal(t, want, calendar.China().Due(start, tt.n))
			require.Equal(t, tt.naive, weekdays.Due(start, tt.n).Date.String())
		})
	}
}

func TestYearWithoutListIsProvisional(t *testing.T) {
	t.Parallel()
	c, eve := calendar.China(), calendar.MustDate("2026-12-31")

	_, err := c.AddWorkingDays(eve, 1)
	require.Equal(t, calendar.UnknownYearError{Year: 2027}, err)
	require.ErrorContains(t, err, "2027")

	due := c.Due(eve, 1)
	require.Equal(t, calendar.Due{Date: calendar.MustDate("2027-01-01"), Provisional: true}, due)
	text, err := json.Marshal(due)
	require.NoError(t, err)
	require.JSONEq(t, `{"date": "2027-01-01", "provisional": true}`, string(text))

	_, err = c.IsWorkingDay(calendar.MustDate("2027-01-04"))
	require.Equal(t, calendar.UnknownYearError{Year: 2027}, err)
	_, err = c.WorkingDaysBetween(eve, calendar.MustDate("2027-01-04"))
	require.Equal(t, calendar.UnknownYearError{Year: 2027}, err)
	_, err = c.AddWorkingDays(calendar.MustDate("2025-01-02"), -1)
	require.Equal(t, calendar.UnknownYearError{Year: 2024}, err)
}

func TestStartDayInUnknownYearIsNotCounted(t *testing.T) {
	t.Parallel()
	due, err := calendar.China().AddWorkingDays(calendar.MustDate("2024-12-31"), 1)
	require.NoError(t, err)
	require.Equal(t, "2025-01-02", due.Date.String())
	require.False(t, due.Provisional)
}

func TestNoDateHasNoDueDay(t *testing.T) {
	t.Parallel()
	_, err := calendar.China().AddWorkingDays(calendar.Date{}, 1)
	require.Equal(t, calendar.UnknownYearError{}, err)
	require.True(t, calendar.China().Due(calendar.Date{}, 1).Provisional)
	_, err = calendar.China().WorkingDaysBetween(calendar.Date{}, calendar.MustDate("2026-01-01"))
	require.Error(t, err)
	_, err = calendar.China().WorkingDaysBetween(calendar.MustDate("2026-01-01"), calendar.Date{})
	require.Error(t, err)
}

// A count beyond the last date ends there instead of running on.
func TestDueStopsAtTheLastDate(t *testing.T) {
	t.Parallel()
	due := calendar.China().Due(calendar.MustDate("9999-12-01"), 1<<62)
	require.Equal(t, calendar.Due{Date: calendar.MustDate("9999-12-31"), Provisional: true}, due)
}

func TestWorkingDaysOfTheYears(t *testing.T) {
	t.Parallel()
	for eve, last := range map[string]string{"2024-12-31": "2025-12-31", "2025-12-31": "2026-12-31"} {
		n, err := calendar.China().WorkingDaysBetween(calendar.MustDate(eve), calendar.MustDate(last))
		require.NoError(t, err)
		require.Equal(t, 248, n, last)
	}
}

func TestKnownYears(t *testing.T) {
	t.Parallel()
	for year, known := range map[int]bool{2024: false, 2025: true, 2026: true, 2027: false} {
		require.Equal(t, known, calendar.China().Known(year), year)
		require.Equal(t, known, calendar.China().Notices(year) != nil, year)
	}
	notice := calendar.China().Notices(2025)[0]
	require.Equal(t, "国办发明电〔2024〕12号", notice.Number)
	require.Equal(t, "2024-11-12", notice.Date.String())
	require.Equal(t, "国务院办公厅", notice.Issuer.ZH)
}

func TestListedDays(t *testing.T) {
	t.Parallel()
	spring := calendar.Name{ZH: "春节", EN: "Spring Festival"}
	for date, want := range map[string]calendar.Day{
		"2026-02-14": {Holiday: spring, Working: true},
		"2026-02-15": {Holiday: spring},
		"2026-02-23": {Holiday: spring},
		"2026-02-28": {Holiday: spring, Working: true},
	} {
		d := calendar.MustDate(date)
		day, ok := calendar.China().Listed(d)
		require.True(t, ok, date)
		require.Equal(t, want, day, date)
		working, err := calendar.China().IsWorkingDay(d)
		require.NoError(t, err)
		require.Equal(t, want.Working, working, date)
	}
	_, ok := calendar.China().Listed(calendar.MustDate("2026-02-24"))
	require.False(t, ok)
}

// Public tables were seen that give these two make-up days as rest.
func TestMakeUpDaysAreWorked(t *testing.T) {
	t.Parallel()
	for _, date := range []string{"2026-09-20", "2026-10-10"} {
		working, err := calendar.China().IsWorkingDay(calendar.MustDate(date))
		require.NoError(t, err)
		require.True(t, working, date)
	}
}

func TestLimitEndsWithTheOfficeDay(t *testing.T) {
	t.Parallel()
	notice := calendar.China().Due(calendar.MustDate("2026-09-24"), 5)
	require.Equal(t, "2026-10-09T18:00:00+08:00", notice.End().Format(time.RFC3339))
	require.Equal(t, notice.End(), calendar.EndOfOfficeDay(notice.Date))
}

func TestBorderDays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		out, back string
		days      int
	}{
		{"2026-03-01", "2026-03-10", 10},
		{"2026-03-01", "2026-03-01", 1},
		{"2026-12-31", "2027-01-01", 2},
		{"2028-02-28", "2028-03-01", 3},
	} {
		days, err := calendar.BorderDays(calendar.MustDate(tt.out), calendar.MustDate(tt.back))
		require.NoError(t, err)
		require.Equal(t, tt.days, days, "%s to %s", tt.out, tt.back)
	}

	d := calendar.MustDate("2026-03-10")
	_, err := calendar.BorderDays(d, d.AddDays(-1))
	require.EqualError(t, err, "calendar: border days: back 2026-03-09 is before out 2026-03-10")
	_, err = calendar.BorderDays(calendar.Date{}, d)
	require.ErrorContains(t, err, "out is missing")
	_, err = calendar.BorderDays(d, calendar.Date{})
	require.ErrorContains(t, err, "back is missing")
}

// knownDate draws a day far enough inside the known years to count 100 working
// days either way.
var knownDate = rapid.Custom(func(t *rapid.T) calendar.Date {
	return calendar.MustDate("2025-07-01").AddDays(rapid.IntRange(0, 364).Draw(t, "days"))
})

func TestAddWorkingDaysAndWorkingDaysBetweenAreInverse(t *testing.T) {
	t.Parallel()
	c := calendar.China()
	rapid.Check(t, func(t *rapid.T) {
		start, n := knownDate.Draw(t, "start"), rapid.IntRange(-100, 100).Draw(t, "n")
		due, err := c.AddWorkingDays(start, n)
		require.NoError(t, err)

		counted, err := c.WorkingDaysBetween(start, due.Date)
		require.NoError(t, err)
		require.Equal(t, n, counted)
		if n != 0 {
			working, err := c.IsWorkingDay(due.Date)
			require.NoError(t, err)
			require.True(t, working, "%s is due but not worked", due.Date)
		}
		require.Equal(t, due, c.Due(start, n))
	})
}

func TestWorkingDaysBetweenLeadsBackToAWorkingDay(t *testing.T) {
	t.Parallel()
	c := calendar.China()
	rapid.Check(t, func(t *rapid.T) {
		from, to := knownDate.Draw(t, "from"), knownDate.Draw(t, "to")
		if working, err := c.IsWorkingDay(to); err != nil || !working {
			t.Skip("a limit never ends on a day off")
		}
		n, err := c.WorkingDaysBetween(from, to)
		require.NoError(t, err)
		due, err := c.AddWorkingDays(from, n)
		require.NoError(t, err)
		require.Equal(t, to, due.Date)
	})
}

func TestLimitsAddUp(t *testing.T) {
	t.Parallel()
	c := calendar.China()
	rapid.Check(t, func(t *rapid.T) {
		start := anyDate.Draw(t, "start")
		m, n := rapid.IntRange(0, 50).Draw(t, "m"), rapid.IntRange(0, 50).Draw(t, "n")
		require.Equal(t, c.Due(start, m+n).Date, c.Due(c.Due(start, m).Date, n).Date)
	})
}

func FuzzAddWorkingDays(f *testing.F) {
	f.Add("2026-09-24", int16(5))
	f.Add("2026-12-31", int16(1))
	f.Add("2025-01-02", int16(-1))
	f.Add("9999-12-31", int16(3))
	f.Add("0001-01-01", int16(-3))
	f.Add("2026-02-14", int16(0))
	f.Fuzz(func(t *testing.T, date string, n int16) {
		start, err := calendar.ParseDate(date)
		if err != nil {
			t.Skip("not a date")
		}
		c := calendar.China()
		due := c.Due(start, int(n))
		require.False(t, n >= 0 && due.Date.Before(start), "due %s", due.Date)
		require.False(t, n <= 0 && due.Date.After(start), "due %s", due.Date)

		strict, err := c.AddWorkingDays(start, int(n))
		require.Equal(t, due.Provisional, err != nil)
		if err != nil {
			require.ErrorAs(t, err, new(calendar.UnknownYearError))
			return
		}
		require.Equal(t, due, strict)
		// The start day may lie in an unknown year; the counted ones do not.
		counted, err := c.WorkingDaysBetween(start, due.Date)
		require.NoError(t, err)
		require.Equal(t, int(n), counted)
	})
}
