package server

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/mailbox"
	"github.com/exeat/exeat/notify"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// mailing runs a worker for the site that sends real mails to a server in this process.
func (s *site) mailing() {
	s.t.Helper()
	s.workday()
	server, err := mailbox.Listen(s.mails)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, server.Close()) })
	harness.RunWorker(s.t, s.db, s.svc.Host.TaskQueue, notify.Config{
		URL: s.url, Mail: notify.Mail{Addr: server.Addr(), TLS: notify.NoTLS, From: "exeat@example.edu"},
	})
}

// workday moves the university's clock on to a working day, if today is none: on others nothing is sent.
func (s *site) workday() {
	s.t.Helper()
	until, err := s.svc.Store.RestsUntil(s.t.Context(), store.MainCampus)
	require.NoError(s.t, err)
	if !until.IsZero() {
		require.NoError(s.t, s.svc.Store.SetClock(s.t.Context(), time.Until(until)))
	}
}

// reachable gives a person a mail address and an account whose pages are in English.
func (s *site) reachable(person string) browser {
	s.t.Helper()
	require.NoError(s.t, s.svc.Store.PutContact(s.t.Context(), person, store.Mail, person+"@example.edu"))
	return s.browse(person)
}

// mailsTo waits until a person has so many mails, and gives them, the newest first.
func (s *site) mailsTo(person string, n int) []mailbox.Mail {
	s.t.Helper()
	var found []mailbox.Mail
	harness.Eventually(s.t, fmt.Sprintf("%d mails to %s", n, person), func() bool {
		all, err := mailbox.List(s.mails, 1000)
		require.NoError(s.t, err)
		found = nil
		for _, m := range all {
			if strings.Contains(m.To, "<"+person+"@example.edu>") {
				found = append(found, m)
			}
		}
		return len(found) >= n
	})
	require.Len(s.t, found, n)
	return found
}

var href = regexp.MustCompile(`href="([^"]+)"|(https?://[^\s<>"]+)`)

// links are all addresses in a mail, as a scanner finds them in both of its parts.
func links(m mailbox.Mail) []string {
	var all []string
	for _, part := range []string{m.Text, m.HTML} {
		for _, found := range href.FindAllStringSubmatch(part, -1) {
			all = append(all, html.UnescapeString(found[1]+found[2]))
		}
	}
	return all
}

// below gives the part of an address that the site itself answers.
func (s *site) below(address string) string {
	s.t.Helper()
	path, ours := strings.CutPrefix(address, s.url)
	require.True(s.t, ours, "%s leads elsewhere", address)
	path, _, _ = strings.Cut(path, "#")
	return path
}

