package service_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func (k *kit) notices(f store.NoticeFilter) []service.PublicNotice {
	k.t.Helper()
	p, err := k.svc.Notices(k.t.Context(), f)
	require.NoError(k.t, err)
	return p.Items
}

func (k *kit) submittedDraft(person string, d visit.Draft) string {
	k.t.Helper()
	row, err := k.svc.CreateDraft(k.t.Context(), k.user(person), "", d)
	require.NoError(k.t, err)
	_, err = k.svc.Submit(k.t.Context(), k.user(person), row.ID, "submit-"+row.ID)
	require.NoError(k.t, err)
	return row.ID
}

func TestP30_ANoticeIsCompleteAndMasked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	d := k.draft("faculty.civ")
	d.Purpose = "宣读论文。护照E12345678，身份证11010519491231002X，电话13800138000、+86 138 0013 8000、028-87600000。项目52078432，U2034210。"
	id := k.submittedDraft("faculty.civ", d)

	n := k.notices(store.NoticeFilter{})
	require.Len(t, n, 1)
	got := n[0]
	require.Equal(t, "宣读论文。护照●●●，身份证●●●，电话●●●、●●●、●●●。项目52078432，U2034210。", got.Purpose)
	require.Equal(t, []any{id, false, "CIV", d.Title, d.ExitDate, d.ReturnDate, 4, d.Invitation, 5, false},
		[]any{got.Visit, got.After, got.Unit, got.Title, got.ExitDate, got.ReturnDate, got.Days, got.Invitation, got.WorkingDays, got.Disputed})
	require.Equal(t, service.NoticeStay{Country: "JP", City: "Kyoto", Host: "Kyoto University", Arrive: d.ExitDate, Depart: d.ReturnDate}, got.Stays[0])
	require.Equal(t, service.NoticeFund{Source: "Bridge project", Kind: visit.Research, Currency: "CNY", Amount: 1200000}, got.Funding[0])
	require.Len(t, got.People, 1)
	for _, w := range []string{got.People[0].Name.ZH, got.People[0].Name.EN, got.People[0].Unit.ZH, got.People[0].Post.ZH, got.People[0].Post.EN} {
		require.NotEmpty(t, w)
	}
	all, err := json.Marshal(got)
	require.NoError(t, err)
	for _, inside := range []string{"faculty.civ", d.TalentTask, d.TalentContact, d.Documents[0].File} {
		require.NotContains(t, string(all), inside)
	}

	after := true
	require.Empty(t, k.notices(store.NoticeFilter{After: &after}))
	require.Empty(t, k.notices(store.NoticeFilter{Unit: "MECH"}))
	require.Len(t, k.notices(store.NoticeFilter{Unit: "CIV"}), 1)
	_, err = k.svc.Notices(t.Context(), store.NoticeFilter{Cursor: "soon"})
	require.Equal(t, "invalid", rule(t, err))
	more := k.submitted("faculty.civ")
	p, err := k.svc.Notices(t.Context(), store.NoticeFilter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, id, p.Items[0].Visit)
	p, err = k.svc.Notices(t.Context(), store.NoticeFilter{Limit: 1, Cursor: p.Next})
	require.NoError(t, err)
	require.Equal(t, more, p.Items[0].Visit)
	require.Empty(t, p.Next)
}

