package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/exeat/exeat/server/i18n"
)

// TLS says how a connection to the mail server is secured.
type TLS string

// The ways: STARTTLS on the plain port, TLS from the start, or not at all (a server on the same machine).
const (
	StartTLS TLS = "starttls"
	FullTLS  TLS = "tls"
	NoTLS    TLS = "none"
)

// Mail is a mail server to hand mails to (SMTP), and who they come from.
type Mail struct {
	Addr     string // host:port
	TLS      TLS    // StartTLS when empty
	Username string // no authentication when empty
	Password Secret
	From     string // address
}

type mailer struct {
	client *mail.Client
	from   string
	domain string // of the ids of mails
}

const smtpTime = 15 * time.Second

// NewMailer checks the configuration; it does not connect.
func NewMailer(c Mail) (Sender, error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", c.Addr, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: the port is not a number", c.Addr)
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("sender of mails %q: %w", c.From, err)
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(smtpTime)}
	switch c.TLS {
	case FullTLS:
		options = append(options, mail.WithSSL())
	case NoTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case StartTLS, "":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		return nil, fmt.Errorf("mail server: %q is not one of starttls, tls, none", c.TLS)
	}
	if c.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.Username), mail.WithPassword(string(c.Password)))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return &mailer{client: client, from: from.Address, domain: from.Address[strings.LastIndex(from.Address, "@")+1:]}, nil
}

// Send hands a mail to the server. What the server refuses for good is not tried again.
func (s *mailer) Send(ctx context.Context, m Message) error {
	msg, err := s.write(m)
	if err != nil {
		return Permanent{err.Error()}
	}
	err = s.client.DialAndSendWithContext(ctx, msg)
	var refused *mail.SendError
	if errors.As(err, &refused) && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return Permanent{err.Error()}
	}
	return err
}

// write makes the mail. Its id is a function of what it tells, so that a mail that is sent twice is shown once; all mails
// of a visit answer one that was never sent, so that they are shown as one thread.
func (s *mailer) write(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(i18n.Text(m.Lang, "common.product_long", nil), s.from); err != nil {
		return nil, err
	}
	if err := msg.AddToFormat(m.Lang.Pick(m.Person.ZH, m.Person.EN), m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(s.messageID(m))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader(mail.HeaderContentLang, m.Lang.Tag())
	if m.Visit != "" {
		thread := "<visit." + m.Visit + "@" + s.domain + ">"
		msg.SetGenHeader(mail.HeaderInReplyTo, thread)
		msg.SetGenHeader(mail.HeaderReferences, thread)
	}
	var html bytes.Buffer
	if err := mailTemplate.Execute(&html, m); err != nil {
		return nil, err
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text())
	msg.AddAlternativeString(mail.TypeTextHTML, html.String())
	return msg, nil
}

func (s *mailer) messageID(m Message) string {
	what := m.Key
	if m.Visit != "" {
		what = m.Visit + "." + strconv.Itoa(m.Seq)
	}
	sum := sha256.Sum256([]byte(m.Key + " " + m.Person.ID))
	return strings.ReplaceAll(what, "/", ".") + "." + hex.EncodeToString(sum[:6]) + "@" + s.domain
}

//go:embed mail.html
var mailHTML string

var mailTemplate = template.Must(template.New("mail").Parse(mailHTML))

// Text is the message as plain text.
func (m Message) Text() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line(m.Greeting)
	line()
	line(m.Lead)
	if len(m.Facts) > 0 {
		line()
	}
	colon := i18n.Text(m.Lang, "common.colon", nil)
	for _, f := range m.Facts {
		line(f.Label, colon, f.Text)
	}
	for _, p := range m.Parts {
		line()
		line(p.Title)
		for _, item := range p.Items {
			line("- ", item.Text)
			line("  ", item.Note)
			line("  ", item.Link)
		}
	}
	if m.Quote != "" {
		line()
		b.WriteString(m.Quote)
	}
	line()
	line(m.Action, colon)
	line(m.Link)
	line()
	line("-- ")
	line(m.Foot)
	line(m.Settings)
	return b.String()
}
