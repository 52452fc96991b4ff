package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// list2027 is made up for tests; the State Council has yet to publish the list of 2027.
func list2027(more ...calendar.Entry) calendar.Year {
	days := []calendar.Entry{
		{Date: calendar.MustDate("2027-01-01"), Kind: calendar.Holiday, NameZH: "元旦", NameEN: "New Year's Day"},
		{Date: calendar.MustDate("2027-01-04"), Kind: calendar.Holiday, NameZH: "元旦", NameEN: "New Year's Day"},
		{Date: calendar.MustDate("2027-01-09"), Kind: calendar.MakeUp, NameZH: "元旦", NameEN: "New Year's Day"},
	}
	return calendar.Year{Year: 2027, Source: "made up for tests", Days: append(days, more...)}
}

// at moves the university's clock to an instant.
func (b *bench) at(t time.Time) {
	b.t.Helper()
	require.NoError(b.t, b.st.SetClock(b.t.Context(), time.Until(t)))
}

func (b *bench) publish(campus string, y calendar.Year) {
	b.t.Helper()
	d, err := b.st.LoadCalendar(b.t.Context(), "editor", campus, y)
	require.NoError(b.t, err)
	_, err = b.st.PublishCalendar(b.t.Context(), "publisher", d.ID)
	require.NoError(b.t, err)
}

func (b *bench) visit(id string) visit.Visit {
	b.t.Helper()
	v, err := b.st.Visit(b.t.Context(), id)
	require.NoError(b.t, err)
	return v
}

func TestP42_RecordCountsByTheNewestVersionOfTheUnitsCampus(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	b.at(calendar.MustDate("2026-12-31").At(10, 0))
	before := b.visit(b.submit("faculty", "faculty"))
	require.Equal(t, calendar.MustDate("2027-01-01").At(18, 0).UTC(), before.Tasks[0].Due)
	require.True(t, before.Tasks[0].Provisional, "2027 is not published yet")
	row, err := b.st.VisitRow(t.Context(), before.ID)
	require.NoError(t, err)
	require.True(t, row.NoticeProvisional)

	other := d.Open(t) // another process, which has the old calendars in memory
	_, err = other.Calendars(t.Context())
	require.NoError(t, err)
	b.publish(store.MainCampus, list2027())
	b.st = other
	after := b.visit(b.submit("faculty", "faculty"))
	require.Equal(t, calendar.MustDate("2027-01-05").At(18, 0).UTC(), after.Tasks[0].Due, "New Year and the Monday after are off")
	require.False(t, after.Tasks[0].Provisional)

	// A campus with a day of its own off.
	require.NoError(t, b.st.PutUniversity(t.Context(), store.University{
		Campuses: []store.Campus{{Code: "emei", NameZH: "峨眉", NameEN: "Emei"}},
		Units:    []store.Unit{{Code: "CIV", Kind: "college", NameZH: "土木", NameEN: "Civil", Campus: "emei"}},
	}))
	require.Equal(t, after.Tasks[0].Due, b.visit(b.submit("faculty", "faculty")).Tasks[0].Due, "without a list of its own it follows the main campus")
	closed := calendar.Entry{Date: calendar.MustDate("2027-01-05"), Kind: calendar.Closure, NameZH: "停电检修", NameEN: "Power maintenance"}
	b.publish("emei", list2027(closed))
	require.Equal(t, calendar.MustDate("2027-01-06").At(18, 0).UTC(), b.visit(b.submit("faculty", "faculty")).Tasks[0].Due)

	cs, err := b.st.Calendars(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, cs.Of("emei").Version(), cs.Of(store.MainCampus).Version())
	require.Equal(t, cs.Of("nowhere"), cs.Of(store.MainCampus))
}

func TestP42_VisitsWithDatesThatCanBeComputedNowAreFound(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	b.at(calendar.MustDate("2026-12-31").At(10, 0))
	id := b.submit("faculty", "faculty")
	found, err := b.st.Provisional(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, found, "nothing can be computed while 2027 has no list")

	require.NoError(t, b.st.InstallCalendars(t.Context()))
	require.NoError(t, b.st.InstallCalendars(t.Context()), "again changes nothing")
	years, err := b.st.CalendarYears(t.Context())
	require.NoError(t, err)
	require.Len(t, years, 2)
	require.Equal(t, "国办发明电〔2024〕12号", years[0].Source)
	b.publish(store.MainCampus, list2027())
	found, err = b.st.Provisional(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []store.Provisional{{Visit: id, Campus: "main", Seq: 3}}, found)

	_, err = b.record(id, "", visit.System, visit.Recalculate{Calendar: "x"})
	require.NoError(t, err)
	found, err = b.st.Provisional(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, found, "what was computed is not found again")
	row, err := b.st.VisitRow(t.Context(), id)
	require.NoError(t, err)
	require.False(t, row.NoticeProvisional)
	require.Equal(t, calendar.MustDate("2027-01-09").At(18, 0).UTC(), row.NoticeCloses.UTC(), "5, 6, 7, 8 and the make-up Saturday 9 January")

	before := dump(t, d)
	_, err = b.st.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, dump(t, d))
}

func TestP42_AListIsPublishedOnceAndByASecondPerson(t *testing.T) {
	t.Parallel()
	b, d := newBench(t)
	ctx := t.Context()
	draft, err := b.st.LoadCalendar(ctx, "editor", store.MainCampus, list2027())
	require.NoError(t, err)
	_, err = b.st.PublishCalendar(ctx, "editor", draft.ID)
	require.Equal(t, visit.Forbidden, visit.CodeOf(err))
	version, err := b.st.PublishCalendar(ctx, "publisher", draft.ID)
	require.NoError(t, err)
	require.Equal(t, 1, version)
	_, err = b.st.PublishCalendar(ctx, "publisher", draft.ID)
	require.Equal(t, visit.Conflict, visit.CodeOf(err))
	require.Equal(t, visit.Conflict, visit.CodeOf(b.st.DropCalendarDraft(ctx, draft.ID)))

	errs := make(chan error, 2)
	for range 2 {
		again, err := b.st.LoadCalendar(ctx, "editor", store.MainCampus, list2027())
		require.NoError(t, err)
		go func() {
			_, err := b.st.PublishCalendar(ctx, "publisher", again.ID)
			errs <- err
		}()
	}
	require.NoError(t, <-errs)
	require.NoError(t, <-errs)
	newest, err := b.st.CalendarYear(ctx, store.MainCampus, 2027)
	require.NoError(t, err)
	require.Equal(t, 3, newest.Version)
	_, err = b.st.CalendarYear(ctx, store.MainCampus, 2028)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))

	for _, change := range []string{`UPDATE calendar_year SET source = 'x'`, `DELETE FROM calendar_year`} {
		_, err := d.App(t).Exec(change)
		require.ErrorContains(t, err, "permission denied", fmt.Sprint(change))
	}
}
