package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/exeat/exeat/schema/store"
)

// Secret is a text that no log and no error shows.
type Secret string

// String, GoString and LogValue say that there is one, not which.
func (s Secret) String() string { return "[secret]" }

// GoString is String for %#v.
func (s Secret) GoString() string { return "[secret]" }

// LogValue is String for logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Config says over which channels people are told. A channel without an address is not used; what the pages show in their
// own list needs none.
type Config struct {
	URL      string // address under which people reach the pages, for links; needed with any channel
	Mail     Mail
	WeCom    Robot
	DingTalk Robot
	Feishu   Robot
	Webhook  Robot
	// AllowPrivate lets webhooks go to addresses of the own network, and over plain HTTP.
	AllowPrivate bool
}

// New checks the configuration and makes the notifier; it connects to nothing yet.
func New(c Config, st *store.Store, log *slog.Logger) (*Notifier, error) {
	var err error
	n := &Notifier{Store: st, Log: log, URL: strings.TrimSuffix(c.URL, "/"), Send: map[string]Sender{}}
	if c.Mail.Addr != "" {
		if n.Send[store.Mail], err = NewMailer(c.Mail); err != nil {
			return nil, err
		}
	}
	client := newClient(c.AllowPrivate)
	for channel, robot := range map[string]Robot{store.WeCom: c.WeCom, store.DingTalk: c.DingTalk, store.Feishu: c.Feishu, store.Webhook: c.Webhook} {
		if robot.URL == "" {
			continue
		}
		if err := robot.check(c.AllowPrivate); err != nil {
			return nil, fmt.Errorf("address for %s: %w", channel, err)
		}
		if channel == store.Webhook {
			n.Send[channel] = newWebhook(robot, client)
		} else {
			n.Send[channel] = newChat(channel, robot, client)
		}
	}
	base, err := url.Parse(c.URL)
	if len(n.Send) > 0 && (err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "") {
		return nil, fmt.Errorf("address of the pages: %q is not one like https://exeat.example.edu", c.URL)
	}
	return n, nil
}

func (r Robot) check(allowPrivate bool) error {
	u, err := url.Parse(string(r.URL))
	switch {
	case err != nil || u.Host == "":
		return errors.New("it cannot be read")
	case u.Scheme == "https" || u.Scheme == "http" && allowPrivate:
		return nil
	default:
		return errors.New("it must begin with https://")
	}
}
