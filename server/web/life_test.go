package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

const living = "2026-00004"

// newLiving is a fake with an approved visit whose two travellers prepare.
func newLiving(t *testing.T, who string) (*fake, *kept) {
	t.Helper()
	f := newFake(t)
	f.user, f.lang = who, "en"
	k := f.visits[living]
	k.at(f, k.v.Notice.Closes.Add(time.Minute), visit.System, visit.Tick{})
	for k.v.State.Open() {
		open := k.v.OpenTasks()
		require.NotEmpty(t, open)
		h := holdings[open[0].SignOff.Posts[0]]
		k.at(f, k.v.Spent.Until.Add(time.Minute), visit.Actor{Person: h.Person, Post: h.Post, Unit: h.Unit}, visit.Approve{Task: open[0].ID})
	}
	require.Equal(t, visit.StatePreparing, k.v.State)
	return f, k
}

// at carries out a command at a time.
func (k *kept) at(f *fake, at time.Time, by visit.Actor, a visit.Action) {
	events, err := k.v.Handle(visit.Command{ID: by.Person + at.String(), By: by, Do: a}, clock{at})
	require.NoError(f.t, err)
	for _, e := range events {
		require.NoError(f.t, k.v.Apply(e))
	}
	k.events = append(k.events, events...)
}

// sendFile sends a form with a file.
func (f *fake) sendFile(path string, form url.Values, field, content string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			require.NoError(f.t, m.WriteField(name, v))
		}
	}
	part, err := m.CreateFormFile(field, "proof.pdf")
	require.NoError(f.t, err)
	_, err = part.Write([]byte(content))
	require.NoError(f.t, err)
	require.NoError(f.t, m.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	w := httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	return w
}

var (
	both      = []string{"F1001", "F1002"}
	kindFile  = visit.Preparation{Code: "INSURANCE", Proof: visit.ProofFile}
	kindDate  = visit.Preparation{Code: "EDUCATION", Proof: visit.ProofDate}
	kindText  = visit.Preparation{Code: "PLEDGE", Proof: visit.ProofText}
	toPrepare = []service.CanPrepare{
		{Preparation: kindFile, Travellers: both}, {Preparation: kindDate, Travellers: both}, {Preparation: kindText, Travellers: []string{"F1001"}},
	}
)

func TestP34_TheCaseShowsWhatEachTravellerStillHasToDo(t *testing.T) {
	t.Parallel()
	f, k := newLiving(t, "F1002")
	page := f.get("/visits/" + living)
	body := page.Body.String()
	require.Contains(t, body, "Wang Wei, Liu Yang", "who stand alike are shown together")
	require.Contains(t, body, "To be proved by: the traveller, leader or applicant")
	require.NotContains(t, body, "What you can do now", "who may do nothing is offered nothing")
	require.NotContains(t, body, "/life/")
	checkPage(t, f, page)

	duty := &k.v.Route.Life.Duties[0]
	duty.Preparations = append(duty.Preparations, visit.Preparation{Code: visit.Insurance, By: []string{visit.ByTraveller}, Proof: visit.ProofFile},
		visit.Preparation{Code: visit.EmergencyContact, By: []string{visit.ByTraveller}, Proof: visit.ProofText})
	k.at(f, k.v.Spent.Until.Add(time.Hour), visit.Actor{Person: "F1001"}, visit.Prepare{Preparation: "INSURANCE", Travellers: []string{"F1001"}, Proof: visit.Proof{File: strings.Repeat("ef", 32)}})
	k.at(f, k.v.Spent.Until.Add(time.Hour), visit.Actor{Person: "F1001"}, visit.Prepare{Preparation: "CONTACT", Travellers: []string{"F1001"}, Proof: visit.Proof{Text: f.note("Mother, 139 0000 0000")}})
	body = f.get("/visits/" + living).Body.String()
	require.NotContains(t, body, "Wang Wei, Liu Yang</h3>", "they differ now")
	require.Contains(t, body, "/visits/"+living+"/files/"+strings.Repeat("ef", 32))
	require.NotContains(t, body, "139 0000", "who looks up a contact is noted, and this page does not")
}

