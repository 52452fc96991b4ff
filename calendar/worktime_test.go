package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/exeat/exeat/calendar"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Zone)
	require.NoError(t, err)
	return v
}

func TestP44_WorkingTime(t *testing.T) {
	t.Parallel()
	var c calendar.Clock
	for _, x := range []struct {
		from, to string
		worked   time.Duration
		half     string
	}{
		{"2026-11-27 17:00", "2026-11-30 18:00", 10 * time.Hour, "2026-11-30 13:00"}, // Friday evening to Monday
		{"2026-11-27 09:00", "2026-11-30 18:00", 18 * time.Hour, "2026-11-27 18:00"}, // half of two days is the end of the first
		{"2026-09-18 17:00", "2026-09-20 18:00", 10 * time.Hour, "2026-09-20 13:00"}, // Sunday 20 September is worked
		{"2026-09-30 17:00", "2026-10-08 18:00", 10 * time.Hour, "2026-10-08 13:00"}, // National Day
		{"2026-11-24 23:00", "2026-11-25 18:00", 9 * time.Hour, "2026-11-25 13:30"},  // at night
		{"2026-11-28 12:00", "2026-11-29 12:00", 0, "2026-11-28 12:00"},              // a weekend
		{"2026-11-24 10:00", "2026-11-24 09:00", 0, "2026-11-24 10:00"},              // backwards
		{"2027-01-04 09:00", "2027-01-04 18:00", 9 * time.Hour, "2027-01-04 13:30"},  // a year without a table counts Monday to Friday
	} {
		worked := c.Worked(at(t, x.from), at(t, x.to))
		require.Equal(t, x.worked, worked, x.from)
		require.Equal(t, at(t, x.half), c.Work(at(t, x.from), worked/2), x.from)
	}
}

func TestP44_Mornings(t *testing.T) {
	t.Parallel()
	var c calendar.Clock
	for _, x := range []struct {
		from string
		days int
		want string
	}{
		{"2026-11-24 18:00", 1, "2026-11-25 09:00"},
		{"2026-11-24 03:00", 1, "2026-11-25 09:00"},
		{"2026-11-27 18:00", 1, "2026-11-30 09:00"}, // over the weekend
		{"2026-09-18 18:00", 1, "2026-09-20 09:00"}, // a Sunday that is worked
		{"2026-09-23 10:00", 7, "2026-09-30 09:00"},
		{"2026-09-25 10:00", 7, "2026-10-08 09:00"}, // the seventh day is a holiday
	} {
		require.Equal(t, at(t, x.want), c.Morning(at(t, x.from), x.days), x.from)
	}
	require.True(t, c.Rests(at(t, "2026-11-28 12:00")))
	require.True(t, c.Rests(at(t, "2026-10-01 12:00")))
	require.False(t, c.Rests(at(t, "2026-09-20 12:00")))
}

func TestWorkingTimeAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c calendar.Clock
		minutes := rapid.IntRange(0, 600*24*60)
		start := time.Date(2025, 6, 1, 0, 0, 0, 0, calendar.Zone)
		from := start.Add(time.Duration(minutes.Draw(t, "from")) * time.Minute)
		d := time.Duration(rapid.IntRange(1, 400).Draw(t, "hours")) * time.Hour
		to := c.Work(from, d)
		require.False(t, c.Rests(to), "work ends on a working day")
		require.Equal(t, d, c.Worked(from, to))
		mid := c.Work(from, d/3)
		require.Equal(t, d, c.Worked(from, mid)+c.Worked(mid, to))
	})
}