func (s *site) events() int {
	s.t.Helper()
	var n int
	require.NoError(s.t, s.db.App(s.t).GetContext(s.t.Context(), &n, `SELECT count(*) FROM event`))
	return n
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`)

// form gives the hidden fields of the form that is sent to a path.
func (r reply) form(path string) url.Values {
	r.t.Helper()
	_, rest, found := strings.Cut(r.Body, `action="`+path+`"`)
	require.True(r.t, found, "no form for %s", path)
	rest, _, _ = strings.Cut(rest, "</form>")
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(rest, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	return v
}

func (s *site) channelOf(id, task string) string {
	s.t.Helper()
	v, err := s.svc.Store.Visit(s.t.Context(), id)
	require.NoError(s.t, err)
	t, ok := v.Task(task)
	require.True(s.t, ok)
	return t.By.Channel
}

// A scanner that opens every link of every mail, without and with the reader's session, decides nothing. What is decided on
// the page that a mail leads to says so in the ledger.
func TestP24_ACrawlerOpeningAllLinksDecidesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	dean, psec := s.reachable("dean.civ"), s.browse("psec.civ")
	s.mailing()
	c, id := s.draft()
	c.post("/visits/"+id+"/submit", "", "submit").ok(http.StatusOK)

	mail := s.mailsTo("dean.civ", 1)[0]
	require.Equal(t, "["+id+"] Waiting for your signature: Bridge monitoring", mail.Subject)
	require.Contains(t, mail.Text, "You sign as")
	require.Contains(t, mail.Text, "Dean")
	before := s.events()
	opened := 0
	for _, link := range links(mail) {
		path := s.below(link)
		stranger := s.send(http.MethodGet, path, "", nil)
		require.Equal(t, http.StatusSeeOther, stranger.Status, "without a session a link leads to the sign-in")
		s.send(http.MethodGet, stranger.Header.Get("Location"), "", nil).ok(http.StatusOK)
		dean.get(path).ok(http.StatusOK)
		opened++
	}
	require.GreaterOrEqual(t, opened, 4, "the visit and the settings, in both parts")
	require.Equal(t, before, s.events(), "nothing was decided")
	require.Equal(t, visit.StateUnit, s.stateOf(id))

	link := s.below(links(mail)[0])
	require.Contains(t, link, "from=mail")
	page := dean.get(link).ok(http.StatusOK)
	fields := page.form("/visits/" + id + "/decide")
	require.Equal(t, "mail", fields.Get("via"))
	fields.Set("decision", "question")
	dean.post("/visits/"+id+"/decide", fields).ok(http.StatusUnprocessableEntity) // without its question
	fields = dean.post("/visits/"+id+"/decide", fields).form("/visits/" + id + "/decide")
	require.Equal(t, "mail", fields.Get("via"), "a page that is shown again still comes from the mail")
	fields.Set("decision", "approve")
	dean.post("/visits/"+id+"/decide", fields).ok(http.StatusSeeOther)
	require.Equal(t, "mail-page", s.channelOf(id, "1.1.COL.DEAN"))

	fields = psec.get("/visits/" + id).ok(http.StatusOK).form("/visits/" + id + "/decide")
	require.Empty(t, fields.Get("via"))
	fields.Set("decision", "approve")
	psec.post("/visits/"+id+"/decide", fields).ok(http.StatusSeeOther)
	require.Equal(t, "web", s.channelOf(id, "1.1.COL.PSEC"))
	s.as("fin").post("/visits/"+id+"/decisions", `{"task":"1.1.FIN","decision":"approve"}`, "fin").ok(http.StatusOK)
	require.Equal(t, "api", s.channelOf(id, "1.1.FIN"))
}

func (s *site) stateOf(id string) visit.State {
	s.t.Helper()
	row, err := s.svc.Store.VisitRow(s.t.Context(), id)
	require.NoError(s.t, err)
	return row.State
}

// What a person was told, on the pages and through the API.
func TestP24_TheBellAndItsList(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	harness.RunWorker(t, s.db, s.svc.Host.TaskQueue)
	dean := s.browse("dean.civ")
	c, id := s.draft()
	c.post("/visits/"+id+"/submit", "", "submit").ok(http.StatusOK)
	api := s.as("dean.civ")
	harness.Eventually(t, "the dean to be told", func() bool {
		return api.get("/notifications").ok(http.StatusOK).at("unread") == 1.0
	})
	list := dean.get("/notifications").ok(http.StatusOK).Body
	require.Contains(t, list, "Waiting for your signature")
	require.Contains(t, list, `/visits/`+id+`?task=1.1.COL.DEAN#decide`)
	require.Equal(t, "stage_opened", api.get("/notifications?unread=true").ok(http.StatusOK).at("items", 0, "kind"))
	require.EqualValues(t, 0, s.as("dean.mech").get("/notifications").ok(http.StatusOK).at("unread"), "another's are not shown")

	dean.get("/visits/" + id).ok(http.StatusOK)
	require.EqualValues(t, 0, api.get("/notifications").ok(http.StatusOK).at("unread"), "the page was opened")
	require.Contains(t, dean.get("/notifications").ok(http.StatusOK).Body, "Nothing here")
	require.Contains(t, dean.get("/notifications?all=1").ok(http.StatusOK).Body, "Waiting for your signature")

	s.as("psec.civ").post("/notifications/read", `{}`, "").ok(http.StatusNoContent)
	require.EqualValues(t, 0, s.as("psec.civ").get("/notifications").ok(http.StatusOK).at("unread"))
	dean.post("/notifications/read", url.Values{"id": {"x"}}).ok(http.StatusNotFound)
	dean.post("/notifications/read", url.Values{}).ok(http.StatusSeeOther)
	api.get("/notifications?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("cursor", "unknown_value")
}

func TestP24_EverybodyChoosesHowToBeTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	require.NoError(t, s.svc.Store.SeeChannels(t.Context(), []string{store.Mail, store.WeCom}))
	dean := s.reachable("dean.civ")
	page := dean.get("/settings/notifications").ok(http.StatusOK).Body
	require.Contains(t, page, "dean.civ@example.edu")
	require.NotContains(t, page, "Feishu", "what is not configured is not offered")
	form := url.Values{"told.tasks": {"wecom"}, "told.outcome": {"mail", "wecom"}, "digest": {"1"}, "digest_hour": {"16"}, "contacts.wecom": {"QiaoYuanshan"}}
	dean.post("/settings/notifications", form).ok(http.StatusSeeOther)

	api := s.as("dean.civ")
	got := api.get("/me/notifications").ok(http.StatusOK)
	require.Equal(t, false, got.at("choices", "tasks", "mail"))
	require.Equal(t, true, got.at("choices", "tasks", "wecom"))
	require.Equal(t, true, got.at("choices", "outcome", "mail"))
	require.Equal(t, true, got.at("choices", "tasks", "webhook"), "what was not offered keeps its default")
	require.EqualValues(t, 16, got.at("digest_hour"))
	require.Equal(t, "QiaoYuanshan", got.at("contacts", "wecom"))

	form.Set("digest_hour", "3")
	form.Set("contacts.wecom", "<@all>")
	refused := dean.post("/settings/notifications", form).ok(http.StatusUnprocessableEntity).Body
	require.Contains(t, refused, "Must lie between 7 and 18")
	require.Contains(t, refused, "&lt;@all&gt;", "what was typed stays")
	form.Set("contacts.mail", "thief@example.com")
	form.Set("digest_hour", "8")
	form.Set("contacts.wecom", "")
	dean.post("/settings/notifications", form).ok(http.StatusSeeOther)
	got = api.send(http.MethodPut, "/me/notifications", `{"choices":{"tasks":{"mail":true}},"digest":false,"digest_hour":9}`, "").ok(http.StatusOK)
	require.Equal(t, "dean.civ@example.edu", got.at("contacts", "mail"), "the mail address is the directory's")
	require.Equal(t, true, got.at("choices", "tasks", "mail"))
	require.Equal(t, true, got.at("choices", "tasks", "wecom"), "what is not named stays")
	api.send(http.MethodPut, "/me/notifications", `{"choices":{"tasks":{"fax":true}},"digest_hour":9}`, "").
		refused(http.StatusUnprocessableEntity, "invalid", "invalid").field("choices", "unknown_value")
}

