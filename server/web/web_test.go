package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// every page, and somebody who may see it.
var pages = []struct{ who, path string }{
	{"", "/login"}, {"F1001", "/"}, {"D1001", "/"}, {"D1001", "/inbox"}, {"F1001", "/inbox"}, {"I1001", "/analytics"}, {"F1001", "/people?q=F1"},
	{"F1001", "/visits"}, {"D1001", "/visits?all=1&state=approved"}, {"F1001", "/visits/new"}, {"F1001", "/visits/2026-00003/edit"},
	{"F1001", "/visits/2026-00005/edit"}, {"F1001", "/visits/2026-00001?done=submitted"}, {"F1001", "/visits/2026-00002"},
	{"F1001", "/visits/2026-00003"}, {"F1001", "/visits/2026-00004"}, {"D1001", "/visits/2026-00001"}, {"N1001", "/visits/2026-00001"},
	{"A1001", "/visits/2026-00002/ledger"}, {"A1001", "/visits/2026-00002/history"}, {"A1001", "/audit?delegated=1"},
	{"I1001", "/abroad"}, {"I1001", "/abroad?country=JP"}, {"A1001", "/abroad/accesses"}, {"I1001", "/abroad/risk"}, {"I1001", "/abroad/risk/7"},
	{"D1001", "/delegations"}, {"F1001", "/delegations"}, {"F1001", "/visits/2026-09999"},
}

func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		for _, page := range pages {
			t.Run(string(lang)+page.path+" "+page.who, func(t *testing.T) {
				t.Parallel()
				f := newFake(t)
				f.user, f.lang = page.who, string(lang)
				r := httptest.NewRequest(http.MethodGet, page.path, nil)
				r.Header.Set("Accept-Language", string(lang))
				w := httptest.NewRecorder()
				f.handler().ServeHTTP(w, r)
				require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
				require.Contains(t, w.Body.String(), `lang="`+lang.Tag()+`"`)
				checkPage(t, f, w)
			})
		}
	}
}

// key looks like the key of a text that was not found: a known first part, a dot, a name.
var key = regexp.MustCompile(`^(rule|state|task_state|category|category_ask|category_means|flag|flag_help|form|case|panel|field|common|list|nav|event|login|audit|ledger|history|delegations|desk|inbox|error|why|decide|progress|verdict|verdict_help|filter|visits|people|row|done|demo|role|funding_kind|resume|calendar|notifications|notice|notices|notice_state|deliveries|delivery|abroad|trip|risk_outcome|risk|channel|group|group_help|dropped|life|report|report_form|report_state|result_kind)\.[a-z_.]+$`)

// checkPage looks at what every page must keep to.
func checkPage(t *testing.T, f *fake, w *httptest.ResponseRecorder) {
	t.Helper()
	doc, err := html.Parse(w.Body)
	require.NoError(t, err)
	ids := map[string]bool{}
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			require.False(t, key.MatchString(strings.TrimSpace(n.Data)), "untranslated: %s", n.Data)
			require.NotContains(t, n.Data, "<no value>")
		}
		for _, a := range n.Attr {
			require.NotEqual(t, "style", a.Key, "inline style")
			require.False(t, strings.HasPrefix(a.Key, "on"), "inline script: %s", a.Key)
			require.False(t, key.MatchString(a.Val), "untranslated: %s=%s", a.Key, a.Val)
		}
		if id := attr(n, "id"); id != "" {
			require.False(t, ids[id], "id %s is there twice", id)
			ids[id] = true
		}
		switch n.Data {
		case "script":
			require.NotEmpty(t, attr(n, "src"), "inline script")
		case "form":
			if attr(n, "method") == "post" && f.user != "" {
				require.Equal(t, "token of "+f.user, fields(n).Get("csrf"), attr(n, "action"))
			}
		}
	}
	require.True(t, ids["main"])
	for n := range doc.Descendants() {
		if n.Data == "label" && attr(n, "for") != "" {
			require.True(t, ids[attr(n, "for")], "label for %s", attr(n, "for"))
		}
	}
}

func attr(n *html.Node, name string) string {
	if i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name }); i >= 0 {
		return n.Attr[i].Val
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// fields are what a browser would send of a form, without a button.
func fields(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		switch {
		case name == "":
		case n.Data == "textarea":
			v.Add(name, strings.ReplaceAll(textOf(n), "\n", "\r\n"))
		case n.Data == "select":
			v.Add(name, chosen(n))
		case n.Data == "input" && attr(n, "type") != "file":
			if kind := attr(n, "type"); kind != "checkbox" && kind != "radio" || has(n, "checked") {
				v.Add(name, attr(n, "value"))
			}
		}
	}
	return v
}

