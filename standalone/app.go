package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"strings"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/mailbox"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema"
	"github.com/exeat/exeat/server"
	"github.com/exeat/exeat/worker"
)

// serve runs exeat itself on the infrastructure: everything that production runs, in this process.
func serve(ctx context.Context, o options, in *infra, steps *steps) (err error) {
	log, err := in.log("exeat.log")
	if err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(log, nil)))
	client := in.temporal.ClientOptions()
	key := in.data.Path("ledger.key")
	if _, err := ledger.EnsureKey(key, "exeat/"+strings.ToLower(rand.Text()[:8])); err != nil {
		return err
	}
	mails, err := mailbox.Listen(in.data.Path("mail"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mails.Close()) }()
	listener, err := net.Listen("tcp", o.Addr) // before the worker, whose mails name the address
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed already by a server that has run
	url := o.url(listener.Addr().String())
	p := parts{
		migrate: func(ctx context.Context) error { return schema.Migrate(ctx, in.ownerURL()) },
		worker: func(ctx context.Context, ready func()) error {
			return worker.Run(ctx, worker.Config{
				DatabaseURL: in.appURL(), Temporal: client, Key: key, Log: slog.Default().With("part", "worker"), Ready: ready,
				Notify: notify.Config{
					URL: url, Mail: notify.Mail{Addr: mails.Addr(), TLS: notify.NoTLS, From: "exeat@" + demo.MailDomain},
				},
			})
		},
		server: func(ctx context.Context, ready func(string)) error {
			return server.Run(ctx, server.Config{
				Listener: listener, URL: url, Mailbox: in.data.Path("mail"), DatabaseURL: in.appURL(), Temporal: client,
				Blobs: in.data.Path("files"), University: "演示大学 / Demonstration University",
				PassportKeys: in.data.Marker().PassportKey,
				Demo:         true, TemporalUI: in.temporal.UIURL(), Log: slog.Default().With("part", "server"), Ready: ready,
			})
		},
		seed: func(ctx context.Context, url string) error {
			return demo.Seed(ctx, demo.Config{URL: url, DatabaseURL: in.ownerURL(), Out: log})
		},
	}
	return p.serve(ctx, in.data, !o.NoSeed, func(url string) { welcome(steps, url, in) }, steps)
}

// welcome is what a person needs to begin. A program waits for the line that starts with "ready".
func welcome(steps *steps, url string, in *infra) {
	steps.say("ready %s", url)
	if !in.data.Marker().Seeded.IsZero() {
		steps.say("%s", `
  Accounts 账号          password 密码: exeat-demo
    faculty.civ          asks for a visit 申请人
    dean.civ  psec.civ   sign for the college 学院
    io.rev  io.dir       International Office 国际处
    pres                 president 校长
    auditor              reads and verifies 审计
    admin                administers 管理员`)
	}
	steps.say("  Temporal UI          %s", in.temporal.UIURL())
	steps.say("  Ctrl-C stops everything 按 Ctrl-C 停止")
}
