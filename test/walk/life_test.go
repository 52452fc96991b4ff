package walk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// body is what a call of the API sends.
type body map[string]any

// act gives a command of the life after the approval.
func (w walker) act(person, id, path string, b body) client.Receipt {
	w.t.Helper()
	r, err := w.as(person).Act(w.t.Context(), id, path, b, "")
	require.NoError(w.t, err, "%s %s", person, path)
	return r
}

// denied gives a command that is refused with this status and rule.
func (w walker) denied(status int, rule, person, id, path string, b body) {
	w.t.Helper()
	_, err := w.as(person).Act(w.t.Context(), id, path, b, "")
	refused(w.t, err, status, rule)
}

// today is the university's day, so many days on.
func (w walker) today(ahead int) string {
	w.t.Helper()
	now, err := w.store.Now(w.t.Context())
	require.NoError(w.t, err)
	return calendar.DateOf(now).AddDays(ahead).String()
}

// passTo lets time pass until noon of a day.
func (w walker) passTo(day string) {
	w.t.Helper()
	now, err := w.store.Now(w.t.Context())
	require.NoError(w.t, err)
	d, err := calendar.ParseDate(day)
	require.NoError(w.t, err)
	for left := d.At(12, 0).Sub(now); left > 0; {
		step := min(left, 300*24*time.Hour)
		w.pass(step)
		left -= step
	}
}

// approved takes a draft to the approval: whoever may sign does.
func (w walker) approved(applicant string, d visit.Draft) string {
	w.t.Helper()
	id := w.submit(applicant, d)
	w.signed(id)
	return id
}

// signed takes a visit from where it is to the approval.
func (w walker) signed(id string) {
	w.t.Helper()
	for range 20 {
		v := w.look(id)
		switch {
		case v.State.Living() || v.State == visit.StateApproved:
			return
		case len(v.Holders) > 0:
			for _, h := range v.Holders {
				require.NotEmpty(w.t, h.Signers, "nobody may sign %s", h.Task)
				d := client.Decision{Task: h.Task, Decision: "approve", Reason: "No. 1 of today"}
				if strings.HasPrefix(h.SignOff, "X.") {
					scan, err := w.as(h.Signers[0].Person).Upload(w.t.Context(), "reply.pdf", []byte("%PDF-1.4\n% reply\n"))
					require.NoError(w.t, err)
					d.Outside = &visit.OutsideDecision{Number: "教外审〔2026〕7号", Date: w.today(0), File: scan.File}
				}
				_, err := w.as(h.Signers[0].Person).Decide(w.t.Context(), id, d, "")
				require.NoError(w.t, err)
			}
		default:
			require.Equal(w.t, visit.NoticeOpen, v.Notice.State, "%s is stuck in %s", id, v.State)
			w.pass(time.Until(v.Notice.Closes) - time.Until(w.now()) + time.Minute)
		}
	}
	w.t.Fatal("not approved")
}

func (w walker) now() time.Time {
	w.t.Helper()
	now, err := w.store.Now(w.t.Context())
	require.NoError(w.t, err)
	return now
}

// prepared proves everything that is asked of the travellers of a visit, each by who may.
func (w walker) prepared(id string) {
	w.t.Helper()
	file, err := w.as("io.rev").Upload(w.t.Context(), "policy.pdf", []byte("%PDF-1.4\n% insurance\n"))
	require.NoError(w.t, err)
	for _, t := range w.look(id).Trips {
		for _, code := range t.Lacking {
			by := t.Person
			if code == "TALK" {
				by = "sec"
			}
			w.act(by, id, "prepare", body{"preparation": code, "travellers": []string{t.Person}, "file": file.File, "date": w.today(0), "text": "Done. +86 28 0000 0000"})
		}
	}
	require.Equal(w.t, visit.StateReady, w.look(id).State)
}

func report(form visit.ReportForm) body {
	return body{
		"form": form, "summary": "The paper was read and discussed.", "agreed": "A joint test in spring.", "learning": "Two courses.", "credits": 6,
		"results":  []body{{"kind": "talk", "text": "A talk at the conference."}},
		"contacts": []body{{"name": "H. Sato", "institution": "Kyoto University", "country": "JP", "field": "Bridge monitoring", "follow_up": "Invited for May."}},
	}
}

// finished takes a visit whose travellers are back to its archive.
func (w walker) finished(id, reporter, judge string, form visit.ReportForm) {
	w.t.Helper()
	w.act(reporter, id, "reports", report(form))
	w.act(judge, id, "reports/1/accept", body{})
	for _, t := range w.look(id).Trips {
		if !t.PassportDue.IsZero() {
			w.act("passport", id, "passport-in", body{"on": w.today(0)})
			break
		}
	}
	if v := w.look(id); v.State == visit.StatePostNotice {
		w.pass(v.After.Closes.Sub(w.now()) + time.Minute)
	}
	require.Equal(w.t, visit.StateClosed, w.look(id).State)
	w.act("archive", id, "archive", nil)
	require.Equal(w.t, visit.StateArchived, w.look(id).State)
}

