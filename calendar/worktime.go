package calendar

import "time"

// officeOpens is the hour in Zone at which the office day begins.
const officeOpens = 9

// Worked gives the working time between two instants, at least 0: 09:00 to 18:00 in Beijing on working days. Years without a
// table count Monday to Friday, as Due does.
func (c Clock) Worked(from, to time.Time) time.Duration {
	var sum time.Duration
	for d := DateOf(from); from.Before(to) && !d.After(DateOf(to)); d = d.AddDays(1) {
		if China().counts(d) {
			start, end := later(from, d.At(officeOpens, 0)), earlier(to, EndOfOfficeDay(d))
			sum += max(0, end.Sub(start))
		}
		if d == lastDate {
			break
		}
	}
	return sum
}

// Work gives the instant at which so much working time has passed since from; it is never outside the office day, but for no
// time at all, which gives from.
func (c Clock) Work(from time.Time, left time.Duration) time.Time {
	if left <= 0 {
		return from
	}
	for d := DateOf(from); ; d = d.AddDays(1) {
		start := later(from, d.At(officeOpens, 0))
		today := EndOfOfficeDay(d).Sub(start)
		switch {
		case d == lastDate:
			return start
		case !China().counts(d) || today <= 0:
		case left <= today:
			return start.Add(left)
		default:
			left -= today
		}
	}
}

// Morning gives 09:00 in Beijing on the first working day that is at least so many days after the day of from.
func (c Clock) Morning(from time.Time, days int) time.Time {
	d := DateOf(from).AddDays(days)
	for !China().counts(d) && d != lastDate {
		d = d.AddDays(1)
	}
	return d.At(officeOpens, 0)
}

// Rests tells that the day of an instant, in Beijing, is no working day.
func (c Clock) Rests(at time.Time) bool { return !China().counts(DateOf(at)) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
