package calendar

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"time"
)

// Zone is the one zone in which limits and notices are counted: China Standard
// Time, UTC+08:00, the time of Asia/Shanghai. It is fixed so that no time-zone
// database is needed; China has kept no summer time since 1991.
var Zone = time.FixedZone("CST", 8*60*60)

// The first and last day a Date can hold: the years written with four digits.
var (
	firstDate = Date{1, time.January, 1}
	lastDate  = Date{9999, time.December, 31}
)

// Date is a civil date without time or zone, from 0001-01-01 to 9999-12-31.
// It is comparable with == and may be a map key. The zero Date means "no date":
// it is "" as text and JSON, and NULL in SQL.
type Date struct {
	year  int
	month time.Month
	day   int
}

// NewDate returns the date of a year, month and day, or an error if there is no
// such day.
func NewDate(year int, month time.Month, day int) (Date, error) {
	d := Date{year, month, day}
	if dateIn(d.utc()) != d {
		return Date{}, fmt.Errorf("calendar: date: there is no day %04d-%02d-%02d", year, month, day)
	}
	return d, nil
}

// ParseDate reads exactly YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < firstDate.year {
		return Date{}, fmt.Errorf("calendar: date: %q is not a day written YYYY-MM-DD", s)
	}
	return dateIn(t), nil
}

// MustDate is ParseDate for dates written in the program; it panics on any other
// text than YYYY-MM-DD.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DateOf returns the day that contains the instant t in Zone, whatever the
// location of t. The zero Time gives the zero Date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return dateIn(t.In(Zone))
}

// dateIn returns the day t shows in its own location, or the nearest day that a
// Date can hold.
func dateIn(t time.Time) Date {
	switch y, m, d := t.Date(); {
	case y < firstDate.year:
		return firstDate
	case y > lastDate.year:
		return lastDate
	default:
		return Date{y, m, d}
	}
}

func (d Date) utc() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }

// IsZero reports whether d is no date at all.
func (d Date) IsZero() bool { return d == Date{} }

// Year returns the year of d.
func (d Date) Year() int { return d.year }

// Month returns the month of d.
func (d Date) Month() time.Month { return d.month }

// Day returns the day of the month of d.
func (d Date) Day() int { return d.day }

// Weekday returns the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Monday returns the first day of the week of d.
func (d Date) Monday() Date { return d.AddDays(-((int(d.Weekday()) + 6) % 7)) }

// AddDays returns the day n days after d, or before it if n is negative. It stops
// at 0001-01-01 and 9999-12-31. No date stays no date.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	const most = 9999 * 366 // more days than lie between any two dates
	n = max(-most, min(most, n))
	return dateIn(d.utc().AddDate(0, 0, n))
}

// Sub returns the days from other to d: negative if d is the earlier one. Neither
// may be the zero Date.
func (d Date) Sub(other Date) int {
	const secondsOfDay = 24 * 60 * 60
	return int((d.utc().Unix() - other.utc().Unix()) / secondsOfDay)
}

// Compare returns -1, 0 or +1 as d is before, on or after other. The zero Date is
// before all others.
func (d Date) Compare(other Date) int {
	return cmp.Or(
		cmp.Compare(d.year, other.year),
		cmp.Compare(d.month, other.month),
		cmp.Compare(d.day, other.day),
	)
}

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is later than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// At returns the instant hour:minute of d in Zone.
func (d Date) At(hour, minute int) time.Time {
	return time.Date(d.year, d.month, d.day, hour, minute, 0, 0, Zone)
}

// String returns YYYY-MM-DD, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes d as String does. It also serves JSON and YAML.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD, or "" as the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Value gives a date column YYYY-MM-DD, or NULL for the zero Date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a date column. The driver hands over midnight in a location of its
// choice, so the day is taken as shown and never converted to another zone.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case time.Time:
		shown, err := NewDate(v.Date())
		if err != nil {
			return err
		}
		*d = shown
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	default:
		return fmt.Errorf("calendar: date: cannot read a column of type %T", src)
	}
}
