package walk_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/server/auth"
)

// sent is a request as a careless or hostile program writes it.
type sent struct {
	method, path, body string
	header             map[string]string
}

// answer gives the status and the problem document.
func (s system) answer(t *testing.T, r sent) (int, client.Problem) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, s.url+"/api/v1"+r.path, strings.NewReader(r.body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), string(body))
	var p client.Problem
	require.NoError(t, json.Unmarshal(body, &p))
	require.Equal(t, res.StatusCode, p.Status)
	require.Equal(t, res.Header.Get("X-Request-ID"), p.RequestID)
	return res.StatusCode, p
}

const completeLeg = `"exit_date":"2027-03-01","return_date":"2027-03-06","legs":[{"country":"JP","city":"Tokyo","arrive":"2027-03-01","depart":"2027-03-06"}]`

func TestBadInput(t *testing.T) {
	t.Parallel()
	w := walk(t)
	token, err := auth.NewToken(t.Context(), w.store, account(w, "faculty.civ"), "input", time.Hour)
	require.NoError(t, err)
	stale, err := auth.NewToken(t.Context(), w.store, "faculty.civ", "input", -time.Second)
	require.NoError(t, err)
	bearer := func(more ...string) map[string]string {
		h := map[string]string{"Authorization": "Bearer " + token}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return h
	}
	id := w.submit("faculty.civ", w.academic("faculty.civ"))
	draft := w.keep("faculty.civ", w.academic("faculty.civ"))

	for name, c := range map[string]struct {
		sent   sent
		status int
		rule   string
		field  string // of the first error; "" where the whole request is at fault
	}{
		"malformed JSON":        {sent{"POST", "/visits", `{"title": `, bearer()}, 400, "malformed_json", ""},
		"no JSON":               {sent{"POST", "/visits", `title=x`, bearer("Content-Type", "text/html")}, 415, "json_only", ""},
		"unknown field":         {sent{"POST", "/visits", `{"titel":"x"}`, bearer()}, 422, "invalid", "titel"},
		"unknown field of leg":  {sent{"POST", "/visits", `{"legs":[{"land":"JP"}]}`, bearer()}, 422, "invalid", "legs[0].land"},
		"unknown query":         {sent{"GET", "/visits?stat=open", "", bearer()}, 422, "invalid", "stat"},
		"number for a text":     {sent{"POST", "/visits", `{"title":7}`, bearer()}, 422, "invalid", "title"},
		"three decimals":        {sent{"POST", "/visits", `{"funding":[{"amount":1.234}]}`, bearer()}, 422, "invalid", "funding[0].amount"},
		"negative amount":       {sent{"POST", "/visits", `{"funding":[{"amount":-1}]}`, bearer()}, 422, "invalid", "funding[0].amount"},
		"no day":                {sent{"POST", "/visits", `{"exit_date":"2027-02-30"}`, bearer()}, 422, "invalid", "exit_date"},
		"return before exit":    {sent{"POST", "/visits", `{"exit_date":"2027-03-02","return_date":"2027-03-01"}`, bearer()}, 422, "invalid", "return_date"},
		"leg outside the dates": {sent{"POST", "/visits", strings.Replace(`{`+completeLeg+`}`, `"depart":"2027-03-06"`, `"depart":"2027-03-07"`, 1), bearer()}, 422, "invalid", "legs[0].depart"},
		"unknown country":       {sent{"POST", "/visits", strings.Replace(`{`+completeLeg+`}`, `"JP"`, `"XX"`, 1), bearer()}, 422, "invalid", "legs[0].country"},
		"country in small":      {sent{"POST", "/visits", strings.Replace(`{`+completeLeg+`}`, `"JP"`, `"jp"`, 1), bearer()}, 422, "invalid", "legs[0].country"},
		"unknown category":      {sent{"POST", "/visits", `{"category":"FUN"}`, bearer()}, 422, "invalid", "category"},
		"unknown unit":          {sent{"POST", "/visits", `{"unit":"ART"}`, bearer()}, 422, "invalid", "unit"},
		"unknown person":        {sent{"POST", "/visits", `{"travellers":[{"person":"nobody","role":"leader"}]}`, bearer()}, 422, "invalid", "travellers[0].person"},
		"one person twice":      {sent{"POST", "/visits", `{"travellers":[{"person":"fin","role":"leader"},{"person":"fin","role":"member"}]}`, bearer()}, 422, "invalid", "travellers[1].person"},
		"a title too long":      {sent{"POST", "/visits", `{"title":"` + strings.Repeat("长", 201) + `"}`, bearer()}, 422, "invalid", "title"},
		"a file not uploaded":   {sent{"POST", "/visits", `{"documents":[{"kind":"D1","name":"x","file":"` + strings.Repeat("0", 64) + `"}]}`, bearer()}, 422, "invalid", "documents[0].file"},
		"the zero character":    {sent{"POST", "/visits", `{"title":"a\u0000b"}`, bearer()}, 422, "not_text", ""},
		"a body too large":      {sent{"POST", "/visits", `{"purpose":"` + strings.Repeat("x", 30<<20) + `"}`, bearer()}, 413, "body_too_large", ""},

		"nobody":           {sent{"GET", "/tasks", "", nil}, 401, "sign_in_required", ""},
		"a false token":    {sent{"GET", "/tasks", "", map[string]string{"Authorization": "Bearer exeat_false"}}, 401, "token_invalid", ""},
		"an expired token": {sent{"GET", "/tasks", "", map[string]string{"Authorization": "Bearer " + stale}}, 401, "token_invalid", ""},
		"an old session":   {sent{"GET", "/tasks", "", map[string]string{"Cookie": "exeat=ended"}}, 401, "session_expired", ""},
		"a wrong password": {sent{"POST", "/login", `{"username":"faculty.mech","password":"wrong"}`, nil}, 401, "wrong_credentials", ""},
		"no password":      {sent{"POST", "/login", `{"username":"faculty.mech"}`, nil}, 422, "invalid", "password"},

		"no such visit":         {sent{"GET", "/visits/2026-00000", "", bearer()}, 404, "not_found", ""},
		"no such call":          {sent{"GET", "/nowhere", "", bearer()}, 404, "not_found", ""},
		"no such method":        {sent{"PATCH", "/visits", "", bearer()}, 405, "method_not_allowed", ""},
		"submit without a key":  {sent{"POST", "/visits/" + draft + "/submit", "", bearer()}, 422, "invalid", "Idempotency-Key"},
		"submit incomplete":     {sent{"POST", "/visits/" + draft + "/submit", "", bearer("Idempotency-Key", "k")}, 422, "cannot_submit", "documents"},
		"change what is judged": {sent{"PUT", "/visits/" + id, `{"title":"x"}`, bearer()}, 409, "not_in_state", ""},
		"an old revision":       {sent{"PUT", "/visits/" + draft, `{"title":"x"}`, bearer("If-Match", `"7"`)}, 409, "draft_changed", ""},
		"unknown decision":      {sent{"POST", "/visits/" + id + "/decisions", `{"task":"1.1.FIN","decision":"maybe"}`, bearer("Idempotency-Key", "k")}, 422, "invalid", "decision"},
		"a return without why":  {sent{"POST", "/visits/" + id + "/decisions", `{"task":"1.1.FIN","decision":"return"}`, bearer("Idempotency-Key", "k")}, 422, "invalid", "reason"},
		"no such task":          {sent{"POST", "/visits/" + id + "/decisions", `{"task":"9.9.FIN","decision":"approve"}`, bearer("Idempotency-Key", "k")}, 404, "no_such_task", ""},
		"the clock, as nobody":  {sent{"POST", "/demo/clock", `{"advance":"P7D"}`, bearer()}, 403, "admin_only", ""},
		"the audit, as nobody":  {sent{"GET", "/audit/events", "", bearer()}, 403, "auditors_only", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, p := w.answer(t, c.sent)
			require.Equal(t, c.status, status, p.Error())
			require.Equal(t, c.rule, p.Rule, p.Error())
			require.NotEmpty(t, p.Detail)
			if c.field == "" {
				return
			}
			require.Contains(t, p.Fields(), c.field, p.Error())
			for _, f := range p.Errors {
				require.NotEmpty(t, f.Message)
				require.NotContains(t, f.Message, "rule.", "a message is a sentence, not its key")
			}
		})
	}
}