func chosen(n *html.Node) string {
	var options []string
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		if has(o, "selected") {
			return attr(o, "value")
		}
		options = append(options, attr(o, "value"))
	}
	if len(options) == 0 {
		return ""
	}
	return options[0]
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// form gives the fields of the form with an id, or with an action.
func form(t *testing.T, w *httptest.ResponseRecorder, which string) url.Values {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(w.Body.Bytes()))
	require.NoError(t, err)
	for n := range doc.Descendants() {
		if n.Data == "form" && (attr(n, "id") == which || attr(n, "action") == which) {
			return fields(n)
		}
	}
	require.Fail(t, "no form "+which, w.Body.String())
	return nil
}

func TestFormSentBackSavesTheSameDraft(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "F1001"
	sent := form(t, f.get("/visits/2026-00003/edit"), "draft")
	sent.Set("do", "save")
	w := f.post("/visits/2026-00003/edit", sent)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/visits/2026-00003/edit?done=saved", w.Header().Get("Location"))
	require.Equal(t, draft().Normal(), f.drafts["2026-00003"].Draft.Normal())
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "F1001"
	sent := form(t, f.get("/visits/2026-00003/edit"), "draft")
	sent.Set("do", "submit")
	w := f.post("/visits/2026-00003/edit", sent)
	require.Equal(t, "/visits/2026-00003?done=submitted", w.Header().Get("Location"))
	require.Equal(t, []string{"save 2026-00003", "submit 2026-00003 " + sent.Get("key")}, f.did)
}

func TestWrongFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	w := f.post("/visits/new", url.Values{
		"do": {"save"}, "title": {"A <b>bold</b> plan"}, "exit_date": {"2027-03-09"}, "return_date": {"2027-03-01"}, "flags": {"urgent"},
		"travellers[0].person": {"Nobody At All"}, "travellers[0].role": {"leader"},
		"legs[0].city": {"Wien"}, "legs[0].country": {"AT"}, "funding[0].source": {"Fund"}, "funding[0].currency": {"eur"}, "funding[0].amount": {"1.2.3"},
	})
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Empty(t, f.did)
	typed := form(t, w, "draft")
	require.Equal(t, "A <b>bold</b> plan", typed.Get("title"))
	require.Equal(t, "2027-03-09", typed.Get("exit_date"))
	require.Equal(t, "Nobody At All", typed.Get("travellers[0].person"))
	require.Equal(t, "Wien", typed.Get("legs[0].city"))
	require.Equal(t, "EUR", typed.Get("funding[0].currency"))
	require.Equal(t, "1.2.3", typed.Get("funding[0].amount"))
	require.Equal(t, []string{"urgent"}, typed["flags"])
	require.Contains(t, w.Body.String(), `href="#f-funding-0-amount"`)
	require.Contains(t, w.Body.String(), "“1.2.3” is not an amount")
	checkPage(t, f, w)
}

func TestRecordsRefusalStandsAtItsField(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	w := f.post("/visits/new", url.Values{"do": {"save"}, "exit_date": {"2027-03-09"}, "return_date": {"2027-03-01"}})
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), `id="f-return_date-error">Must not be before 2027-03-09.`)
}

func TestDraftChangedElsewhere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang, f.refuse = "F1001", "en", visit.Refuse(visit.Conflict, "draft_changed", "id", "2026-00005")
	w := f.post("/visits/2026-00005/edit", url.Values{"do": {"save"}, "title": {"Mine"}, "revision": {"1"}})
	require.Equal(t, http.StatusConflict, w.Code)
	require.Equal(t, "Mine", form(t, w, "draft").Get("title"))
	require.Equal(t, "3", form(t, w, "draft").Get("revision"))
}

func TestRowsWithoutScript(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "F1001"
	sent := form(t, f.get("/visits/2026-00003/edit"), "draft")
	sent.Set("do", "add-legs")
	w := f.post("/visits/2026-00003/edit", sent)
	require.Equal(t, http.StatusOK, w.Code)
	sent = form(t, w, "draft")
	require.Contains(t, sent, "legs[1].city")
	sent.Set("legs[1].city", "Wien")
	sent.Set("do", "remove-legs-0")
	sent = form(t, f.post("/visits/2026-00003/edit", sent), "draft")
	require.Equal(t, "Wien", sent.Get("legs[0].city"))
	require.NotContains(t, sent, "legs[1].city")
	sent.Set("do", "remove-documents-0")
	require.NotContains(t, form(t, f.post("/visits/2026-00003/edit", sent), "draft"), "documents[0].file")
	require.Empty(t, f.did)
}

