package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// browser is somebody who uses the pages.
type browser struct {
	s            *site
	cookie, csrf string
}

func (s *site) browse(person string) browser {
	s.t.Helper()
	h, err := hash()
	require.NoError(s.t, err)
	require.NoError(s.t, s.svc.Store.PutAccount(s.t.Context(), store.Account{Username: person, Person: person, Password: h, Language: "en"}))
	cookie, csrf := s.signInAs(person)
	return browser{s, cookie, csrf}
}

func (b browser) get(path string) reply {
	return b.s.send(http.MethodGet, path, "", header{"Cookie": b.cookie})
}

func (b browser) post(path string, form url.Values) reply {
	form.Set("csrf", b.csrf)
	return b.s.send(http.MethodPost, path, form.Encode(), header{"Cookie": b.cookie, "Content-Type": "application/x-www-form-urlencoded"})
}

// The life of a version through the pages: an editor opens and changes a draft, a publisher publishes it.
func TestPolicyPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	editor, publisher, reader := s.browse("policy.editor"), s.browse("policy.publisher"), s.browse("faculty.civ")
	var today string
	require.NoError(t, s.db.App(t).GetContext(t.Context(), &today, `SELECT to_char((now() + ahead) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') FROM clock`))

	list := reader.get("/policy").ok(http.StatusOK)
	require.NotContains(t, list.Body, "/policy/drafts", "drafts are for those who edit or publish")
	version := regexp.MustCompile(`/policy/versions/[0-9a-f]{64}`).FindString(list.Body)
	for _, path := range []string{version, version + "?q=R17", version + "/text"} {
		require.Contains(t, reader.get(path).ok(http.StatusOK).Body, "R17")
	}
	require.NotContains(t, reader.get(version+"?q=President").ok(http.StatusOK).Body, `id="R17"`, "the search leaves out what it does not find")
	require.Equal(t, http.StatusForbidden, reader.post("/policy/drafts", url.Values{"from": {strings.TrimPrefix(version, "/policy/versions/")}}).Status)
	require.Equal(t, http.StatusForbidden, reader.get("/policy/replay").Status)

	opened := editor.post("/policy/drafts", url.Values{"from": {strings.TrimPrefix(version, "/policy/versions/")}}).ok(http.StatusSeeOther)
	draft := opened.Header.Get("Location")
	body := s.draftText(draft)
	wrong := strings.Replace(body, "[COL.DEAN, COL.PSEC, FIN, RES?, SEC?], [IO.REV], [ISSUE]]", "[COL.DEAN, DEANERY], [IO.REV], [ISSUE]]", 1)
	require.NotEqual(t, body, wrong)
	require.Contains(t, editor.post(draft+"/check", url.Values{"text": {wrong}}).ok(http.StatusOK).Body, "DEANERY")
	editor.post(draft, url.Values{"do": {"save"}, "text": {wrong}, "revision": {"1"}}).ok(http.StatusSeeOther)
	again := editor.post(draft, url.Values{"do": {"save"}, "text": {wrong + "# lost?"}, "revision": {"1"}})
	again.ok(http.StatusConflict)
	require.Contains(t, again.Body, "# lost?", "what was typed stays")
	refused := publisher.post(draft+"/publish", url.Values{"revision": {"2"}, "open_visits": {"keep"}, "note": {"why so"}})
	refused.ok(http.StatusUnprocessableEntity)
	require.Contains(t, refused.Body, "DEANERY")
	require.Contains(t, refused.Body, "why so")

	right := strings.NewReplacer(`version: "2026.1"`, `version: "2026.2"`, "effective_from: 2026-01-01", "effective_from: "+today).Replace(body)
	editor.post(draft, url.Values{"do": {"save"}, "text": {right}, "revision": {"2"}}).ok(http.StatusSeeOther)
	editor.post(draft+"/publish", url.Values{"revision": {"3"}, "open_visits": {"keep"}}).ok(http.StatusForbidden)
	require.Contains(t, editor.get("/policy/replay?"+url.Values{"draft": {draft[strings.LastIndex(draft, "/")+1:]}}.Encode()).ok(http.StatusOK).Body, "By rule")
	published := publisher.post(draft+"/publish", url.Values{"revision": {"3"}, "open_visits": {"list"}}).ok(http.StatusSeeOther).Header.Get("Location")
	require.Contains(t, reader.get("/policy").Body, "2026.2")
	difference := reader.get("/policy/compare?" + url.Values{"from": {strings.TrimPrefix(version, "/policy/versions/")}, "to": {published[len("/policy/versions/") : len("/policy/versions/")+64]}}.Encode())
	require.Contains(t, difference.ok(http.StatusOK).Body, "Nothing is different")

	publisher.post("/policy/use", url.Values{"unit": {"LEEDS"}, "pack": {"international"}, "from": {today}}).ok(http.StatusSeeOther)
	require.Contains(t, publisher.post("/policy/use", url.Values{"unit": {"LEEDS"}, "pack": {"none"}, "from": {today}}).ok(http.StatusUnprocessableEntity).Body, "none")
	require.Contains(t, editor.get("/policy/coverage?rule=R17").ok(http.StatusOK).Body, "never held")
	require.Contains(t, editor.get("/policy/coverage?format=csv").ok(http.StatusOK).Body, "R17,")
	require.Equal(t, http.StatusForbidden, reader.get("/policy/coverage").Status)
	csv := publisher.get("/policy/replay?format=csv").ok(http.StatusOK)
	require.Contains(t, csv.Header.Get("Content-Type"), "text/csv")
}