// A mail server that is away, then there again: nothing is lost, and the administrator sees what failed, not what it says.
func TestP24_TheAdministratorSeesWhatFailed(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	admin := s.reachable("admin")
	require.Equal(t, http.StatusForbidden, s.browse("dean.civ").get("/admin/deliveries").Status)
	api := s.as("admin")
	api.post("/deliveries/test", `{"channel":"mail"}`, "").refused(http.StatusConflict, "conflict", "channel_not_configured")
	s.as("dean.civ").post("/deliveries/test", `{"channel":"mail"}`, "").refused(http.StatusForbidden, "forbidden", "admin_only")
	require.NoError(t, s.svc.Store.SeeChannels(t.Context(), []string{store.Mail}))
	admin.post("/admin/deliveries/test", url.Values{"channel": {"mail"}}).ok(http.StatusSeeOther)

	away, err := notify.New(notify.Config{URL: s.url, Mail: notify.Mail{Addr: "127.0.0.1:1", TLS: notify.NoTLS, From: "exeat@example.edu"}}, s.svc.Store, s.svc.Log)
	require.NoError(t, err)
	require.NoError(t, away.Once(t.Context()))
	row := api.get("/deliveries").ok(http.StatusOK)
	require.Equal(t, "pending", row.at("items", 0, "state"), "a server that is away is tried again")
	require.EqualValues(t, 1, row.at("items", 0, "attempts"))
	require.Contains(t, row.at("items", 0, "error"), "refused")
	id := strings.TrimSuffix(jsonOf(row.at("items", 0, "id")), ".0")
	require.Contains(t, admin.get("/admin/deliveries?state=pending").ok(http.StatusOK).Body, "Next attempt")

	_, err = s.db.Owner(t).Exec(`UPDATE delivery SET attempts = 11, next_at = now()`)
	require.NoError(t, err)
	require.NoError(t, away.Once(t.Context()))
	require.Equal(t, "failed", api.get("/deliveries?state=failed").ok(http.StatusOK).at("items", 0, "state"), "after a day and a half it is given up")
	require.Contains(t, admin.get("/admin/deliveries").ok(http.StatusOK).Body, "Send again")
	api.post("/deliveries/999/resend", "", "").refused(http.StatusNotFound, "not_found", "not_found")
	admin.post("/admin/deliveries/"+id+"/resend", url.Values{}).ok(http.StatusSeeOther)
	s.mailing()
	mail := s.mailsTo("admin", 1)[0]
	require.Equal(t, "Test message", mail.Subject)
	require.Equal(t, "auto-generated", mail.Header.Get("Auto-Submitted"))
	harness.Eventually(t, "the delivery to be noted", func() bool {
		return api.get("/deliveries").ok(http.StatusOK).at("items", 0, "state") == "sent"
	})
}