func TestNameFindsItsPerson(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "F1001"
	w := f.post("/visits/new", url.Values{"do": {"save"}, "travellers[0].person": {"刘洋"}, "travellers[0].role": {"leader"}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "F1002", f.drafts["2026-00099"].Draft.Travellers[0].Person)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	w := f.post("/visits/preview", form(t, f.get("/visits/2026-00003/edit"), "draft"))
	require.Equal(t, http.StatusOK, w.Code)
	require.NotContains(t, w.Body.String(), "<html")
	require.Contains(t, w.Body.String(), "International Office reviewer")
	require.Contains(t, w.Body.String(), "Li Na") // who holds the post of the dean
	require.Contains(t, w.Body.String(), `hx-swap-oob`)
	require.Contains(t, w.Body.String(), `hx-swap-oob="innerMorph"><span>3 missing</span>`, "in one line, for narrow windows")

	values := form(t, f.get("/visits/2026-00003/edit"), "draft")
	values.Add("flags", string(visit.Urgent))
	w = f.post("/visits/preview", values)
	require.Contains(t, w.Body.String(), "What would make this simpler")
	require.Contains(t, w.Body.String(), "Without President")
}

func TestChangeOfCategoryHoldsBothRoutesAgainstEachOther(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	id := "2026-00001"
	w := f.get("/visits/" + id + "/category?category=WRK")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "<mark>")
	w = f.post("/visits/"+id+"/category", url.Values{"category": {"WRK"}, "reason": {"It signs an agreement."}, "key": {"k"}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Contains(t, f.did, "category "+id+" WRK It signs an agreement. k")

	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "reason", Rule: "too_long", Args: map[string]string{"max": "4000"}}}}
	w = f.post("/visits/"+id+"/category", url.Values{"category": {"WRK"}, "reason": {"What was typed"}, "key": {"k"}})
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), "What was typed")
}

func TestUpload(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	send := func(name, content string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		require.NoError(t, m.WriteField("do", "save"))
		require.NoError(t, m.WriteField("title", "Mine"))
		part, err := m.CreateFormFile("upload.D3", name)
		require.NoError(t, err)
		_, err = part.Write([]byte(content))
		require.NoError(t, err)
		require.NoError(t, m.Close())
		r := httptest.NewRequest(http.MethodPost, "/visits/new", &body)
		r.Header.Set("Content-Type", m.FormDataContentType())
		w := httptest.NewRecorder()
		f.handler().ServeHTTP(w, r)
		return w
	}
	w := send("virus.exe", "MZ")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Equal(t, "Mine", form(t, w, "draft").Get("title"))
	require.Contains(t, w.Body.String(), "application/x-msdownload")
	require.Equal(t, http.StatusSeeOther, send("plan.pdf", "%PDF-1.7").Code)
	require.Equal(t, []visit.Document{{Kind: "D3", File: strings.Repeat("cd", 32), Name: "plan.pdf"}}, f.drafts["2026-00099"].Draft.Documents)
}

func TestDecide(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "D1001", "en"
	sent := form(t, f.get("/visits/2026-00001"), "/visits/2026-00001/decide")
	require.Equal(t, f.visits["2026-00001"].v.Version, sent.Get("version"))
	sent.Set("decision", "return")
	sent.Set("reason", "The programme is missing.")
	f.refuse = visit.Refuse(visit.Conflict, "content_changed", "task", sent.Get("task"))
	w := f.post("/visits/2026-00001/decide", sent)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "The content has changed since you looked at it.")
	again := form(t, w, "/visits/2026-00001/decide")
	require.Equal(t, "The programme is missing.", again.Get("reason"))
	require.Equal(t, "return", again.Get("decision"))
	require.NotEqual(t, sent.Get("key"), again.Get("key"))
	w = f.post("/visits/2026-00001/decide", again)
	require.Equal(t, "/visits/2026-00001?done=decided", w.Header().Get("Location"))
	require.Equal(t, "return 2026-00001 1.1.COL.DEAN The programme is missing. "+again.Get("key"), f.did[1])
}

func TestOutcomeNotKnownKeepsTheKey(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.refuse = "D1001", visit.Refuse(visit.Unavailable, "not_decided_yet", "id", "2026-00001")
	sent := form(t, f.get("/visits/2026-00001"), "/visits/2026-00001/decide")
	w := f.post("/visits/2026-00001/decide", sent)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, sent.Get("key"), form(t, w, "/visits/2026-00001/decide").Get("key"))
}

