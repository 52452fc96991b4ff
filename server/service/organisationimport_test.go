package service_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/visit"
)

// look says what a table would do, and carry does it.
func (k *kit) look(table service.ImportTable, text string) service.OrganisationImport {
	k.t.Helper()
	o, err := k.svc.ImportOrganisation(k.t.Context(), k.user("admin"), table, strings.NewReader(text), "")
	require.NoError(k.t, err)
	require.False(k.t, o.Applied)
	return o
}

func (k *kit) carry(table service.ImportTable, text string) service.OrganisationImport {
	k.t.Helper()
	o, err := k.svc.ImportOrganisation(k.t.Context(), k.user("admin"), table, strings.NewReader(text), k.look(table, text).Digest)
	require.NoError(k.t, err)
	return o
}

func TestP58_TheSamplesAreImportedOnceAndForAll(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, table := range service.ImportTables {
		rows, ok := service.ImportSample(table)
		require.True(t, ok)
		content, err := sheet.CSV(rows)
		require.NoError(t, err)
		o := k.carry(table, string(content))
		require.True(t, o.Applied)
		require.Equal(t, len(rows)-1, o.Count("added"), table)

		again := k.carry(table, string(content))
		require.False(t, again.Applied)
		require.Empty(t, again.Changes, "the same file changes nothing")
		require.Equal(t, len(rows)-1, again.Same)

		events, err := k.svc.Store.SearchOffice(t.Context(), store.OfficeFilter{Kind: service.OrganisationImported, About: "import/" + string(table)})
		require.NoError(t, err)
		require.Len(t, events.Items, 1, "once in the ledger of the office")
		require.Equal(t, "admin", events.Items[0].Actor)
		require.NotContains(t, events.Items[0].Body, "Gu Xiaoning")
	}
	acting, err := k.svc.Store.Acting(t.Context(), "20261001", "2026-12-02")
	require.NoError(t, err)
	require.Len(t, acting, 1)
	require.Equal(t, "COL.DEAN", acting[0].Post)
	held, err := k.svc.Store.SearchOffice(t.Context(), store.OfficeFilter{Kind: "holding_added", Actor: "admin"})
	require.NoError(t, err)
	require.Len(t, held.Items, 1, "as when it is done by hand")
}

func TestP58_AnImportChangesAndEndsWhatTheFileSays(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const people = "工号\t拼音\t离职日期\tSalary\nfaculty.civ\tTao Zhiyuan-Lin\t\ndean.civ\t\t2027/1/5\n"
	_, err := k.svc.ImportOrganisation(t.Context(), k.user("admin"), "people", strings.NewReader(people), "")
	require.Equal(t, "rows[2].name_en", problems(t, err)[0].Field, "a name is never emptied")

	text := strings.Replace(people, "dean.civ\t", "dean.civ\tQiao Yuanshan", 1)
	o := k.look("people", text)
	require.Equal(t, []string{"Salary"}, o.Ignored)
	require.Equal(t, 1, o.Count("changed"))
	require.Equal(t, 1, o.Count("ended"))
	before, err := k.svc.Store.People(t.Context(), "faculty.civ")
	require.NoError(t, err)
	require.True(t, k.carry("people", text).Applied)
	after, err := k.svc.Store.People(t.Context(), "faculty.civ")
	require.NoError(t, err)
	want := before["faculty.civ"]
	want.NameEN = "Tao Zhiyuan-Lin"
	require.Equal(t, want, after["faculty.civ"], "columns that the table does not have stay")
	held, err := k.svc.Store.Holdings(t.Context(), "dean.civ", "2026-01-01")
	require.NoError(t, err)
	require.NotEmpty(t, held)
	require.Equal(t, "2027-01-05", held[0].To, "the posts end with the last day")

	of, err := k.svc.Store.Holdings(t.Context(), "psec.civ", "2026-01-01")
	require.NoError(t, err)
	h := of[0]
	list := "person,post,unit,from,to\npsec.civ," + h.Post + "," + h.Unit + "," + h.From + ",2027-06-30\n"
	o = k.carry("holdings", list)
	require.Equal(t, "ended", o.Changes[0].Change)
	of, err = k.svc.Store.Holdings(t.Context(), "psec.civ", "2026-01-01")
	require.NoError(t, err)
	require.Equal(t, "2027-06-30", of[0].To)
	_, err = k.svc.ImportOrganisation(t.Context(), k.user("admin"), "holdings", strings.NewReader(strings.Replace(list, "2027-06-30", "", 1)), "")
	require.Equal(t, "ended_already", problems(t, err)[0].Rule, "an old file gives nobody a post back")
}

