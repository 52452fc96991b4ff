package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/exeat/exeat/test/harness"
)

// Text is sent compressed to who accepts it, and comes out as it went in; what must not wait, what is short, and what is compressed in
// itself goes as it is.
func TestTextIsSentCompressed(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("<p>An academic visit to Tokyo.</p>", 200)
	for name, c := range map[string]struct {
		kind, body, accepted string
		encoding             string
	}{
		"a page":                  {"text/html; charset=utf-8", page, "gzip, deflate, br", "gzip"},
		"an answer of the API":    {"application/json", page, "gzip", "gzip"},
		"a problem":               {"application/problem+json", page, "gzip", "gzip"},
		"who does not accept it":  {"text/html; charset=utf-8", page, "", ""},
		"a short page":            {"text/html; charset=utf-8", "<p>Short.</p>", "gzip", ""},
		"a document in letters":   {"text/plain", page, "gzip", ""},
		"a paper":                 {"application/pdf", page, "gzip", ""},
		"an audit bundle":         {"application/zip", page, "gzip", ""},
		"updates while one looks": {"text/event-stream; charset=utf-8", page, "gzip", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				_, err := io.WriteString(w, c.body)
				require.NoError(t, err)
			}))
			require.NoError(t, err)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", c.accepted)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, c.encoding, w.Header().Get("Content-Encoding"))
			require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
			body := io.Reader(w.Body)
			if c.encoding != "" {
				require.Less(t, w.Body.Len(), len(c.body)/10)
				body, err = gzip.NewReader(w.Body)
				require.NoError(t, err)
			}
			read, err := io.ReadAll(body)
			require.NoError(t, err)
			require.Equal(t, c.body, string(read))
		})
	}
}

func TestPagesOfTheServerAreCompressed(t *testing.T) {
	t.Parallel()
	url, _ := start(t, Config{DatabaseURL: harness.NewDatabase(t).URL, Temporal: client.Options{HostPort: nobody(t)}})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/login", nil)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	require.Equal(t, "gzip", res.Header.Get("Content-Encoding"))
}