func TestP30_AnybodyReadsANoticeAndStaffObject(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	id := k.submitted("faculty.civ")
	read := func(person string) service.NoticeCase {
		n, err := k.svc.NoticeOf(ctx, k.user(person), id)
		require.NoError(t, err)
		return n
	}
	object := func(person, text string) error {
		_, err := k.svc.Object(ctx, k.user(person), id, text, "object-"+person+text)
		return err
	}
	require.True(t, read("faculty.mech").MayObject)
	require.False(t, read("faculty.mech").MaySee, "who reads the notice does not see the case")
	require.False(t, read("faculty.civ").MayObject, "one's own visit")
	require.False(t, read("student.civ").MayObject || read("student.civ").Staff)
	require.Equal(t, "staff_only", rule(t, object("student.civ", "No.")))
	require.Equal(t, "own_visit", rule(t, object("faculty.civ", "No.")))
	require.Equal(t, "reason", problems(t, object("faculty.mech", " "))[0].Field)
	require.NoError(t, object("faculty.mech", "The host is a company."))

	require.Equal(t, "The host is a company.", read("faculty.mech").Mine[0].Text)
	require.True(t, read("dean.mech").Disputed)
	require.Empty(t, read("dean.mech").Mine, "whose objection it is, others do not read")
	require.Empty(t, read("dean.mech").ToResolve)
	require.Len(t, read("dis").ToResolve, 1)
	for person, objector := range map[string]string{"faculty.civ": service.Somebody, "dean.civ": service.Somebody, "io.rev": "faculty.mech", "dis": "faculty.mech", "auditor": "faculty.mech"} {
		c, err := k.svc.Case(ctx, k.user(person), id)
		require.NoError(t, err)
		require.Equal(t, objector, c.Visit.Objections[0].By.Person, person)
		all, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, objector == service.Somebody, !strings.Contains(string(all), "faculty.mech"), person)
		_, err = k.svc.Entries(ctx, k.user(person), id)
		_, asOf := k.svc.AsOf(ctx, k.user(person), id, 1)
		if objector == service.Somebody {
			require.Equal(t, "objector_hidden", rule(t, err), person)
			require.Equal(t, "objector_hidden", rule(t, asOf), person)
			_, err = k.svc.History(ctx, k.user(person), id)
			require.Equal(t, "objector_hidden", rule(t, err), person)
			continue
		}
		require.NoError(t, errors.Join(err, asOf), person)
	}
	_, err := k.svc.Resolve(ctx, k.user("dean.mech"), id, 1, false, "No.", "resolve-1")
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	_, err = k.svc.Resolve(ctx, k.user("dis"), id, 1, false, "It is a university.", "resolve-2")
	require.NoError(t, err)
	require.False(t, read("dean.mech").Disputed)
	require.Equal(t, "It is a university.", read("faculty.mech").Mine[0].AnswerText)

	_, err = k.svc.Do(ctx, k.user("faculty.civ"), id, service.CommandWithdraw, "", "Over.", "withdraw")
	require.NoError(t, err)
	_, err = k.svc.NoticeOf(ctx, k.user("faculty.mech"), id)
	require.Equal(t, "not_found", rule(t, err), "a visit that has ended is on no board")
}

func TestP30_ASecretVisitIsOnNoBoardAndWaitsForNone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	d := k.draft("faculty.civ")
	d.Flags = []visit.Flag{visit.Secret}
	id := k.submittedDraft("faculty.civ", d)
	later := k.submitted("faculty.civ")
	require.Equal(t, visit.NoticeKept, k.row(id).Notice)
	require.Equal(t, later, k.notices(store.NoticeFilter{})[0].Visit)
	require.Len(t, k.notices(store.NoticeFilter{}), 1)

	_, err := k.svc.ExemptNotice(ctx, k.user("io.rev"), id, "No.", "exempt-1")
	require.Equal(t, "exempt_posts_only", rule(t, err))
	_, err = k.svc.ExemptNotice(ctx, k.user("sec"), id, "", "exempt-2")
	require.Equal(t, "reason", problems(t, err)[0].Field)
	c, err := k.svc.Case(ctx, k.user("sec"), id)
	require.NoError(t, err)
	require.True(t, c.Can.Exempt && c.Can.Publish)
	_, err = k.svc.ExemptNotice(ctx, k.user("sec"), id, "The project is classified.", "exempt-3")
	require.NoError(t, err)
	require.Equal(t, visit.NoticeExempt, k.row(id).Notice)
	found, err := k.svc.SearchEvents(ctx, k.user("auditor"), store.EventFilter{Kind: "notice_exempted"})
	require.NoError(t, err)
	require.Equal(t, []string{id, "sec", "SEC"}, []string{found.Items[0].Visit, found.Items[0].Actor, found.Items[0].Post})
	c, err = k.svc.Case(ctx, k.user("auditor"), id)
	require.NoError(t, err)
	require.Equal(t, "The project is classified.", c.Notes[c.Visit.Exempt.Reason])

	n, err := k.svc.NoticeOf(ctx, k.user("sec"), later)
	require.NoError(t, err)
	require.True(t, n.MayExempt, "a secret that is found later is taken off the board from the board")
	_, err = k.svc.ExemptNotice(ctx, k.user("io.dir"), later, "Found later.", "exempt-4")
	require.NoError(t, err)
	require.Empty(t, k.notices(store.NoticeFilter{}))

	other := k.draft("faculty.civ")
	other.Flags = []visit.Flag{visit.Secret}
	third := k.submittedDraft("faculty.civ", other)
	_, err = k.svc.PublishNotice(ctx, k.user("io.dir"), third, "There is no secret in it.", "publish")
	require.NoError(t, err)
	require.Equal(t, third, k.notices(store.NoticeFilter{})[0].Visit)
}