// passport puts a passport of a person into the ledger and the keeper's custody.
func (w walker) passport(person, number string) client.Passport {
	w.t.Helper()
	p, err := w.as("passport").RegisterPassport(w.t.Context(), client.NewPassport{Person: person, Kind: "official", Number: number, Expires: w.today(3000), Held: true})
	require.NoError(w.t, err)
	return p
}

func (w walker) handOut(p client.Passport, id string) {
	w.t.Helper()
	_, err := w.as("passport").MovePassport(w.t.Context(), p.ID, client.PassportMove{Kind: "out", Visit: id})
	require.NoError(w.t, err)
}

// refusals gives what stands against a new request of a person, in words.
func (w walker) refusals(person string) string {
	w.t.Helper()
	p, err := w.as(person).Preview(w.t.Context(), w.academic(person))
	require.NoError(w.t, err)
	return fmt.Sprint(p.Problems)
}

// R17 from the draft to the archive, on real parts, with everything that may not be done on the way.
func TestP35_AnAcademicVisitFromDraftToArchive(t *testing.T) {
	t.Parallel()
	w := walk(t)
	d := w.academic("faculty.civ")
	id := w.approved("faculty.civ", d)
	v := w.look(id)
	require.Equal(t, visit.StatePreparing, v.State)
	require.Equal(t, []string{"EDUCATION", "PLEDGE", "VISA", "RISK_CHECK"}, v.Trips[0].Lacking)
	w.denied(http.StatusConflict, "not_in_state", "faculty.civ", id, "depart", body{"on": w.today(0)})
	w.denied(http.StatusForbidden, "not_your_preparation", "io.rev", id, "prepare", body{"preparation": "PLEDGE", "text": "I promise."})
	w.denied(http.StatusUnprocessableEntity, "invalid", "faculty.civ", id, "prepare", body{"preparation": "PLEDGE"})
	w.denied(http.StatusUnprocessableEntity, "invalid", "faculty.civ", id, "prepare", body{"preparation": "VISA", "text": "x", "file": fmt.Sprintf("%064d", 7)})
	w.denied(http.StatusNotFound, "not_found", "faculty.mech", id, "depart", body{"on": w.today(0)})
	w.prepared(id)
	first := w.look(id).Trips[0].Met["VISA"].File
	newer, err := w.as("faculty.civ").Upload(t.Context(), "visa.pdf", []byte("%PDF-1.4\n% another visa\n"))
	require.NoError(t, err)
	renewed := body{"preparation": "VISA", "travellers": []string{"faculty.civ"}, "file": newer.File, "date": w.today(0), "text": "Renewed."}
	w.denied(http.StatusForbidden, "not_your_preparation", "fin", id, "prepare", renewed)
	w.act("faculty.civ", id, "prepare", renewed)
	v = w.look(id)
	require.Equal(t, visit.StateReady, v.State, "what was proved stays proved")
	require.Equal(t, []string{newer.File}, []string{v.Trips[0].Met["VISA"].File})
	require.NotEqual(t, first, newer.File)

	p := w.passport("faculty.civ", "E12345678")
	w.passTo(d.ExitDate)
	w.handOut(p, id)
	w.act("faculty.civ", id, "depart", body{"on": d.ExitDate})
	require.Equal(t, visit.StateAbroad, w.look(id).State)
	w.passTo(w.today(1))
	w.act("faculty.civ", id, "check-in", body{"place": "Hotel Kyoto"})
	w.passTo(d.ReturnDate)
	w.act("faculty.civ", id, "arrive", body{"back": d.ReturnDate})
	trip, _ := w.look(id).Trip("faculty.civ")
	w.passTo(calendar.DateOf(trip.ReportDue).String())
	require.NotContains(t, w.refusals("faculty.civ"), id+" (", "the report may still come today")
	w.passTo(calendar.DateOf(trip.ReportDue).AddDays(2).String())
	require.Contains(t, w.refusals("faculty.civ"), "O14")
	require.Contains(t, w.refusals("faculty.civ"), id+" (2d)", "the refusal names the visit that was not reported")
	require.Contains(t, w.refusals("faculty.civ"), "E12****78", "and the passport that is not back")
	w.denied(http.StatusUnprocessableEntity, "invalid", "faculty.civ", id, "reports", body{"form": "academic"})
	w.denied(http.StatusForbidden, "travellers_only", "io.rev", id, "reports", report(visit.AcademicReport))
	w.act("faculty.civ", id, "reports", report(visit.AcademicReport))
	w.denied(http.StatusForbidden, "report_posts_only", "fin", id, "reports/1/accept", body{})
	w.act("dean.civ", id, "reports/1/accept", body{"reason": "A good report."})
	trip, _ = w.look(id).Trip("faculty.civ")
	require.False(t, trip.Payable, "the passport is still out")
	_, err = w.as("passport").MovePassport(t.Context(), p.ID, client.PassportMove{Kind: "returned"})
	require.NoError(t, err)
	trip, _ = w.look(id).Trip("faculty.civ")
	require.True(t, trip.Payable, "the ledger of passports tells the visit")

	v = w.look(id)
	require.Equal(t, visit.StatePostNotice, v.State)
	w.pass(v.After.Closes.Sub(w.now()) - time.Hour)
	require.Equal(t, visit.StatePostNotice, w.look(id).State)
	w.pass(2 * time.Hour)
	require.Equal(t, visit.StateClosed, w.look(id).State)
	w.denied(http.StatusForbidden, "archive_post_only", "faculty.civ", id, "archive", nil)
	w.act("archive", id, "archive", nil)
	v = w.look(id)
	require.Equal(t, visit.StateArchived, v.State)
	require.NotEmpty(t, v.Package)
	w.ledger(id)
}

