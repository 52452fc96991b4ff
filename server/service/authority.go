package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Authorities lists the register of the powers under which the university decides (domain P-32); anybody may read it.
func (s *Service) Authorities(ctx context.Context) ([]store.Authority, error) {
	return s.Store.Authorities(ctx)
}

// AddAuthority adds a power to the register.
func (s *Service) AddAuthority(ctx context.Context, u User, a store.Authority) (int64, error) {
	by, err := s.keeper(ctx, u, keepers[AuthorityRegister])
	if err != nil {
		return 0, err
	}
	f := form{}
	if _, ok := s.PolicyName(a.Power); !ok {
		f.wrong("power", "unknown_value", "value", a.Power)
	}
	f.text("name_zh", a.NameZH)
	f.text("name_en", a.NameEN)
	f.text("granted_by", a.GrantedBy)
	f.text("document", a.Document)
	f.period(a.From, a.To, true)
	f.problems = append(f.problems, tooLong("exceptions", a.Exceptions)...)
	if err := f.err(); err != nil {
		return 0, err
	}
	a.SetBy, a.SetPost = by.Person, by.Post
	return s.Store.AddAuthority(ctx, a)
}

// EndAuthority names the last day of a power, with a reason.
func (s *Service) EndAuthority(ctx context.Context, u User, id int64, to, reason string) error {
	by, err := s.keeper(ctx, u, keepers[AuthorityRegister])
	if err != nil {
		return err
	}
	f := form{}
	f.day("to", to)
	f.text("reason", reason)
	if err := f.err(); err != nil {
		return err
	}
	return s.Store.EndAuthority(ctx, id, to, by.Person, reason)
}

// cited are the powers under which the sign-offs of a visit are given on a day, and the codes of those that the register knows
// and that are not in force then.
func cited(all []store.Authority, route visit.Route, day string) (under []store.Authority, lapsed []string) {
	for _, stage := range route.Stages {
		for _, so := range stage {
			known, stands := false, false
			for _, a := range all {
				if a.Power != so.Code {
					continue
				}
				known = true
				if a.InForce(day) {
					under, stands = append(under, a), true
				}
			}
			if known && !stands {
				lapsed = append(lapsed, so.Code)
			}
		}
	}
	return under, lapsed
}

// dayOfApproval is the day whose authorities count: that of the approval, or today.
func dayOfApproval(v visit.Visit, today string) string {
	for _, t := range slices.Backward(v.Tasks) {
		if t.SignOff.Review == visit.Issue && t.State == visit.TaskApproved {
			return calendar.DateOf(t.Decided).String()
		}
	}
	return today
}

// authorised refuses to issue under a power that the register knows and that is not in force today (domain P.5, issuing).
func (s *Service) authorised(ctx context.Context, u User, signOff string, verdict Verdict) error {
	if verdict != Approve {
		return nil
	}
	all, err := s.Store.Authorities(ctx)
	if err != nil {
		return err
	}
	_, lapsed := cited(all, visit.Route{Stages: [][]visit.SignOff{{{Code: signOff}}}}, u.Day())
	if len(lapsed) > 0 {
		return visit.Refuse(visit.Conflict, "authority_not_in_force", "sign_off", signOff)
	}
	return nil
}
