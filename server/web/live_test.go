package web

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/live"
	"github.com/exeat/exeat/server/service"
)

func TestNobodyListensWhoHasNothingToHear(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "D1001"
	require.Equal(t, http.StatusNoContent, f.get("/events").Code, "where pages do not update by themselves, a browser stays away")
	require.Contains(t, f.get("/inbox").Body.String(), "inbox.js")
	f.user = "F1001"
	require.NotContains(t, f.get("/").Body.String(), "inbox.js", "who signs nothing loads nothing for it")
	f.user = ""
	require.Equal(t, http.StatusSeeOther, f.get("/events").Code)
}

// listener is somebody whose session ends while a stream is open.
type listener struct {
	*fake
	gone atomic.Bool
}

func (l *listener) Again(c *gin.Context) (service.User, bool, error) {
	u, ok := l.User(c)
	return u, ok && !l.gone.Load(), nil
}

func TestAStreamBeatsAndEndsWithTheSession(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user = "D1001"
	who := &listener{fake: f}
	h := live.New(nil, slog.New(slog.DiscardHandler))
	e := gin.New()
	p := &Pages{svc: f, record: f, auth: who, names: f.pack.Name, hub: h, beat: time.Millisecond}
	p.routes(e)
	srv := httptest.NewServer(e)
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL + "/events")
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	lines := bufio.NewReader(res.Body)
	for _, want := range []string{"event: inbox\n", "data: {\"waiting\":\"2\"}\n", "\n", ": alive\n", "\n", ": alive\n"} {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, want, line)
	}
	who.gone.Store(true)
	_, err = io.Copy(io.Discard, lines)
	require.NoError(t, err, "the stream ends by itself")
	for range live.MaxStreams {
		_, ok := h.Join("D1001")
		require.True(t, ok, "and has left its place")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/events", nil))
	require.Equal(t, http.StatusNoContent, w.Code, "too many windows")
}
