package service

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// PublicNotice is a public notice that is open, as everybody at the university may read it (domain A.7, P-30): who goes where, when,
// why, as whose guest and with whose money. It holds no number of a person, a passport or a telephone; texts that people wrote are
// masked where they look like one.
type PublicNotice struct {
	Visit       string         `json:"visit"`
	After       bool           `json:"after" doc:"The notice after the return; else that before the visit."`
	Unit        string         `json:"unit" doc:"That asks for the visit."`
	Category    visit.Category `json:"category"`
	Title       string         `json:"title"`
	Purpose     string         `json:"purpose"`
	People      []NoticePerson `json:"people" doc:"The leader first."`
	Countries   []string       `json:"countries" doc:"ISO 3166-1 alpha-2."`
	Stays       []NoticeStay   `json:"stays" doc:"The route, with the hosts."`
	ExitDate    string         `json:"exit_date"`
	ReturnDate  string         `json:"return_date"`
	Days        int            `json:"days" doc:"Both border days counted."`
	Invitation  string         `json:"invitation"`
	Funding     []NoticeFund   `json:"funding"`
	Opened      time.Time      `json:"opened"`
	Closes      time.Time      `json:"closes" doc:"End of the notice, unless an objection is open then."`
	WorkingDays int            `json:"working_days"`
	Provisional bool           `json:"provisional,omitempty"`
	Disputed    bool           `json:"disputed" doc:"An objection is being examined; it does not say whose."`
	// What the notice after the visit says besides.
	Trips   []NoticeTrip   `json:"trips,omitempty" doc:"What really happened, by traveller."`
	Reports []NoticeReport `json:"reports,omitempty"`
}

// NoticePerson is a traveller; Post names the posts held on the day of the notice, or the standing where there is none.
type NoticePerson struct {
	Name document.Words `json:"name"`
	Unit document.Words `json:"unit"`
	Post document.Words `json:"post"`
	Role document.Words `json:"role"`
}

// NoticeStay is one part of the route.
type NoticeStay struct {
	Country string `json:"country"`
	City    string `json:"city"`
	Host    string `json:"host"`
	Arrive  string `json:"arrive"`
	Depart  string `json:"depart"`
}

// NoticeFund is one source of money.
type NoticeFund struct {
	Source   string            `json:"source"`
	Kind     visit.FundingKind `json:"kind"`
	Currency string            `json:"currency"`
	Amount   visit.Money       `json:"amount"`
}

// NoticeTrip is what became of a traveller. The days are those of the border stamps, empty for who did not travel.
type NoticeTrip struct {
	Name document.Words `json:"name"`
	Left string         `json:"left"`
	Back string         `json:"back"`
	Late int            `json:"late,omitempty" doc:"Days after the approved return."`
}

// NoticeReport is what was reported and accepted.
type NoticeReport struct {
	Summary  string         `json:"summary"`
	Agreed   string         `json:"agreed,omitempty"`
	Learning string         `json:"learning,omitempty"`
	Results  []visit.Result `json:"results"`
}

// NoticeCase is a public notice with what the user may do about it.
type NoticeCase struct {
	PublicNotice
	MayObject, Staff, MaySee, MayExempt bool
	// Mine are the user's own objections to the notice; ToResolve those that the user may end.
	Mine, ToResolve []NoticeObjection
}

// NoticeObjection is an objection with its texts.
type NoticeObjection struct {
	visit.Objection
	Text, AnswerText string
}

// Notices lists the public notices that are open, those first that close first; every member of the university may read them.
func (s *Service) Notices(ctx context.Context, f store.NoticeFilter) (store.Page[PublicNotice], error) {
	rows, err := s.Store.OpenNotices(ctx, f)
	if err != nil {
		return store.Page[PublicNotice]{}, err
	}
	ids := make([]string, len(rows.Items))
	for i, r := range rows.Items {
		ids[i] = r.Visit
	}
	visits, err := s.Store.Folds(ctx, ids)
	if err != nil {
		return store.Page[PublicNotice]{}, err
	}
	published := make([]store.InboxItem, len(rows.Items))
	for i, r := range rows.Items {
		published[i] = store.InboxItem{Visit: r.Visit, Version: publishedOf(visits[r.Visit], r.After)}
	}
	contents, err := s.Store.Contents(ctx, published)
	if err != nil {
		return store.Page[PublicNotice]{}, err
	}
	units, err := s.unitNames(ctx)
	if err != nil {
		return store.Page[PublicNotice]{}, err
	}
	p := store.Page[PublicNotice]{Items: make([]PublicNotice, len(rows.Items)), Next: rows.Next}
	for i, r := range rows.Items {
		if p.Items[i], err = s.publicNotice(ctx, visits[r.Visit], contents[r.Visit], r.After, units); err != nil {
			return p, err
		}
	}
	return p, nil
}

// publishedOf is the version that a notice shows: what was published before the visit, what was approved after it.
func publishedOf(v visit.Visit, after bool) string {
	if after {
		return v.Valid()
	}
	return v.Notice.Version
}