func TestP34_EachPreparationIsSentWithItsProof(t *testing.T) {
	t.Parallel()
	f, _ := newLiving(t, "F1001")
	f.can.Prepare = toPrepare
	page := f.get("/visits/" + living)
	checkPage(t, f, page)
	page = f.get("/visits/" + living)
	const action = "/visits/" + living + "/life/prepare"

	sent := form(t, page, "life-prepare-EDUCATION")
	require.Equal(t, both, sent["travellers"], "everybody who can be concerned is chosen at first")
	sent.Set("proof.date", "2026-11-20")
	require.Equal(t, "/visits/"+living+"?done=life", f.post(action, sent).Header().Get("Location"))
	require.Contains(t, f.did[0], "{Preparation:EDUCATION Travellers:[F1001 F1002] Proof:{File: Date:2026-11-20 Text:note }} "+sent.Get("key"))

	sent = form(t, page, "life-prepare-PLEDGE")
	sent.Set("proof.text", "I shall keep the rules.")
	f.post(action, sent)
	require.Contains(t, f.did[1], "{Preparation:PLEDGE Travellers:[F1001] Proof:{File: Date: Text:note I shall keep the rules.}}")

	f.sendFile(action, form(t, page, "life-prepare-INSURANCE"), "proof.file", "%PDF")
	require.Contains(t, f.did[2], "Proof:{File:"+strings.Repeat("cd", 32))

	w := f.sendFile(action, form(t, page, "life-prepare-INSURANCE"), "proof.file", "MZ")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), `id="f-life-prepare-INSURANCE-proof-file-error"`)
	require.Len(t, f.did, 3)
}

func TestP34_AProofIsReplacedAndTheEarlierOneStaysInTheStory(t *testing.T) {
	t.Parallel()
	f, k := newLiving(t, "F1001")
	duty := &k.v.Route.Life.Duties[0]
	duty.Preparations = append(duty.Preparations, visit.Preparation{Code: visit.Insurance, By: []string{visit.ByTraveller}, Proof: visit.ProofFile},
		visit.Preparation{Code: visit.EmergencyContact, By: []string{visit.ByTraveller}, Proof: visit.ProofText})
	old, newer := strings.Repeat("ef", 32), strings.Repeat("ac", 32)
	for i, file := range []string{old, newer} {
		k.at(f, k.v.Spent.Until.Add(time.Duration(i+1)*time.Hour), visit.Actor{Person: "F1001"}, visit.Prepare{Preparation: "INSURANCE", Travellers: []string{"F1001"}, Proof: visit.Proof{File: file}})
	}
	k.at(f, k.v.Spent.Until.Add(time.Hour), visit.Actor{Person: "F1001"}, visit.Prepare{Preparation: "CONTACT", Travellers: []string{"F1001"}, Proof: visit.Proof{Text: f.note("Mother, 139 0000 0000")}})
	page := f.get("/visits/" + living).Body.String()
	require.NotContains(t, page, "life-replace", "who may not is not offered it")
	require.Equal(t, 1, strings.Count(page, "/files/"+old), "in what happened")
	require.Equal(t, 2, strings.Count(page, "/files/"+newer), "there, and where the traveller stands")
	require.NotContains(t, page, "139 0000")

	f.can.Replace = []service.CanPrepare{{Preparation: kindFile, Travellers: []string{"F1001"}}, {Preparation: kindDate, Travellers: both}}
	w := f.get("/visits/" + living)
	require.Contains(t, w.Body.String(), "Replace the proof")
	checkPage(t, f, w)
	w = f.get("/visits/" + living)
	const action = "/visits/" + living + "/life/replace"
	require.Empty(t, form(t, w, "life-replace-EDUCATION")["travellers"], "of several it must be said whose")
	sent := form(t, w, "life-replace-INSURANCE")
	bad := f.sendFile(action, sent, "proof.file", "MZ")
	require.Equal(t, http.StatusUnprocessableEntity, bad.Code)
	require.Contains(t, bad.Body.String(), `id="f-life-replace-INSURANCE-proof-file-error"`)
	require.Empty(t, f.did)
	require.Equal(t, http.StatusSeeOther, f.sendFile(action, sent, "proof.file", "%PDF").Code)
	require.Contains(t, f.did[0], "{Preparation:INSURANCE Travellers:[F1001] Proof:{File:"+strings.Repeat("cd", 32))
}

