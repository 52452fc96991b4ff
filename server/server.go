// Package server is the web application: the pages, the JSON API, and what stands before both. It keeps no state of its
// own, so that any number may run side by side.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/host"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/live"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web"
)

// Config is what a server needs.
type Config struct {
	Addr        string         // host:port; port 0 takes a free one
	DatabaseURL string         // role exeat_app
	Temporal    client.Options // host, namespace, credentials
	TaskQueue   string         // host.TaskQueue when empty
	Blobs       string         // folder of the uploaded files
	// URL is the address at which browsers reach the server, for example https://exeat.example.edu.cn; papers print it.
	// The address that is listened on when empty.
	URL string
	// University is the name that papers print, in Chinese and in English, parted by " / ".
	University string
	// PassportKeys are 32 bytes each in base64, parted by commas: the first seals the numbers of passports, all of them open.
	PassportKeys string
	// SignIn says by which ways people sign in besides passwords of exeat; its URL is taken from above.
	SignIn signin.Config
	// HelpDesk is whom to ask who cannot sign in, in Chinese and in English, parted by " / ".
	HelpDesk string
	// Demo is for demonstrations only: it allows demonstration accounts and moving the university's clock.
	Demo bool
	// SecureCookies is for a server that browsers reach over TLS, its own or a proxy's.
	SecureCookies bool
	// Proxies are the addresses (CIDR) of reverse proxies whose X-Forwarded-For is believed; none when empty.
	Proxies    []string
	TemporalUI string            // address of Temporal's own pages, linked from the history; none when empty
	Mailbox    string            // folder of a demonstration's mails, to show them; none when empty
	Listener   net.Listener      // in place of Addr, where somebody has to know the address before
	Log        *slog.Logger      // discarded when nil
	Ready      func(addr string) // called once, with the address that is listened on
}

// ErrDemoAccounts refuses to serve a database with demonstration accounts, whose password everybody knows.
var ErrDemoAccounts = errors.New("the database has demonstration accounts, and this is not a demonstration: remove them, or serve with --demo")

// How long things may take. Reading a request includes handling it, since the deadline stays on the connection; an
// operation waits at most 30 seconds for Temporal.
const (
	headerTime   = 10 * time.Second
	requestTime  = 75 * time.Second
	responseTime = 90 * time.Second
	idleTime     = 2 * time.Minute
	shutdownTime = 20 * time.Second
)

// Run serves until ctx ends, then finishes the requests that are running and returns nil. Temporal may be away at the
// start and later: what needs it answers 503 meanwhile.
func Run(ctx context.Context, c Config) error {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.TaskQueue == "" {
		c.TaskQueue = host.TaskQueue
	}
	ways, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // nothing is lost: every answer was committed before it was given
	if err := checkAccounts(ctx, st, c.Demo); err != nil {
		return err
	}
	c.Temporal.Logger, c.Temporal.Identity = c.Log, "exeat-server"
	tc, err := client.NewLazyClient(c.Temporal)
	if err != nil {
		return fmt.Errorf("temporal: %w", err)
	}
	defer tc.Close()
	if web.AssetsMissing() {
		c.Log.Warn("built without the third-party assets: pages work, but do not update by themselves; run `make build`")
	}
	if !document.Available() {
		c.Log.Warn("built without the font of the documents: no PDF can be made; run `make build`")
	}
	keys, err := passport.ParseKeys(c.PassportKeys)
	if err != nil {
		return fmt.Errorf("EXEAT_PASSPORT_KEY: %w", err)
	}
	svc := &service.Service{
		Store: st, Host: host.Host{Client: tc, TaskQueue: c.TaskQueue}, Blobs: blob.Folder(c.Blobs), Log: c.Log, Demo: c.Demo, Print: c.print(), PassportKeys: keys,
	}
	if err := svc.InstallPolicies(ctx); err != nil {
		return err
	}
	if err := st.InstallCalendars(ctx); err != nil {
		return err
	}
	if err := svc.IssuePapers(ctx); err != nil {
		return err
	}
	hub, stop := listen(ctx, st, c)
	defer stop()
	engine, err := newEngine(parts{
		service: svc, live: hub,
		auth: auth.New(st, c.SecureCookies).Use(ways, c.Log), help: signin.ParseLabel(c.HelpDesk), log: c.Log, secure: c.SecureCookies, proxies: c.Proxies, temporalUI: c.TemporalUI, mailbox: c.Mailbox,
	})
	if err != nil {
		return err
	}
	handler, err := compressed(engine)
	if err != nil {
		return err
	}
	return serve(ctx, c, handler)
}

// listen starts what wakes the pages that people look at; stop ends it, and the streams of those pages.
func listen(ctx context.Context, st *store.Store, c Config) (hub *live.Hub, stop func()) {
	hub = live.New(st, c.Log)
	ctx, cancel := context.WithCancel(ctx)
	go hub.Run(ctx, c.DatabaseURL)
	return hub, func() {
		cancel()
		<-hub.Done()
	}
}

// signIn makes the ways to sign in. A provider that is away is only logged: it is asked again when somebody comes.
func (c Config) signIn(ctx context.Context) (signin.Ways, error) {
	c.SignIn.URL = c.URL
	ways, err := signin.New(c.SignIn)
	if err != nil {
		return ways, err
	}
	go func() {
		if err := ways.Probe(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("a sign-in of the university does not answer", "error", err)
		}
	}()
	return ways, nil
}

// print is what papers say besides the record.
func (c Config) print() service.Print {
	if c.URL == "" {
		c.URL = "http://" + c.Addr
		c.Log.Warn("EXEAT_URL is not set: papers print the address that is listened on", "url", c.URL)
	}
	return service.Print{University: document.Words(signin.ParseLabel(c.University)), URL: strings.TrimSuffix(c.URL, "/"), Country: web.CountryWords}
}

func checkAccounts(ctx context.Context, st *store.Store, demo bool) error {
	has, err := st.HasDemoAccounts(ctx)
	if err == nil && has && !demo {
		err = ErrDemoAccounts
	}
	return err
}

func serve(ctx context.Context, c Config, handler http.Handler) error {
	listener := c.Listener
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", c.Addr); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: responseTime, IdleTimeout: idleTime,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		if err := srv.Shutdown(last); err != nil {
			return errors.Join(fmt.Errorf("shut down: %w", err), srv.Close())
		}
		return nil
	})
	if c.Ready != nil {
		c.Ready(listener.Addr().String())
	}
	return g.Wait()
}
