package server

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// stream is an open stream of events; next gives the data of the next event, and ok false at its end.
type stream struct {
	t     testing.TB
	lines *bufio.Reader
}

func (s stream) next() (data string, ok bool) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return "", false
		}
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: "); ok {
			return data, true
		}
	}
}

func listenTo(t testing.TB, c *http.Client, url, token string) stream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/events", nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", res.Header.Get("Content-Type"))
	return stream{t, bufio.NewReader(res.Body)}
}

// handIn records a submission that asks the dean of a college, as a worker does, which the server does not know of.
func handIn(t testing.TB, st *store.Store) string {
	t.Helper()
	draft := visit.Draft{Category: visit.Academic, Title: "Conference", Unit: "CIV", ExitDate: "2027-03-01", ReturnDate: "2027-03-06"}
	row, err := st.CreateDraft(t.Context(), "faculty.civ", "", draft)
	require.NoError(t, err)
	version, err := st.PutVersion(t.Context(), row.ID, store.Content{Applicant: "faculty.civ", Draft: draft})
	require.NoError(t, err)
	_, err = st.Record(t.Context(), visit.New(row.ID, "faculty.civ"), visit.Command{ID: "1", By: visit.Actor{Person: "faculty.civ", Channel: "api"}, Do: visit.Submit{
		Version: version, Unit: "CIV", Travellers: []string{"faculty.civ"},
		Route: visit.Route{Rule: "R17", Policy: visit.PolicyRef{Pack: "test", Version: "1", Hash: "00"}, Stages: [][]visit.SignOff{
			{{Code: "COL.DEAN", Review: visit.UnitReview, Posts: []string{"COL.DEAN"}, Unit: "CIV", Limit: 1}},
		}},
	}})
	require.NoError(t, err)
	return row.ID
}

func TestP57_StreamsTellWhatArrivesAndEndWithTheSessionAndTheServer(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), demo.University()))
	h, err := hash()
	require.NoError(t, err)
	require.NoError(t, st.PutAccount(t.Context(), store.Account{Username: "dean.civ", Person: "dean.civ", Password: h, Language: "en"}))
	address, stop := start(t, Config{DatabaseURL: d.URL, Temporal: harness.Temporal(t)})

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	res, err := browser.PostForm(address+"/login", url.Values{"username": {"dean.civ"}, "password": {password}})
	require.NoError(t, err)
	page, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(string(page))
	require.NotNil(t, csrf)

	window := listenTo(t, browser, address, "")
	data, ok := window.next()
	require.True(t, ok)
	require.JSONEq(t, `{"waiting":"0"}`, data)
	token, err := auth.NewToken(t.Context(), st, "dean.civ", "test", time.Hour)
	require.NoError(t, err)
	program := listenTo(t, http.DefaultClient, address, token)
	_, ok = program.next()
	require.True(t, ok)

	id := handIn(t, st)
	for _, s := range []stream{window, program} {
		for ok, data = true, ""; ok && !strings.Contains(data, `"1"`); data, ok = s.next() { // it may look before and see nothing new
			require.NotContains(t, data, id, "a stream says how much, and nothing of whom")
		}
		require.True(t, ok)
	}

	res, err = browser.PostForm(address+"/logout", url.Values{"csrf": {csrf[1]}})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	for ok = true; ok; _, ok = window.next() {
		require.True(t, ok)
	}

	began := time.Now()
	require.NoError(t, stop(), "it does not wait for streams")
	require.Less(t, time.Since(began), shutdownTime)
	for ok = true; ok; _, ok = program.next() {
		require.True(t, ok)
	}
}