// publicNotice is the one place that says what a notice tells; everything else of a request stays inside.
func (s *Service) publicNotice(ctx context.Context, v visit.Visit, c store.Content, after bool, units map[string]document.Words) (PublicNotice, error) {
	notice := v.Notice
	if after {
		notice = v.After
	}
	d := c.Draft
	n := PublicNotice{
		Visit: v.ID, After: after, Unit: v.Unit, Category: d.Category, Title: masked(d.Title), Purpose: masked(d.Purpose), Countries: []string{},
		ExitDate: d.ExitDate, ReturnDate: d.ReturnDate, Days: c.Facts.Days, Invitation: masked(d.Invitation), Stays: []NoticeStay{}, Funding: []NoticeFund{},
		Opened: notice.Opened, Closes: notice.Closes, WorkingDays: notice.Days, Provisional: notice.Provisional, Disputed: v.Disputed(after),
		People: []NoticePerson{},
	}
	for _, l := range d.Legs {
		n.Stays = append(n.Stays, NoticeStay{l.Country, masked(l.City), masked(l.Host), l.Arrive, l.Depart})
		if !slices.Contains(n.Countries, l.Country) {
			n.Countries = append(n.Countries, l.Country)
		}
	}
	for _, f := range d.Funding {
		n.Funding = append(n.Funding, NoticeFund{masked(f.Source), f.Kind, f.Currency, f.Amount})
	}
	for _, gone := range v.Declined {
		c.People = slices.DeleteFunc(slices.Clone(c.People), func(p policy.Person) bool { return p.ID == gone.Person })
	}
	people, err := s.printedPeople(ctx, c, units, dayOf(notice.Opened))
	if err != nil {
		return n, err
	}
	for _, p := range people {
		n.People = append(n.People, NoticePerson(p))
	}
	if after {
		err = s.happened(ctx, v, c, &n)
	}
	return n, err
}

// happened adds what really happened: the days of the border stamps and the accepted reports.
func (s *Service) happened(ctx context.Context, v visit.Visit, c store.Content, n *PublicNotice) error {
	for _, t := range v.Trips {
		trip := NoticeTrip{Name: document.Words{ZH: t.Person, EN: t.Person}, Left: t.Left, Back: t.Back, Late: t.Late}
		for _, p := range c.People {
			if p.ID == t.Person {
				trip.Name = document.Words{ZH: p.NameZH, EN: p.NameEN}
			}
		}
		n.Trips = append(n.Trips, trip)
	}
	reports, err := s.reports(ctx, v, nil)
	for _, r := range reports {
		if r.State != visit.ReportTaken {
			continue
		}
		out := NoticeReport{Summary: masked(r.Text.Summary), Agreed: masked(r.Text.Agreed), Learning: masked(r.Text.Learning), Results: []visit.Result{}}
		for _, x := range r.Text.Results {
			out.Results = append(out.Results, visit.Result{Kind: x.Kind, Text: masked(x.Text)})
		}
		n.Reports = append(n.Reports, out)
	}
	return err
}

// NoticeOf gives the open notice of a visit, to every member of the university, with what the user may do about it; not_found where
// none is open.
func (s *Service) NoticeOf(ctx context.Context, u User, id string) (NoticeCase, error) {
	page, err := s.Notices(ctx, store.NoticeFilter{Visit: id})
	if err != nil {
		return NoticeCase{}, err
	}
	if len(page.Items) == 0 {
		return NoticeCase{}, visit.Refuse(visit.NotFound, "not_found", "what", "notice", "id", id)
	}
	n := NoticeCase{PublicNotice: page.Items[0]}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return n, err
	}
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return n, err
	}
	notes, err := s.Store.Notes(ctx, id)
	if err != nil {
		return n, err
	}
	if n.MaySee, err = s.Store.MaySee(ctx, rights.Scope, id); err != nil {
		return n, err
	}
	if err := s.staffOnly(ctx, u); err == nil {
		n.Staff = true
	} else if visit.RuleOf(err) != "staff_only" {
		return n, err
	}
	can := u.can(rights, v)
	n.MayObject, n.MayExempt = can.Object && n.Staff, can.Exempt
	for _, o := range v.Objections {
		if o.After != n.After {
			continue
		}
		said := NoticeObjection{o, notes[o.Reason], notes[o.Answer]}
		if o.By.Person == u.Person {
			n.Mine = append(n.Mine, said)
		}
		if slices.Contains(can.Resolve, o.ID) {
			n.ToResolve = append(n.ToResolve, said)
		}
	}
	return n, nil
}

// Resolve ends an objection to a public notice.
func (s *Service) Resolve(ctx context.Context, u User, id string, objection int, upheld bool, reason, key string) (visit.Receipt, error) {
	return s.Act(ctx, u, id, Act{Text: reason, Do: func(text visit.Note) visit.Action {
		return visit.Resolve{Objection: objection, Upheld: upheld, Reason: text}
	}}, key)
}

// ExemptNotice lets a visit be decided without being announced, for a reason.
func (s *Service) ExemptNotice(ctx context.Context, u User, id, reason, key string) (visit.Receipt, error) {
	return s.Act(ctx, u, id, Act{Text: reason, Do: func(text visit.Note) visit.Action { return visit.ExemptNotice{Reason: text} }}, key)
}

// PublishNotice opens a notice that was held back, for a reason.
func (s *Service) PublishNotice(ctx context.Context, u User, id, reason, key string) (visit.Receipt, error) {
	return s.Act(ctx, u, id, Act{Text: reason, Do: func(text visit.Note) visit.Action { return visit.PublishNotice{Reason: text} }}, key)
}

// personalNumber finds what looks like the number of an identity card, a mobile or international telephone, or a passport or pass.
// Numbers of projects and documents look otherwise.
var personalNumber = regexp.MustCompile(`\b\d{17}[\dXx]\b|\+\d[\d ()-]{7,}\d|\b(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}\b|\b0\d{2,3}-\d{7,8}\b|\b(?:[A-Za-z]\d{8}|[A-Za-z]{2}\d{7})\b`)

// masked is a text that may be shown to everybody.
func masked(text string) string { return personalNumber.ReplaceAllString(text, "●●●") }