// The mails of a demonstration can be read; their links work.
func TestP24_TheMailboxOfTheDemonstration(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	require.Contains(t, s.send(http.MethodGet, "/dev/mail", "", header{"Accept-Language": "en"}).ok(http.StatusOK).Body, "No mails yet")
	dean := s.reachable("dean.civ")
	dean.post("/settings/notifications/digest", url.Values{}).ok(http.StatusConflict) // nobody sends mails yet
	s.mailing()
	harness.Eventually(t, "the worker to say what it sends", func() bool {
		channels, err := s.svc.Store.LiveChannels(t.Context())
		require.NoError(t, err)
		return len(channels) > 0
	})
	c, id := s.draft()
	c.post("/visits/"+id+"/submit", "", "submit").ok(http.StatusOK)
	mail := s.mailsTo("dean.civ", 1)[0]
	list := s.send(http.MethodGet, "/dev/mail", "", header{"Accept-Language": "en"}).ok(http.StatusOK).Body
	require.Contains(t, list, "/dev/mail/"+mail.Name)
	shown := s.send(http.MethodGet, "/dev/mail/"+mail.Name, "", nil).ok(http.StatusOK).Body
	require.Contains(t, shown, `<a href="`+html.EscapeString(links(mail)[0])+`"`)
	asMail := s.send(http.MethodGet, "/dev/mail/"+mail.Name+"/html", "", nil).ok(http.StatusOK)
	require.Contains(t, asMail.Header.Get("Content-Security-Policy"), "sandbox")
	require.Contains(t, s.send(http.MethodGet, "/dev/mail/"+mail.Name+"/raw", "", nil).ok(http.StatusOK).Body, "In-Reply-To: <visit."+id+"@example.edu>")
	s.send(http.MethodGet, "/dev/mail/none", "", nil).ok(http.StatusNotFound)
	s.send(http.MethodGet, "/dev/mail/..%2f..%2fx/raw", "", nil).ok(http.StatusNotFound)

	production, err := newEngine(parts{service: s.svc, auth: auth.New(s.svc.Store, false), log: s.svc.Log})
	require.NoError(t, err)
	for _, r := range production.Routes() {
		require.False(t, strings.HasPrefix(r.Path, "/dev/"), "%s is there in production", r.Path)
	}

	dean.post("/settings/notifications/digest", url.Values{}).ok(http.StatusSeeOther)
	digest := s.mailsTo("dean.civ", 2)[0]
	require.Equal(t, "Today: 1 to sign, 0 of your own requests wait for you", digest.Subject)
	require.Contains(t, digest.Text, id+" Bridge monitoring")
	require.Contains(t, dean.get(s.below(links(digest)[0])).ok(http.StatusOK).Body, "decide")
}

// The mail to auditors holds a checkpoint that can be kept as it is; a repair is told to those who may confirm it.
func TestP47_AnAuditorIsMailedACheckpointToKeep(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	s.mailing()
	for _, person := range []string{"auditor", "io.dir", "admin"} {
		s.reachable(person)
	}
	key, err := ledger.NewKey("exeat/test")
	require.NoError(t, err)
	s.seal(key)
	day := s.today()
	for range 2 {
		_, err = s.svc.Store.QueueCheckpoints(t.Context(), day, store.CheckpointHour)
		require.NoError(t, err)
	}
	mail := s.mailsTo("auditor", 1)[0]
	kept, err := s.svc.Store.Checkpoint(t.Context(), 0)
	require.NoError(t, err)
	require.Contains(t, strings.ReplaceAll(mail.Text, "\r\n", "\n"), kept.Body, "byte for byte")
	require.Contains(t, mail.Text, "/audit/heads")

	faculty, id := s.draft()
	faculty.post("/visits/"+id+"/submit", "", "k").ok(http.StatusOK)
	harness.Eventually(t, "a worker that says it sends mails", func() bool {
		live, err := s.svc.Store.LiveChannels(t.Context())
		return err == nil && len(live) > 0
	})
	s.as("admin").post("/repairs", `{"kind":"lists","visit":"`+id+`","reason":"To see."}`, "").ok(http.StatusCreated)
	told := s.mailsTo("io.dir", 1)[0]
	require.Contains(t, told.Text, "/admin/repairs")
	require.NotContains(t, told.Text, "To see.", "a mail says nothing of the case")
}