// A work visit of six, one of whom is declined: the others go, each with a state of his own, and the last one closes it.
func TestP40_AGroupOfSixWithOneDeclinedFromDraftToArchive(t *testing.T) {
	t.Parallel()
	w := walk(t)
	group := []string{"faculty.civ", "faculty2.civ", "sec.civ", "faculty.mech", "faculty2.mech", "faculty.info"}
	d := w.request(visit.Work, "CIV", 70, 5, group...)
	d.Flags = []visit.Flag{visit.CrossUnit}
	id := w.submit("faculty.civ", d)
	w.act("dean.civ", id, "decline", body{"task": w.task(id, "COL.DEAN"), "travellers": []string{"faculty.info"}, "reason": "Teaches in this week."})
	w.signed(id)
	v := w.look(id)
	require.Equal(t, visit.StatePreparing, v.State)
	require.Len(t, v.Trips, 5)
	_, ok := v.Trip("faculty.info")
	require.False(t, ok, "who was declined stays at home")
	w.prepared(id)
	first, second := w.passport("faculty.civ", "E10000001"), w.passport("faculty2.civ", "E10000002")
	w.passTo(d.ExitDate)
	w.handOut(first, id)
	w.handOut(second, id)
	w.act("faculty.civ", id, "depart", body{"on": d.ExitDate})
	w.passTo(d.ReturnDate)
	w.act("faculty.mech", id, "arrive", body{"back": d.ReturnDate, "travellers": []string{"faculty.mech"}})
	states := func() map[string]visit.TripState {
		found := map[string]visit.TripState{}
		for _, x := range w.look(id).Trips {
			found[x.Person] = x.State
		}
		return found
	}
	require.Equal(t, visit.TripBack, states()["faculty.mech"])
	require.Equal(t, visit.TripAbroad, states()["faculty.civ"])
	require.Equal(t, visit.StateAbroad, w.look(id).State, "the visit is where its last traveller is")
	w.act("faculty.civ", id, "arrive", body{"back": d.ReturnDate})
	w.act("passport", id, "passport-in", body{"on": w.today(0), "travellers": []string{"faculty.civ"}})
	all, err := w.as("passport").Passports(t.Context(), false)
	require.NoError(t, err)
	where := map[int64]string{}
	for _, p := range all {
		where[p.ID] = string(p.State)
	}
	require.Equal(t, map[int64]string{first.ID: "held", second.ID: "out"}, where, "the visit tells the ledger of passports")
	w.finished(id, "faculty.civ", "dean.civ", visit.WorkReport)
}

// The President's own visit: the ministry decides, the Secretary signs for the President, and the rest is as for everybody.
func TestP32_ThePresidentsVisitFromDraftToArchive(t *testing.T) {
	t.Parallel()
	w := walk(t)
	d := w.request(visit.Work, "PC", 80, 5, "pres")
	id := w.approved("pres", d)
	v := w.look(id)
	require.Equal(t, visit.StatePreparing, v.State)
	var signed []string
	for _, e := range w.ledger(id) {
		if f, ok := e.Event.Fact.(visit.SignedOff); ok {
			signed = append(signed, e.Event.By.Post)
			require.NotEqual(t, "pres", e.Event.By.Person)
			if f.Outside != nil {
				require.Equal(t, "教外审〔2026〕7号", f.Outside.Number)
				signed = append(signed, "outside")
			}
		}
	}
	require.Contains(t, signed, "PSEC")
	require.Contains(t, signed, "outside")
	w.prepared(id)
	w.passTo(d.ExitDate)
	w.act("pres", id, "depart", body{"on": d.ExitDate})
	w.passTo(d.ReturnDate)
	w.act("pres", id, "arrive", body{"back": d.ReturnDate})
	w.finished(id, "pres", "io.dir", visit.WorkReport)
}
