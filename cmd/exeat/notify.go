package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema/store"
)

type notifyCmd struct {
	Status notifyStatusCmd `cmd:"" help:"Say what waits, what was sent, and which messages failed, and why."`
	Resend notifyResendCmd `cmd:"" help:"Send a message again."`
}

type notifyStatusCmd struct {
	app
	Failures int `default:"20" help:"How many failed messages to list, the newest first; 200 at most."`
}

func (c notifyStatusCmd) Run(ctx context.Context, s std) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error {
		counts, err := st.CountDeliveries(ctx)
		if err != nil {
			return err
		}
		channels, err := st.LiveChannels(ctx)
		if err != nil {
			return err
		}
		failed, err := st.Deliveries(ctx, store.DeliveryFilter{State: store.DeliveryFailed, Limit: c.Failures})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "channels of the running workers: %s\n", orNone(channels))
		fmt.Fprintf(s.out, "events that wait to be told: %d\n", counts.Outbox)
		for _, state := range store.DeliveryStates {
			fmt.Fprintf(s.out, "messages of 30 days, %s: %d\n", state, counts.States[state])
		}
		for _, d := range failed.Items {
			fmt.Fprintf(s.out, "%d %s %s to %s: %s\n", d.ID, d.Channel, d.What, d.Person, d.Error)
		}
		return nil
	})
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}

type notifyResendCmd struct {
	app
	ID int64 `arg:"" help:"Number of the message, as status lists it."`
}

func (c notifyResendCmd) Run(ctx context.Context) error {
	return with(ctx, c.DatabaseURL, func(st *store.Store) error { return st.Resend(ctx, c.ID) })
}

// notifyFlags say how people are told of what concerns them. A channel without an address is not used.
type notifyFlags struct {
	URL string `name:"url" env:"EXEAT_URL" help:"Address under which people reach the pages, for links in messages."`

	SMTP         string `name:"smtp" env:"EXEAT_SMTP" placeholder:"HOST:PORT" help:"Mail server."`
	SMTPTLS      string `name:"smtp-tls" env:"EXEAT_SMTP_TLS" enum:"starttls,tls,none" default:"starttls" help:"How the connection to it is secured: starttls, tls or none."`
	SMTPUser     string `name:"smtp-user" env:"EXEAT_SMTP_USER" help:"User name at the mail server; none if it wants no sign-in."`
	SMTPPassword secret `name:"smtp-password" env:"EXEAT_SMTP_PASSWORD" help:"Password at the mail server, or @FILE that holds it."`
	MailFrom     string `env:"EXEAT_MAIL_FROM" help:"Address that mails come from."`

	WeCom          secret `name:"wecom" env:"EXEAT_WECOM" help:"Webhook of a WeCom group robot, or @FILE."`
	DingTalk       secret `name:"dingtalk" env:"EXEAT_DINGTALK" help:"Webhook of a DingTalk group robot, or @FILE."`
	DingTalkSecret secret `name:"dingtalk-secret" env:"EXEAT_DINGTALK_SECRET" help:"Secret that signs messages to it, or @FILE."`
	Feishu         secret `env:"EXEAT_FEISHU" help:"Webhook of a Feishu group robot, or @FILE."`
	FeishuSecret   secret `env:"EXEAT_FEISHU_SECRET" help:"Secret that signs messages to it, or @FILE."`
	Webhook        secret `env:"EXEAT_WEBHOOK" help:"Address that gets every notification as signed JSON, or @FILE."`
	WebhookSecret  secret `env:"EXEAT_WEBHOOK_SECRET" help:"Secret that signs it, or @FILE."`
	WebhookPrivate bool   `env:"EXEAT_WEBHOOK_PRIVATE" help:"Let webhooks go to addresses of the own network, and over plain HTTP."`
}

func (f notifyFlags) config() notify.Config {
	return notify.Config{
		URL:      f.URL,
		Mail:     notify.Mail{Addr: f.SMTP, TLS: notify.TLS(f.SMTPTLS), Username: f.SMTPUser, Password: f.SMTPPassword.Secret, From: f.MailFrom},
		WeCom:    notify.Robot{URL: f.WeCom.Secret},
		DingTalk: notify.Robot{URL: f.DingTalk.Secret, Secret: f.DingTalkSecret.Secret},
		Feishu:   notify.Robot{URL: f.Feishu.Secret, Secret: f.FeishuSecret.Secret},
		Webhook:  notify.Robot{URL: f.Webhook.Secret, Secret: f.WebhookSecret.Secret}, AllowPrivate: f.WebhookPrivate,
	}
}

// secret is a flag that is the text itself, or @FILE, the first line of a file.
type secret struct{ notify.Secret }

// UnmarshalText reads the flag.
func (s *secret) UnmarshalText(text []byte) error {
	name, file := strings.CutPrefix(string(text), "@")
	if !file {
		s.Secret = notify.Secret(text)
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read a secret: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	s.Secret = notify.Secret(strings.TrimSpace(line))
	return nil
}