func TestP58_EveryWrongRowOfAnImportIsNamed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	rules := func(table service.ImportTable, content []byte) map[string]string {
		_, err := k.svc.ImportOrganisation(t.Context(), k.user("admin"), table, bytes.NewReader(content), "any")
		found := map[string]string{}
		for _, p := range problems(t, err) {
			found[p.Field] += p.Rule
		}
		return found
	}
	require.Equal(t, map[string]string{
		"rows[2].person": "import_code", "rows[2].unit": "unknown_unit", "rows[3].rank": "unknown_value", "rows[4].name_zh": "required", "rows[5].student": "student_rank",
		"rows[6].supervisor": "unknown_person", "rows[6].born": "not_a_date", "rows[7].person": "twice_in_lines", "rows[8].supervisor": "same_person",
	}, rules("people", []byte("person,name_zh,name_en,unit,rank,student,supervisor,born\nN1,新人,New One,CIV,STAFF,,,\nN 2,新人,New Two,NONE,STAFF,,,\n"+
		"N3,新人,New Three,CIV,DOCTOR,,,\nN4,,New Four,CIV,STAFF,,,\nN5,新人,New Five,CIV,学生,,,\nN6,新人,New Six,CIV,STAFF,,N9,31.2.1990\nN1,新人,New One,CIV,STAFF,,,\n"+
		"N8,新人,New Eight,CIV,学生,本科生,N8,\n")))
	people, err := k.svc.Store.People(t.Context(), "N1")
	require.NoError(t, err)
	require.Empty(t, people, "the good row is not applied either")

	held, err := k.svc.Store.Holdings(t.Context(), "dean.civ", "2026-01-01")
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"rows[1].person": "unknown_person", "rows[2].post": "unknown_post", "rows[3].to": "date_order", "rows[4].from": "held_already", "rows[6].from": "held_already",
	}, rules("holdings", []byte("person,post,unit,from,to\nnobody,COL.DEAN,CIV,2027-01-01,\nvds.civ,COL.KING,CIV,2027-01-01,\nvds.civ,COL.DEAN,CIV,2027-01-01,2026-01-01\n"+
		"dean.civ,"+held[0].Post+",CIV,2027-01-01,\nvds.civ,COL.DEAN,MECH,2027-01-01,2027-02-01\nvds.civ,COL.DEAN,MECH,2027-02-01,\n")))

	f := excelize.NewFile()
	for at, row := range map[string][]any{"A1": {"code", "kind", "name_zh", "name_en"}, "A4": {"PHY", "faculty", "物理学院", "School of Physics"}} {
		require.NoError(t, f.SetSheetRow("Sheet1", at, &row))
	}
	book, err := f.WriteToBuffer()
	require.NoError(t, err)
	require.Equal(t, map[string]string{"rows[3].kind": "unknown_value"}, rules("units", book.Bytes()), "by the line that the spreadsheet shows")

	for text, rule := range map[string]string{
		"": "no_rows", "person\n": "no_rows", "Passport,Phone\nE1,2\n": "no_column", "a,b\n\"x": "not_a_table", "person\n" + strings.Repeat("N1\n", 10001): "too_many",
		"person\n" + strings.Repeat("N1 ", 1_500_000): "too_large",
	} {
		require.Equal(t, map[string]string{"file": rule}, rules("people", []byte(text)))
	}
}

func TestP58_OnlyWhatWasShownIsImportedAndOnlyByAnAdministrator(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const unit = "code,kind,name_zh,name_en\nPHY,college,物理学院,School of Physics\n"
	send := func(person, text, seen string) error {
		_, err := k.svc.ImportOrganisation(t.Context(), k.user(person), "units", strings.NewReader(text), seen)
		return err
	}
	for _, person := range []string{"faculty.civ", "dean.civ", "io.dir", "auditor"} {
		for _, seen := range []string{"", k.look("units", unit).Digest} {
			require.Equal(t, visit.Forbidden, visit.CodeOf(send(person, unit, seen)), person)
		}
	}
	seen := k.look("units", unit).Digest
	require.Equal(t, visit.Conflict, visit.CodeOf(send("admin", strings.Replace(unit, "Physics", "Medicine", 1), seen)), "another text than the one that was looked at")
	require.NoError(t, send("admin", unit, seen))
	_, err := k.svc.ImportOrganisation(t.Context(), k.user("admin"), "planets", strings.NewReader(unit), "")
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
}
