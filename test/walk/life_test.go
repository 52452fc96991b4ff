package walk_test

import (
	"fmt"
	"net/http"
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
	for range 20 {
		v := w.look(id)
		switch {
		case v.State.Living() || v.State == visit.StateApproved:
			return id
		case len(v.Holders) > 0:
			for _, h := range v.Holders {
				require.NotEmpty(w.t, h.Signers, "nobody may sign %s", h.Task)
				_, err := w.as(h.Signers[0].Person).Decide(w.t.Context(), id, client.Decision{Task: h.Task, Decision: "approve", Reason: "No. 1 of today"}, "")
				require.NoError(w.t, err)
			}
		default:
			require.Equal(w.t, visit.NoticeOpen, v.Notice.State, "%s is stuck in %s", id, v.State)
			w.pass(time.Until(v.Notice.Closes) - time.Until(w.now()) + time.Minute)
		}
	}
	w.t.Fatal("not approved")
	return ""
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

	w.passTo(d.ExitDate)
	w.act("faculty.civ", id, "depart", body{"on": d.ExitDate})
	require.Equal(t, visit.StateAbroad, w.look(id).State)
	w.passTo(w.today(1))
	w.act("faculty.civ", id, "check-in", body{"place": "Hotel Kyoto"})
	w.passTo(d.ReturnDate)
	w.act("faculty.civ", id, "arrive", body{"back": d.ReturnDate})
	trip, _ := w.look(id).Trip("faculty.civ")
	w.passTo(calendar.DateOf(trip.ReportDue).String())
	require.NotContains(t, w.refusals("faculty.civ"), "O14", "the report may still come today")
	w.passTo(calendar.DateOf(trip.ReportDue).AddDays(2).String())
	require.Contains(t, w.refusals("faculty.civ"), "O14")
	require.Contains(t, w.refusals("faculty.civ"), id+" (2d)", "the refusal names the visit that was not reported")
	w.denied(http.StatusUnprocessableEntity, "invalid", "faculty.civ", id, "reports", body{"form": "academic"})
	w.denied(http.StatusForbidden, "travellers_only", "io.rev", id, "reports", report(visit.AcademicReport))
	w.act("faculty.civ", id, "reports", report(visit.AcademicReport))
	w.denied(http.StatusForbidden, "report_posts_only", "fin", id, "reports/1/accept", body{})
	w.act("dean.civ", id, "reports/1/accept", body{"reason": "A good report."})
	trip, _ = w.look(id).Trip("faculty.civ")
	require.False(t, trip.Payable, "the passport is still out")
	w.act("passport", id, "passport-in", body{"on": d.ReturnDate})
	trip, _ = w.look(id).Trip("faculty.civ")
	require.True(t, trip.Payable)

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