func TestApplicantsCommands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, command, field, done string }{
		{"2026-00002", "answer", "answer", "answered"}, {"2026-00001", "withdraw", "reason", "withdrawn"},
	} {
		t.Run(c.command, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.user, f.lang = "F1001", "en"
			action := "/visits/" + c.id + "/" + c.command
			f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: c.field, Rule: "required"}}}
			sent := form(t, f.get("/visits/"+c.id), action)
			w := f.post(action, sent)
			require.Equal(t, http.StatusUnprocessableEntity, w.Code)
			require.Contains(t, w.Body.String(), `<span class="error"`)
			checkPage(t, f, w)
			sent.Set(c.field, "Because.")
			w = f.post(action, sent)
			require.Equal(t, "/visits/"+c.id+"?done="+c.done, w.Header().Get("Location"))
			require.Equal(t, fmt.Sprintf("%s %s %s Because. %s", c.command, c.id, sent.Get("task"), sent.Get("key")), f.did[1])
		})
	}
}

func TestP14_DelegateIsNamedWithTheHolder(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	require.Contains(t, f.get("/visits/2026-00004").Body.String(), "Li Na for Zhang Qiang, delegation 7")
	f.lang = "zh"
	require.Contains(t, f.get("/visits/2026-00004").Body.String(), "李娜（代 张强，委托第 7 号）")
}

func TestDelegationKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "D1001", "en"
	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "to", Rule: "over_a_year"}}}
	sent := url.Values{"delegate": {"P1001"}, "from": {"2026-12-01"}, "to": {"2029-12-01"}, "reason": {"Away"}}
	w := f.post("/delegations", sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Equal(t, "2029-12-01", form(t, w, "/delegations").Get("to"))
	require.Contains(t, w.Body.String(), `id="f-to-error">At most one year.`)
	require.Equal(t, http.StatusSeeOther, f.post("/delegations", sent).Code)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	w := f.get("/visits/2026-00001?task=1")
	require.Equal(t, "/login?next=%2Fvisits%2F2026-00001%3Ftask%3D1", w.Header().Get("Location"))
	wrong := f.post("/login", url.Values{"username": {"F1001"}, "password": {"wrong"}, "next": {"/inbox"}})
	require.Equal(t, http.StatusUnauthorized, wrong.Code)
	sent := form(t, wrong, "/login")
	require.Equal(t, "F1001", sent.Get("username"))
	require.Empty(t, sent.Get("password"))
	sent.Set("password", "right")
	require.Equal(t, "/inbox", f.post("/login", sent).Header().Get("Location"))
	require.Equal(t, "/login", f.post("/logout", nil).Header().Get("Location"))
	require.Empty(t, f.user)
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "login", "%zz"} {
		f := newFake(t)
		w := f.post("/login", url.Values{"username": {"F1001"}, "password": {"right"}, "next": {next}})
		require.Equal(t, "/", w.Header().Get("Location"), next)
	}
}

// A session that has ended loses nothing: what was being sent waits in the sign-in page, and is sent when asked to.
func TestExpiredSessionKeepsTheForm(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.late = "F1001", true
	sent := form(t, f.get("/visits/2026-00003/edit"), "draft")
	sent.Set("title", "Typed for an hour")
	sent.Set("do", "save")
	f.user = ""
	w := f.post("/visits/2026-00003/edit", sent)
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Empty(t, f.did)
	login := form(t, w, "/login")
	login.Set("username", "F1001")
	login.Set("password", "wrong")
	login = form(t, f.post("/login", login), "/login")
	login.Set("password", "right")
	w = f.post("/login", login)
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, f.did, "nothing is sent by itself")
	again := form(t, w, "/visits/2026-00003/edit")
	require.Equal(t, "token of F1001", again.Get("csrf"))
	sent.Set("purpose", strings.ReplaceAll(sent.Get("purpose"), "\r\n", "\n")) // a hidden field does not tell the two apart
	require.Equal(t, sent, again)
	require.Equal(t, http.StatusSeeOther, f.post("/visits/2026-00003/edit", again).Code)
	require.Equal(t, "Typed for an hour", f.drafts["2026-00003"].Draft.Title)
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "F1001"
	w := f.post("/language", url.Values{"language": {"en"}, "back": {"/visits?all=1"}})
	require.Equal(t, "/visits?all=1", w.Header().Get("Location"))
	require.Equal(t, "en", f.lang)
	f.user = ""
	r := httptest.NewRequest(http.MethodGet, "/login", nil)
	r.Header.Set("Accept-Language", "zh")
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	f.handler().ServeHTTP(w, r)
	require.Contains(t, w.Body.String(), `<html lang="en"`)
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	for code, status := range map[visit.Code]int{
		visit.Forbidden: 403, visit.NotFound: 404, visit.Conflict: 409, visit.Gone: 410, visit.Invalid: 422, visit.Internal: 500, visit.Unavailable: 503,
	} {
		for _, lang := range i18n.Langs {
			f := newFake(t)
			f.user, f.lang = "D1001", string(lang)
			f.refuse = visit.Refuse(code, "internal")
			w := f.post("/delegations/7/end", nil)
			require.Equal(t, status, w.Code)
			require.Contains(t, w.Body.String(), i18n.Text(lang, fmt.Sprintf("error.%d", status), nil))
			checkPage(t, f, w)
		}
	}
}