// account makes sure that a person can be asked for by a token, and gives the person.
func account(w walker, person string) string {
	w.as(person)
	return person
}

func TestRefusalsSpeakChineseWhenAsked(t *testing.T) {
	t.Parallel()
	w := walk(t)
	_, err := w.as("faculty.civ").InLanguage("zh-CN").CreateVisit(t.Context(), w.academic("nobody"))
	p := refused(t, err, 422, "invalid")
	require.Equal(t, []string{"travellers[0].person"}, p.Fields())
	require.Regexp(t, `\p{Han}`, p.Detail)
	require.Regexp(t, `\p{Han}`, p.Errors[0].Message)
	_, err = w.as("faculty.civ").InLanguage("en").CreateVisit(t.Context(), w.academic("nobody"))
	require.NotRegexp(t, `\p{Han}`, refused(t, err, 422, "invalid").Errors[0].Message)
}

func TestBadUploads(t *testing.T) {
	t.Parallel()
	w := walk(t)
	faculty := w.as("faculty.civ")
	for name, c := range map[string]struct {
		content []byte
		status  int
		rule    string
	}{
		"a program": {[]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00"), 422, "media_type"},
		"a page":    {[]byte("<!doctype html><script>alert(1)</script>"), 422, "media_type"},
		"a drawing": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 422, "media_type"},
		"nothing":   {nil, 422, "empty_file"},
		"too large": {append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("x"), 20<<20)...), 422, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := faculty.Upload(t.Context(), "paper.pdf", c.content)
			var p *client.Problem
			require.ErrorAs(t, err, &p)
			require.Equal(t, c.status, p.Status, p.Error())
			require.Len(t, p.Errors, 1, p.Error())
			require.Equal(t, "file", p.Errors[0].Field)
			require.Equal(t, c.rule, p.Errors[0].Rule)
		})
	}
	t.Run("under another name", func(t *testing.T) {
		t.Parallel()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		part, err := m.CreateFormFile("document", "paper.pdf")
		require.NoError(t, err)
		_, err = part.Write([]byte("%PDF-1.4\n"))
		require.NoError(t, err)
		require.NoError(t, m.Close())
		token, err := auth.NewToken(t.Context(), w.store, "faculty.civ", "upload", time.Hour)
		require.NoError(t, err)
		status, p := w.answer(t, sent{"POST", "/files", b.String(), map[string]string{
			"Authorization": "Bearer " + token, "Content-Type": m.FormDataContentType(),
		}})
		require.Equal(t, 422, status)
		require.Equal(t, []string{"file"}, p.Fields())
	})
}
