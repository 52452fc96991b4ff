package calendar

import "time"

// Clock is one instant together with a working calendar; it satisfies visit.Clock. Without a calendar it counts by the
// tables shipped with the program.
type Clock struct {
	At       time.Time
	Calendar *Calendar
}

func (c Clock) calendar() *Calendar {
	if c.Calendar == nil {
		return China()
	}
	return c.Calendar
}

// Now gives the instant.
func (c Clock) Now() time.Time { return c.At }

// Due gives the end of the office day of the n-th working day after the day of from, in Beijing.
func (c Clock) Due(from time.Time, n int) (time.Time, bool) {
	due := c.calendar().Due(DateOf(from), n)
	return due.End(), due.Provisional
}

// Left gives the working days from one day to another, at least 0. Years without a table count Monday to Friday, as Due
// does; the result is then as provisional as the date it is used for.
func (c Clock) Left(from, to time.Time) int {
	n := 0
	for d, end := DateOf(from), DateOf(to); d.Before(end); {
		d = d.AddDays(1)
		if c.calendar().counts(d) {
			n++
		}
	}
	return n
}
