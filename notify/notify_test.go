package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/mailbox"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// message is one about a task, as it is composed for a dean.
func message(lang i18n.Lang) Message {
	m := Message{
		Key: "event/7/mail", To: "dean@example.edu", Person: store.Named{ID: "dean.civ", ZH: "桥远山", EN: "Qiao Yuanshan"}, Lang: lang,
		Visit: "2026-00042", Seq: 3, Kind: "stage_opened", Tasks: []string{"1.1.COL.DEAN"}, At: time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC),
		Link: "https://exeat.example.edu/visits/2026-00042?from=mail&task=1.1.COL.DEAN#decide", Settings: "https://exeat.example.edu/settings/notifications",
	}
	m.Subject = "[2026-00042] " + Headline(lang, m.Kind, "") + ": <b>Bridges</b> & more"
	m.Greeting, m.Lead, m.Action, m.Foot = m.text("mail.greeting", "name", m.name(m.Person)), Headline(lang, m.Kind, ""), m.text("mail.open_task"), m.text("mail.foot")
	m.Facts = []Line{{m.text("field.title"), "<b>Bridges</b> & more"}}
	return m
}

func inbox(t *testing.T) (*mailbox.Server, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := mailbox.Listen(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, dir
}

func TestP24_AMailIsBilingualAndThreaded(t *testing.T) {
	t.Parallel()
	server, dir := inbox(t)
	s, err := NewMailer(Mail{Addr: server.Addr(), TLS: NoTLS, From: "exeat@example.edu"})
	require.NoError(t, err)
	require.NoError(t, s.Send(t.Context(), message(i18n.ZH)))
	require.NoError(t, s.Send(t.Context(), message(i18n.EN)))
	mails, err := mailbox.List(dir, 10)
	require.NoError(t, err)
	require.Len(t, mails, 2)
	en, zh := mails[0], mails[1]
	require.Equal(t, "[2026-00042] Waiting for your signature: <b>Bridges</b> & more", en.Subject)
	require.Contains(t, zh.Subject, "等待您审批")
	require.Contains(t, zh.To, "桥远山")
	require.Contains(t, zh.Text, "桥远山：")
	require.Contains(t, zh.HTML, `<html lang="zh-CN">`)
	require.Contains(t, en.HTML, `<html lang="en">`)
	require.Contains(t, en.HTML, "&lt;b&gt;Bridges", "a title is no markup")
	for _, m := range mails {
		require.Contains(t, m.Text, message(i18n.EN).Link)
		require.Contains(t, m.HTML, strings.ReplaceAll(message(i18n.EN).Link, "&", "&amp;"))
		require.Equal(t, "auto-generated", m.Header.Get("Auto-Submitted"))
		require.Equal(t, "<visit.2026-00042@example.edu>", m.Header.Get("In-Reply-To"))
		require.Equal(t, "<visit.2026-00042@example.edu>", m.Header.Get("References"))
	}
	require.Equal(t, en.Header.Get("Message-ID"), zh.Header.Get("Message-ID"), "what is sent twice has one id")
	require.Regexp(t, `^<2026-00042\.3\.[0-9a-f]{12}@example\.edu>$`, en.Header.Get("Message-ID"))
}

// refusing is a mail server that refuses recipients with a code.
type refusing struct{ code int }

func (r refusing) NewSession(*smtp.Conn) (smtp.Session, error) { return r, nil }
func (refusing) Reset()                                        {}
func (refusing) Logout() error                                 { return nil }
func (refusing) Mail(string, *smtp.MailOptions) error          { return nil }
func (refusing) Data(io.Reader) error                          { return nil }
func (r refusing) Rcpt(string, *smtp.RcptOptions) error {
	return &smtp.SMTPError{Code: r.code, EnhancedCode: smtp.NoEnhancedCode, Message: "no"}
}

func TestWhatAMailServerRefusesForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for code, permanent := range map[int]bool{550: true, 451: false} {
		srv := smtp.NewServer(refusing{code})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go func() { _ = srv.Serve(l) }()
		t.Cleanup(func() { _ = srv.Close() })
		s, err := NewMailer(Mail{Addr: l.Addr().String(), TLS: NoTLS, From: "exeat@example.edu"})
		require.NoError(t, err)
		err = s.Send(t.Context(), message(i18n.EN))
		require.Error(t, err)
		require.Equal(t, permanent, errors.As(err, new(Permanent)), "%d: %v", code, err)
	}
}

