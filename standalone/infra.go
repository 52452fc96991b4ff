package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/exeat/exeat/standalone/datadir"
	"github.com/exeat/exeat/standalone/postgres"
	"github.com/exeat/exeat/standalone/temporal"
)

const (
	database     = "exeat"
	ownerRole    = "exeat_owner" // owns the database and migrates it
	appRole      = "exeat_app"   // has the rights that the migrations grant
	temporalRole = "temporal"

	temporalStopTimeout = 30 * time.Second
	postgresStopTimeout = 60 * time.Second
)

// infra is what exeat needs around it: the data folder, PostgreSQL and Temporal.
type infra struct {
	data     *datadir.Dir
	postgres *postgres.Server
	temporal *temporal.Server
	logs     []*os.File
}

// startInfra leaves nothing running when it fails.
func startInfra(ctx context.Context, o options, steps *steps) (_ *infra, err error) {
	in := &infra{}
	if in.data, err = datadir.Open(o.Data); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, in.stop(steps))
		}
	}()
	known := in.data.Marker().PostgresMajor
	bin, err := postgres.Find(known)
	if err != nil {
		return nil, err
	}
	if known == 0 {
		steps.say("First start: creating the databases takes a few seconds more.")
		if err := in.data.Update(func(m *datadir.Marker) { m.PostgresMajor = bin.Major }); err != nil {
			return nil, err
		}
	}
	if err := steps.do(fmt.Sprintf("PostgreSQL %d", bin.Major), func() error { return in.startPostgres(ctx, bin, o.NoFsync) }); err != nil {
		return nil, err
	}
	if err := steps.do("Temporal", func() error { return in.startTemporal(ctx, o.UIAddr) }); err != nil {
		return nil, err
	}
	return in, nil
}

func (in *infra) startPostgres(ctx context.Context, bin postgres.Binaries, noFsync bool) error {
	log, err := in.log("postgresql.log")
	if err != nil {
		return err
	}
	passwords := in.data.Marker().Passwords
	in.postgres, err = postgres.Start(ctx, postgres.Options{
		Binaries: bin, Dir: in.data.Path("postgres"), Log: log, Password: passwords.Superuser, NoFsync: noFsync,
	})
	if err != nil {
		return err
	}
	return in.postgres.Ensure(ctx,
		[]postgres.Role{
			{Name: ownerRole, Password: passwords.Owner},
			{Name: appRole, Password: passwords.App},
			{Name: temporalRole, Password: passwords.Temporal, CreateDB: true},
		},
		[]postgres.Database{{Name: database, Owner: ownerRole, Connect: []string{appRole}}},
	)
}

func (in *infra) startTemporal(ctx context.Context, uiAddr string) error {
	log, err := in.log("temporal.log")
	if err != nil {
		return err
	}
	m := in.data.Marker()
	in.temporal, err = temporal.Start(ctx, temporal.Options{
		Postgres: temporal.Postgres{
			Addr: in.postgres.Addr(), Role: temporalRole, Password: m.Passwords.Temporal,
			URL: func(database string) string { return in.postgres.URL(temporalRole, m.Passwords.Temporal, database) },
		},
		Token: m.TemporalToken, UIAddr: uiAddr, Log: log,
	})
	return err
}

func (in *infra) log(name string) (*os.File, error) {
	f, err := in.data.Log(name)
	if err == nil {
		in.logs = append(in.logs, f)
	}
	return f, err
}

// watch ends ctx with a cause when PostgreSQL or Temporal ends on its own.
func (in *infra) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
	case <-in.postgres.Done():
		cancel(fmt.Errorf("PostgreSQL ended on its own; see %s", in.data.Path("log", "postgresql.log")))
	case message := <-in.temporal.Failed():
		cancel(fmt.Errorf("Temporal gave up: %s; see %s", message, in.data.Path("log", "temporal.log")))
	}
}

// stop stops what was started: Temporal before the PostgreSQL it stores in, and the lock of the folder last.
func (in *infra) stop(steps *steps) error {
	var errs []error
	stop := func(name string, timeout time.Duration, f func(context.Context) error) {
		errs = append(errs, steps.do("stop "+name, func() error {
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			defer cancel()
			return f(ctx)
		}))
	}
	if in.temporal != nil {
		stop("Temporal", temporalStopTimeout, in.temporal.Stop)
	}
	if in.postgres != nil {
		stop("PostgreSQL", postgresStopTimeout, in.postgres.Stop)
	}
	for _, log := range in.logs {
		errs = append(errs, log.Close())
	}
	return errors.Join(append(errs, in.data.Close())...)
}

func (in *infra) ownerURL() string {
	return in.postgres.URL(ownerRole, in.data.Marker().Passwords.Owner, database)
}

func (in *infra) appURL() string {
	return in.postgres.URL(appRole, in.data.Marker().Passwords.App, database)
}

// env is the environment of an exeat process in its production form, as KEY=value. The values need no quoting.
//
// The token goes as a header and not as TEMPORAL_API_KEY: with an API key the client turns TLS on, and
// neither TEMPORAL_TLS=false nor anything else in the environment turns it off again (envconfig 0.1.0, SDK 1.50.0).
func (in *infra) env() []string {
	return []string{
		"DATABASE_URL=" + in.appURL(),
		"DATABASE_OWNER_URL=" + in.ownerURL(),
		"TEMPORAL_ADDRESS=" + in.temporal.Addr(),
		"TEMPORAL_NAMESPACE=" + temporal.Namespace,
		"TEMPORAL_TLS=false",
		"TEMPORAL_GRPC_META_AUTHORIZATION=" + in.data.Marker().TemporalToken,
	}
}
