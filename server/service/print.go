package service

import (
	"context"
	"slices"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/paper"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

func dayOf(t time.Time) string { return calendar.DateOf(t).String() }

// both gives a text in both languages; a key without a text is shown as it is.
func both(key string) document.Words {
	return document.Words{ZH: i18n.Text(i18n.ZH, key, nil), EN: i18n.Text(i18n.EN, key, nil)}
}

// printed is what papers say of a content, with the posts that its people hold on a day.
func (s *Service) printed(ctx context.Context, id string, c store.Content, day string) (document.Visit, error) {
	d := c.Draft
	units, err := s.unitNames(ctx)
	if err != nil {
		return document.Visit{}, err
	}
	applicant, err := s.Store.People(ctx, c.Applicant)
	if err != nil {
		return document.Visit{}, err
	}
	v := document.Visit{
		ID: id, University: s.Print.University, Title: d.Title, Purpose: d.Purpose, Category: both("category." + string(d.Category)),
		Unit: named(units, d.Unit), Applicant: nameOf(applicant, c.Applicant), ExitDate: d.ExitDate, ReturnDate: d.ReturnDate,
		Days: c.Facts.Days, Invitation: d.Invitation, PlanItem: d.PlanItem, TalentTask: d.TalentTask, TalentContact: d.TalentContact,
	}
	for _, l := range d.Legs {
		country := s.country(l.Country)
		v.Stays = append(v.Stays, document.Stay{Country: country, City: l.City, Host: l.Host, Arrive: l.Arrive, Depart: l.Depart})
		if !slices.Contains(v.Countries, country) {
			v.Countries = append(v.Countries, country)
		}
	}
	for _, f := range d.Funding {
		v.Funding = append(v.Funding, document.Fund{Source: f.Source, Kind: both("funding_kind." + string(f.Kind)), Currency: f.Currency, Amount: f.Amount})
	}
	for _, f := range d.Flags {
		v.Flags = append(v.Flags, both("flag."+string(f)))
	}
	for _, doc := range d.Documents {
		if w := s.signOffName(doc.Kind); !slices.Contains(v.Documents, w) {
			v.Documents = append(v.Documents, w)
		}
	}
	v.People, err = s.printedPeople(ctx, c, units, day)
	return v, err
}

func (s *Service) country(code string) document.Words {
	if s.Print.Country == nil {
		return document.Words{ZH: code, EN: code}
	}
	return s.Print.Country(code)
}

func (s *Service) unitNames(ctx context.Context) (map[string]document.Words, error) {
	units, err := s.Store.Units(ctx)
	m := map[string]document.Words{}
	for _, u := range units {
		m[u.Code] = document.Words{ZH: u.NameZH, EN: u.NameEN}
	}
	return m, err
}

func named(m map[string]document.Words, code string) document.Words {
	if w, ok := m[code]; ok {
		return w
	}
	return document.Words{ZH: code, EN: code}
}

// printedPeople are the travellers, the leader first. One who holds no post is called by his standing.
func (s *Service) printedPeople(ctx context.Context, c store.Content, units map[string]document.Words, day string) ([]document.Person, error) {
	ids := make([]string, len(c.People))
	for i, p := range c.People {
		ids[i] = p.ID
	}
	posts, err := s.Store.PostsOf(ctx, ids, day)
	if err != nil {
		return nil, err
	}
	role := map[string]visit.Role{}
	for _, t := range c.Draft.Travellers {
		role[t.Person] = t.Role
	}
	var out []document.Person
	for _, p := range c.People {
		who := document.Person{
			Name: document.Words{ZH: p.NameZH, EN: p.NameEN}, Unit: named(units, p.Unit), Post: both("standing." + standingKey(p)), Role: both("role." + string(role[p.ID])),
		}
		for i, held := range posts[p.ID] {
			if i == 0 {
				who.Post = document.Words{}
			} else {
				who.Post.ZH += "、"
				who.Post.EN += ", "
			}
			who.Post.ZH += held.NameZH
			who.Post.EN += held.NameEN
		}
		if role[p.ID] == visit.Leader {
			out = append([]document.Person{who}, out...)
		} else {
			out = append(out, who)
		}
	}
	return out, nil
}

// standingKey is the key of what a person is: a student by level, staff by rank.
func standingKey(p policy.Person) string {
	switch {
	case p.Student != "":
		return p.Student
	case p.Rank == policy.Staff && p.Teaches:
		return "faculty"
	default:
		return string(p.Rank)
	}
}

// form makes one of the generated papers: of a submitted visit as it is judged, or of an own draft.
func (s *Service) form(ctx context.Context, u User, id string, f document.Form) ([]byte, error) {
	c, v, err := s.formContent(ctx, u, id)
	if err != nil {
		return nil, err
	}
	r := document.Request{Planned: c.Draft.PlanItem != "", Notice: noticeWords(v.Notice)}
	if v.Notice.State != "" && v.Notice.State != visit.NoticeNone {
		r.NoticeFrom, r.NoticeTo = dayOf(v.Notice.Opened), dayOf(v.Notice.Closes)
	}
	if r.Visit, err = s.printed(ctx, id, c, u.Day()); err != nil {
		return nil, err
	}
	r.Visit.Draft = v.Seq == 0
	if r.History, err = s.history(ctx, id, c); err != nil {
		return nil, err
	}
	passports, err := s.passportsOf(ctx, c.People)
	if err != nil {
		return nil, err
	}
	for _, p := range leaderFirst(c) {
		r.Travellers = append(r.Travellers, document.Record{
			Number: p.ID, Standing: both("standing." + standingKey(p)), Classified: both("classified." + or(p.Classified, "none")), Passports: passports[p.ID],
		})
	}
	if r.Budget, err = s.printedBudget(ctx, c); err != nil {
		return nil, err
	}
	return r.PDF(f)
}

// printedBudget is the financial part of the task-and-budget form.
func (s *Service) printedBudget(ctx context.Context, c store.Content) (document.Budget, error) {
	people := map[string]policy.Person{}
	for _, p := range c.People {
		people[p.ID] = p
	}
	b, err := s.budget(ctx, c.Draft, people)
	out := document.Budget{TotalCNY: b.TotalCNY, Open: b.Open}
	for _, l := range b.Lines {
		line := document.BudgetLine{Kind: both("budget_kind." + string(l.Kind)), Currency: l.Currency, Amount: l.Amount, People: l.People, Days: l.Days, Total: l.Total, Over: l.Over}
		if l.Country != "" {
			line.Place = s.country(l.Country).ZH + " " + l.City
		}
		switch {
		case l.Rate != nil:
			line.Standard = l.Rate.Currency + " " + l.Standard.String()
			if !slices.Contains(out.Notes, l.Rate.Source) {
				out.Notes = append(out.Notes, l.Rate.Source)
			}
		case l.Allowed != "":
			w := both("class." + string(l.Allowed))
			line.Standard = "≤ " + w.ZH + " " + w.EN
		}
		out.Lines = append(out.Lines, line)
	}
	return out, err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// leaderFirst gives the travellers in the order in which papers list them.
func leaderFirst(c store.Content) []policy.Person {
	out := slices.Clone(c.People)
	i := slices.IndexFunc(out, func(p policy.Person) bool {
		return slices.ContainsFunc(c.Draft.Travellers, func(t visit.Traveller) bool { return t.Person == p.ID && t.Role == visit.Leader })
	})
	if i > 0 {
		leader := out[i]
		out = append([]policy.Person{leader}, slices.Delete(out, i, i+1)...)
	}
	return out
}

// formContent gives what a form is made of; the visit is empty for a draft.
func (s *Service) formContent(ctx context.Context, u User, id string) (store.Content, visit.Visit, error) {
	_, err := s.see(ctx, u, id)
	if err == nil {
		v, err := s.Store.Visit(ctx, id)
		if err != nil {
			return store.Content{}, v, err
		}
		c, err := s.Store.Content(ctx, id, v.Version)
		return c, v, err
	}
	if visit.CodeOf(err) != visit.NotFound {
		return store.Content{}, visit.Visit{}, err
	}
	row, err := s.Draft(ctx, u, id)
	if err != nil {
		return store.Content{}, visit.Visit{}, err
	}
	known, err := s.known(ctx, id, row.Draft, false)
	if err != nil {
		return store.Content{}, visit.Visit{}, err
	}
	facts, _ := policy.FactsOf(row.Draft, known)
	c := store.Content{Applicant: row.Applicant, Draft: row.Draft, Facts: facts}
	for _, t := range row.Draft.Travellers {
		if p, ok := known.People[t.Person]; ok {
			c.People = append(c.People, p)
		}
	}
	return c, visit.Visit{}, nil
}

func noticeWords(n visit.Notice) document.Words {
	switch n.State {
	case visit.NoticeDone:
		return both("paper.notice_closed")
	case visit.NoticeOpen:
		return both("paper.notice_open")
	default:
		return both("paper.notice_none")
	}
}

// historyYears is how far the history of every member goes back, from the exit date [S53].
const historyYears = 2

func (s *Service) history(ctx context.Context, id string, c store.Content) ([]document.Trip, error) {
	exit, err := time.Parse(time.DateOnly, c.Draft.ExitDate)
	if err != nil {
		return nil, nil // a draft without a date has no two years before it
	}
	ids := make([]string, len(c.People))
	names := map[string]document.Words{}
	for i, p := range c.People {
		ids[i] = p.ID
		names[p.ID] = document.Words{ZH: p.NameZH, EN: p.NameEN}
	}
	rows, err := s.Store.Trips(ctx, ids, id, exit.AddDate(-historyYears, 0, 0).Format(time.DateOnly), c.Draft.ExitDate)
	var trips []document.Trip
	for _, r := range rows {
		t := document.Trip{Person: names[r.Person], From: r.ExitDate, To: r.Return, Title: r.Title, Category: both("category." + string(r.Category))}
		for _, code := range r.Countries {
			t.Countries = append(t.Countries, s.country(code))
		}
		trips = append(trips, t)
	}
	return trips, err
}

// sheet makes the approval sheet: every sign-off of all rounds, as the ledger has it now.
func (s *Service) sheet(ctx context.Context, u User, id string) ([]byte, error) {
	c, err := s.Case(ctx, u, id)
	if err != nil {
		return nil, err
	}
	last := c.Entries[len(c.Entries)-1]
	f := document.Sheet{
		State: both("state." + string(c.Visit.State)), Rule: c.Visit.Route.Rule + " · " + c.Visit.Route.Policy.Pack + " " + c.Visit.Route.Policy.Version,
		Round: c.Visit.Round, Head: last.Hash, Seq: last.Event.Seq, At: last.Event.At,
	}
	if f.Visit, err = s.printed(ctx, id, c.Content, dayOf(last.Event.At)); err != nil {
		return nil, err
	}
	for _, t := range c.Visit.Tasks {
		g := document.Sign{
			Round: t.Round, Stage: t.Stage, Name: s.signOffName(t.SignOff.Code), Verdict: both("task_state." + string(t.State)), Opened: t.Opened,
			Decided: t.Decided, Reason: c.note(t.Reason), Question: c.note(t.Question), Answer: c.note(t.Answer),
		}
		if t.By.Person != "" {
			if g.By, err = s.signer(ctx, t.By, t.SignOff.Code, dayOf(t.Decided)); err != nil {
				return nil, err
			}
		}
		f.Signs = append(f.Signs, g)
	}
	f.Steps = c.otherSteps()
	newest, err := s.Store.Checkpoints(ctx, 0, 1)
	if err != nil {
		return nil, err
	}
	if len(newest) > 0 {
		f.Checkpoint = newest[0].Body
	}
	papers, err := s.Store.Papers(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(papers) > 0 {
		f.Number = paper.Number(papers[0].Kind, papers[0].Year, papers[0].Number)
	}
	return f.PDF()
}

// note gives a text by its hash: nothing where there is none, and a word for one that was erased.
func (c Case) note(n visit.Note) string {
	if n == "" {
		return ""
	}
	if text, ok := c.Notes[n]; ok {
		return text
	}
	w := both("case.erased")
	return w.ZH + " " + w.EN
}

// otherSteps tells of the events that are no sign-offs: submissions, the notice, changes, and how it ended.
func (c Case) otherSteps() []document.Words {
	var steps []document.Words
	for _, e := range c.Entries {
		var reason visit.Note
		switch f := e.Event.Fact.(type) {
		case visit.StageOpened, visit.SignedOff, visit.Asked, visit.Answered:
			continue
		case visit.Returned:
			reason = f.Reason
		case visit.CategoryChanged:
			reason = f.Reason
		case visit.Withdrawn:
			reason = f.Reason
		case visit.Cancelled:
			reason = f.Reason
		case visit.NoticeExempted:
			reason = f.Reason
		}
		w, who := both("event."+e.Event.Kind()), nameOf(c.People, e.Event.By.Person)
		switch e.Event.By.Person {
		case visit.System.Person:
			who = both("common.system")
		case Somebody:
			who = both("common.somebody")
		}
		at := e.Event.At.In(calendar.Zone).Format("2006-01-02 15:04")
		w.ZH, w.EN = at+"  "+w.ZH+"  "+who.ZH, at+"  "+w.EN+"  "+who.EN
		if text := c.note(reason); text != "" {
			w.ZH += "：" + text
		}
		steps = append(steps, w)
	}
	return steps
}
