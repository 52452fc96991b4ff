package web

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func (f *fake) keep(values url.Values) keptDraft {
	f.t.Helper()
	w := f.post("/visits/keep", values)
	require.Equal(f.t, http.StatusOK, w.Code)
	var k keptDraft
	require.NoError(f.t, json.Unmarshal(w.Body.Bytes(), &k))
	return k
}

func TestSavesAsOneTypes(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	sent := form(t, f.get("/visits/new"), "draft")
	require.Equal(t, "0", sent.Get("revision"))
	sent.Set("title", "A plan")
	k := f.keep(sent)
	require.Equal(t, keptDraft{Kept: true, ID: "2026-00099", Revision: 1, Text: k.Text}, k)
	require.Contains(t, k.Text, "Saved at ")
	sent.Set("id", k.ID)
	sent.Set("revision", "1")
	sent.Set("title", "A better plan")
	require.Equal(t, 2, f.keep(sent).Revision)
	require.Equal(t, "A better plan", f.drafts["2026-00099"].Draft.Title)

	sent.Set("return_date", "2027-03-01")
	sent.Set("exit_date", "2027-03-09")
	require.Equal(t, keptDraft{Text: "Not saved yet. To correct: Return date"}, f.keep(sent))
	sent.Set("exit_date", "2027-02-28")
	sent.Set("funding[0].source", "Fund")
	sent.Set("funding[0].amount", "12x")
	require.Contains(t, f.keep(sent).Text, "Amount")
	require.Equal(t, 2, f.drafts["2026-00099"].Revision, "nothing that is wrong is kept")

	sent.Set("funding[0].amount", "12")
	f.refuse = visit.Refuse(visit.Conflict, "draft_changed", "id", k.ID)
	k = f.keep(sent)
	require.True(t, k.Changed)
	require.False(t, k.Kept)
	require.Contains(t, k.Text, "changed elsewhere")

	f.refuse = visit.Refuse(visit.Forbidden, "unit_secretary_only")
	require.Equal(t, http.StatusForbidden, f.post("/visits/keep", sent).Code)
}

// A form that is shown again since the draft was changed elsewhere does not save by itself.
func TestAChangedDraftIsSavedOnPurposeOnly(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang, f.refuse = "F1001", "en", visit.Refuse(visit.Conflict, "draft_changed", "id", "2026-00005")
	w := f.post("/visits/2026-00005/edit", url.Values{"do": {"save"}, "title": {"Mine"}, "revision": {"1"}})
	require.Contains(t, w.Body.String(), "data-changed")
	w = f.post("/visits/2026-00005/edit", url.Values{"do": {"add-legs"}, "title": {"Mine"}, "revision": {"3"}})
	require.Contains(t, w.Body.String(), "data-unsaved")
	require.NotContains(t, w.Body.String(), "data-changed")
	require.NotContains(t, f.get("/visits/2026-00005/edit").Body.String(), "data-unsaved")
}

func TestOneFileIsKeptBeforeTheFormIsSent(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	send := func(field, name, content string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		require.NoError(t, m.WriteField("kind", "D3"))
		part, err := m.CreateFormFile(field, name)
		require.NoError(t, err)
		_, err = part.Write([]byte(content))
		require.NoError(t, err)
		require.NoError(t, m.Close())
		r := httptest.NewRequest(http.MethodPost, "/visits/files", &body)
		r.Header.Set("Content-Type", m.FormDataContentType())
		w := httptest.NewRecorder()
		f.handler().ServeHTTP(w, r)
		return w
	}
	var a attached
	w := send("file", "plan.pdf", "%PDF-1.7")
	require.Equal(t, http.StatusOK, w.Code)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	require.Equal(t, attached{Kind: "D3", File: strings.Repeat("cd", 32), Name: "plan.pdf"}, a)
	w = send("file", "virus.exe", "MZ")
	a = attached{}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	require.Empty(t, a.File)
	require.Contains(t, a.Text, "application/x-msdownload")
	require.Equal(t, http.StatusUnprocessableEntity, send("other", "plan.pdf", "%PDF-1.7").Code)
}

func TestANewRequestBeginsFromAnEarlierOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	for _, page := range []string{"/visits/new", "/visits", "/visits/2026-00001"} {
		require.Contains(t, f.get(page).Body.String(), `href="/visits/new?copy=2026-00001"`, page)
	}
	w := f.get("/visits/new?copy=2026-00001")
	require.Equal(t, http.StatusOK, w.Code)
	copied := form(t, w, "draft")
	require.Equal(t, draft().Title, copied.Get("title"))
	require.Equal(t, "DE", copied.Get("legs[0].country"))
	require.Empty(t, copied.Get("exit_date"))
	require.NotContains(t, copied, "documents[0].file")
	require.Empty(t, copied.Get("id"), "nothing is kept yet")
	require.Contains(t, w.Body.String(), "Copied from 2026-00001")
	checkPage(t, f, w)
	require.Equal(t, http.StatusNotFound, f.get("/visits/new?copy=2026-77777").Code)
	f.user = "D1001"
	require.NotContains(t, f.get("/visits/2026-00001").Body.String(), "?copy=", "who only signs is not offered it")
}

// Two plain questions choose the category; the first one only says which answers the second offers.
func TestPlainQuestionsChooseTheCategory(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	who := func(w *httptest.ResponseRecorder) string { return form(t, w, "draft").Get("who") }
	w := f.get("/visits/new")
	require.Equal(t, "staff", who(w))
	require.Empty(t, form(t, w, "draft").Get("category"), "nothing is chosen for one")
	require.Contains(t, w.Body.String(), "What is the visit for?")
	require.Contains(t, w.Body.String(), "A conference, joint research, teaching or an academic visit")
	require.Contains(t, w.Body.String(), "outside the quota")
	require.Equal(t, "students", who(f.post("/visits/new", url.Values{"do": {"add-legs"}, "category": {"STU_TOUR"}})))

	sent := form(t, f.get("/visits/2026-00003/edit"), "draft")
	require.Equal(t, "staff", sent.Get("who"))
	w = f.post("/visits/preview", sent)
	require.Contains(t, w.Body.String(), `<div class="means">`)
	require.Contains(t, w.Body.String(), "R17")
}
