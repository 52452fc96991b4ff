package calendar

import (
	"fmt"
	"time"
)

// officeCloses is the hour in Zone at which the office day ends.
const officeCloses = 18

// EndOfOfficeDay returns 18:00 of d in Zone, the instant at which every limit
// that falls due on d ends.
//
// The day on which a limit starts is not counted, so a task received on day D
// with one working day ends at 18:00 of the next working day. A public notice
// that opens on day D and must be shown for n full working days closes likewise,
// at 18:00 of the n-th working day after D: the rest of D is shown as well but
// does not count.
func EndOfOfficeDay(d Date) time.Time { return d.At(officeCloses, 0) }

// StartOfOfficeDay returns 09:00 of d in Zone, the working morning.
func StartOfOfficeDay(d Date) time.Time { return d.At(officeOpens, 0) }

// BorderDays returns the days of a visit by its border stamps, both border days
// counted: out on 1 March and back on 10 March is 10 days, out and back on one
// day is 1. It is an error if a date is missing or if back is before out.
func BorderDays(out, back Date) (int, error) {
	switch {
	case out.IsZero():
		return 0, fmt.Errorf("calendar: border days: the date out is missing")
	case back.IsZero():
		return 0, fmt.Errorf("calendar: border days: the date back is missing")
	case back.Before(out):
		return 0, fmt.Errorf("calendar: border days: back %s is before out %s", back, out)
	}
	return back.Sub(out) + 1, nil
}
