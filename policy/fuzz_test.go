package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// FuzzBorderDays holds the counted days of a visit against a walk over the calendar: both border days count.
func FuzzBorderDays(f *testing.F) {
	f.Add(int64(1772323200), uint16(9)) // 1 March 2026, back on the 10th: 10 days
	f.Add(int64(1772236800), uint16(0))
	f.Add(int64(1709164800), uint16(400)) // over a leap day
	f.Fuzz(func(t *testing.T, exit int64, stay uint16) {
		out := time.Unix(exit%(1<<33), 0).UTC()
		if out.Year() < 1 || out.Year() > 9000 {
			return
		}
		back := out.AddDate(0, 0, int(stay))
		days := 1
		for d := out.Format(time.DateOnly); d != back.Format(time.DateOnly); days++ {
			day, err := time.Parse(time.DateOnly, d)
			require.NoError(t, err)
			d = day.AddDate(0, 0, 1).Format(time.DateOnly)
		}
		facts, _ := policy.FactsOf(visit.Draft{ExitDate: out.Format(time.DateOnly), ReturnDate: back.Format(time.DateOnly)}, policy.Known{})
		require.Equal(t, days, facts.Days)
		if stay > 0 {
			backwards, _ := policy.FactsOf(visit.Draft{ExitDate: back.Format(time.DateOnly), ReturnDate: out.Format(time.DateOnly)}, policy.Known{})
			require.Zero(t, backwards.Days)
		}
	})
}
