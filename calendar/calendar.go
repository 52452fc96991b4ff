// Package calendar counts working days of the Chinese calendar, in which the
// State Council moves days off and has some Saturdays and Sundays worked instead
// (调休).
//
// A year is known when its table is loaded. The list of a year is published in
// November of the year before, so a limit set in autumn may run into a year
// without a list. Such a year is never taken for a year without holidays: the
// strict functions answer UnknownYearError, and [Calendar.Due] counts Monday to
// Friday and marks the result as provisional, to be computed again when the list
// is loaded.
//
// Everything here is a pure function of its arguments and of the tables.
package calendar

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

//go:embed data/*.yaml
var embedded embed.FS

// UnknownYearError is returned when an answer needs a year whose list of holidays
// is not loaded.
type UnknownYearError struct {
	Year int
}

func (e UnknownYearError) Error() string {
	return fmt.Sprintf("calendar: no list of holidays is loaded for the year %d", e.Year)
}

// Calendar tells working days from days off. It never changes, so it may be
// shared. The zero Calendar knows no year.
type Calendar struct {
	years  map[int]year
	digest map[string]string // name of the table → SHA-256 of its bytes, in hex
}

// Name is a name in both languages of the house.
type Name struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// Day is a day that the list of its year names: a day off, or a make-up working
// day on a Saturday or Sunday.
type Day struct {
	Holiday Name `json:"holiday"` // the holiday the day belongs to or makes up for
	Working bool `json:"working"`
	Closure bool `json:"closure,omitempty"` // the campus is closed, not the country
}

// Due is the last day of a limit.
type Due struct {
	Date Date `json:"date"`
	// Provisional is set when a year without a list was counted Monday to Friday.
	Provisional bool `json:"provisional"`
}

// End is the instant at which the limit ends; see [EndOfOfficeDay].
func (d Due) End() time.Time { return EndOfOfficeDay(d.Date) }

// China returns the calendar of the tables shipped with the program. They are
// read once; it panics if they are broken, which is a fault of the build.
var China = sync.OnceValue(func() *Calendar {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		panic(err)
	}
	c, err := Load(data)
	if err != nil {
		panic(err)
	}
	return c
})

// Known reports whether the list of the year is loaded.
func (c *Calendar) Known(year int) bool {
	_, ok := c.years[year]
	return ok
}

// Listed returns how the list of its year names d; ok is false for an ordinary
// day and for a day of an unknown year.
func (c *Calendar) Listed(d Date) (day Day, ok bool) {
	day, ok = c.years[d.year].days[d]
	return day, ok
}

// Notices returns the notices the list of the year is taken from, nil if the year
// is unknown.
func (c *Calendar) Notices(year int) []Notice { return c.years[year].notices }

// IsWorkingDay reports whether offices work on d. The error is UnknownYearError.
func (c *Calendar) IsWorkingDay(d Date) (bool, error) {
	if !c.Known(d.year) {
		return false, UnknownYearError{d.year}
	}
	return c.counts(d), nil
}

// counts is IsWorkingDay with Monday to Friday for unknown years.
func (c *Calendar) counts(d Date) bool { return c.years[d.year].works(d) }

// AddWorkingDays returns the n-th working day after start, or before it if n is
// negative. The start day is not counted, and n = 0 gives the start day itself.
// The result is never provisional: the error is UnknownYearError if a day of an
// unknown year had to be counted.
func (c *Calendar) AddWorkingDays(start Date, n int) (Due, error) {
	date, err := c.walk(start, n)
	if err != nil {
		return Due{}, err
	}
	return Due{Date: date}, nil
}

// Due is AddWorkingDays for limits that may run into an unknown year, which is
// counted Monday to Friday and makes the result provisional.
func (c *Calendar) Due(start Date, n int) Due {
	date, err := c.walk(start, n)
	return Due{Date: date, Provisional: err != nil}
}

// walk always returns the day it reached, with an UnknownYearError for the first
// unknown year on the way. It ends early only where the dates end.
func (c *Calendar) walk(start Date, n int) (Date, error) {
	step := 1
	if n < 0 {
		step = -1
	}
	var unknown error
	d := start
	for n != 0 {
		next := d.AddDays(step)
		if unknown == nil && !c.Known(next.year) {
			unknown = UnknownYearError{next.year}
		}
		if next == d {
			break
		}
		d = next
		if c.counts(d) {
			n -= step
		}
	}
	return d, unknown
}

// WorkingDaysBetween counts the working days after from, up to and including to;
// if to is the earlier one, those before from down to and including to, as a
// negative number. So it undoes AddWorkingDays. The error is UnknownYearError.
func (c *Calendar) WorkingDaysBetween(from, to Date) (int, error) {
	step := 1
	if to.Before(from) {
		step = -1
	}
	n := 0
	for d := from; d != to; {
		d = d.AddDays(step)
		working, err := c.IsWorkingDay(d)
		if err != nil {
			return 0, err
		}
		if working {
			n += step
		}
	}
	return n, nil
}
