package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Act is a command of the life after the approval, or about a public notice. Text is kept as a note beside the ledger, and
// Do makes the action with its hash.
type Act struct {
	Text string
	Do   func(text visit.Note) visit.Action
	// Files are the hashes that the action names, by the field that gave them; each must have been uploaded.
	Files map[string]string
}

// Act carries out a command of a traveller, of who speaks for the group, or of a post. The right is found here and checked
// again where it is recorded.
func (s *Service) Act(ctx context.Context, u User, id string, a Act, key string) (visit.Receipt, error) {
	if ps := tooLong("text", a.Text); len(ps) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	if err := s.uploaded(ctx, a.Files); err != nil {
		return visit.Receipt{}, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	c := visit.Command{ID: commandID(u, key)}
	first, repeated, err := s.Store.EventOf(ctx, id, c.ID)
	if err != nil {
		return visit.Receipt{}, err
	}
	if c.By, err = s.actsAs(ctx, u, v, a.Do("")); err != nil && !repeated {
		return visit.Receipt{}, err
	}
	if repeated {
		c.By = first.By
	}
	note, err := s.Store.PutNote(ctx, id, c.ID, strings.TrimSpace(a.Text))
	if err != nil {
		return visit.Receipt{}, err
	}
	c.Do = a.Do(note)
	if repeated {
		return s.again(ctx, id, c, first.Digest)
	}
	r, err := s.do(ctx, id, c, v.Seq)
	if in, ok := c.Do.(visit.PassportIn); ok && err == nil {
		err = s.takenBack(ctx, u.Person, v, in)
	}
	return r, err
}

// actsAs finds the right by which a user gives a command: in person where he is involved and that is enough, else by a post.
// Who has none of them is told so as if the visit were not there, unless he may see it.
func (s *Service) actsAs(ctx context.Context, u User, v visit.Visit, a visit.Action) (visit.Actor, error) {
	right, ok := v.RightTo(a)
	if !ok {
		return visit.Actor{}, fmt.Errorf("%T is no command of the life after the approval", a)
	}
	rights, err := s.Rights(ctx, u)
	if err != nil {
		return visit.Actor{}, err
	}
	by, ok := u.by(rights, right, v)
	if ok || right.Any {
		return by, nil
	}
	if _, err := s.see(ctx, u, v.ID); err != nil {
		return visit.Actor{}, err
	}
	return visit.Actor{}, refusedRight(right, a)
}

func (u User) by(rights Rights, right visit.Right, v visit.Visit) (visit.Actor, bool) {
	if right.Own && v.Involved(u.Person) {
		return u.actor(), true
	}
	i := slices.IndexFunc(rights.Acting, func(a store.Acting) bool {
		return slices.Contains(right.Posts, a.Post) && (a.Unit == "" || a.Unit == v.Unit)
	})
	if i < 0 {
		return u.actor(), false
	}
	return u.actingAs(rights.Acting[i]), true
}

// refusedRight says in the words of the domain why a command is not the user's.
func refusedRight(right visit.Right, a visit.Action) error {
	switch a := a.(type) {
	case visit.Prepare:
		if len(right.Posts) == 0 && !right.Own {
			return visit.Refuse(visit.NotFound, "no_such_preparation", "code", a.Preparation)
		}
		return visit.Refuse(visit.Forbidden, "not_your_preparation", "code", a.Preparation)
	case visit.Suspend, visit.Lift, visit.Recall:
		return visit.Refuse(visit.Forbidden, "order_posts_only")
	case visit.PassportIn:
		return visit.Refuse(visit.Forbidden, "passport_posts_only")
	case visit.AcceptReport, visit.ReturnReport:
		return visit.Refuse(visit.Forbidden, "report_posts_only")
	case visit.Archive:
		return visit.Refuse(visit.Forbidden, "archive_post_only")
	case visit.Resolve:
		return visit.Refuse(visit.Forbidden, "resolver_posts_only")
	case visit.ExemptNotice, visit.PublishNotice:
		return visit.Refuse(visit.Forbidden, "exempt_posts_only")
	case visit.Cancel:
		return visit.Refuse(visit.Forbidden, "applicant_or_io_only")
	default:
		return visit.Refuse(visit.Forbidden, "travellers_only")
	}
}

// Cancel ends an approved visit, or the trips of some travellers that have not begun.
func (s *Service) Cancel(ctx context.Context, u User, id string, travellers []string, reason, key string) (visit.Receipt, error) {
	return s.Act(ctx, u, id, Act{Text: reason, Do: func(text visit.Note) visit.Action {
		return visit.Cancel{Reason: text, Travellers: travellers}
	}}, key)
}

// Object objects to the public notice of a visit; any member of staff may.
func (s *Service) Object(ctx context.Context, u User, id, reason, key string) (visit.Receipt, error) {
	if err := s.staffOnly(ctx, u); err != nil {
		return visit.Receipt{}, err
	}
	return s.Act(ctx, u, id, Act{Text: reason, Do: func(text visit.Note) visit.Action { return visit.Object{Reason: text} }}, key)
}

func (s *Service) staffOnly(ctx context.Context, u User) error {
	people, err := s.Store.People(ctx, u.Person)
	if err == nil && people[u.Person].Rank == policy.Student {
		err = visit.Refuse(visit.Forbidden, "staff_only")
	}
	return err
}

// uploaded refuses hashes of files that were never uploaded.
func (s *Service) uploaded(ctx context.Context, files map[string]string) error {
	var hashes []string
	for _, h := range files {
		if h != "" {
			hashes = append(hashes, h)
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	known, err := s.Store.Files(ctx, hashes)
	if err != nil {
		return err
	}
	var ps []visit.Problem
	for field, h := range files {
		if _, ok := known[h]; !ok && h != "" {
			ps = append(ps, visit.Problem{Field: field, Rule: "not_uploaded", Args: map[string]string{"value": h}})
		}
	}
	if len(ps) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	return nil
}

// Can is what a user may do in the life of a visit now. Lists are travellers for whom he may, or numbers.
type Can struct {
	Prepare, Replace                              []CanPrepare // what is not proved yet, and what is and may be proved anew
	Depart, CheckIn, ChangeReturn, Arrive, Cancel []string
	Suspend, Lift, Recall, PassportIn             []string
	Report                                        map[visit.ReportForm][]string
	Judge, Resolve                                []int
	Object, Archive                               bool
	Exempt, Publish                               bool // from the public notice, or that which is held back
}

// CanPrepare is a preparation that the user may prove, and for whom.
type CanPrepare struct {
	visit.Preparation
	Travellers []string
}

// Any tells that there is something to do.
func (c Can) Any() bool {
	return len(c.Prepare)+len(c.Replace)+len(c.Depart)+len(c.CheckIn)+len(c.ChangeReturn)+len(c.Arrive)+len(c.Cancel)+len(c.Suspend)+len(c.Lift)+len(c.Recall)+
		len(c.PassportIn)+len(c.Report)+len(c.Judge)+len(c.Resolve) > 0 || c.Object || c.Archive || c.Exempt || c.Publish
}

// can finds what a user may do by trying: a command that the visit would take is one that is offered.
func (u User) can(rights Rights, v visit.Visit) Can {
	try := func(a visit.Action) ([]string, bool) {
		right, _ := v.RightTo(a)
		by, ok := u.by(rights, right, v)
		if !ok && !right.Any {
			return nil, false
		}
		events, err := v.Handle(visit.Command{ID: "try", By: by, Do: a}, calendar.Clock{At: u.Now})
		if err != nil || len(events) == 0 {
			return nil, false
		}
		var who []string
		for _, e := range events {
			who = append(who, visit.Whom(e.Fact)...)
		}
		slices.Sort(who)
		return slices.Compact(who), true
	}
	today := u.Day()
	const some = "0" // stands for a note or a file
	c := Can{Report: map[visit.ReportForm][]string{}}
	c.Depart, _ = try(visit.Depart{On: today})
	c.CheckIn, _ = try(visit.CheckIn{})
	c.ChangeReturn, _ = try(visit.ChangeReturn{Return: "9999-12-31", Reason: some, Proof: some})
	c.Arrive, _ = try(visit.Arrive{Back: today})
	c.Suspend, _ = try(visit.Suspend{Reason: some})
	c.Lift, _ = try(visit.Lift{Reason: some})
	c.Recall, _ = try(visit.Recall{Reason: some})
	c.PassportIn, _ = try(visit.PassportIn{On: today})
	_, c.Archive = try(visit.Archive{Package: some})
	_, c.Object = try(visit.Object{Reason: some})
	_, c.Exempt = try(visit.ExemptNotice{Reason: some})
	_, c.Publish = try(visit.PublishNotice{Reason: some})
	if len(v.Trips) > 0 {
		c.Cancel, _ = try(visit.Cancel{Reason: some})
	}
	for _, p := range v.Preparations() {
		if who, ok := try(visit.Prepare{Preparation: p.Code, Proof: visit.Proof{File: some, Date: today, Text: some}}); ok {
			c.Prepare = append(c.Prepare, CanPrepare{p, who})
		}
		var proved []string
		for _, t := range v.Trips {
			if _, met := t.Met[p.Code]; met {
				if _, ok := try(visit.Prepare{Preparation: p.Code, Travellers: []string{t.Person}, Proof: visit.Proof{File: some, Date: today, Text: some}}); ok {
					proved = append(proved, t.Person)
				}
			}
		}
		if len(proved) > 0 {
			c.Replace = append(c.Replace, CanPrepare{p, proved})
		}
	}
	for _, form := range visit.ReportForms {
		if who, ok := try(visit.FileReport{Form: form, Content: some}); ok {
			c.Report[form] = who
		}
	}
	for _, r := range v.Reports {
		if _, ok := try(visit.AcceptReport{Report: r.ID}); ok {
			c.Judge = append(c.Judge, r.ID)
		}
	}
	for _, o := range v.Objections {
		if _, ok := try(visit.Resolve{Objection: o.ID, Reason: some}); ok && u.Unit != v.Unit {
			c.Resolve = append(c.Resolve, o.ID)
		}
	}
	return c
}
