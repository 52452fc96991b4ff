package notify

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// Message is what a person is told over one channel, in his language.
type Message struct {
	Key    string // the same whenever the message is sent
	To     string // address of the person in the channel; empty where none is known
	Person store.Named
	Lang   i18n.Lang

	// Of an event; empty in a digest and in a test.
	Visit string
	Seq   int
	Kind  string
	Tasks []string
	At    time.Time

	Subject  string
	Greeting string
	Lead     string // what has happened, in a sentence
	Facts    []Line
	Parts    []Part // of a digest
	Quote    string // lines that are to be kept as they are
	Action   string // what the link is for
	Link     string
	Foot     string
	Settings string // address of the page where a person chooses how he is told
}

// Line is a label with a text.
type Line struct{ Label, Text string }

// Part is a list of a digest.
type Part struct {
	Title string
	Items []Item
}

// Item is a visit in a digest.
type Item struct{ Text, Note, Link string }

// fromMail marks the address of a page that is opened from a mail: what is decided on it says so in the ledger.
const fromMail = "mail"

// compose writes the message of a delivery. nothing says why there is nothing to send any more.
func (n *Notifier) compose(ctx context.Context, d store.Delivery) (m Message, nothing string, err error) {
	lang, _ := i18n.Parse(d.Language)
	who := store.Named{ID: d.Person, ZH: d.NameZH, EN: d.NameEN}
	m = Message{
		Key: d.Key, To: d.Address, Person: who, Lang: lang, Visit: d.Visit, Seq: d.Seq, Kind: d.Kind, Tasks: d.Tasks, At: d.At,
		Settings: n.URL + "/settings/notifications",
	}
	m.Greeting, m.Foot = m.text("mail.greeting", "name", m.name(who)), m.text("mail.foot")
	switch d.What {
	case store.OfTest:
		m.Subject, m.Lead, m.Action, m.Link = m.text("mail.test"), m.text("mail.test_lead"), m.text("mail.open_desk"), n.URL+"/"
		return m, "", nil
	case store.OfDigest:
		return n.digest(ctx, d, m)
	case store.OfCheckpoint:
		return n.checkpoint(ctx, m)
	case store.OfRepair:
		m.Subject, m.Lead, m.Action, m.Link = m.text("mail.repair"), m.text("mail.repair_lead"), m.text("mail.open_repairs"), n.URL+"/admin/repairs"
		return m, "", nil
	default:
		return n.event(ctx, d, m)
	}
}

func (n *Notifier) event(ctx context.Context, d store.Delivery, m Message) (Message, string, error) {
	headline := Headline(m.Lang, d.Kind, m.name(d.Actor))
	m.Subject = m.text("mail.subject", "visit", d.Visit, "what", headline, "title", d.Title)
	m.Lead = headline + m.text("mail.stop")
	m.Facts = []Line{
		{m.text("case.number"), d.Visit},
		{m.text("field.title"), d.Title},
		{m.text("list.applicant"), m.name(d.Applicant)},
		{m.text("field.category"), m.text("category." + string(d.Category))},
		{m.text("case.dates"), i18n.Days(m.Lang, d.Exit, d.Return)},
	}
	query := url.Values{}
	if d.Channel == store.Mail {
		query.Set("from", fromMail)
	}
	fragment := ""
	if d.Comment != 0 {
		fragment = "#" + store.CommentAnchor(d.Comment)
	}
	m.Action, m.Link = m.text("mail.open"), n.visitLink(d.Visit, query, fragment)
	if !signs(d.Kind) || len(d.Tasks) == 0 {
		return m, "", nil
	}
	asked, err := n.Store.Asked(ctx, d.Person, d.Visit)
	asked = slices.DeleteFunc(asked, func(a store.AskedTask) bool { return !slices.Contains(d.Tasks, a.Task) })
	if err != nil {
		return m, "", err
	}
	if len(asked) == 0 { // somebody else has signed, or the right has ended
		return m, "task_done", nil
	}
	for _, a := range asked {
		m.Facts = append(m.Facts, Line{m.text("mail.as"), m.as(a)}, Line{m.text("list.due"), m.until(a)})
	}
	query.Set("task", asked[0].Task)
	m.Action, m.Link = m.text("mail.open_task"), n.visitLink(d.Visit, query, "#decide")
	return m, "", nil
}

