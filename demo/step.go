package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// step takes one step of a story and says when the next one is taken.
func (p *player) step(ctx context.Context, s *part) error {
	applicant, err := p.as(ctx, s.applicant)
	if err != nil {
		return err
	}
	if s.id == "" {
		return p.begin(ctx, s, applicant)
	}
	v, err := applicant.Visit(ctx, s.id)
	if err != nil {
		return err
	}
	s.watch(v)
	holder, signs := s.pick(v)
	task, reply := s.toReply(v)
	switch {
	case reply != "":
		err = s.answer(ctx, applicant, v, task, reply)
	case signs:
		err = p.sign(ctx, s, holder)
	case v.State.Open() && len(v.Holders) == 0 && v.Notice.State == visit.NoticeOpen:
		s.at = s.nextMorning()
		return nil
	case v.State.Living() && s.end == nothing:
		err = p.live(ctx, s, applicant, v)
		return err
	default:
		return p.finish(ctx, s, applicant, v)
	}
	s.at = s.later()
	return err
}

// watch remembers when time itself acts next: when the notice ends, or something falls due.
func (s *part) watch(v client.Visit) {
	s.closes = time.Time{}
	if v.NextDue != nil {
		s.closes = *v.NextDue
	}
}

// begin writes the request, adds the documents that its route asks for, and submits it.
func (p *player) begin(ctx context.Context, s *part, applicant *client.Client) error {
	d := s.dated(calendar.DateOf(s.at))
	v, err := applicant.CreateVisit(ctx, d)
	if err != nil {
		return err
	}
	s.id = v.ID
	if s.end == keepDraft {
		return p.finish(ctx, s, applicant, v)
	}
	if d.Documents, err = documents(ctx, applicant, s.id, d); err != nil {
		return err
	}
	if _, err := applicant.SaveVisit(ctx, s.id, d); err != nil {
		return err
	}
	if _, err := applicant.Submit(ctx, s.id, ""); err != nil {
		return err
	}
	v, err = applicant.Visit(ctx, s.id)
	s.watch(v)
	s.at = s.later()
	return err
}

// documents uploads a page for each document that must be there before the approval.
func documents(ctx context.Context, applicant *client.Client, id string, d visit.Draft) ([]visit.Document, error) {
	route, err := applicant.Preview(ctx, d)
	if err != nil {
		return nil, err
	}
	var docs []visit.Document
	for _, asked := range route.Documents {
		if asked.Generated || asked.Before != "approval" {
			continue
		}
		content := paper(asked.Code+"  "+asked.EN,
			"Visit "+id+": "+strings.TrimSpace(d.Title[strings.LastIndex(d.Title, "/")+1:]),
			"From "+d.ExitDate+" to "+d.ReturnDate, "", "A page made for the demonstration.")
		name := asked.Code + " " + asked.ZH + ".pdf"
		f, err := applicant.Upload(ctx, name, content)
		if err != nil {
			return nil, err
		}
		docs = append(docs, visit.Document{Kind: asked.Code, File: f.File, Name: name})
	}
	return docs, nil
}

// pending is the turn that the signer of a task still has to take.
func (s *part) pending(signOff string) (turn, bool) {
	t, ok := s.turns[signOff]
	return t, ok && !s.took[signOff]
}

// pick chooses the task that is decided next: those that are simply signed before those where something happens.
func (s *part) pick(v client.Visit) (client.Holder, bool) {
	var chosen client.Holder
	for _, h := range v.Holders {
		t, special := s.pending(h.SignOff)
		switch {
		case h.Waiting || special && t.do == rest:
		case !special:
			return h, true
		case chosen.Task == "":
			chosen = h
		}
	}
	return chosen, chosen.Task != ""
}

