package view

import (
	"strconv"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/server/service"
)

// Calendars is the page of the working calendars.
type Calendars struct {
	Page
	C     service.Calendars
	Right service.Rights
	Form  CalendarForm
}

// CalendarForm is a list as it was typed.
type CalendarForm struct{ Campus, Year, Source, Text string }

// span is a run of listed days of one kind and name, both ends included.
type span struct {
	policy.Words
	From, To string // YYYY-MM-DD
}

// spans gives the days of a kind, in order, as runs.
func spans(y calendar.Year, kind calendar.Kind) []span {
	var out []span
	for _, e := range y.Days {
		if e.Kind != kind {
			continue
		}
		words, day := policy.Words{ZH: e.NameZH, EN: e.NameEN}, e.Date.String()
		if n := len(out); n > 0 && out[n-1].Words == words && out[n-1].To == e.Date.AddDays(-1).String() {
			out[n-1].To = day
			continue
		}
		out = append(out, span{words, day, day})
	}
	return out
}

// campusName names a campus by its code.
func (v Calendars) campusName(code string) string {
	for _, c := range v.C.Campuses {
		if c.Code == code {
			return v.Lang.Pick(c.NameZH, c.NameEN)
		}
	}
	return code
}

func calendarURL(id int64, do string) string {
	return "/calendar/drafts/" + strconv.FormatInt(id, 10) + "/" + do
}