func TestP34_ARefusalKeepsWhatWasTypedAndTheFile(t *testing.T) {
	t.Parallel()
	f, _ := newLiving(t, "F1001")
	f.can.ChangeReturn, f.can.Depart = both, both
	const action = "/visits/" + living + "/life/change-return"
	sent := form(t, f.get("/visits/"+living), "life-change-return")
	sent["travellers"] = []string{"F1002"}
	sent.Set("return", "2027-03-01")
	sent.Set("reason", "The airport is closed.")
	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "return", Rule: "date_order", Args: map[string]string{"after": "2027-03-02"}}}}
	w := f.sendFile(action, sent, "proof", "%PDF")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), `id="f-life-change-return-return-error"`)
	again := form(t, w, "life-change-return")
	require.Equal(t, []string{"F1002"}, again["travellers"])
	require.Equal(t, []string{"2027-03-01", "The airport is closed."}, []string{again.Get("return"), again.Get("reason")})
	require.Equal(t, both, form(t, w, "life-depart")["travellers"], "another form is as it was")
	checkPage(t, f, w)

	again.Set("return", "2027-03-09")
	require.Equal(t, http.StatusSeeOther, f.post(action, again).Code)
	require.Contains(t, f.did[0], "{Travellers:[F1002] Return:2027-03-09 Reason:note The airport is closed. Proof:"+strings.Repeat("cd", 32)+"}")

	again.Del("travellers")
	w = f.post(action, again)
	require.Contains(t, w.Body.String(), `id="f-life-change-return-travellers-error"`, "nobody is not everybody")
	require.Len(t, f.did, 1)

	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "text", Rule: "too_long", Args: map[string]string{"max": "4000"}}}}
	again["travellers"] = both
	require.Contains(t, f.post(action, again).Body.String(), `id="f-life-change-return-reason-error"`)
}

func TestEveryCommandOfTheLifeIsSentFromItsForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command string
		can     service.Can
		typed   map[string]string
		want    string
	}{
		{"depart", service.Can{Depart: both}, map[string]string{"on": "2027-03-01"}, "{Travellers:[F1001 F1002] On:2027-03-01}"},
		{"check-in", service.Can{CheckIn: both}, map[string]string{"place": "Hotel"}, "{Travellers:[F1001 F1002] Place:note Hotel}"},
		{"arrive", service.Can{Arrive: both}, map[string]string{"left": "2027-03-01", "back": "2027-03-08"}, "{Travellers:[F1001 F1002] Left:2027-03-01 Back:2027-03-08}"},
		{"passport-in", service.Can{PassportIn: both}, map[string]string{"on": "2027-03-09"}, "{Travellers:[F1001 F1002] On:2027-03-09}"},
		{"recall", service.Can{Recall: both}, map[string]string{"reason": "War"}, "{Travellers:[F1001 F1002] Reason:note War}"},
		{"suspend", service.Can{Suspend: both}, map[string]string{"reason": "War"}, "{Travellers:[F1001 F1002] Reason:note War}"},
		{"lift", service.Can{Lift: both}, map[string]string{"reason": "Peace"}, "{Travellers:[F1001 F1002] Reason:note Peace}"},
		{"cancel", service.Can{Cancel: both}, map[string]string{"reason": "Ill", "travellers": "F1002"}, "Travellers:[F1002]"},
	} {
		f, _ := newLiving(t, "F1001")
		f.can = c.can
		page := f.get("/visits/" + living)
		for _, other := range lifeCommands {
			require.Equal(t, other.name == c.command, strings.Contains(page.Body.String(), "/life/"+other.name+`"`), "%s offers %s", c.command, other.name)
		}
		sent := form(t, page, "life-"+c.command)
		if c.command == "cancel" {
			require.Empty(t, sent["travellers"], "who does not travel is to be chosen")
		}
		for field, value := range c.typed {
			sent.Set(field, value)
		}
		w := f.post("/visits/"+living+"/life/"+c.command, sent)
		require.Equal(t, http.StatusSeeOther, w.Code, c.command)
		require.Contains(t, f.did[0], c.want)
	}
	f, _ := newLiving(t, "F1001")
	require.Equal(t, http.StatusNotFound, f.post("/visits/"+living+"/life/fly", url.Values{}).Code)
}

func TestP35_AReportIsWrittenWithRowsAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f, _ := newLiving(t, "F1001")
	const path = "/visits/" + living + "/report/academic"
	require.Equal(t, http.StatusConflict, f.get(path).Code, "nobody is back")
	f.can.Report = map[visit.ReportForm][]string{visit.AcademicReport: both}
	require.Contains(t, f.get("/visits/"+living).Body.String(), `href="`+path+`"`)
	require.Equal(t, http.StatusNotFound, f.get("/visits/"+living+"/report/poem").Code)
	checkPage(t, f, f.get(path))
	require.Contains(t, f.get(path).Body.String(), `value="JP-KYOTO">Kyoto University`)
	sent := form(t, f.get(path), "report")
	require.Equal(t, both, sent["travellers"])
	sent.Set("do", "add-contacts")
	sent.Set("summary", "The paper was read.")
	sent.Set("contacts[0].name", "H. Sato")
	w := f.post(path, sent)
	require.Equal(t, http.StatusOK, w.Code)
	sent = form(t, w, "report")
	require.Contains(t, sent, "contacts[1].name")
	require.Equal(t, "The paper was read.", sent.Get("summary"))

	sent.Set("do", "file")
	w = f.post(path, sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	for _, field := range []string{"f-results-error", "f-contacts-0-institution-error", "f-contacts-0-field-error"} {
		require.Contains(t, w.Body.String(), `id="`+field+`"`)
	}
	checkPage(t, f, f.post(path, sent))
	sent = form(t, f.post(path, sent), "report")
	require.Equal(t, "H. Sato", sent.Get("contacts[0].name"))
	require.NotContains(t, sent, "contacts[1].name", "an empty row is left out")
	sent.Set("do", "file")
	sent.Set("contacts[0].institution", "Kyoto University")
	sent.Set("contacts[0].field", "Bridges")
	sent.Set("contacts[0].partner", "JP-KYOTO")
	sent.Set("results[0].kind", "talk")
	sent.Set("results[0].text", "One talk")
	w = f.sendFile(path, sent, "upload", "%PDF")
	require.Equal(t, "/visits/"+living+"?done=reported", w.Header().Get("Location"), w.Body.String())
	require.Len(t, f.did, 1)
	for _, said := range []string{"[F1001 F1002]", "Form:academic Summary:The paper was read.", "{Kind:talk Text:One talk}", "{Name:H. Sato Institution:Kyoto University", "Partner:JP-KYOTO", "Name:proof.pdf"} {
		require.Contains(t, f.did[0], said)
	}
}

