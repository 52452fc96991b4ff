package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
)

// Robot is the robot of a group chat: the address that the chat gave it, which is as secret as a password, and the secret
// that signs what is sent (not for WeCom, which knows none).
type Robot struct {
	URL    Secret
	Secret Secret
}

// chat sends to the robot of a group: a message names the person, and calls him where the chat knows his name.
type chat struct {
	robot  Robot
	post   poster
	now    func() time.Time
	format func(c *chat, m Message) (address string, body any, err error)
}

func (c *chat) Send(ctx context.Context, m Message) error {
	address, body, err := c.format(c, m)
	if err != nil {
		return err
	}
	var reply struct {
		ErrCode int    `json:"errcode"` // WeCom, DingTalk
		ErrMsg  string `json:"errmsg"`
		Code    int    `json:"code"` // Feishu
		Msg     string `json:"msg"`
	}
	if err := c.post.json(ctx, address, nil, body, &reply); err != nil {
		return err
	}
	if code := reply.ErrCode + reply.Code; code != 0 { // they answer 200 whatever happens
		return fmt.Errorf("the chat refused it: %d %s", code, reply.ErrMsg+reply.Msg)
	}
	return nil
}

// wecom: https://developer.work.weixin.qq.com/document/path/91770
func wecom(c *chat, m Message) (string, any, error) {
	call := m.Lang.Pick(m.Person.ZH, m.Person.EN)
	if m.To != "" {
		call = "<@" + m.To + ">"
	}
	return string(c.robot.URL), map[string]any{"msgtype": "markdown", "markdown": map[string]any{"content": cutBytes(m.markdown(call), 4096)}}, nil
}

// dingtalk: https://open.dingtalk.com/document/robots/custom-robot-access
func dingtalk(c *chat, m Message) (string, any, error) {
	call, at := m.Lang.Pick(m.Person.ZH, m.Person.EN), []string{}
	if m.To != "" {
		call, at = "@"+m.To, []string{m.To}
	}
	body := map[string]any{
		"msgtype": "markdown", "markdown": map[string]any{"title": m.Subject, "text": m.markdown(call)}, "at": map[string]any{"atUserIds": at},
	}
	address, err := signDingTalk(string(c.robot.URL), string(c.robot.Secret), c.now())
	return address, body, err
}

// signDingTalk adds timestamp and signature to the robot's address.
func signDingTalk(address, secret string, now time.Time) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", Permanent{"the address of the robot cannot be read"} // the error would show it
	}
	if secret == "" {
		return address, nil
	}
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	query := u.Query()
	query.Set("timestamp", stamp)
	query.Set("sign", sign(secret, stamp+"\n"+secret))
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// feishu: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
func feishu(c *chat, m Message) (string, any, error) {
	text := func(s string) map[string]any { return map[string]any{"tag": "text", "text": s} }
	lines := [][]any{{text(m.Lang.Pick(m.Person.ZH, m.Person.EN) + " ")}}
	if m.To != "" {
		lines[0] = []any{map[string]any{"tag": "at", "user_id": m.To}, text(" ")}
	}
	lines[0] = append(lines[0], text(m.Lead))
	for _, f := range m.Facts {
		lines = append(lines, []any{text(f.Label + i18n.Text(m.Lang, "common.colon", nil) + f.Text)})
	}
	lines = append(lines, []any{map[string]any{"tag": "a", "text": m.Action, "href": m.Link}})
	lang := map[i18n.Lang]string{i18n.ZH: "zh_cn", i18n.EN: "en_us"}[m.Lang]
	body := map[string]any{"msg_type": "post", "content": map[string]any{"post": map[string]any{lang: map[string]any{"title": m.Subject, "content": lines}}}}
	if secret := string(c.robot.Secret); secret != "" {
		stamp := strconv.FormatInt(c.now().Unix(), 10)
		body["timestamp"], body["sign"] = stamp, sign(stamp+"\n"+secret, "")
	}
	return string(c.robot.URL), body, nil
}

// sign is the base64 of HMAC-SHA256.
func sign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(text)) // a hash takes everything
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// markdown writes the message for chats that read it.
func (m Message) markdown(call string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s **%s**\n", call, plain(m.Lead))
	for _, f := range m.Facts {
		fmt.Fprintf(&b, "\n> %s%s%s\n", f.Label, i18n.Text(m.Lang, "common.colon", nil), plain(f.Text))
	}
	fmt.Fprintf(&b, "\n[%s](%s)\n", m.Action, m.Link)
	return b.String()
}

// plain keeps a title from being read as markup.
func plain(s string) string {
	return strings.NewReplacer("*", "＊", "_", "＿", "[", "［", "]", "］", "<", "＜", ">", "＞", "`", "｀", "@", "＠", "\n", " ").Replace(s)
}

// cutBytes shortens a text to so many bytes, at the end of a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func newChat(channel string, r Robot, client *http.Client) Sender {
	formats := map[string]func(*chat, Message) (string, any, error){store.WeCom: wecom, store.DingTalk: dingtalk, store.Feishu: feishu}
	return &chat{robot: r, post: poster{client}, now: time.Now, format: formats[channel]}
}
