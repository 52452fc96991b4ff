package walk_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// class puts so many students of a college into the university and gives their numbers.
func (w walker) class(n int) []string {
	w.t.Helper()
	var u store.University
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("2026%04d", i+1)
		u.People = append(u.People, policy.Person{
			ID: ids[i], NameZH: fmt.Sprintf("学生%d", i+1), NameEN: fmt.Sprintf("Student %d", i+1), Unit: "CIV", Rank: policy.Student, Student: "undergraduate",
			Supervisor: "faculty.civ",
		})
	}
	require.NoError(w.t, w.store.PutUniversity(w.t.Context(), u))
	return ids
}

// list writes a list of travellers as a spreadsheet program does.
func (w walker) list(rows ...[]any) []byte {
	w.t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		require.NoError(w.t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	b, err := f.WriteToBuffer()
	require.NoError(w.t, err)
	return bytes.Clone(b.Bytes())
}

// A study tour of 40 students and their leaders, entered from a file, from the draft to the archive.
func TestP39_ATourOfFortyStudentsFromAFileToTheArchive(t *testing.T) {
	t.Parallel()
	w := walk(t)
	students := w.class(40)
	rows := [][]any{{"学号/工号", "姓名", "角色"}, {"vds.civ", "", "领队"}}
	for i, id := range students {
		rows = append(rows, []any{id, fmt.Sprintf("学生%d", i+1), "学生"})
	}
	wrong := append(rows[:3:3], []any{"20269999", "", ""}, []any{students[1], "学生1", ""})
	_, err := w.as("sec.civ").ReadRoster(t.Context(), w.list(wrong...))
	p := refused(t, err, http.StatusUnprocessableEntity, "invalid")
	require.Len(t, p.Errors, 2)
	require.Equal(t, "rows[3].person", p.Errors[0].Field, "the line of the spreadsheet is one more")
	require.Equal(t, "rows[4].name", p.Errors[1].Field)

	group, err := w.as("sec.civ").ReadRoster(t.Context(), w.list(rows...))
	require.NoError(t, err)
	require.Len(t, group, 41)
	d := w.request(visit.StudentTour, "CIV", 75, 8)
	d.Travellers = group
	d.PlanItem = "CIV-09"
	_, err = w.as("sec.civ").Submit(t.Context(), w.keep("sec.civ", w.complete("sec.civ", d)), "")
	p = refused(t, err, http.StatusUnprocessableEntity, "cannot_submit")
	require.Contains(t, fmt.Sprint(p.Errors), "one leader from the staff for every 20", "one leader is not enough for 40")

	rows = append(rows, []any{"faculty.civ", "", "带队教师"})
	d.Travellers, err = w.as("sec.civ").ReadRoster(t.Context(), w.list(rows...))
	require.NoError(t, err)
	id := w.approved("sec.civ", d)
	v := w.look(id)
	require.Equal(t, visit.StatePreparing, v.State)
	require.Equal(t, "R08", v.Route.Rule)
	require.Len(t, v.Trips, 42)
	w.denied(http.StatusConflict, "not_in_state", "sec.civ", id, "depart", body{"on": w.today(0)})
	w.prepared(id)

	w.passTo(d.ExitDate)
	w.act("sec.civ", id, "depart", body{"on": d.ExitDate})
	w.act("vds.civ", id, "check-in", body{"place": "Guest house of the university"})
	w.denied(http.StatusForbidden, "not_your_traveller", "faculty.civ", id, "check-in", body{"place": "Elsewhere", "travellers": []string{students[1]}})
	first := calendar.MustDate(d.ReturnDate).AddDays(-1).String()
	w.passTo(first)
	w.act("vds.civ", id, "arrive", body{"back": first, "travellers": []string{students[0]}})
	require.Equal(t, visit.StateAbroad, w.look(id).State, "41 are still away")
	w.passTo(d.ReturnDate)
	w.act("vds.civ", id, "arrive", body{"back": d.ReturnDate})
	w.finished(id, "vds.civ", "dean.civ", visit.StudentReport)
	w.ledger(id)
}