func TestP35_WhatWasSpentIsTypedBesideTheBudget(t *testing.T) {
	t.Parallel()
	f, k := newLiving(t, "F1001")
	const path = "/visits/" + living + "/report/academic"
	f.can.Report = map[visit.ReportForm][]string{visit.AcademicReport: both}
	k.draft.Budget = []visit.BudgetLine{
		{Kind: visit.Visa, Currency: "CNY", Amount: 400_00, People: 2, Days: 1}, {Kind: visit.Air, Currency: "CNY", Amount: 5_000_00, People: 2, Days: 1, Class: visit.Economy},
	}
	page := f.get(path)
	require.Contains(t, page.Body.String(), "Budget: CNY 800", "beside each what was budgeted")
	checkPage(t, f, page)
	sent := form(t, f.get(path), "report")
	require.Equal(t, []string{"visa", "air", "", "economy"}, []string{sent.Get("costs[0].kind"), sent.Get("costs[1].kind"), sent.Get("costs[1].amount"), sent.Get("costs[1].class")})

	sent.Set("costs[1].amount", "11000")
	sent.Set("do", "compare")
	w := f.post(path, sent)
	require.Equal(t, http.StatusOK, w.Code)
	for _, said := range []string{"over the budget", "more than approved", "CNY 11,000", "+200"} {
		require.Contains(t, w.Body.String(), said)
	}
	checkPage(t, f, f.post(path, sent))

	sent.Set("do", "file")
	sent.Set("summary", "The paper was read.")
	sent.Set("results[0].kind", "talk")
	sent.Set("results[0].text", "One talk")
	sent.Set("no_contacts", "Online.")
	sent.Set("costs[1].people", "none")
	w = f.post(path, sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), `id="f-costs-1-people-error"`, "in the row in which it was typed, though the row before is left out")
	sent = form(t, w, "report")
	require.Equal(t, []string{"visa", "none", "11000"}, []string{sent.Get("costs[0].kind"), sent.Get("costs[1].people"), sent.Get("costs[1].amount")}, "nothing is lost")

	sent.Set("costs[1].people", "2")
	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{
		{Field: "over_reason", Rule: "spent_above_approved", Args: map[string]string{"spent": "11000", "approved": "10800"}}, {Field: "costs[0].on", Rule: "in_the_future"},
	}}
	sent.Set("do", "file")
	w = f.post(path, sent)
	require.Contains(t, w.Body.String(), "CNY 11000 was spent and CNY 10800 approved: say why.")
	require.Contains(t, w.Body.String(), `id="f-costs-1-on-error"`)
	sent = form(t, w, "report")
	sent.Set("do", "file")
	sent.Set("over_reason", "A typhoon.")
	require.Equal(t, http.StatusSeeOther, f.post(path, sent).Code)
	require.Contains(t, f.did[0], "Costs:[{Kind:air Leg:0 Currency:CNY Amount:11000 People:2 Days:1 Class:economy On:}] NoCosts:false OverReason:A typhoon.")
}

func TestP35_FinanceSeesWhatWasSpentAtTheRefund(t *testing.T) {
	t.Parallel()
	f, k := newLiving(t, "D1001")
	k.draft.Budget = []visit.BudgetLine{{Kind: visit.Air, Currency: "CNY", Amount: 5_000_00, People: 2, Days: 1, Class: visit.Economy}}
	for i := range k.v.Trips {
		k.v.Trips[i].State = visit.TripReported
	}
	f.reports = []service.FiledReport{{Filed: visit.Filed{ID: 1, Travellers: both, Form: visit.AcademicReport, State: visit.ReportTaken, By: visit.Actor{Person: "F1001"}, At: monday}}}
	require.Contains(t, f.get("/visits/"+living).Body.String(), "The report does not say what was spent", "one of an earlier version")

	spent := money.Spend(k.draft, nil, []visit.Cost{{Kind: visit.Air, Currency: "CNY", Amount: 12_000_00, People: 2, Days: 1, Class: visit.Business, On: "2026-11-03"}}, money.Tables{})
	spent.Reasons = []string{"A typhoon."}
	f.costs, f.reports[0].Spent = &spent, &spent.Spending
	page := f.get("/visits/" + living)
	for _, said := range []string{"Spent CNY 12,000 of CNY 10,000 approved", "more than approved", "over the standard", "over the budget", "A typhoon.", "+2,000", `id="costs"`} {
		require.Contains(t, page.Body.String(), said)
	}
	checkPage(t, f, page)
}

