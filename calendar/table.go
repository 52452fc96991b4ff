package calendar

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

// Notice is the document that orders the days of a year.
type Notice struct {
	Issuer Name   `json:"issuer"           yaml:"issuer"`
	Title  Name   `json:"title"            yaml:"title"`
	Number string `json:"number,omitempty" yaml:"number"` // "" if the source does not state it
	Date   Date   `json:"date"             yaml:"date"`
	Source string `json:"source"           yaml:"source"` // address at which the text was read
}

// year is a table that has been checked.
type year struct {
	notices []Notice // of a table shipped with the program
	source  string   // number of the notice, or where it was read
	days    map[Date]Day
}

// table is the file of one year, cn-YYYY.yaml, laid out like the notice: one
// holiday after the other with its days off and its make-up working days.
//
// A table holds one calendar year. A notice may reach into December of the year
// before, as the one for 2023 did; those days belong into the table of that
// earlier year, which then names both notices.
type table struct {
	Year        int       `yaml:"year"`
	Notices     []Notice  `yaml:"notices"`
	WorkingDays int       `yaml:"working_days"`
	Holidays    []holiday `yaml:"holidays"`
}

type holiday struct {
	Name Name   `yaml:"name"`
	Off  span   `yaml:"off"`
	Work []Date `yaml:"work"`
}

// span is a run of days, both ends included.
type span struct {
	From Date `yaml:"from"`
	To   Date `yaml:"to"`
}

// Load reads every cn-YYYY.yaml at the top of fsys. It is an error if there is
// none, or if [Calendar.With] refuses one.
func Load(fsys fs.FS) (*Calendar, error) {
	names, err := fs.Glob(fsys, "cn-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	if len(names) == 0 {
		return nil, errors.New("calendar: there is no table cn-YYYY.yaml")
	}
	c := &Calendar{}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("calendar: %w", err)
		}
		if c, err = c.With(name, data); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// With returns a calendar that also knows the year of the given table; c stays as
// it is. The name is that of the file, cn-YYYY.yaml.
//
// A table is refused, with an error that names the file and the field or date, if
// it has unknown fields, does not say which notice it follows, lists no holiday,
// lists a date outside its year, twice, or both as off and as work, has a make-up
// working day that is not a Saturday or Sunday, does not add up to its own number
// of working days, or is the second one for its year.
func (c *Calendar) With(name string, data []byte) (*Calendar, error) {
	var t table
	if err := yaml.UnmarshalWithOptions(data, &t, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("calendar: %s: %w", name, err)
	}
	checked, err := t.check(name)
	if err != nil {
		return nil, fmt.Errorf("calendar: %s: %w", name, err)
	}
	if c.Known(t.Year) {
		return nil, fmt.Errorf("calendar: %s: year: %d is loaded already", name, t.Year)
	}
	sum := sha256.Sum256(data)
	more := &Calendar{
		years:  map[int]year{t.Year: checked},
		digest: map[string]string{name: hex.EncodeToString(sum[:])},
	}
	maps.Copy(more.years, c.years)
	maps.Copy(more.digest, c.digest)
	return more, nil
}

// Version identifies the tables, so that an event can cite the calendar it was
// computed with. It is the start of a SHA-256, 12 hex digits.
func (c *Calendar) Version() string {
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.digest)) {
		fmt.Fprintf(all, "%s  %s\n", c.digest[name], name)
	}
	return hex.EncodeToString(all.Sum(nil))[:12]
}

func tableName(year int) string { return fmt.Sprintf("cn-%04d.yaml", year) }

func (t table) check(name string) (year, error) {
	if name != tableName(t.Year) {
		return year{}, fmt.Errorf("year: %d does not fit the name of the file", t.Year)
	}
	if err := t.checkNotices(); err != nil {
		return year{}, err
	}
	days, err := t.days()
	if err != nil {
		return year{}, err
	}
	y := year{notices: t.Notices, source: cmp.Or(t.Notices[0].Number, t.Notices[0].Source), days: days}
	if n := y.workingDays(t.Year); n != t.WorkingDays {
		return year{}, fmt.Errorf("working_days: the table says %d, its dates leave %d", t.WorkingDays, n)
	}
	return y, nil
}

func (t table) checkNotices() error {
	if len(t.Notices) == 0 {
		return errors.New("notices: the list is empty")
	}
	for i, n := range t.Notices {
		if !n.Issuer.complete() || !n.Title.complete() || n.Date.IsZero() || n.Source == "" {
			return fmt.Errorf("notices[%d]: issuer and title in zh and en, date and source are needed", i)
		}
	}
	return nil
}

func (n Name) complete() bool { return n.ZH != "" && n.EN != "" }

// days returns the listed days of the table by date.
func (t table) days() (map[Date]Day, error) {
	if len(t.Holidays) == 0 {
		return nil, errors.New("holidays: the list is empty")
	}
	days := map[Date]Day{}
	for i, h := range t.Holidays {
		if err := t.addHoliday(days, h); err != nil {
			return nil, fmt.Errorf("holidays[%d]: %w", i, err)
		}
	}
	return days, nil
}

func (t table) addHoliday(days map[Date]Day, h holiday) error {
	if !h.Name.complete() {
		return errors.New("name: zh and en are needed")
	}
	// Both ends before the days between them, so that no run leaves the year.
	if err := errors.Join(t.inYear("off.from", h.Off.From), t.inYear("off.to", h.Off.To)); err != nil {
		return err
	}
	if h.Off.To.Before(h.Off.From) {
		return fmt.Errorf("off: to %s is before from %s", h.Off.To, h.Off.From)
	}
	for d := range through(h.Off.From, h.Off.To) {
		if err := add(days, d, Day{Holiday: h.Name}); err != nil {
			return err
		}
	}
	for _, d := range h.Work {
		if err := t.inYear("work", d); err != nil {
			return err
		}
		if err := add(days, d, Day{Holiday: h.Name, Working: true}); err != nil {
			return err
		}
		if !isWeekend(d) {
			return fmt.Errorf("work: %s is a %s, a working day anyway", d, d.Weekday())
		}
	}
	return nil
}

func (t table) inYear(field string, d Date) error {
	switch {
	case d.IsZero():
		return fmt.Errorf("%s: the date is missing", field)
	case d.year != t.Year:
		return fmt.Errorf("%s: %s is not in %d", field, d, t.Year)
	}
	return nil
}

func add(days map[Date]Day, d Date, day Day) error {
	if listed, ok := days[d]; ok {
		if listed.Working != day.Working {
			return fmt.Errorf("%s is listed both as off and as work", d)
		}
		return fmt.Errorf("%s is listed twice", d)
	}
	days[d] = day
	return nil
}

// works tells a working day of the year. The zero year, one without a table, has
// Monday to Friday.
func (y year) works(d Date) bool {
	if day, ok := y.days[d]; ok {
		return day.Working
	}
	return !isWeekend(d)
}

// workingDays counts the working days of the whole year.
func (y year) workingDays(number int) int {
	n := 0
	for d := range through(Date{number, time.January, 1}, Date{number, time.December, 31}) {
		if y.works(d) {
			n++
		}
	}
	return n
}

func isWeekend(d Date) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// through yields the days from first to last, both included.
func through(first, last Date) iter.Seq[Date] {
	return func(yield func(Date) bool) {
		for n := range last.Sub(first) + 1 {
			if !yield(first.AddDays(n)) {
				return
			}
		}
	}
}
