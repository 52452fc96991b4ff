package service

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/visit"
)

// wrong is a refusal of one field.
func wrong(field, rule string, pairs ...string) error {
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args}}}
}

// form gathers what is wrong with what was sent.
type form struct{ problems []visit.Problem }

func (f *form) wrong(field, rule string, pairs ...string) {
	f.problems = append(f.problems, visit.Problem{Field: field, Rule: rule, Args: visit.Refuse("", "", pairs...).Args})
}

// wrongCell is what is wrong with a cell of a table that was sent: the field rows[i].column, where i+1 is the line of the file.
func (f *form) wrongCell(line int, column, rule string, pairs ...string) {
	f.wrong(fmt.Sprintf("rows[%d].%s", line-1, column), rule, pairs...)
}

// text must be there, and not be longer than a line or a page bears.
func (f *form) text(field, text string) {
	if strings.TrimSpace(text) == "" {
		f.wrong(field, "required")
	}
	f.problems = append(f.problems, tooLong(field, text)...)
}

func (f *form) day(field, day string) {
	if _, err := calendar.ParseDate(day); err != nil {
		f.wrong(field, notADay(day), "value", day)
	}
}

// period is two days in their order; the second may be left out where open is set.
func (f *form) period(from, to string, open bool) {
	f.day("from", from)
	if to == "" && open {
		return
	}
	f.day("to", to)
	if len(f.problems) == 0 && to < from {
		f.wrong("to", "date_order", "after", from)
	}
}

func (f *form) country(field, code string) {
	if !visit.KnownCountry(code) {
		f.wrong(field, "unknown_country", "value", code)
	}
}

func (f *form) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: f.problems}
}

func (f *form) number(field string, n, from, to int) {
	if n < from || n > to {
		f.wrong(field, "from_to", "from", strconv.Itoa(from), "to", strconv.Itoa(to))
	}
}
