package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// live takes a step of an approved visit: whoever's turn it is does what the policy asks, in good time.
func (p *player) live(ctx context.Context, s *part, applicant *client.Client, v client.Visit) error {
	switch v.State {
	case visit.StatePreparing:
		today := calendar.DateOf(s.at).String()
		s.at = s.on(v.Content.ExitDate, firstHour)
		return p.prepare(ctx, s, v, today)
	case visit.StateReady:
		s.at = s.on(v.Content.ExitDate, firstHour).Add(35 * time.Hour) // the next evening
		return s.act(ctx, applicant, "depart", map[string]any{"on": v.Content.ExitDate})
	case visit.StateAbroad:
		return s.away(ctx, applicant, v)
	case visit.StateBack:
		return s.report(ctx, applicant, v)
	case visit.StateReporting:
		return p.judge(ctx, s, v)
	case visit.StatePostNotice:
		s.at = morning(calendar.China().Due(calendar.DateOf(v.After.Closes), 10).Date, s.index)
		return nil
	case visit.StateClosed:
		return p.archive(ctx, s)
	default:
		s.over = true
		return p.tell(s, v.State)
	}
}

func (s *part) act(ctx context.Context, c *client.Client, path string, body map[string]any) error {
	_, err := c.Act(ctx, s.id, path, body, "")
	return err
}

// on is an hour of a day that differs from one visit to the other.
func (s *part) on(day string, hour int) time.Time {
	d, err := calendar.ParseDate(day)
	if err != nil {
		return s.at
	}
	return d.At(hour, 2*s.index)
}

// prepare lets every traveller prove what is asked.
func (p *player) prepare(ctx context.Context, s *part, v client.Visit, today string) error {
	for _, t := range v.Trips {
		for _, code := range t.Lacking {
			person := t.Person
			if code == "TALK" {
				person = "sec"
			}
			c, err := p.as(ctx, person)
			if err != nil {
				return err
			}
			f, err := c.Upload(ctx, code+".pdf", paper(code, "Visit "+s.id, "", "A page made for the demonstration."))
			if err != nil {
				return err
			}
			if err := s.act(ctx, c, "prepare", map[string]any{
				"preparation": code, "travellers": []string{t.Person}, "file": f.File, "date": today, "text": proofs[code],
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// proofs are the notes with which preparations are proved.
var proofs = map[string]string{
	visit.EmergencyContact: "家人 / Family · +86 28 8760 0000",
	"PLEDGE":               "本人已阅读并承诺遵守出国（境）各项规定。 / I have read the rules and pledge to keep them.",
	"VISA":                 "签证已办妥。 / The visa is in the passport.",
}

// away checks in shortly before it is due, and comes back as planned.
func (s *part) away(ctx context.Context, applicant *client.Client, v client.Visit) error {
	back := v.Content.ReturnDate
	if !s.at.Before(s.on(back, firstHour)) {
		s.at = s.at.AddDate(0, 0, 6)
		return s.act(ctx, applicant, "arrive", map[string]any{"back": back})
	}
	if !s.silent {
		if err := s.act(ctx, applicant, "check-in", map[string]any{"place": s.stays[0].city}); err != nil {
			return err
		}
	}
	now, err := applicant.Visit(ctx, s.id)
	s.at = s.on(back, lastHour)
	if due := firstDue(now); err == nil && !due.IsZero() && !s.silent && due.Before(s.at) {
		s.at = due.Add(-3 * time.Hour)
	}
	s.watch(now)
	return err
}

func firstDue(v client.Visit) time.Time {
	var first time.Time
	for _, t := range v.Trips {
		if !t.CheckInDue.IsZero() && (first.IsZero() || t.CheckInDue.Before(first)) {
			first = t.CheckInDue
		}
	}
	return first
}

// report files what the form of the category asks for.
func (s *part) report(ctx context.Context, applicant *client.Client, v client.Visit) error {
	if s.unreported {
		s.at = s.at.AddDate(0, 0, 7)
		return nil
	}
	form := visit.FormOf(v.Content.Category, false)
	if strings.HasPrefix(v.Applicant, "student") {
		form = visit.StudentReport
	}
	s.at = s.nextMorning()
	costs, over := s.costs(*v.Content)
	return s.act(ctx, applicant, "reports", map[string]any{
		"form":     form,
		"summary":  "按计划完成出访任务。 / The visit went as planned: " + v.Content.Purpose,
		"agreed":   "双方商定下一步合作，由学院落实。 / Both sides agreed on the next steps, which the school carries out.",
		"learning": "了解了国外高校的课程与研究。 / Courses and research of the host were seen.",
		"results":  []map[string]any{{"kind": visit.ResultTalk, "text": "学术报告一场 / One talk"}},
		"contacts": s.contacts(),
		"costs":    costs, "over_reason": over,
	})
}

// costs are what was spent: a little less than was approved, but for the hotel of who overspent.
func (s *part) costs(approved visit.Draft) (costs []visit.Cost, over string) {
	if len(approved.Budget) == 0 {
		paid, people := approved.Funding[0], len(approved.Travellers)
		return []visit.Cost{
			{Kind: visit.Air, Currency: paid.Currency, Amount: paid.Amount * 6 / 10, People: people, Days: 1, Class: visit.Economy},
			{Kind: visit.OtherCost, Currency: paid.Currency, Amount: paid.Amount * 3 / 10, People: people, Days: 1},
		}, ""
	}
	for _, b := range approved.Budget {
		percent := visit.Money(96)
		if s.overspent && b.Kind == visit.Hotel {
			percent, over = 140, "会期延长一天，原酒店客满。 / The conference was a day longer, and the hotel was full."
		}
		c := b.Cost(b.Total() * percent / 100)
		c.On = approved.ReturnDate
		costs = append(costs, c)
	}
	return costs, over
}

// judge lets the unit accept the report and the keeper take the passports back.
func (p *player) judge(ctx context.Context, s *part, v client.Visit) error {
	suffix := strings.ToLower(v.Unit)
	judge, err := p.as(ctx, "psec."+suffix)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.Trips, func(t client.Trip) bool { return t.Accepted }) {
		if err := s.act(ctx, judge, "reports/1/accept", map[string]any{}); err != nil {
			return err
		}
	}
	keeper, err := p.as(ctx, "passport")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(v.Trips, func(t client.Trip) bool { return !t.PassportDue.IsZero() && t.PassportIn == "" }) {
		err = s.act(ctx, keeper, "passport-in", map[string]any{"on": calendar.DateOf(s.at).String()})
	}
	s.at = s.nextMorning()
	return err
}

// archive is done two weeks after the close.
func (p *player) archive(ctx context.Context, s *part) error {
	archivist, err := p.as(ctx, "archive")
	if err != nil {
		return err
	}
	if err := s.act(ctx, archivist, "archive", nil); err != nil {
		return err
	}
	s.over = true
	return p.tell(s, visit.StateArchived)
}
