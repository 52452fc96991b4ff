package service_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// keeping gives the kit a key for passports.
func keeping(t testing.TB) *kit {
	t.Helper()
	k := newKit(t)
	keys, err := passport.ParseKeys(passport.NewKey())
	require.NoError(t, err)
	k.svc.PassportKeys = keys
	return k
}

// passport registers an official passport of a person and takes it into custody.
func (k *kit) passport(person, number string) int64 {
	k.t.Helper()
	c, err := k.svc.RegisterPassport(k.t.Context(), k.user("passport"), service.NewPassport{
		Person: person, Kind: passport.Official, Number: number, Expires: k.day(1000), Held: true,
	})
	require.NoError(k.t, err)
	require.Equal(k.t, passport.Held, c.State)
	return c.ID
}

func (k *kit) move(id int64, m service.PassportMove) (service.PassportCase, error) {
	return k.svc.MovePassport(k.t.Context(), k.user("passport"), id, m)
}

// approve takes a visit of faculty.civ to its approval, without waiting for anybody: the last sign-offs are recorded here.
func (k *kit) approve(id string) {
	k.t.Helper()
	sign := func(person, task string) {
		_, err := k.svc.Decide(k.t.Context(), k.user(person), id, service.Decision{Task: task, Verdict: service.Approve}, task+id)
		require.NoError(k.t, err)
	}
	sign("dean.civ", "1.1.COL.DEAN")
	sign("psec.civ", "1.1.COL.PSEC")
	sign("fin", "1.1.FIN")
	sign("io.rev", "1.2.IO.REV")
	_, err := k.svc.AdvanceClock(k.t.Context(), k.user("admin"), 20*24*time.Hour)
	require.NoError(k.t, err)
	sign("io.dir", "1.3.ISSUE")
}

// goTo moves the clock so that today is a day.
func (k *kit) goTo(day string) {
	k.t.Helper()
	days := calendar.MustDate(day).Sub(calendar.MustDate(k.day(0)))
	require.GreaterOrEqual(k.t, days, 0)
	if days > 0 {
		_, err := k.svc.Store.AdvanceClock(k.t.Context(), time.Duration(days)*24*time.Hour)
		require.NoError(k.t, err)
	}
	require.Equal(k.t, day, k.day(0))
}

func TestP33_OutAtMostFiveDaysBeforeAndBackSevenAfter(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	row, err := k.svc.Store.VisitRow(t.Context(), id)
	require.NoError(t, err)
	exit := calendar.MustDate(row.ExitDate)
	p := k.passport("faculty.civ", "E12345689")
	out := service.PassportMove{Kind: passport.Out, Visit: id}
	_, err = k.move(p, out)
	require.Equal(t, "not_approved", problems(t, err)[0].Rule)
	k.approve(id)
	_, err = k.move(p, out)
	require.Equal(t, "too_early_out", problems(t, err)[0].Rule)
	require.Equal(t, exit.AddDays(-5).String(), problems(t, err)[0].Args["first"])

	k.goTo(exit.AddDays(-6).String())
	_, err = k.move(p, out)
	require.Equal(t, "too_early_out", problems(t, err)[0].Rule, "six days before")
	k.goTo(exit.AddDays(-5).String())
	c, err := k.svc.Passport(t.Context(), k.user("passport"), p)
	require.NoError(t, err)
	require.Len(t, c.Visits, 1, "the form offers the visit")
	_, err = k.move(k.passport("dean.civ", "E22345689"), out)
	require.Equal(t, "not_a_traveller", problems(t, err)[0].Rule)
	pass, err := k.svc.RegisterPassport(t.Context(), k.user("passport"), service.NewPassport{Person: "faculty.civ", Kind: passport.HKMacao, Number: "C1234567", Expires: k.day(500), Held: true})
	require.NoError(t, err)
	_, err = k.move(pass.ID, out)
	require.Equal(t, "other_passport", problems(t, err)[0].Rule)
	short, err := k.svc.RegisterPassport(t.Context(), k.user("passport"), service.NewPassport{Person: "faculty.civ", Kind: passport.Official, Number: "E99945689", Expires: row.ExitDate, Held: true})
	require.NoError(t, err)
	_, err = k.move(short.ID, out)
	require.Equal(t, "passport_expires", problems(t, err)[0].Rule)

	c, err = k.move(p, out)
	require.NoError(t, err)
	require.Equal(t, passport.Away, c.State)
	require.Equal(t, exit.AddDays(4+7).String(), c.Due, "departure + approved days + 7 while nothing else is known")
	_, err = k.move(p, out)
	require.Equal(t, "passport_moved", rule(t, err), "it is out already")

	back := calendar.MustDate(row.ReturnDate)
	k.goTo(back.AddDays(1).String())
	_, err = k.move(p, service.PassportMove{Kind: passport.Due, Day: row.ReturnDate})
	require.Equal(t, "note", problems(t, err)[0].Field, "another day needs a reason")
	c, err = k.move(p, service.PassportMove{Kind: passport.Due, Day: row.ReturnDate, Note: "Entry stamp seen."})
	require.NoError(t, err)
	require.Equal(t, back.AddDays(7).String(), c.Due, "return + 7")
	c, err = k.move(p, service.PassportMove{Kind: passport.Returned})
	require.NoError(t, err)
	require.Equal(t, passport.Held, c.State)
	require.Empty(t, c.Due)
	var kinds []string
	for _, m := range c.Movements {
		kinds = append(kinds, string(m.Kind))
	}
	require.Equal(t, []string{"in", "out", "due", "returned"}, kinds)
	c, err = k.move(p, service.PassportMove{Kind: passport.Cancelled, Note: "Replaced."})
	require.NoError(t, err)
	require.Equal(t, passport.Void, c.State)
}

