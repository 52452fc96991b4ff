package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// webhook posts a signed JSON document for each message (https://www.standardwebhooks.com): the header webhook-id is the
// key by which a receiver drops what it has already, webhook-signature is `v1,` and the base64 of the HMAC-SHA256, under
// the secret, of id, timestamp and body joined by dots.
type webhook struct {
	robot Robot
	post  poster
	now   func() time.Time
}

// hooked is the body of a webhook.
type hooked struct {
	Type   string    `json:"type"` // kind of the event; digest or test otherwise
	At     time.Time `json:"timestamp"`
	Person string    `json:"person"`
	Visit  string    `json:"visit,omitempty"`
	Event  int       `json:"event,omitempty"` // its number within the visit
	Tasks  []string  `json:"tasks,omitempty"` // that the person may sign
	Title  string    `json:"title"`
	Text   string    `json:"text"`
	Link   string    `json:"link"`
}

func (w *webhook) Send(ctx context.Context, m Message) error {
	kind := m.Kind
	if kind == "" {
		kind = "test"
	}
	body, err := json.Marshal(hooked{
		Type: kind, At: m.At.UTC(), Person: m.Person.ID, Visit: m.Visit, Event: m.Seq, Tasks: m.Tasks, Title: m.Subject, Text: m.Lead, Link: m.Link,
	})
	if err != nil {
		return Permanent{err.Error()}
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	header := http.Header{}
	header.Set("webhook-id", m.Key)
	header.Set("webhook-timestamp", stamp)
	if w.robot.Secret != "" {
		header.Set("webhook-signature", "v1,"+sign(string(w.robot.Secret), m.Key+"."+stamp+"."+string(body)))
	}
	return w.post.bytes(ctx, string(w.robot.URL), header, body, nil)
}

// poster sends documents to addresses that are secret: no error of its shows one.
type poster struct{ client *http.Client }

func (p poster) json(ctx context.Context, address string, header http.Header, body, reply any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return Permanent{err.Error()}
	}
	return p.bytes(ctx, address, header, b, reply)
}

func (p poster) bytes(ctx context.Context, address string, header http.Header, body []byte, reply any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Permanent{"the address cannot be read"}
	}
	if header != nil {
		r.Header = header
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "exeat")
	res, err := p.client.Do(r)
	if err != nil {
		var shown *url.Error
		if errors.As(err, &shown) { // it names the address
			err = shown.Err
		}
		if errors.Is(err, errPrivate) {
			return Permanent{errPrivate.Error()}
		}
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	switch {
	case err != nil:
		return err
	case res.StatusCode/100 == 3:
		return Permanent{fmt.Sprintf("answered %d: redirections are not followed", res.StatusCode)}
	case res.StatusCode/100 != 2:
		return fmt.Errorf("answered %d", res.StatusCode)
	case reply == nil:
		return nil
	}
	if err := json.Unmarshal(answer, reply); err != nil {
		return fmt.Errorf("answered what is no JSON")
	}
	return nil
}

var errPrivate = errors.New("the address is not a public one; allow private ones in the configuration if that is meant")

// newClient gives a client that connects to public addresses only, unless private ones are allowed: the name is resolved
// first and the address that is really dialled is looked at. It uses no proxy and follows no redirection.
func newClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !allowPrivate {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !public(to.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return &http.Client{
		Timeout:       sendTime,
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: sendersMax, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// notPublic are ranges that the methods of netip do not name: shared address space, protocol assignments, documentation,
// benchmarks, reserved, and translations of IPv4.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

// public tells that an address is one of the open internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

func newWebhook(r Robot, client *http.Client) Sender {
	return &webhook{robot: r, post: poster{client}, now: time.Now}
}
