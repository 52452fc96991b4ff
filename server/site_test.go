package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web"
	"github.com/exeat/exeat/test/harness"
)

const password = "correct horse battery"

var hash = sync.OnceValues(func() (string, error) { return auth.Hash(password) })

// site is a whole server over a database of its own, with the demonstration university in it.
type site struct {
	t      testing.TB
	db     harness.Database
	svc    *service.Service
	auth   *auth.Auth
	engine *gin.Engine
	url    string
	http   *http.Client
	log    *journal
	mails  string // folder of the mails that are shown
}

func newSite(t testing.TB, demonstration bool) *site {
	t.Helper()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), demo.University()))
	h, err := hash()
	require.NoError(t, err)
	require.NoError(t, st.PutAccount(t.Context(), store.Account{Username: "faculty.civ", Person: "faculty.civ", Password: h, Language: "zh"}))
	log := &journal{}
	lines := slog.New(slog.NewJSONHandler(log, nil))
	svc := &service.Service{
		Store: st, Blobs: blob.Folder(t.TempDir()), Log: lines, Host: harness.NewHost(t), Demo: demonstration,
		Print: service.Print{University: document.Words{ZH: "演示大学", EN: "Demonstration University"}, URL: "https://exeat.example.edu.cn", Country: web.CountryWords},
	}
	require.NoError(t, svc.InstallPolicies(t.Context()))
	mails := t.TempDir()
	a := auth.New(st, false)
	engine, err := newEngine(parts{service: svc, auth: a, log: lines, mailbox: mails})
	require.NoError(t, err)
	srv := httptest.NewServer(engine)
	t.Cleanup(srv.Close)
	client := &http.Client{
		Transport:     srv.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &site{t: t, db: d, svc: svc, auth: a, engine: engine, url: srv.URL, http: client, log: log, mails: mails}
}

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// logged waits until the log, which is written after the answer, holds a text.
func (s *site) logged(text string) {
	s.t.Helper()
	harness.Eventually(s.t, "log of "+text, func() bool { return strings.Contains(s.log.String(), text) })
}

// token makes a bearer token of a person, who gets an account if there is none.
func (s *site) token(person string) string {
	s.t.Helper()
	if _, err := s.svc.Store.Account(s.t.Context(), person); err != nil {
		require.NoError(s.t, s.svc.Store.PutAccount(s.t.Context(), store.Account{Username: person, Person: person, Password: "x", Language: "en"}))
	}
	token, err := auth.NewToken(s.t.Context(), s.svc.Store, person, "test", time.Hour)
	require.NoError(s.t, err)
	return token
}

// reply is an answer that was read.
type reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
}

// at gives a value of a JSON body by the names on the way to it; a number chooses from a list.
func (r reply) at(path ...any) any {
	r.t.Helper()
	var v any
	require.NoError(r.t, json.Unmarshal([]byte(r.Body), &v), r.Body)
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			require.True(r.t, ok, "%v of %s", p, r.Body)
			v = m[p]
		case int:
			l, ok := v.([]any)
			require.True(r.t, ok && p < len(l), "%v of %s", p, r.Body)
			v = l[p]
		}
	}
	return v
}

// refused checks that the reply is a problem document of the given kind.
func (r reply) refused(status int, code, rule string) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.Status, r.Body)
	require.Equal(r.t, "application/problem+json", r.Header.Get("Content-Type"))
	require.Equal(r.t, code, r.at("code"))
	require.Equal(r.t, rule, r.at("rule"))
	require.EqualValues(r.t, status, r.at("status"))
	require.Equal(r.t, r.Header.Get("X-Request-ID"), r.at("request_id"))
	return r
}

// field checks that the first problem is of the given field and rule.
func (r reply) field(field, rule string) {
	r.t.Helper()
	require.Equal(r.t, field, r.at("errors", 0, "field"), r.Body)
	require.Equal(r.t, rule, r.at("errors", 0, "rule"), r.Body)
	require.NotEmpty(r.t, r.at("errors", 0, "message"))
}

func (r reply) ok(status int) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.Status, r.Body)
	return r
}

type header map[string]string

func (s *site) send(method, path, body string, h header) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	for name, value := range h {
		r.Header.Set(name, value)
	}
	res, err := s.http.Do(r)
	require.NoError(s.t, err)
	return read(s.t, res)
}

func read(t testing.TB, res *http.Response) reply {
	t.Helper()
	defer func() { require.NoError(t, res.Body.Close()) }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return reply{t, res.StatusCode, res.Header, string(b)}
}

// caller is a person who uses the API.
type caller struct {
	s     *site
	token string
}

func (s *site) as(person string) caller { return caller{s, s.token(person)} }

func (c caller) get(path string) reply {
	return c.s.send(http.MethodGet, "/api/v1"+path, "", header{"Authorization": "Bearer " + c.token})
}

// send sends a JSON body with an idempotency key, which is left out when empty.
func (c caller) send(method, path, body, key string) reply {
	h := header{"Authorization": "Bearer " + c.token, "Content-Type": "application/json"}
	if key != "" {
		h["Idempotency-Key"] = key
	}
	return c.s.send(method, "/api/v1"+path, body, h)
}

func (c caller) post(path, body, key string) reply { return c.send(http.MethodPost, path, body, key) }

// upload sends a file in a form.
func (c caller) upload(name, content string) reply {
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n--x--\r\n"
	return c.s.send(http.MethodPost, "/api/v1/files", body, header{
		"Authorization": "Bearer " + c.token, "Content-Type": "multipart/form-data; boundary=x",
	})
}

// signIn starts the session of faculty.civ and gives its cookie and its CSRF token.
func (s *site) signIn() (cookie, csrf string) { return s.signInAs("faculty.civ") }

func (s *site) signInAs(person string) (cookie, csrf string) {
	s.t.Helper()
	w := httptest.NewRecorder()
	c := gin.CreateTestContextOnly(w, s.engine)
	c.Request = httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/", nil)
	a := auth.New(s.svc.Store, false)
	require.NoError(s.t, a.SignIn(c, person, password))
	cookie = w.Result().Cookies()[0].String()
	cookie, _, _ = strings.Cut(cookie, ";")
	c.Request.Header.Set("Cookie", cookie)
	a.Identify()(c)
	return cookie, a.CSRF(c)
}