// out hands a passport out for a visit that lies in the past, as a keeper notes it late; it gives the day it was due.
func (k *kit) outSince(person, number string, due calendar.Date) int64 {
	k.t.Helper()
	id := k.passport(person, number)
	row, err := k.svc.CreateDraft(k.t.Context(), k.user(person), "", visit.Draft{Title: "A journey of last year", Unit: "CIV"})
	require.NoError(k.t, err)
	require.NoError(k.t, k.svc.Store.AddMovement(k.t.Context(), id, passport.Held, store.Movement{
		Kind: passport.Out, Visit: row.ID, Day: due.AddDays(-20).String(), Due: due.String(), MovedBy: "passport",
	}))
	return id
}

func TestP33_ThirtyOneDaysLateTheWholeUnitIsRefusedWithTheList(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	due := calendar.MustDate(k.day(0))
	late := k.outSince("faculty2.civ", "E12345689", due)
	k.outSince("faculty2.mech", "E22345677", due) // another unit's
	drafts := map[string]string{}
	draft := func(person string) string {
		d := k.draft(person)
		row, err := k.svc.CreateDraft(t.Context(), k.user(person), "", d)
		require.NoError(t, err)
		return row.ID
	}
	submit := func(person string) error {
		_, err := k.svc.Submit(t.Context(), k.user(person), drafts[person], "s-"+drafts[person])
		return err
	}
	for _, person := range []string{"faculty.civ", "faculty2.civ"} {
		drafts[person] = draft(person)
	}

	k.goTo(due.AddDays(1).String())
	ps := problems(t, submit("faculty2.civ"))
	require.Len(t, ps, 1)
	require.Equal(t, []string{"travellers", "policy_refused", "O14"}, []string{ps[0].Field, ps[0].Rule, ps[0].Args["code"]}, "the person from day 1")
	require.Contains(t, ps[0].Args["en_from"], "from the ledger of passports")
	require.Contains(t, ps[0].Args["en_from"], "E12****89 "+due.String()+" (1d)")

	k.goTo(due.AddDays(30).String())
	require.Equal(t, "O14", problems(t, submit("faculty2.civ"))[0].Args["code"], "30 days late: the person")
	require.NoError(t, submit("faculty.civ"), "30 days late: nobody else")
	drafts["faculty.civ"] = draft("faculty.civ")

	k.goTo(due.AddDays(31).String())
	err := submit("faculty.civ")
	require.Equal(t, "cannot_submit", rule(t, err))
	ps = problems(t, err)
	require.Len(t, ps, 1)
	require.Equal(t, visit.Problem{Field: "unit", Rule: "policy_refused", Missing: true, Args: ps[0].Args}, ps[0])
	require.Equal(t, "O14U", ps[0].Args["code"])
	require.Contains(t, ps[0].Args["zh_from"], "E12****89 "+due.String()+" (31d)")
	require.Equal(t, 1, strings.Count(ps[0].Args["en_from"], "("), "only the unit's own")
	for _, q := range ps {
		require.NotContains(t, fmt.Sprint(q), "E12345689", "numbers are masked")
	}
	preview, err := k.svc.Preview(t.Context(), "", k.draft2(t, "faculty.civ"))
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(preview.Problems), "O14U", "told before it is submitted")

	_, err = k.move(late, service.PassportMove{Kind: passport.Returned})
	require.NoError(t, err)
	require.NoError(t, submit("faculty.civ"), "back in custody")
	require.NoError(t, submit("faculty2.civ"))
}

// draft2 is a request whose problems are not looked at.
func (k *kit) draft2(t testing.TB, person string) visit.Draft {
	t.Helper()
	return visit.Draft{
		Category: visit.Academic, Title: "Bridges", Purpose: "A paper.", Unit: "CIV", Travellers: []visit.Traveller{{Person: person, Role: visit.Leader}},
		Legs: []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: k.day(60), Depart: k.day(63)}}, ExitDate: k.day(60), ReturnDate: k.day(63),
	}
}

func TestP33_ACancelledVisitMakesThePassportDueInSevenDays(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	k.approve(id)
	row, err := k.svc.Store.VisitRow(t.Context(), id)
	require.NoError(t, err)
	p := k.passport("faculty.civ", "E12345689")
	k.goTo(calendar.MustDate(row.ExitDate).AddDays(-4).String())
	_, err = k.move(p, service.PassportMove{Kind: passport.Out, Visit: id})
	require.NoError(t, err)
	_, err = k.svc.Do(t.Context(), k.user("faculty.civ"), id, service.CommandCancel, "", "The conference is off.", "c")
	require.NoError(t, err)
	c, err := k.svc.Passport(t.Context(), k.user("faculty.civ"), p)
	require.NoError(t, err)
	require.Equal(t, k.day(7), c.Due)
}