func TestFiltersAreChecked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "A1001"
	require.Equal(t, http.StatusUnprocessableEntity, f.get("/audit?from=yesterday").Code)
	require.Contains(t, f.get("/visits?all=1&text=a%26b").Body.String(), `href="/visits?all=1&amp;cursor=cursor&amp;text=a%26b"`)
}

func TestClock(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "A1001"
	before := f.now
	require.Equal(t, "/audit", f.post("/clock", url.Values{"advance": {"P7D"}, "back": {"/audit"}}).Header().Get("Location"))
	require.Equal(t, before.AddDate(0, 0, 7), f.now)
	require.Equal(t, http.StatusUnprocessableEntity, f.post("/clock", url.Values{"advance": {"soon"}}).Code)
}

func TestAssets(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for _, at := range []string{address(styleSheet), address(ownScript)} {
		w := f.get(at)
		require.Equal(t, http.StatusOK, w.Code, at)
		require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	}
	require.Equal(t, http.StatusNotFound, f.get("/assets/0000000000000000/exeat.css").Code)
	css, err := os.ReadFile("assets/exeat.css")
	require.NoError(t, err)
	require.Less(t, len(css), 30<<10)
}

func TestCountries(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		codes := countryCodes(lang)
		require.Greater(t, len(codes), 200)
		require.NotContains(t, codes, "CN")
		for _, code := range codes {
			require.True(t, visit.KnownCountry(code), code)
		}
	}
	require.Equal(t, "XX", countryName(i18n.ZH, "XX"))
}

func TestP39_AListJoinsTheFormWithoutLosingWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	typed := url.Values{"do": {"roster"}, "title": {"Mine"}, "travellers[0].person": {"F1001"}, "travellers[0].role": {"leader"}, "roster": {"number\nF1002"}}
	w := f.post("/visits/new", typed)
	require.Equal(t, http.StatusOK, w.Code)
	sent := form(t, w, "draft")
	require.Equal(t, []string{"Mine", "F1001", "member", "F1002", "leader", ""}, []string{
		sent.Get("title"), sent.Get("travellers[0].person"), sent.Get("travellers[0].role"), sent.Get("travellers[1].person"), sent.Get("travellers[1].role"), sent.Get("roster"),
	})
	require.Equal(t, []string{"list number\nF1002"}, f.did, "nothing is saved by it")

	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "rows[1].person", Rule: "unknown_person", Args: map[string]string{"person": "F1002"}}}}
	w = f.post("/visits/new", typed)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	sent = form(t, w, "draft")
	require.Equal(t, []string{"Mine", "F1001", "leader", "number\r\nF1002"}, []string{sent.Get("title"), sent.Get("travellers[0].person"), sent.Get("travellers[0].role"), sent.Get("roster")}, "as a browser sends it")
	require.Contains(t, w.Body.String(), "File line 2 · number: There is no such person: F1002.")
	require.Contains(t, w.Body.String(), `href="#f-roster"`)
	checkPage(t, f, w)

	require.Contains(t, f.get("/visits/roster.csv").Body.String(), "学号/工号,姓名,角色")
}

func TestEveryComponentIsShown(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.TestMode)
	for _, lang := range []string{"zh", "en"} {
		f := newFake(t)
		f.lang = lang
		e := gin.New()
		p := &Pages{svc: f, record: f, auth: f, names: f.pack.Name}
		e.GET("/dev/components", p.wrap(p.showComponents))
		r := httptest.NewRequest(http.MethodGet, "/dev/components", nil)
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
		for _, want := range []string{`class="summary"`, `aria-invalid="true"`, `class="track"`, `class="timeline"`, `class="shares"`, `class="late"`, "48,000"} {
			require.Contains(t, w.Body.String(), want)
		}
		for _, s := range visit.States {
			require.Contains(t, w.Body.String(), i18n.Text(i18n.Lang(lang), "state."+string(s), nil))
		}
	}
}
