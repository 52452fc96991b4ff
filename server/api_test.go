package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/test/harness"
)

// conference is a request that the simplest route can take; %s are the days of exit and return and the documents.
const conference = `{"category":"ACA","title":"Bridge monitoring","purpose":"To read a paper.","unit":"CIV",
	"travellers":[{"person":"faculty.civ","role":"leader"}],
	"legs":[{"country":"JP","city":"Kyoto","arrive":"2027-03-01","depart":"2027-03-04","host":"Kyoto University"}],
	"exit_date":"2027-03-01","return_date":"2027-03-04","invitation":"Letter","talent_task":"Two meetings",
	"funding":[{"source":"Bridge project","kind":"research","currency":"CNY","amount":12000.5}],"documents":[%s]}`

// draft keeps a complete request of faculty.civ, with the documents that its preview asks for, and gives its number.
func (s *site) draft() (c caller, id string) { return s.draftOf("civ") }

// draftOf is draft for another college.
func (s *site) draftOf(college string) (c caller, id string) {
	s.t.Helper()
	c = s.as("faculty." + college)
	conference := strings.NewReplacer("faculty.civ", "faculty."+college, `"CIV"`, `"`+strings.ToUpper(college)+`"`).Replace(conference)
	preview := c.post("/visits/preview", fmt.Sprintf(conference, ""), "").ok(http.StatusOK)
	file := c.upload("letter.txt", "We invite you.").ok(http.StatusCreated).at("file")
	var documents []string
	for _, d := range preview.at("documents").([]any) {
		d := d.(map[string]any)
		if d["before"] == "approval" && d["generated"] == false {
			documents = append(documents, fmt.Sprintf(`{"kind":%q,"file":%q,"name":"邀请函.txt"}`, d["code"], file))
		}
	}
	require.NotEmpty(s.t, documents)
	got := c.post("/visits", fmt.Sprintf(conference, strings.Join(documents, ",")), "").ok(http.StatusCreated)
	return c, got.at("id").(string)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	login := func(body string) reply { return s.send(http.MethodPost, "/api/v1/login", body, nil) }
	token := login(`{"username":"faculty.civ","password":"` + password + `"}`).ok(http.StatusOK).at("token").(string)
	me := caller{s, token}.get("/me").ok(http.StatusOK)
	require.Equal(t, "faculty.civ", me.at("person"))
	require.Equal(t, false, me.at("signs"))
	require.Empty(t, me.at("acting"))
	require.Equal(t, true, s.as("auditor").get("/me").at("audit"))

	login(`{"username":"faculty.civ","password":"wrong"}`).refused(http.StatusUnauthorized, "unauthenticated", "wrong_credentials")
	login(`{"username":"faculty.civ"}`).refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("password", "required")
	login(`{"username":"a","password":"b","otp":"1"}`).refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("otp", "unknown_field")
	login(`{"username":`).refused(http.StatusBadRequest, "invalid", "malformed_json")
	login(``).refused(http.StatusBadRequest, "invalid", "malformed_json")
	for range 4 {
		login(`{"username":"faculty.civ","password":"wrong"}`)
	}
	got := login(`{"username":"faculty.civ","password":"`+password+`"}`).refused(http.StatusTooManyRequests, "unavailable", "too_many_attempts")
	require.Equal(t, "900", got.Header.Get("Retry-After"))
}

