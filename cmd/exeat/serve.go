package main

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/exeat/exeat/server"
	"github.com/exeat/exeat/worker"
)

type serverCmd struct {
	app
	signinFlags
	Addr       string   `env:"EXEAT_ADDR" default:"127.0.0.1:8080" help:"Host and port to listen on."`
	Blobs      string   `env:"EXEAT_BLOBS" required:"" help:"Folder of the uploaded files."`
	TaskQueue  string   `env:"EXEAT_TASK_QUEUE" default:"exeat" help:"Task queue of the workers."`
	URL        string   `name:"url" env:"EXEAT_URL" help:"Address at which browsers reach the server, as papers print it, for example https://exeat.example.edu.cn."`
	University string   `env:"EXEAT_UNIVERSITY" default:"本校 / The university" help:"Name that papers print: Chinese / English."`
	Passport   string   `name:"passport-key" env:"EXEAT_PASSPORT_KEY" help:"Key that seals passport numbers: 32 bytes in base64. Several, parted by commas: the first seals, all open."`
	TLS        bool     `name:"tls" env:"EXEAT_TLS" negatable:"" default:"true" help:"Browsers come over TLS, through a proxy: send cookies over TLS only."`
	Proxies    []string `env:"EXEAT_PROXIES" help:"Proxies (CIDR) whose X-Forwarded-For is believed."`
	TemporalUI string   `name:"temporal-ui" env:"EXEAT_TEMPORAL_UI" help:"Address of Temporal's own pages."`
	Demo       bool     `env:"EXEAT_DEMO" help:"A demonstration: allow its accounts, and moving the clock."`
}

func (c serverCmd) Run(ctx context.Context, s std) error {
	temporal, err := temporalOptions()
	if err != nil {
		return err
	}
	return server.Run(ctx, server.Config{
		Addr: c.Addr, DatabaseURL: c.DatabaseURL, Temporal: temporal, TaskQueue: c.TaskQueue, Blobs: c.Blobs, Demo: c.Demo, URL: c.URL, University: c.University, PassportKeys: c.Passport,
		SecureCookies: c.TLS, Proxies: c.Proxies, SignIn: c.signinFlags.config(), HelpDesk: c.HelpDesk, TemporalUI: c.TemporalUI, Log: s.log,
		Ready: func(addr string) { s.log.Info("ready", "addr", addr) },
	})
}

type workerCmd struct {
	app
	notifyFlags
	TaskQueue string `env:"EXEAT_TASK_QUEUE" default:"exeat" help:"Task queue to work on."`
	LedgerKey string `name:"ledger-key" env:"EXEAT_LEDGER_KEY" help:"File of the key that signs the ledger (exeat audit key). Without one this worker does not seal: another must."`
}

func (c workerCmd) Run(ctx context.Context, s std) error {
	temporal, err := temporalOptions()
	if err != nil {
		return err
	}
	if c.LedgerKey == "" {
		s.log.Warn("no --ledger-key: this worker does not seal the ledger")
	}
	return worker.Run(ctx, worker.Config{
		DatabaseURL: c.DatabaseURL, Temporal: temporal, TaskQueue: c.TaskQueue, Key: c.LedgerKey, Notify: c.config(), Log: s.log,
		Ready: func() { s.log.Info("ready", "task_queue", c.TaskQueue) },
	})
}

// temporalOptions reads Temporal's own environment and configuration file.
func temporalOptions() (client.Options, error) {
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return o, fmt.Errorf("configuration of Temporal: %w", err)
	}
	return o, nil
}
