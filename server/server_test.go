package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/test/harness"
)

// start runs a server until the test ends or stop is called, and gives its address.
func start(t testing.TB, c Config) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	c.Addr, c.Blobs, c.Ready = "127.0.0.1:0", t.TempDir(), func(addr string) { ready <- addr }
	go func() { done <- Run(ctx, c) }()
	stopped := false
	stop = func() error {
		cancel()
		if stopped {
			return nil
		}
		stopped = true
		return <-done
	}
	t.Cleanup(func() { require.NoError(t, stop()) })
	select {
	case addr := <-ready:
		return "http://" + addr, stop
	case err := <-done:
		stopped = true
		require.NoError(t, err)
		return "", stop
	}
}

func TestServerServesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	queue := harness.Name(t)
	harness.RunWorker(t, d, queue)
	url, stop := start(t, Config{DatabaseURL: d.URL, Temporal: harness.Temporal(t), TaskQueue: queue})
	harness.Eventually(t, "everything is ready", func() bool {
		res, err := http.Get(url + "/readyz")
		require.NoError(t, err)
		defer func() { require.NoError(t, res.Body.Close()) }()
		return res.StatusCode == http.StatusOK
	})
	require.NoError(t, stop())
	_, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second)
	require.Error(t, err)
}

func TestServerRefusesDemonstrationAccounts(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	st := d.Open(t)
	require.NoError(t, st.PutUniversity(t.Context(), demo.University()))
	require.NoError(t, st.PutAccount(t.Context(), store.Account{Username: "pres", Person: "pres", Password: "x", Language: "zh", Demo: true}))
	err := Run(t.Context(), Config{Addr: "127.0.0.1:0", DatabaseURL: d.URL, Temporal: harness.Temporal(t), Blobs: t.TempDir()})
	require.ErrorIs(t, err, ErrDemoAccounts)
	start(t, Config{DatabaseURL: d.URL, Temporal: harness.Temporal(t), Demo: true})
}

func TestServerRefusesAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	_, err := d.Owner(t).Exec("DROP TABLE goose_db_version CASCADE")
	require.NoError(t, err)
	err = Run(t.Context(), Config{Addr: "127.0.0.1:0", DatabaseURL: d.URL, Temporal: harness.Temporal(t)})
	require.ErrorContains(t, err, "exeat migrate")
}

// nobody is an address at which nothing listens.
func nobody(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func TestServerStartsWithoutTemporal(t *testing.T) {
	t.Parallel()
	d := harness.NewDatabase(t)
	url, _ := start(t, Config{DatabaseURL: d.URL, Temporal: client.Options{HostPort: nobody(t)}})
	res, err := http.Get(url + "/readyz")
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	require.JSONEq(t, `{"database":"ok","temporal":"away","worker":"unknown"}`, string(body))
}

func TestDecisionDuringAnOutageMayBeSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "s").ok(http.StatusOK)
	away, err := client.NewLazyClient(client.Options{HostPort: nobody(t)})
	require.NoError(t, err)
	t.Cleanup(away.Close)
	there := s.svc.Host.Client
	s.svc.Host.Client = away
	approve := func() reply {
		return s.as("dean.civ").post("/visits/"+id+"/decisions", `{"task":"1.1.COL.DEAN","decision":"approve"}`, "k")
	}
	approve().refused(http.StatusServiceUnavailable, "unavailable", "not_decided_yet")
	s.svc.Host.Client = there
	approve().ok(http.StatusOK)
}