// hook is the other side of a webhook; it keeps what came.
type hook struct {
	*httptest.Server
	requests []*http.Request
	bodies   []map[string]any
	raw      []string
	answer   string
	status   int
}

func newHook(t *testing.T) *hook {
	h := &hook{answer: `{"errcode":0}`, status: http.StatusOK}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var body map[string]any
		_ = json.Unmarshal(b, &body)
		h.requests, h.bodies, h.raw = append(h.requests, r), append(h.bodies, body), append(h.raw, string(b))
		w.WriteHeader(h.status)
		_, _ = io.WriteString(w, h.answer)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) robot(secret string) Robot {
	return Robot{URL: Secret(h.URL + "/hook?key=hidden"), Secret: Secret(secret)}
}

func at(channel string, r Robot) Sender {
	now := func() time.Time { return time.UnixMilli(1_600_000_000_123) }
	client := newClient(true)
	if channel == store.Webhook {
		w := newWebhook(r, client).(*webhook)
		w.now = now
		return w
	}
	c := newChat(channel, r, client).(*chat)
	c.now = now
	return c
}

// The signatures were computed with openssl:
//
//	printf '1600000000123\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64
//	printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '1600000000\nSECtest' | xxd -p) -binary | base64
const (
	dingTalkSign = "Nl3wjViXStrZip4iMEX2Wyu/lTr+xu5AE1WOCqS41KU="
	feishuSign   = "mhieWnSyoErxMnitRpWy7WiXUgvrgNLx3EOjdVNMVC8="
)

func TestP24_ChatsGetSignedMessages(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	m := message(i18n.ZH)
	m.To = "userid-7"

	require.NoError(t, at(store.WeCom, h.robot("")).Send(t.Context(), m))
	require.Equal(t, "markdown", h.bodies[0]["msgtype"])
	content := h.bodies[0]["markdown"].(map[string]any)["content"].(string)
	require.Contains(t, content, "<@userid-7> **等待您审批**")
	require.Contains(t, content, "[打开并审批]("+m.Link+")")
	require.NotContains(t, content, "<b>", "a title is no markup")

	require.NoError(t, at(store.DingTalk, h.robot("SECtest")).Send(t.Context(), m))
	require.Equal(t, "1600000000123", h.requests[1].URL.Query().Get("timestamp"))
	require.Equal(t, dingTalkSign, h.requests[1].URL.Query().Get("sign"))
	require.Equal(t, "hidden", h.requests[1].URL.Query().Get("key"), "what the address had stays")
	require.Equal(t, "markdown", h.bodies[1]["msgtype"])
	require.Equal(t, m.Subject, h.bodies[1]["markdown"].(map[string]any)["title"])
	require.Contains(t, h.bodies[1]["markdown"].(map[string]any)["text"], "[打开并审批]("+m.Link+")")
	require.Equal(t, []any{"userid-7"}, h.bodies[1]["at"].(map[string]any)["atUserIds"])

	require.NoError(t, at(store.Feishu, h.robot("SECtest")).Send(t.Context(), m))
	require.Equal(t, "post", h.bodies[2]["msg_type"])
	post := h.bodies[2]["content"].(map[string]any)["post"].(map[string]any)["zh_cn"].(map[string]any)
	require.Equal(t, m.Subject, post["title"])
	require.Contains(t, h.raw[2], `"tag":"a"`)
	require.Equal(t, "1600000000", h.bodies[2]["timestamp"])
	require.Equal(t, feishuSign, h.bodies[2]["sign"])
	require.Contains(t, h.raw[2], `"user_id":"userid-7"`)
	require.Contains(t, h.raw[2], `"zh_cn"`)

	m.To = ""
	require.NoError(t, at(store.WeCom, h.robot("")).Send(t.Context(), m))
	require.Contains(t, h.bodies[3]["markdown"].(map[string]any)["content"], "桥远山 **", "who is not known there is named")

	h.answer = `{"errcode":310000,"errmsg":"sign not match"}`
	require.ErrorContains(t, at(store.DingTalk, h.robot("x")).Send(t.Context(), m), "310000 sign not match")
	h.answer = `{"code":19021,"msg":"sign match fail"}`
	require.ErrorContains(t, at(store.Feishu, h.robot("x")).Send(t.Context(), m), "19021 sign match fail")
}

