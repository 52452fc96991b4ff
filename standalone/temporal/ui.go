package temporal

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/labstack/echo/v4"
	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/api"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
	"google.golang.org/grpc/metadata"
)

const (
	uiTimeout = 10 * time.Second
	uiPoll    = 10 * time.Millisecond
)

// ui is the web UI. It knows no users: who reaches its port sees all workflows (which hold ids and codes, no personal data).
type ui struct {
	addr   string
	server *server.Server
}

// startUI starts the UI on addr, or on a free loopback port where addr is empty.
func startUI(ctx context.Context, addr, frontend, token string) (*ui, error) {
	if addr == "" {
		addr = net.JoinHostPort(host, "0")
	}
	// The UI server ends the process when it cannot listen, so it is tried here first.
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("Temporal UI: %w", err)
	}
	listening := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("Temporal UI: %w", err)
	}
	ip := listening.IP.String()
	u := &ui{
		addr: net.JoinHostPort(ip, strconv.Itoa(listening.Port)),
		server: server.NewServer(
			server_options.WithConfigProvider(&config.Config{
				Host: strings.TrimSuffix(net.JoinHostPort(ip, ""), ":"), Port: listening.Port, // an IPv6 address in brackets
				TemporalGRPCAddress: frontend, DefaultNamespace: Namespace,
				EnableUI: true, DisableWriteActions: true, DisableNewsFetch: true, HideLogs: true,
				CORS: config.CORS{CookieInsecure: true}, // plain HTTP on loopback
			}),
			server_options.WithAPIMiddleware([]api.Middleware{presentToken(token)}),
		),
	}
	go func() { _ = u.server.Start() }() // until stop; it reports nothing else
	return u, u.waitReady(ctx)
}

func (u *ui) stop() { u.server.Stop() }

// presentToken adds the token to the calls that the UI makes for a browser.
// Only its page of the raw history goes another way (ui-server 2.55) and stays closed.
func presentToken(token string) api.Middleware {
	return func(echo.Context) runtime.ServeMuxOption {
		return runtime.WithMetadata(func(context.Context, *http.Request) metadata.MD {
			return metadata.Pairs("authorization", bearer+token)
		})
	}
}

func (u *ui) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, uiTimeout)
	defer cancel()
	tick := time.NewTicker(uiPoll)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("Temporal UI does not answer: %w", err)
		case <-tick.C:
		}
	}
}