func TestP33_WhoSeesWhichPassports(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	p := k.passport("faculty.civ", "E12345689")
	k.passport("faculty.mech", "E22345689")
	for person, sees := range map[string]int{"faculty.civ": 1, "student.civ": 0, "sec.civ": 1, "dean.civ": 1, "dean.mech": 1, "passport": 2, "io.rev": 2, "auditor": 2, "fin": 0, "admin": 0} {
		l, err := k.svc.Passports(t.Context(), k.user(person), "", false)
		require.NoError(t, err)
		require.Len(t, l.Passports, sees, person)
	}
	found, err := k.svc.Passports(t.Context(), k.user("passport"), "石磊", false)
	require.NoError(t, err)
	require.Len(t, found.Passports, 1)
	_, err = k.svc.Passport(t.Context(), k.user("dean.mech"), p)
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	for _, person := range []string{"faculty.civ", "io.dir", "dean.civ", "auditor"} {
		_, err := k.svc.MovePassport(t.Context(), k.user(person), p, service.PassportMove{Kind: passport.Cancelled, Note: "x"})
		require.Equal(t, "keeper_only", rule(t, err), person)
	}
	_, err = k.svc.RegisterPassport(t.Context(), k.user("io.dir"), service.NewPassport{})
	require.Equal(t, "keeper_only", rule(t, err))
}

func TestP33_RegisteringNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	register := func(n service.NewPassport) error {
		_, err := k.svc.RegisterPassport(t.Context(), k.user("passport"), n)
		return err
	}
	ps := problems(t, register(service.NewPassport{Number: "E1", Kind: "visa", Expires: "2020-01-01"}))
	got := map[string]string{}
	for _, p := range ps {
		got[p.Field] = p.Rule
		require.NotContains(t, fmt.Sprint(p.Args), "E1", "a number is in no message")
	}
	require.Equal(t, map[string]string{"person": "required", "number": "not_a_passport_number", "kind": "unknown_value", "expires": "in_the_past"}, got)
	good := service.NewPassport{Person: "faculty.civ", Kind: passport.Official, Number: "e1234 5689", Expires: k.day(100)}
	require.Equal(t, "unknown_person", problems(t, register(service.NewPassport{Person: "nobody", Kind: good.Kind, Number: good.Number, Expires: good.Expires}))[0].Rule)
	require.NoError(t, register(good))
	good.Person, good.Number = "dean.civ", "E12345689"
	require.Equal(t, "passport_known", rule(t, register(good)), "the same number, of whomever")
	k.svc.PassportKeys = nil
	good.Number = "E55555555"
	require.Equal(t, visit.Unavailable, visit.CodeOf(register(good)), "without a key no number is taken")
}

func TestP56_ReadingANumberNeedsAReasonAndIsLogged(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	p := k.passport("faculty.civ", "E12345689")
	c, err := k.svc.Passport(t.Context(), k.user("io.rev"), p)
	require.NoError(t, err)
	require.Equal(t, "E12****89", c.Masked)
	_, err = k.svc.RevealPassport(t.Context(), k.user("io.rev"), p, " ")
	require.Equal(t, "reason", problems(t, err)[0].Field)
	_, err = k.svc.RevealPassport(t.Context(), k.user("dean.civ"), p, "curious")
	require.Equal(t, "reveal_only", rule(t, err))
	_, err = k.svc.RevealPassport(t.Context(), k.user("faculty.mech"), p, "curious")
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
	number, err := k.svc.RevealPassport(t.Context(), k.user("io.rev"), p, "Visa form")
	require.NoError(t, err)
	require.Equal(t, "E12345689", number)
	number, err = k.svc.RevealPassport(t.Context(), k.user("faculty.civ"), p, "My own")
	require.NoError(t, err)
	require.Equal(t, "E12345689", number)
	c, err = k.svc.Passport(t.Context(), k.user("auditor"), p)
	require.NoError(t, err)
	require.Len(t, c.Reveals, 2, "only what was shown")
	require.Equal(t, []string{"faculty.civ", "io.rev"}, []string{c.Reveals[0].Person, c.Reveals[1].Person})
	require.Equal(t, "Visa form", c.Reveals[1].Reason)

	db := k.db.Owner(t)
	var plain int
	require.NoError(t, db.Get(&plain, `SELECT count(*) FROM passport WHERE position('E12345689' IN encode(sealed, 'escape')) > 0 OR masked LIKE '%345%'`))
	require.Zero(t, plain, "no number lies in the database")
	for _, statement := range []string{`UPDATE passport SET masked = ''`, `DELETE FROM passport_movement`, `DELETE FROM passport_reveal`, `UPDATE passport_movement SET due = NULL`} {
		_, err := k.db.App(t).Exec(statement)
		require.ErrorContains(t, err, "permission denied")
	}
}
