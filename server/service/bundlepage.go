package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// bundleIndex is the page of a bundle. It opens from a disk without network: no script, no other file.
var bundleIndex = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<style>
body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#1d2129}
h1{font-size:22px}h2{font-size:18px;margin-top:2em;border-bottom:1px solid #ccd}dl{display:grid;grid-template-columns:minmax(8em,14em) 1fr;gap:.2em 1em}dt{color:#5a6272}dd{margin:0}
ol{padding-left:1.4em}li{margin:.8em 0}.m{color:#5a6272;font-size:13px}.q{border-left:3px solid #868e9c;padding-left:.8em;white-space:pre-wrap}
code,pre{font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}pre{white-space:pre-wrap;background:#f8f9fb;border:1px solid #e3e6eb;padding:.6em}
@media(max-width:40em){dl{grid-template-columns:1fr}dt{margin-top:.4em}}
</style></head><body>
<h1>{{.Title}}</h1>
<p>{{.Lead}}</p>
<dl>{{range .Facts}}<dt>{{.Name}}</dt><dd>{{.Text}}</dd>{{end}}</dl>
<ul>{{range .Cases}}<li><a href="#v{{.ID}}">{{.ID}} {{.Title}}</a></li>{{end}}</ul>
{{range .Cases}}<section id="v{{.ID}}"><h2>{{.ID}} {{.Title}}</h2>
<dl>{{range .Facts}}<dt>{{.Name}}</dt><dd>{{.Text}}</dd>{{end}}</dl>
<ol>{{range .Steps}}<li><strong>{{.What}}</strong> {{.Detail}}<div class="m">{{.When}}{{if .Who}} · {{.Who}}{{end}}</div>
{{if .Note}}<p class="q">{{.Note}}</p>{{end}}
{{if .Shown}}<div class="m"><a href="{{.View}}">{{.Shown}}</a></div>{{end}}
{{if .Body}}<details><summary class="m">{{.Place}}</summary><pre>{{.Body}}</pre></details>{{else}}<div class="m">{{.Place}}</div>{{end}}</li>{{end}}</ol>
<p class="m">{{range .Files}}<a href="{{.}}">{{.}}</a> {{end}}</p></section>{{end}}
</body></html>
`))

type bundleFact struct{ Name, Text string }

type bundleCase struct {
	ID, Title string
	Facts     []bundleFact
	Steps     []bundleStep
	Files     []string
}

type bundleStep struct {
	What, Detail, When, Who, Note, Shown, View, Place, Body string

	at time.Time
}

// bilingual says something in both languages.
func bilingual(key string) string {
	zh, en := i18n.Text(i18n.ZH, key, nil), i18n.Text(i18n.EN, key, nil)
	if zh == en {
		return zh
	}
	return zh + " / " + en
}

func bothTimes(t time.Time) string {
	return i18n.Time(i18n.ZH, t) + " / " + i18n.Time(i18n.EN, t)
}

// bundlePage tells the cases of a bundle as stories.
func bundlePage(ctx context.Context, st *store.Store, m audit.Manifest, cases []audit.Dossier) ([]byte, error) {
	page := struct {
		Title, Lead string
		Facts       []bundleFact
		Cases       []bundleCase
	}{Title: bilingual("bundle.title"), Lead: bilingual("bundle.lead")}
	page.Facts = []bundleFact{
		{bilingual("bundle.origin"), m.Origin}, {bilingual("bundle.made"), bothTimes(m.MadeAt) + " · " + m.By.Person}, {bilingual("bundle.leaves"), fmt.Sprint(m.Leaves)},
	}
	for _, d := range cases {
		c, err := caseStory(ctx, st, d)
		if err != nil {
			return nil, err
		}
		page.Cases = append(page.Cases, c)
	}
	var b bytes.Buffer
	err := bundleIndex.Execute(&b, page)
	return b.Bytes(), err
}

// teller knows the names and texts of a case.
type teller struct {
	d      audit.Dossier
	people map[string]policy.Person
	notes  map[visit.Note]string
}

func caseStory(ctx context.Context, st *store.Store, d audit.Dossier) (bundleCase, error) {
	t := teller{d: d, notes: map[visit.Note]string{}}
	for _, n := range d.Notes {
		t.notes[visit.Note(n.Hash)] = n.Body
	}
	events := make([]visit.Event, len(d.Entries))
	var ids []string
	for i, e := range d.Entries {
		events[i] = e.Event
		ids = append(ids, e.Event.By.Person, e.Event.By.OnBehalfOf)
	}
	for _, r := range d.Repairs {
		ids = append(ids, r.ProposedBy, r.DecidedBy, r.OnBehalfOf, r.Assignee)
	}
	v, err := visit.Fold(events)
	if err != nil {
		return bundleCase{}, err
	}
	var content store.Content
	if err := json.Unmarshal([]byte(d.Contents[v.Version]), &content); err != nil {
		return bundleCase{}, err
	}
	if t.people, err = st.People(ctx, append(ids, v.Travellers...)...); err != nil {
		return bundleCase{}, err
	}
	for _, p := range content.People { // as they were known when it was submitted
		t.people[p.ID] = p
	}
	c := bundleCase{ID: d.ID, Title: content.Draft.Title, Facts: t.facts(v, content.Draft)}
	for _, e := range events {
		c.Steps = append(c.Steps, t.step(e))
	}
	for _, r := range d.Repairs {
		c.Steps = append(c.Steps, t.repair(r)...)
	}
	slices.SortStableFunc(c.Steps, func(a, b bundleStep) int { return a.at.Compare(b.at) })
	dir := "visits/" + d.ID + "/"
	c.Files = []string{dir + "events.json", dir + "notes.json", dir + "versions/" + v.Version + ".json", "policies/" + v.Route.Policy.Hash + ".yaml"}
	if d.History != nil {
		c.Files = append(c.Files, dir+"history.json")
	}
	return c, nil
}

func (t teller) facts(v visit.Visit, d visit.Draft) []bundleFact {
	travellers := make([]string, len(v.Travellers))
	for i, p := range v.Travellers {
		travellers[i] = t.name(p)
	}
	legs := make([]string, len(d.Legs))
	for i, l := range d.Legs {
		legs[i] = fmt.Sprintf("%s %s, %s, %s – %s", l.Country, l.City, l.Host, l.Arrive, l.Depart)
	}
	return []bundleFact{
		{bilingual("list.applicant"), t.name(v.Applicant) + " · " + v.Unit},
		{bilingual("field.category"), bilingual("category." + string(d.Category))},
		{bilingual("field.travellers"), strings.Join(travellers, "、")},
		{bilingual("field.legs"), strings.Join(legs, "; ")},
		{bilingual("field.purpose"), d.Purpose},
		{bilingual("bundle.state"), bilingual("state." + string(v.State))},
		{bilingual("bundle.policy"), v.Route.Policy.Pack + " " + v.Route.Policy.Version + " · " + v.Route.Rule},
	}
}

func (t teller) name(id string) string {
	if id == visit.System.Person {
		return bilingual("common.system")
	}
	if p, ok := t.people[id]; ok {
		return p.NameZH + " " + p.NameEN + " (" + id + ")"
	}
	return id
}

func (t teller) step(e visit.Event) bundleStep {
	s := bundleStep{What: fmt.Sprintf("%d. %s", e.Seq, bilingual("event."+e.Kind())), When: bothTimes(e.At), Who: t.name(e.By.Person), at: e.At}
	if e.By.OnBehalfOf != "" {
		s.Who += " " + bilingual("bundle.for") + " " + t.name(e.By.OnBehalfOf)
	}
	for _, part := range []string{e.By.Post, e.By.Channel, e.By.Address} {
		if part != "" {
			s.Who += " · " + part
		}
	}
	detail, note := detailOf(e.Fact)
	s.Detail = detail
	s.Note = t.text(note)
	if _, ok := t.d.Views[e.Seq]; ok {
		s.Shown, s.View = bilingual("bundle.shown"), fmt.Sprintf("visits/%s/views/%d.json", t.d.ID, e.Seq)
	}
	entry := t.d.Entries[e.Seq-1]
	s.Place = fmt.Sprintf("%s %d · SHA-256 %s", bilingual("ledger.leaf"), t.d.Leaves[e.Seq], entry.Hash)
	s.Body = entry.Body
	return s
}

// repair tells what an administrator proposed and who confirmed or refused it; its events are those of the office.
func (t teller) repair(r store.Repair) []bundleStep {
	place := fmt.Sprintf("office.json · repair/%d", r.ID)
	what := bilingual("repair_kind." + string(r.Kind))
	if r.Task != "" {
		what += " · " + r.Task + " → " + t.name(r.Assignee)
	}
	steps := []bundleStep{{
		What: bilingual("event.repair_proposed"), Detail: what, When: bothTimes(r.ProposedAt), Who: t.name(r.ProposedBy), Note: t.text(r.Reason), Place: place, at: r.ProposedAt,
	}}
	if r.DecidedAt == nil {
		return steps
	}
	decided := bundleStep{What: bilingual("event.repair_confirmed"), When: bothTimes(*r.DecidedAt), Who: t.name(r.DecidedBy) + " · " + r.Post, Note: t.text(r.Answer), Place: place, at: *r.DecidedAt}
	switch r.State {
	case store.RepairRefused:
		decided.What = bilingual("event.repair_refused")
	case store.RepairDone:
		decided.Detail = bilingual("repair_outcome." + r.Outcome)
	default:
		decided.Detail = bilingual("repair_state."+string(r.State)) + " " + r.Outcome
	}
	return append(steps, decided)
}

// text is what a note says: nothing where there is none.
func (t teller) text(n visit.Note) string {
	if n == "" {
		return ""
	}
	if text, ok := t.notes[n]; ok {
		return text
	}
	return bilingual("case.erased")
}

// detailOf names what an event is about, and the note with its text.
func detailOf(f visit.Fact) (string, visit.Note) {
	switch f := f.(type) {
	case visit.StageOpened:
		codes := make([]string, len(f.Tasks))
		for i, t := range f.Tasks {
			codes[i] = t.SignOff
		}
		return strings.Join(codes, ", "), ""
	case visit.SignedOff:
		return f.Task, f.Reason
	case visit.Returned:
		return f.Task, f.Reason
	case visit.Rejected:
		return f.Task, f.Reason
	case visit.Asked:
		return f.Task, f.Question
	case visit.Answered:
		return f.Task, f.Answer
	case visit.CategoryChanged:
		return string(f.From) + " → " + string(f.Category), f.Reason
	case visit.Reassigned:
		return f.Task + " → " + f.To, f.Reason
	case visit.Withdrawn:
		return "", f.Reason
	case visit.Cancelled:
		return "", f.Reason
	default:
		return "", ""
	}
}