func TestP24_AWebhookIsSigned(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	m := message(i18n.EN)
	require.NoError(t, at(store.Webhook, h.robot("secret")).Send(t.Context(), m))
	r := h.requests[0]
	require.Equal(t, "event/7/mail", r.Header.Get("webhook-id"))
	require.Equal(t, "v1,"+sign("secret", "event/7/mail.1600000000."+h.raw[0]), r.Header.Get("webhook-signature"))
	require.Equal(t, "stage_opened", h.bodies[0]["type"])
	require.Equal(t, "dean.civ", h.bodies[0]["person"])
	require.EqualValues(t, 3, h.bodies[0]["event"])

	h.status = http.StatusInternalServerError
	require.EqualError(t, at(store.Webhook, h.robot("secret")).Send(t.Context(), m), "answered 500")
	h.status = http.StatusFound
	err := at(store.Webhook, h.robot("secret")).Send(t.Context(), m)
	require.ErrorAs(t, err, new(Permanent), "a redirection is not followed")
}

func TestP24_WebhooksReachPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	guarded := &webhook{robot: h.robot("s"), post: poster{newClient(false)}, now: time.Now}
	err := guarded.Send(t.Context(), message(i18n.EN))
	require.ErrorAs(t, err, new(Permanent))
	require.ErrorContains(t, err, "not a public one")
	require.Empty(t, h.requests)

	for _, address := range []string{"127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "fe80::1", "fd00::1",
		"::ffff:10.0.0.1", "224.0.0.1", "255.255.255.255", "64:ff9b::a00:1", "2002:a00:1::"} {
		require.False(t, public(netip.MustParseAddr(address)), address)
	}
	for _, address := range []string{"8.8.8.8", "202.115.64.1", "2001:250::1"} {
		require.True(t, public(netip.MustParseAddr(address)), address)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", Config{Webhook: Robot{URL: "https://a.example/hidden", Secret: "hidden"}}.Webhook.Secret)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s", Robot{"hidden", "hidden"}, Robot{"hidden", "hidden"}, Robot{"hidden", "hidden"}, Secret("hidden"))
	require.NotContains(t, shown, "hidden")

	h := newHook(t)
	h.Close() // nobody listens there any more
	for _, channel := range []string{store.WeCom, store.DingTalk, store.Feishu, store.Webhook} {
		err := at(channel, h.robot("s")).Send(t.Context(), message(i18n.EN))
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hidden", channel)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := at(store.WeCom, Robot{URL: "https://user:hidden@\x7f"}).Send(ctx, message(i18n.EN))
	require.NotContains(t, err.Error(), "hidden")
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	good := Config{URL: "https://exeat.example.edu/", Mail: Mail{Addr: "mail.example.edu:587", From: "exeat@example.edu"}, DingTalk: Robot{URL: "https://oapi.dingtalk.com/robot/send?access_token=x"}}
	n, err := New(good, nil, nil)
	require.NoError(t, err)
	require.Equal(t, []string{store.Mail, store.DingTalk}, n.Channels())
	require.Equal(t, "https://exeat.example.edu", n.URL)
	require.Len(t, n.offers(), 2*len(visit.Groups))
	for want, change := range map[string]func(*Config){
		"address of the pages": func(c *Config) { c.URL = "exeat.example.edu" },
		"mail server":          func(c *Config) { c.Mail.Addr = "mail.example.edu" },
		"sender of mails":      func(c *Config) { c.Mail.From = "exeat" },
		"starttls, tls, none":  func(c *Config) { c.Mail.TLS = "ssl" },
		"address for webhook":  func(c *Config) { c.Webhook.URL = "http://example.edu/hook" },
	} {
		bad := good
		change(&bad)
		_, err := New(bad, nil, nil)
		require.ErrorContains(t, err, want)
	}
}

func TestBackOff(t *testing.T) {
	t.Parallel()
	require.Equal(t, 30*time.Second, wait(1))
	require.Equal(t, 4*time.Minute, wait(4))
	require.Equal(t, 6*time.Hour, wait(12))
	require.Equal(t, 6*time.Hour, wait(1000))
}

func TestEveryToldKindHasItsWords(t *testing.T) {
	t.Parallel()
	for _, kind := range visit.ToldKinds() {
		require.True(t, i18n.Has("notice."+kind), kind)
		require.Contains(t, visit.Groups, visit.Tellings[kind].Group)
		require.NotEmpty(t, visit.Tellings[kind].To)
	}
}