// sign lets a holder of the post, or the deputy, decide the task.
func (p *player) sign(ctx context.Context, s *part, h client.Holder) error {
	if len(h.Signers) == 0 {
		return fmt.Errorf("nobody may sign %s", h.Task)
	}
	person := h.Signers[0].Person
	d := client.Decision{Task: h.Task, Decision: "approve"}
	if t, special := s.pending(h.SignOff); special {
		s.took[h.SignOff] = true
		d.Reason = t.says
		switch t.do {
		case question:
			d.Decision = "question"
		case return_:
			d.Decision = "return"
		case reject:
			d.Decision = "reject"
		case deputise:
			if err := p.deputise(ctx, s, h.Signers[0], t.by); err != nil {
				return err
			}
			person = t.by
		}
	}
	signer, err := p.as(ctx, person)
	if err != nil {
		return err
	}
	if strings.HasPrefix(h.SignOff, "X.") && d.Decision != "question" {
		if d.Outside, err = s.letter(ctx, signer, h.SignOff); err != nil {
			return err
		}
	}
	_, err = signer.Decide(ctx, s.id, d, "")
	return err
}

// letter uploads the scan of an outside decision of the day.
func (s *part) letter(ctx context.Context, signer *client.Client, signOff string) (*visit.OutsideDecision, error) {
	o := &visit.OutsideDecision{Number: fmt.Sprintf("%s-%d", signOff, 100+s.index), Date: calendar.DateOf(s.at).String()}
	f, err := signer.Upload(ctx, o.Number+".pdf", paper("Decision no. "+o.Number, "of "+o.Date, "", "A page made for the demonstration."))
	o.File = f.File
	return o, err
}

// deputise lets another person sign for a holder who is away for two weeks.
func (p *player) deputise(ctx context.Context, s *part, holder client.Signer, deputy string) error {
	c, err := p.as(ctx, holder.Person)
	if err != nil {
		return err
	}
	today := calendar.DateOf(s.at)
	_, err = c.CreateDelegation(ctx, client.Delegation{
		Delegate: deputy, Post: holder.Post, From: today.String(), To: today.AddDays(14).String(),
		Reason: "在外学习两周 / Away on a course for two weeks",
	})
	return err
}

// toReply finds the question or the return that the applicant replies to; the reply is empty when there is none.
func (s *part) toReply(v client.Visit) (client.Task, string) {
	i := slices.IndexFunc(v.Tasks, func(t client.Task) bool {
		return t.Waiting() || v.State == visit.StateReturned && t.State == visit.TaskReturned && t.Round == v.Round-1
	})
	if i < 0 {
		return client.Task{}, ""
	}
	return v.Tasks[i], s.turns[v.Tasks[i].SignOff].reply
}

// answer answers a question, or changes the purpose of a returned visit and submits it again.
func (s *part) answer(ctx context.Context, applicant *client.Client, v client.Visit, task client.Task, reply string) error {
	if v.State != visit.StateReturned {
		_, err := applicant.Answer(ctx, s.id, task.ID, reply, "")
		return err
	}
	d := *v.Draft
	d.Purpose = reply
	if _, err := applicant.SaveVisit(ctx, s.id, d); err != nil {
		return err
	}
	_, err := applicant.Submit(ctx, s.id, "")
	return err
}

// finish lets the applicant end the visit, if that is how the story goes, and tells of it.
func (p *player) finish(ctx context.Context, s *part, applicant *client.Client, v client.Visit) error {
	state := v.State
	var r client.Receipt
	var err error
	switch {
	case s.end == cancel && state.Cancellable():
		r, err = applicant.Cancel(ctx, s.id, "会议改为线上举行。 / The meeting is held online instead.", "")
		state = r.State
	case s.end == withdraw && state.Open():
		r, err = applicant.Withdraw(ctx, s.id, "报名人数不足。 / Too few students have signed up.", "")
		state = r.State
	}
	if err != nil {
		return err
	}
	s.over = true
	return p.tell(s, state)
}

func (p *player) tell(s *part, state visit.State) error {
	p.ended++
	_, err := fmt.Fprintf(p.out, "%2d/%d  %s  %-16s  %s\n", p.ended, len(p.parts), s.id, state, s.draft.Title)
	return err
}

// tellWaiting tells of the visits in which somebody would go on if there were more time.
func (p *player) tellWaiting(ctx context.Context) error {
	for _, s := range p.parts {
		if s.over {
			continue
		}
		row, err := p.store.VisitRow(ctx, s.id)
		if err == nil {
			err = p.tell(s, row.State)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
