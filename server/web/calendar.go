package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// calendarDesk is what the pages ask of the service about the working calendars.
type calendarDesk interface {
	Calendars(ctx context.Context, u service.User) (service.Calendars, error)
	CalendarYear(ctx context.Context, campus string, year int) (store.CalendarYear, error)
	LoadCalendar(ctx context.Context, u service.User, n service.NewCalendar) (store.CalendarDraft, error)
	PublishCalendar(ctx context.Context, u service.User, id int64) (store.CalendarYear, error)
	DropCalendarDraft(ctx context.Context, u service.User, id int64) error
}

func (p *Pages) showCalendars(r request) error {
	next := strconv.Itoa(r.user.Now.Year() + 1)
	return p.calendarsPage(r, http.StatusOK, view.CalendarForm{Campus: store.MainCampus, Year: next}, nil)
}

func (p *Pages) calendarsPage(r request, status int, form view.CalendarForm, problems []visit.Problem) error {
	page, err := p.page(r, "calendar", "calendar.title")
	if err != nil {
		return err
	}
	v := view.Calendars{Page: page, Right: r.rights, Form: form}
	if v.C, err = p.svc.Calendars(r.ctx(), r.user); err != nil {
		return err
	}
	var ids []string
	for _, d := range v.C.Drafts {
		ids = append(ids, d.LoadedBy)
	}
	for _, c := range v.C.Campuses {
		for _, y := range c.Years {
			if y.List != nil {
				ids = append(ids, y.List.LoadedBy, y.List.PublishedBy)
			}
		}
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	for _, q := range problems {
		problem := v.Problem(q)
		if strings.HasPrefix(q.Field, "days[") { // a row of the text: its input is the whole text
			problem.Field = "days"
		}
		v.Problems = append(v.Problems, problem)
	}
	return render(r.Context, status, view.CalendarsPage(v))
}

func (p *Pages) loadCalendar(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	form := view.CalendarForm{
		Campus: r.PostForm("campus"), Year: text(r.Request.PostForm, "year"), Source: text(r.Request.PostForm, "source"), Text: text(r.Request.PostForm, "days"),
	}
	if content, err := fileText(r, "file"); err != nil {
		return err
	} else if content != "" {
		form.Text = content
	}
	year, _ := strconv.Atoi(form.Year) // what is no number is out of range
	_, err := p.svc.LoadCalendar(r.ctx(), r.user, service.NewCalendar{Campus: form.Campus, Year: year, Source: form.Source, Text: form.Text})
	if visit.CodeOf(err) == visit.Invalid {
		return p.calendarsPage(r, http.StatusUnprocessableEntity, form, api.Refusal(err).Problems)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, "/calendar?done=calendar_loaded")
}

// maxListFile is the most that is read of a file with a list of days; more is refused by the service.
const maxListFile = 300 << 10

// fileText gives the text of a file that came with a form, "" where none was chosen.
func fileText(r request, name string) (string, error) {
	header, err := r.FormFile(name)
	if err != nil || header.Size == 0 {
		return "", nil
	}
	f, err := header.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxListFile))
	return string(b), err
}

func (p *Pages) publishCalendar(r request) error {
	return p.changeCalendar(r, "calendar_published", func(id int64) error {
		_, err := p.svc.PublishCalendar(r.ctx(), r.user, id)
		return err
	})
}

func (p *Pages) dropCalendar(r request) error {
	return p.changeCalendar(r, "calendar_dropped", func(id int64) error { return p.svc.DropCalendarDraft(r.ctx(), r.user, id) })
}

func (p *Pages) changeCalendar(r request, done string, change func(id int64) error) error {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return visit.Refuse(visit.NotFound, "not_found", "what", "calendar_draft", "id", r.Param("id"))
	}
	if err := change(id); err != nil {
		return err
	}
	return redirect(r.Context, "/calendar?done="+done)
}

// sendCalendar sends the list of a year as it can be loaded again.
func (p *Pages) sendCalendar(r request) error {
	name, csv := strings.CutSuffix(r.Param("year"), ".csv")
	year, err := strconv.Atoi(name)
	if err != nil || !csv {
		return visit.Refuse(visit.NotFound, "not_found", "what", "calendar", "id", r.Param("year"))
	}
	y, err := p.svc.CalendarYear(r.ctx(), r.Param("campus"), year)
	if err != nil {
		return err
	}
	r.Header("Content-Disposition", `attachment; filename="calendar-`+strconv.Itoa(year)+`.csv"`)
	r.Data(http.StatusOK, "text/csv; charset=utf-8", append([]byte("\ufeff"), y.CSV()...))
	return nil
}
