package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// CalendarDay is a day that is not what its weekday says.
type CalendarDay struct {
	Date   string `json:"date" doc:"YYYY-MM-DD."`
	Kind   string `json:"kind" doc:"holiday; makeup, a Saturday or Sunday that is worked; closure, a day on which the campus is closed."`
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
}

// NewCalendar is the list of a year. Either days or csv is given.
type NewCalendar struct {
	Campus string        `json:"campus" example:"main"`
	Year   int           `json:"year" example:"2027"`
	Source string        `json:"source" doc:"Number of the notice that orders the days, or where it was read."`
	Days   []CalendarDay `json:"days"`
	CSV    string        `json:"csv" doc:"Columns date, kind, name_zh, name_en."`
}

func (n NewCalendar) text() string {
	if n.CSV != "" {
		return n.CSV
	}
	b, _ := json.Marshal(append([]CalendarDay{}, n.Days...)) // strings only
	return string(b)
}

type calendarDraftPath struct {
	ID int64 `path:"id"`
}

func (a *api) addCalendars() {
	add(a, get("calendars", "/calendars", "The lists of holidays and make-up days by campus and year, and those that wait to be published"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[service.Calendars], error) {
			return answer(a.svc.Calendars(ctx, who.user))
		})
	add(a, get("calendarYear", "/calendars/{campus}/{year}", "The list by which a campus counts a year: its own, or that of the main campus"),
		func(ctx context.Context, _ caller, in *struct {
			Campus string `path:"campus"`
			Year   int    `path:"year"`
		}) (*body[store.CalendarYear], error) {
			return answer(a.svc.CalendarYear(ctx, in.Campus, in.Year))
		})
	load := post("loadCalendar", "/calendars/drafts", "Load the list of a year; somebody else publishes it")
	load.DefaultStatus = http.StatusCreated
	add(a, load, func(ctx context.Context, who caller, in *struct{ Body NewCalendar }) (*body[store.CalendarDraft], error) {
		b := in.Body
		return answer(a.svc.LoadCalendar(ctx, who.user, service.NewCalendar{Campus: b.Campus, Year: b.Year, Source: b.Source, Text: b.text()}))
	})
	add(a, post("publishCalendar", "/calendars/drafts/{id}/publish", "Publish a list that somebody else has loaded"),
		func(ctx context.Context, who caller, in *calendarDraftPath) (*body[store.CalendarYear], error) {
			return answer(a.svc.PublishCalendar(ctx, who.user, in.ID))
		})
	add(a, huma.Operation{OperationID: "dropCalendar", Method: http.MethodDelete, Path: "/calendars/drafts/{id}", Summary: "Give up a list that is not published"},
		func(ctx context.Context, who caller, in *calendarDraftPath) (*struct{}, error) {
			return nil, a.svc.DropCalendarDraft(ctx, who.user, in.ID)
		})
}