func TestP35_AReportIsReadAndJudgedOnTheCase(t *testing.T) {
	t.Parallel()
	f, _ := newLiving(t, "D1001")
	f.reports = []service.FiledReport{{
		Filed: visit.Filed{ID: 1, Travellers: both, Form: visit.AcademicReport, State: visit.ReportSentBack, By: visit.Actor{Person: "F1001"}, At: monday, Reason: f.note("Too short."), Decided: monday, DecidedBy: visit.Actor{Person: "D1001"}},
		Text:  visit.Report{Form: visit.AcademicReport, Summary: "Fine.", Contacts: []visit.Contact{{Name: "H. Sato", Institution: "Kyoto University", Country: "JP", Field: "Bridges"}}}, Comment: "Too short.",
	}, {
		Filed: visit.Filed{ID: 2, Travellers: both, Form: visit.AcademicReport, State: visit.ReportWaits, By: visit.Actor{Person: "F1001"}, At: monday},
		Text:  visit.Report{Form: visit.AcademicReport, Summary: "The paper was read."},
	}}
	body := f.get("/visits/" + living).Body.String()
	for _, said := range []string{"Too short.", "Kyoto University", "The paper was read.", "Being judged"} {
		require.Contains(t, body, said)
	}
	require.NotContains(t, body, "judge-2", "who may not judge is not asked")
	f.can.Judge = []int{2}
	page := f.get("/visits/" + living)
	checkPage(t, f, page)
	const action = "/visits/" + living + "/reports/2"
	sent := form(t, f.get("/visits/"+living), "judge-2")
	sent.Set("do", "return")
	sent.Set("reason", "Who pays?")
	f.refuse = visit.Refuse(visit.Conflict, "report_judged", "report", "2", "state", "accepted")
	w := f.post(action, sent)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Equal(t, "Who pays?", form(t, w, "judge-2").Get("reason"))
	f.post(action, sent)
	sent.Set("do", "accept")
	require.Equal(t, "/visits/"+living+"?done=life", f.post(action, sent).Header().Get("Location"))
	require.Contains(t, f.did[0], "{Report:2 Reason:note Who pays?}")
	require.Len(t, f.did, 2)

	f.user, f.can = "F1001", service.Can{Report: map[visit.ReportForm][]string{visit.AcademicReport: both}}
	f.reports = f.reports[:1]
	page = f.get("/visits/" + living + "/report/academic")
	require.Contains(t, page.Body.String(), "Too short.")
	require.Equal(t, "Fine.", form(t, page, "report").Get("summary"), "what was returned is mended, not written again")
}

func TestP50_TheArchivePutsAClosedVisitAway(t *testing.T) {
	t.Parallel()
	f, k := newLiving(t, "A1001")
	require.NotContains(t, f.get("/visits/"+living).Body.String(), "life-archive")
	f.can.Archive = true
	f.refuse = visit.Refuse(visit.Conflict, "not_in_state", "state", "closed")
	require.Equal(t, http.StatusConflict, f.post("/visits/"+living+"/archive", form(t, f.get("/visits/"+living), "life-archive")).Code)
	require.Equal(t, "/visits/"+living+"?done=archived", f.post("/visits/"+living+"/archive", url.Values{}).Header().Get("Location"))
	require.Equal(t, []string{"archive " + living}, f.did)
	k.v.Package = strings.Repeat("ab", 32)
	w := f.get("/visits/" + living + "/package")
	require.Equal(t, "application/zip", w.Header().Get("Content-Type"))
	require.Equal(t, "PK", w.Body.String())
}