func (s *site) draftText(page string) string {
	s.t.Helper()
	text, ok := s.as("policy.publisher").get("/policies/drafts/" + page[strings.LastIndex(page, "/")+1:]).ok(http.StatusOK).at("body").(string)
	require.True(s.t, ok)
	return text
}

// The editor cannot publish through the API either, and a wrong text is refused with its lines.
func TestPolicyAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	editor, publisher := s.as("policy.editor"), s.as("policy.publisher")
	hash, _ := editor.get("/policy").ok(http.StatusOK).at("hash").(string)
	id := editor.post("/policies/drafts", `{"from":"`+hash+`"}`, "").ok(http.StatusCreated).at("id")
	path := "/policies/drafts/" + strings.TrimSuffix(jsonOf(id), ".0")
	text, _ := editor.get(path).ok(http.StatusOK).at("body").(string)
	save := func(revision, text string) {
		editor.send(http.MethodPut, path, `{"revision":`+revision+`,"text":`+jsonOf(text)+`}`, "").ok(http.StatusOK)
	}
	save("1", strings.Replace(text, "citation: TRAINING152", "citation: NOWHERE", 1))
	faults := editor.post(path+"/check", "", "").ok(http.StatusOK)
	require.NotEmpty(t, faults.at("faults"))
	editor.post(path+"/publish", `{"revision":2,"open_visits":"keep","note":""}`, "").refused(http.StatusForbidden, "forbidden", "publisher_only")
	publisher.post(path+"/publish", `{"revision":2,"open_visits":"keep","note":""}`, "").refused(http.StatusUnprocessableEntity, "invalid", "policy_faults").field("text", "policy_fault")
	publisher.post(path+"/publish", `{"revision":2,"open_visits":"perhaps","note":""}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("open_visits", "unknown_value")
	require.EqualValues(t, 0, publisher.post("/policies/replay", `{"draft":0,"hash":"`+hash+`","from":"","to":"","open":false}`, "").ok(http.StatusOK).at("cases"))
	publisher.send(http.MethodPut, "/policies/use", `{"unit":"LEEDS","pack":"international","from":"2020-01-01"}`, "").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("from", "effective_too_early")
	require.Equal(t, "R17", editor.get("/policies/versions/"+hash).ok(http.StatusOK).at("book", "rules", 16, "code"))
	require.Equal(t, "R01", editor.get("/policies/coverage").ok(http.StatusOK).at("rules", 0, "code"))
	editor.send(http.MethodDelete, path, "", "").ok(http.StatusNoContent)
	editor.get(path).ok(http.StatusOK)
	editor.send(http.MethodDelete, path, "", "").refused(http.StatusConflict, "conflict", "policy_draft_closed")
	require.Equal(t, visit.NotFound, visit.Code(s.as("faculty.civ").get(path).at("code").(string)))
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