// back is a visit whose traveller is home, reported, and whose notice after the return is open.
func (k *kit) back(person string, report visit.Report) string {
	k.t.Helper()
	id := k.home(person)
	hash, err := k.svc.Store.PutReport(k.t.Context(), id, report)
	require.NoError(k.t, err)
	k.recorded(id, visit.Command{By: visit.Actor{Person: person}, Do: visit.FileReport{Form: visit.AcademicReport, Content: hash}})
	k.recorded(id, visit.Command{By: visit.Actor{Person: "dean.civ", Post: "COL.DEAN", Unit: "CIV"}, Do: visit.AcceptReport{Report: 1}})
	return id
}

// recorded records a command without the workflow.
func (k *kit) recorded(id string, c visit.Command) {
	k.t.Helper()
	v, err := k.svc.Store.Visit(k.t.Context(), id)
	require.NoError(k.t, err)
	c.ID, c.By.Channel = fmt.Sprint(id, ".", v.Seq), "api"
	_, err = k.svc.Store.Record(k.t.Context(), v, c)
	require.NoError(k.t, err, "%T", c.Do)
}

// home is a visit whose traveller is back, with a budget that was approved.
func (k *kit) home(person string, budget ...visit.BudgetLine) string {
	k.t.Helper()
	ctx := k.t.Context()
	d := k.draft(person)
	d.Budget = budget
	d.ExitDate, d.ReturnDate, d.Legs[0].Arrive, d.Legs[0].Depart = k.day(0), k.day(3), k.day(0), k.day(3)
	row, err := k.svc.CreateDraft(ctx, k.user(person), "", d)
	require.NoError(k.t, err)
	people, err := k.svc.Store.People(ctx, person)
	require.NoError(k.t, err)
	version, err := k.svc.Store.PutVersion(ctx, row.ID, store.Content{Applicant: person, Draft: d, People: []policy.Person{people[person]}})
	require.NoError(k.t, err)
	who := []string{person}
	route := visit.Route{Rule: "R", Stages: [][]visit.SignOff{{{Code: "IO.REV", Review: visit.IOReview, Posts: []string{"IO.REV"}, Limit: 1}}}, Life: &visit.Life{
		Exit: d.ExitDate, Arrive: d.ExitDate, Return: d.ReturnDate, Leader: person, NoticeDays: 5, Keep: visit.TenYears, ArchiveBy: "06-30",
		Duties: []visit.Duty{{Travellers: who, Report: visit.Period{N: 1, Of: "months"}, Form: visit.AcademicReport}},
	}}
	_, err = k.svc.Store.Record(ctx, visit.New(row.ID, person), visit.Command{
		ID: row.ID + ".0", By: visit.Actor{Person: person, Channel: "api"}, Do: visit.Submit{Version: version, Unit: "CIV", Travellers: who, Route: route},
	})
	require.NoError(k.t, err)
	k.recorded(row.ID, visit.Command{By: visit.Actor{Person: "io.rev", Post: "IO.REV"}, Do: visit.Approve{Task: "1.1.IO.REV"}})
	k.recorded(row.ID, visit.Command{By: visit.Actor{Person: person}, Do: visit.Depart{On: k.day(0)}})
	k.recorded(row.ID, visit.Command{By: visit.Actor{Person: person}, Do: visit.Arrive{Back: k.day(0)}})
	return row.ID
}

func TestP30_TheNoticeAfterTheReturnTellsWhatHappened(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.back("faculty.civ", visit.Report{
		Form: visit.AcademicReport, Summary: "The paper was read; call 13800138000.", Results: []visit.Result{{Kind: visit.ResultTalk, Text: "One talk"}},
		Contacts: []visit.Contact{{Name: "H. Sato", Institution: "Kyoto University", Country: "JP"}},
	})
	n, err := k.svc.NoticeOf(t.Context(), k.user("faculty.mech"), id)
	require.NoError(t, err)
	require.True(t, n.After && n.MayObject)
	require.Equal(t, k.day(0), n.Trips[0].Back)
	require.Equal(t, k.day(0), n.Trips[0].Left)
	require.NotEmpty(t, n.Trips[0].Name.EN)
	require.Equal(t, []service.NoticeReport{{Summary: "The paper was read; call ●●●.", Results: []visit.Result{{Kind: visit.ResultTalk, Text: "One talk"}}}}, n.Reports)
	all, err := json.Marshal(n.PublicNotice)
	require.NoError(t, err)
	require.NotContains(t, string(all), "Sato", "whom somebody met is not announced")
	after, before := true, false
	require.Len(t, k.notices(store.NoticeFilter{After: &after}), 1)
	require.Empty(t, k.notices(store.NoticeFilter{After: &before}))
}
