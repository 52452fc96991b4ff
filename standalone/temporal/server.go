// Package temporal runs a complete Temporal server and its web UI inside this process, on loopback ports,
// with everything stored in PostgreSQL.
package temporal

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	temporalserver "go.temporal.io/server/temporal"
)

const (
	host = "127.0.0.1"

	// Namespace holds the workflows of exeat.
	Namespace = "exeat"
	// retention keeps closed workflows for ten years: their histories are evidence.
	retention = 3650 * 24 * time.Hour
	// shards is fixed for the life of the databases. One shard would limit a busy workflow to 20 tasks a second;
	// 64 cost some 100 commits a second when idle.
	shards = 4
)

// Options says where the server stores and how it is reached.
type Options struct {
	Postgres Postgres
	// Token is what a client must present as its API key.
	Token string
	// UIAddr is the host:port of the web UI; an empty one means a free loopback port.
	UIAddr string
	Log    io.Writer // gets warnings and errors, one JSON object a line
}

// Postgres is how the server reaches PostgreSQL. The role may create databases.
type Postgres struct {
	Addr, Role, Password string
	// URL is the connection URL to one of the server's databases, for the lock.
	URL func(database string) string
}

// Server is a running Temporal server with its UI.
type Server struct {
	server temporalserver.Server
	ui     *ui
	addr   string // of the frontend
	token  string
	logger *logger
	lock   *sql.DB
}

// Start brings the databases to the schema of this server, starts it, registers the namespace,
// and returns when the namespace answers.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	s := &Server{token: o.Token, logger: newLogger(o.Log)}
	defer func() {
		if err != nil {
			stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			err = errors.Join(err, s.Stop(stopCtx))
		}
	}()
	if err := createDatabases(o.Postgres, s.logger); err != nil {
		return nil, err
	}
	if s.lock, err = lock(ctx, o.Postgres.URL(mainDatabase)); err != nil {
		return nil, err
	}
	if err := updateSchemas(o.Postgres, s.logger); err != nil {
		return nil, err
	}
	ports, err := freePorts(temporalserver.Services)
	if err != nil {
		return nil, err
	}
	s.addr = ports.addr(primitives.FrontendService)
	uiToken := rand.Text() // lives as long as the process
	if err := s.startServer(o, ports, tokenRoles(o.Token, uiToken)); err != nil {
		return nil, err
	}
	if err := registerNamespace(ctx, s.ClientOptions()); err != nil {
		return nil, err
	}
	s.ui, err = startUI(ctx, o.UIAddr, s.addr, uiToken)
	return s, err
}

func (s *Server) startServer(o Options, ports servicePorts, claims claimMapper) error {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name := range ports {
		hosts[name] = static.SingleLocalHost(ports.addr(name))
	}
	server, err := temporalserver.NewServer(
		temporalserver.WithConfig(serverConfig(o.Postgres, ports)),
		temporalserver.ForServices(temporalserver.Services),
		// Members that are known beforehand need no gossip, and no stale row of a killed process stands in the way.
		temporalserver.WithStaticHosts(hosts),
		temporalserver.WithLogger(s.logger),
		temporalserver.WithAuthorizer(authorizer),
		temporalserver.WithClaimMapper(claims.provide),
		temporalserver.WithDynamicConfigClient(dynamicconfig.StaticClient(settings)),
	)
	if err != nil {
		return fmt.Errorf("configure Temporal: %w", err)
	}
	s.server = server
	if err := server.Start(); err != nil { // returns, for it was not given InterruptOn
		return fmt.Errorf("start Temporal: %w", err)
	}
	return nil
}

// Failed delivers the message with which the server gave up on its own; it has to be stopped then.
func (s *Server) Failed() <-chan string { return s.logger.fatal }

// Addr is the host:port of the frontend (gRPC without TLS).
func (s *Server) Addr() string { return s.addr }

// UIURL is the address of the web UI, which shows everything and changes nothing.
func (s *Server) UIURL() string { return "http://" + s.ui.addr }

// ClientOptions is what a client of this process needs.
func (s *Server) ClientOptions() client.Options {
	return client.Options{
		HostPort:    s.addr,
		Namespace:   Namespace,
		Credentials: client.NewAPIKeyStaticCredentials(s.token),
		// An API key turns TLS on otherwise.
		ConnectionOptions: client.ConnectionOptions{TLSDisabled: true},
		Logger:            slog.Default(),
	}
}

// Stop stops the UI and the server. The server may take minutes over it; when ctx ends first, that is an error.
func (s *Server) Stop(ctx context.Context) error {
	s.logger.mute() // a stopping server reports every broken poll as an error
	if s.ui != nil {
		s.ui.stop()
	}
	var err error
	if s.server != nil {
		err = stopWithin(ctx, s.server.Stop)
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

func stopWithin(ctx context.Context, stop func() error) error {
	done := make(chan error, 1)
	go func() { done <- stop() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("stop Temporal: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("Temporal did not stop in time: %w", ctx.Err())
	}
}

// servicePorts gives every service of the server its loopback port.
type servicePorts map[primitives.ServiceName]int

func (p servicePorts) addr(name primitives.ServiceName) string {
	return net.JoinHostPort(host, fmt.Sprint(p[name]))
}

// freePorts holds all listeners until it has enough, so that no port is given twice.
func freePorts(services []string) (_ servicePorts, err error) {
	ports := servicePorts{}
	for _, name := range services {
		l, listenErr := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if listenErr != nil {
			return nil, fmt.Errorf("find a free port: %w", listenErr)
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		ports[primitives.ServiceName(name)] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// settings differ from the server's defaults; durations and integers as the server wants them.
var settings = map[dynamicconfig.Key]any{
	// One process serves every queue: more partitions only add a way for a task to wait in the wrong one.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
	// The columns have 255 characters. A longer id is refused by name instead of by SQL.
	dynamicconfig.MaxIDLengthLimit.Key(): 255,
	// Caches for one university, not for a cloud.
	dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 8096,
	// One host has all the traffic: the limits for each of many hosts are too low for it.
	dynamicconfig.FrontendPersistenceMaxQPS.Key():                    10000,
	dynamicconfig.HistoryPersistenceMaxQPS.Key():                     45000,
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
	// At its limit of Updates under way the server forgets the workflow task that carries them, and all of them hang until
	// it times out. A visit has few signers; 0 is no limit.
	dynamicconfig.WorkflowExecutionMaxInFlightUpdates.Key(): 0,
	// A search attribute can be used as soon as it is registered.
	dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
}

// serverConfig is the part that the server reads once, at its start.
func serverConfig(p Postgres, ports servicePorts) *config.Config {
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: mainDatabase, VisibilityStore: visibilityDatabase, NumHistoryShards: shards,
			DataStores: map[string]config.DataStore{
				mainDatabase:       {SQL: p.store(mainDatabase)},
				visibilityDatabase: {SQL: p.store(visibilityDatabase)},
			},
		},
		ClusterMetadata: clusterMetadata(ports),
		Services:        map[string]config.Service{},
	}
	c.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: host}
	c.DCRedirectionPolicy.Policy = "noop"
	const disabled = "disabled"
	c.Archival.History.State, c.Archival.Visibility.State = disabled, disabled
	c.NamespaceDefaults.Archival.History.State, c.NamespaceDefaults.Archival.Visibility.State = disabled, disabled
	for name, port := range ports {
		c.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
	}
	return c
}