func TestVisitFromDraftToApproval(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	at := "/visits/" + id

	draft := faculty.get(at).ok(http.StatusOK)
	require.Equal(t, "draft", draft.at("state"))
	require.Equal(t, 12000.5, draft.at("draft", "funding", 0, "amount"))
	require.Equal(t, `"1"`, draft.Header.Get("ETag"))
	s.as("dean.civ").get(at).refused(http.StatusNotFound, "not_found", "not_found")
	require.Equal(t, id, faculty.get("/visits?state=draft").at("items", 0, "id"))
	faculty.get(at+"/history").refused(http.StatusNotFound, "not_found", "not_found")

	faculty.post(at+"/submit", "", "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("Idempotency-Key", "required")
	receipt := faculty.post(at+"/submit", "", "key-submit").ok(http.StatusOK)
	require.Equal(t, "unit_review", receipt.at("state"))
	require.Equal(t, receipt.Body, faculty.post(at+"/submit", "", "key-submit").ok(http.StatusOK).Body, "sent again")

	got := faculty.get(at).ok(http.StatusOK)
	require.Equal(t, "R17", got.at("route", "rule"))
	require.Equal(t, []any{[]any{"COL.DEAN", "COL.PSEC", "FIN"}, []any{"IO.REV"}, []any{"ISSUE"}}, got.at("route", "stages"))
	require.NotEmpty(t, got.at("route", "policy", "hash"))
	require.Equal(t, "open", got.at("notice", "state"))
	require.Equal(t, "dean.civ", got.at("holders", 0, "signers", 0, "person"))
	require.Equal(t, true, got.at("may", "withdraw"))
	version := got.at("version").(string)

	dean := s.as("dean.civ")
	task := dean.get("/tasks").ok(http.StatusOK)
	require.Equal(t, "1.1.COL.DEAN", task.at("items", 0, "task"))
	decide := func(c caller, body, key string) reply { return c.post(at+"/decisions", body, key) }
	decide(dean, `{"task":"1.1.COL.DEAN","decision":"approve"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("Idempotency-Key", "required")
	decide(dean, `{"task":"1.1.COL.DEAN","decision":"perhaps"}`, "k0").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("decision", "unknown_value")
	decide(dean, `{"task":"1.1.COL.DEAN","decision":"reject"}`, "k0").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("reason", "required")
	decide(dean, `{"task":"1.1.COL.DEAN","decision":"approve","version":"0000"}`, "k0").refused(http.StatusConflict, "conflict", "content_changed")
	decide(s.as("fin"), `{"task":"1.1.COL.DEAN","decision":"approve"}`, "k0").refused(http.StatusForbidden, "forbidden", "not_your_sign_off")
	decide(faculty, `{"task":"1.1.COL.DEAN","decision":"approve"}`, "k0").refused(http.StatusForbidden, "forbidden", "own_visit")

	approve := `{"task":"1.1.COL.DEAN","decision":"approve","version":"` + version + `"}`
	first := decide(dean, approve, "k1").ok(http.StatusOK)
	require.Equal(t, first.at("seq"), decide(dean, approve, "k1").ok(http.StatusOK).at("seq"), "sent again")
	decide(dean, `{"task":"1.1.COL.DEAN","decision":"reject","reason":"no"}`, "k1").refused(http.StatusConflict, "conflict", "command_reused")
	decide(dean, approve, "k2").refused(http.StatusConflict, "conflict", "task_closed")

	question := decide(s.as("fin"), `{"task":"1.1.FIN","decision":"question","reason":"Which project?"}`, "k1").ok(http.StatusOK)
	require.Equal(t, "question", question.at("state"))
	require.Equal(t, "Which project?", taskOf(t, faculty.get(at), "1.1.FIN")["question"])
	faculty.post(at+"/answer", `{"task":"1.1.FIN","answer":"Bridges."}`, "a1").ok(http.StatusOK)
	require.Equal(t, "Bridges.", taskOf(t, s.as("fin").get(at), "1.1.FIN")["answer"])

	decide(s.as("fin"), `{"task":"1.1.FIN","decision":"approve"}`, "k2").ok(http.StatusOK)
	decide(s.as("psec.civ"), `{"task":"1.1.COL.PSEC","decision":"approve"}`, "k").ok(http.StatusOK)
	decide(s.as("io.rev"), `{"task":"1.2.IO.REV","decision":"approve"}`, "k").ok(http.StatusOK)
	require.Empty(t, s.as("io.dir").get("/tasks").at("items"), "the notice is still open")

	s.as("pres").post("/demo/clock", `{"advance":"P30D"}`, "").refused(http.StatusForbidden, "forbidden", "admin_only")
	s.as("admin").post("/demo/clock", `{"advance":"tomorrow"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("advance", "not_a_duration")
	s.as("admin").post("/demo/clock", `{"advance":"P30D"}`, "").ok(http.StatusOK)
	done := decide(s.as("io.dir"), `{"task":"1.3.ISSUE","decision":"approve"}`, "k").ok(http.StatusOK)
	require.Equal(t, "preparing", done.at("state"))

	ledger := s.as("auditor").get(at + "/events").ok(http.StatusOK)
	require.Equal(t, true, ledger.at("intact"))
	require.Equal(t, "submitted", ledger.at("items", 0, "kind"))
	require.Equal(t, ledger.at("items", 0, "hash"), ledger.at("items", 1, "prev"))
	require.NotContains(t, ledger.Body, "Which project?", "texts are beside the ledger")
	history := s.as("auditor").get(at + "/history").ok(http.StatusOK)
	require.Equal(t, "WorkflowExecutionStarted", history.at("items", 0, "type"))
	require.Len(t, history.at("raw", "events"), len(history.at("items").([]any)))
	events := s.as("auditor").get("/audit/events?visit=" + id + "&kind=approved&limit=1").ok(http.StatusOK)
	require.Equal(t, id, events.at("items", 0, "visit"))
	faculty.get("/audit/events").refused(http.StatusForbidden, "forbidden", "auditors_only")

	faculty.post(at+"/withdraw", `{"reason":"too late"}`, "w").refused(http.StatusConflict, "conflict", "visit_closed")
	require.Equal(t, "cancelled", faculty.post(at+"/cancel", `{"reason":"ill"}`, "c").ok(http.StatusOK).at("state"))
}

func taskOf(t testing.TB, r reply, id string) map[string]any {
	t.Helper()
	for _, v := range r.ok(http.StatusOK).at("tasks").([]any) {
		if task := v.(map[string]any); task["id"] == id {
			return task
		}
	}
	t.Fatalf("no task %s in %s", id, r.Body)
	return nil
}

func TestReturnedVisitIsChangedAndSubmittedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	at := "/visits/" + id
	faculty.post(at+"/submit", "", "s1").ok(http.StatusOK)
	documents, err := json.Marshal(faculty.get(at).at("draft", "documents"))
	require.NoError(t, err)
	body := strings.Replace(conference, "To read a paper.", "To read two papers.", 1)
	body = fmt.Sprintf(body, strings.Trim(string(documents), "[]"))
	faculty.send(http.MethodPut, at, body, "").refused(http.StatusConflict, "conflict", "not_in_state")

	s.as("dean.civ").post(at+"/decisions", `{"task":"1.1.COL.DEAN","decision":"return","reason":"Say more."}`, "r").ok(http.StatusOK)
	faculty.send(http.MethodPut, at, body, "").ok(http.StatusOK)
	faculty.post(at+"/submit", "", "s2").ok(http.StatusOK)
	require.EqualValues(t, 2, faculty.get(at).at("round"))
	require.Equal(t, "To read two papers.", faculty.get(at).at("content", "purpose"))
	require.Equal(t, "withdrawn", faculty.post(at+"/withdraw", `{"reason":"ill"}`, "w").ok(http.StatusOK).at("state"))
}

func TestDraftsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	c := s.as("faculty.civ")
	for body, want := range map[string][2]string{
		`{"titel":"x"}`: {"titel", "unknown_field"},
		`{"Title":"x"}`: {"Title", "unknown_field"},
		`{"legs":[{"country":"JP"},{"country":7}]}`:   {"legs[1].country", "wrong_type"},
		`{"legs":[{"land":"JP"}]}`:                    {"legs[0].land", "unknown_field"},
		`{"legs":{}}`:                                 {"legs", "wrong_type"},
		`{"legs":[{"country":"XX"}]}`:                 {"legs[0].country", "unknown_country"},
		`{"category":"HOLIDAY"}`:                      {"category", "unknown_value"},
		`{"funding":[{"amount":1},{"amount":1.005}]}`: {"funding[1].amount", "not_a_number"},
		`{"funding":[{"amount":"1"}]}`:                {"funding[0].amount", "wrong_type"},
		`{"exit_date":"2027-02-30"}`:                  {"exit_date", "not_a_date"},
		`{"documents":[{"kind":"D1","file":"` + strings.Repeat("0", 64) + `"}]}`: {"documents[0].file", "not_uploaded"},
	} {
		c.post("/visits", body, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field(want[0], want[1])
	}
	c.post("/visits", `{"title":"x"`, "").refused(http.StatusBadRequest, "invalid", "malformed_json")
	c.post("/visits", `{"title":"x"} {}`, "").refused(http.StatusBadRequest, "invalid", "malformed_json")
	c.post("/visits", `[]`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("", "wrong_type")
	c.post("/visits", "{\"title\":\"a\\u0000b\"}", "").refused(http.StatusUnprocessableEntity, "invalid", "not_text")
	s.send(http.MethodPost, "/api/v1/visits", "title=x", header{"Authorization": "Bearer " + c.token, "Content-Type": "application/x-www-form-urlencoded"}).
		refused(http.StatusUnsupportedMediaType, "invalid", "json_only")

	created := c.post("/visits", `{}`, "").ok(http.StatusCreated)
	id := created.at("id").(string)
	require.Equal(t, "/api/v1/visits/"+id, created.Header.Get("Location"))
	refusal := c.post("/visits/"+id+"/submit", "", "k").refused(http.StatusUnprocessableEntity, "invalid", "cannot_submit")
	require.Greater(t, len(refusal.at("errors").([]any)), 5)
	preview := c.post("/visits/preview", `{}`, "").ok(http.StatusOK)
	require.Equal(t, true, preview.at("problems", 0, "missing"))
}

func TestDraftIsSavedOverTheRevisionThatWasRead(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	c, id := s.draft()
	put := func(etag string) reply {
		h := header{"Authorization": "Bearer " + c.token}
		if etag != "" {
			h["If-Match"] = etag
		}
		return s.send(http.MethodPut, "/api/v1/visits/"+id, `{"title":"changed"}`, h)
	}
	require.Equal(t, `"2"`, put(`"1"`).ok(http.StatusOK).Header.Get("ETag"))
	put(`"1"`).refused(http.StatusConflict, "conflict", "draft_changed")
	put(`first`).refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("If-Match", "unknown_value")
	require.Equal(t, `"3"`, put("").ok(http.StatusOK).Header.Get("ETag"))
	s.as("dean.civ").send(http.MethodPut, "/visits/"+id, `{}`, "").refused(http.StatusNotFound, "not_found", "not_found")
}

// What the form shows is in the API: when a draft would be approved, and a draft that begins from another.
func TestExpectedDateAndCopy(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	c, id := s.draft()
	preview := c.post("/visits/preview", fmt.Sprintf(conference, ""), "").ok(http.StatusOK)
	require.Equal(t, "limits", preview.at("expected", "by"))
	require.Regexp(t, `^\d{4}-\d\d-\d\d$`, preview.at("expected", "day"))
	copied := c.get("/visits/" + id + "/copy").ok(http.StatusOK)
	require.Equal(t, "Kyoto University", copied.at("legs", 0, "host"))
	require.Equal(t, "", copied.at("exit_date"))
	s.as("dean.civ").get("/visits/"+id+"/copy").refused(http.StatusNotFound, "not_found", "not_found")
}

func TestFilesAreSentAndSaved(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	c, id := s.draft()
	hash := c.get("/visits/"+id).at("draft", "documents", 0, "file").(string)
	got := c.get("/visits/" + id + "/files/" + hash).ok(http.StatusOK)
	require.Equal(t, "We invite you.", got.Body)
	require.Equal(t, "text/plain", got.Header.Get("Content-Type"))
	require.Equal(t, "attachment; filename*=utf-8''%E9%82%80%E8%AF%B7%E5%87%BD.txt", got.Header.Get("Content-Disposition"))
	require.Equal(t, "default-src 'none'; sandbox", got.Header.Get("Content-Security-Policy"))
	require.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"))
	s.as("dean.civ").get("/visits/"+id+"/files/"+hash).refused(http.StatusNotFound, "not_found", "not_found")
	c.get("/visits/"+id+"/files/nothing").refused(http.StatusNotFound, "not_found", "not_found")

	c.upload("page.html", "<html><body>").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("file", "media_type")
	c.upload("empty.pdf", "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("file", "empty_file")
	c.upload("large.pdf", "%PDF-"+strings.Repeat("0", 20<<20)).refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("file", "too_large")
	s.send(http.MethodPost, "/api/v1/files", "--x--\r\n", header{"Authorization": "Bearer " + c.token, "Content-Type": "multipart/form-data; boundary=x"}).
		refused(http.StatusUnprocessableEntity, "invalid", "invalid")
}

func TestTheUniversity(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	c := s.as("faculty.civ")
	people := c.get("/people?q=dean.civ").ok(http.StatusOK)
	require.Equal(t, "dean.civ", people.at("items", 0, "id"))
	require.NotContains(t, people.Body, "classified", "the search shows who somebody is, and no more")
	c.get("/people").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("q", "required")
	require.NotEmpty(t, c.get("/units").ok(http.StatusOK).at("items"))
	require.Equal(t, "cn-delegated", c.get("/policy").ok(http.StatusOK).at("pack"))
	c.get("/visits?state=nowhere").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("state", "unknown_value")
	c.get("/visits?from=yesterday").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("from", "not_a_date")
	c.get("/visits?stat=draft").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("stat", "unknown_field")
	require.Equal(t, "[]", strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(c.get("/visits").Body, `{"items":`), "}\n")))

	dean := s.as("dean.civ")
	made := dean.post("/delegations", `{"delegate":"vds.civ","post":"COL.DEAN","from":"2099-01-01","to":"2099-01-31","reason":"Leave"}`, "").ok(http.StatusCreated)
	number := fmt.Sprintf("%.0f", made.at("id"))
	require.Equal(t, "vds.civ", dean.get("/delegations").at("items", 0, "delegate"))
	dean.post("/delegations", `{"delegate":"dean.civ","from":"2099-01-01","to":"2099-01-31"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("delegate", "delegate_self")
	c.send(http.MethodDelete, "/delegations/"+number, "", "").refused(http.StatusNotFound, "not_found", "not_found")
	dean.send(http.MethodDelete, "/delegations/"+number, "", "").ok(http.StatusNoContent)
	dean.send(http.MethodDelete, "/delegations/x", "", "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("id", "wrong_type")
}

func TestRefusalsAreToldInBothLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	zh := s.send(http.MethodGet, "/api/v1/me", "", header{"Accept-Language": "zh-CN"}).refused(http.StatusUnauthorized, "unauthenticated", "sign_in_required")
	en := s.send(http.MethodGet, "/api/v1/me", "", nil).refused(http.StatusUnauthorized, "unauthenticated", "sign_in_required")
	require.NotEqual(t, zh.at("detail"), en.at("detail"))
}
