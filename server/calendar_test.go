package server

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const days2027 = "date,kind,name_zh,name_en\n2027-01-01,holiday,元旦,New Year's Day\n2027-01-09,makeup,元旦,New Year's Day\n"

func TestP42_TheCalendarThroughThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	require.NoError(t, s.svc.Store.InstallCalendars(t.Context()))
	editor, publisher, reader := s.browse("policy.editor"), s.browse("policy.publisher"), s.browse("faculty.civ")

	page := reader.get("/calendar").ok(http.StatusOK).Body
	require.Contains(t, page, "not published yet")
	require.Contains(t, page, "248 working days")
	require.Contains(t, page, "Sun 20 Sep 2026", "the make-up days can be read")
	require.NotContains(t, page, `action="/calendar"`, "readers load nothing")

	form := func(source, days string) url.Values {
		return url.Values{"campus": {"main"}, "year": {"2027"}, "source": {source}, "days": {days}}
	}
	require.Equal(t, http.StatusForbidden, reader.post("/calendar", form("x", days2027)).Status)
	for name, wrong := range map[string]url.Values{
		"Please fill this in":                     form("", days2027),
		"A year without holidays is not accepted": form("Notice 7", ""),
		"is not in 2027":                          form("Notice 7", days2027+"2026-05-01,holiday,劳动节,Labour Day\n"),
		"is no Saturday or Sunday":                form("Notice 7", days2027+"2027-01-08,makeup,元旦,New Year's Day\n"),
		"Row 3 · Date":                            form("Notice 7", days2027+"1 Jan,holiday,元旦,New Year's Day\n"),
		"is listed in row 1 already":              form("Notice 7", days2027+"2027-01-01,closure,停电,Maintenance\n"),
		"4 columns":                               form("Notice 7", days2027+"2027-01-02\n"),
	} {
		refused := editor.post("/calendar", wrong).ok(http.StatusUnprocessableEntity).Body
		require.Contains(t, refused, name)
		if wrong.Get("days") != "" {
			require.Contains(t, refused, "2027-01-09,makeup", "what was typed stays")
		}
	}
	editor.post("/calendar", form("Notice 7", days2027)).ok(http.StatusSeeOther)
	draft := regexp.MustCompile(`/calendar/drafts/\d+/`).FindString(publisher.get("/calendar").ok(http.StatusOK).Body)
	require.NotEmpty(t, draft)
	require.NotContains(t, editor.get("/calendar").Body, draft+"publish")
	require.Equal(t, http.StatusForbidden, editor.post(draft+"publish", url.Values{}).Status)
	require.Contains(t, reader.get("/calendar").Body, "not published yet", "a list that waits changes nothing")
	publisher.post(draft+"publish", url.Values{}).ok(http.StatusSeeOther)
	page = reader.get("/calendar").ok(http.StatusOK).Body
	require.NotContains(t, page, "not published yet")
	require.Contains(t, page, "Sat 9 Jan 2027")
	require.Equal(t, days2027, strings.TrimPrefix(reader.get("/calendar/main/2027.csv").ok(http.StatusOK).Body, "\ufeff"))
	require.Equal(t, http.StatusConflict, publisher.post(draft+"drop", url.Values{}).Status)
	require.Equal(t, http.StatusNotFound, reader.get("/calendar/main/2028.csv").Status)
}

func TestP42_TheCalendarThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	admin, publisher := s.as("admin"), s.as("policy.publisher")
	day := func(date, kind string) string {
		return `{"date":"` + date + `","kind":"` + kind + `","name_zh":"元旦","name_en":"New Year's Day"}`
	}
	load := func(days string) reply {
		return admin.post("/calendars/drafts", `{"campus":"xipu","year":2027,"source":"Notice 7","days":[`+days+`]}`, "")
	}
	load("").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("days", "calendar_empty")
	wrong := load(day("2027-01-01", "holiday")+","+day("2027-13-01", "feast")).refused(http.StatusUnprocessableEntity, "invalid", "invalid")
	wrong.field("days[1].date", "not_a_date")
	require.Equal(t, "days[1].kind", wrong.at("errors", 1, "field"))
	s.as("dean.civ").post("/calendars/drafts", `{"campus":"xipu","year":2027,"source":"x","days":[]}`, "").refused(http.StatusForbidden, "forbidden", "calendar_loader_only")
	id := strings.TrimSuffix(jsonOf(load(day("2027-01-01", "holiday")).ok(http.StatusCreated).at("id")), ".0")
	admin.post("/calendars/drafts/"+id+"/publish", "", "").refused(http.StatusForbidden, "forbidden", "publisher_only")
	require.EqualValues(t, 1, publisher.post("/calendars/drafts/"+id+"/publish", "", "").ok(http.StatusOK).at("version"))
	require.Equal(t, "Notice 7", admin.get("/calendars/xipu/2027").ok(http.StatusOK).at("source"))
	admin.get("/calendars/main/2027").refused(http.StatusNotFound, "not_found", "not_found")
	admin.get("/calendars").ok(http.StatusOK)
	admin.send(http.MethodDelete, "/calendars/drafts/"+id, "", "").refused(http.StatusConflict, "conflict", "calendar_draft_closed")
}