func (n *Notifier) visitLink(id string, query url.Values, fragment string) string {
	link := n.URL + "/visits/" + url.PathEscape(id)
	if len(query) > 0 {
		link += "?" + query.Encode()
	}
	return link + fragment
}

// Headline says in a few words what has happened: the line of a list, the subject of a mail.
func Headline(lang i18n.Lang, kind, actor string) string {
	return i18n.Text(lang, "notice."+kind, map[string]string{"actor": actor})
}

// digest lists what waits for a person; nothing, if nothing does.
func (n *Notifier) digest(ctx context.Context, d store.Delivery, m Message) (Message, string, error) {
	asked, err := n.Store.Asked(ctx, d.Person, "")
	if err != nil {
		return m, "", err
	}
	mine, err := n.Store.WaitingFor(ctx, d.Person)
	if err != nil {
		return m, "", err
	}
	unread, err := n.Store.Unread(ctx, d.Person)
	if err != nil {
		return m, "", err
	}
	var late, tasks, own []Item
	for _, a := range asked {
		query := url.Values{"from": {fromMail}, "task": {a.Task}}
		item := Item{Text: a.Visit + " " + a.Title, Note: m.as(a) + " · " + m.until(a), Link: n.visitLink(a.Visit, query, "#decide")}
		if a.Overdue {
			late = append(late, item)
		} else {
			tasks = append(tasks, item)
		}
	}
	for _, w := range mine {
		own = append(own, Item{Text: w.Visit + " " + w.Title, Note: m.text("state." + string(w.State)), Link: n.visitLink(w.Visit, url.Values{"from": {fromMail}}, "")})
	}
	for _, p := range []Part{{m.text("mail.late"), late}, {m.text("mail.tasks"), tasks}, {m.text("mail.mine"), own}} {
		if len(p.Items) > 0 {
			m.Parts = append(m.Parts, p)
		}
	}
	if len(m.Parts) == 0 && unread == 0 {
		return m, "nothing_to_say", nil
	}
	m.Subject = m.text("mail.digest", "tasks", strconv.Itoa(len(asked)), "mine", strconv.Itoa(len(mine)))
	m.Lead = m.text("mail.digest_lead", "unread", strconv.Itoa(unread))
	m.Action, m.Link = m.text("mail.open_desk"), n.URL+"/"
	return m, "", nil
}

// checkpoint is the newest checkpoint of the ledger at the moment of sending, to be kept where nobody can change it who could change
// the ledger (domain P-47); nothing, while there is none.
func (n *Notifier) checkpoint(ctx context.Context, m Message) (Message, string, error) {
	c, err := n.Store.Checkpoint(ctx, 0)
	if visit.CodeOf(err) == visit.NotFound {
		return m, "nothing_to_say", nil
	}
	m.Subject, m.Lead = m.text("mail.checkpoint", "leaves", strconv.FormatInt(c.Size, 10)), m.text("mail.checkpoint_lead")
	m.Quote, m.Action, m.Link = c.Body, m.text("mail.open_heads"), n.URL+"/audit/heads"
	return m, "", err
}

// as says by what right a person signs: the post, and for whom.
func (m Message) as(a store.AskedTask) string {
	post := m.Lang.Pick(a.PostZH, a.PostEN)
	if a.OnBehalf.ID == "" {
		return post
	}
	return strings.TrimSpace(post + " " + m.text("inbox.for", "name", m.name(a.OnBehalf)))
}

func (m Message) until(a store.AskedTask) string {
	if a.Waiting {
		return m.text("inbox.waiting")
	}
	until := i18n.Time(m.Lang, a.Due)
	if a.Provisional {
		until += " " + m.text("common.provisional")
	}
	return until
}

func (m Message) name(p store.Named) string {
	if p.ID == "" {
		return m.text("common.system")
	}
	return m.Lang.Pick(p.ZH, p.EN)
}

func (m Message) text(key string, pairs ...string) string {
	return i18n.Text(m.Lang, key, visit.Refuse("", "", pairs...).Args)
}
