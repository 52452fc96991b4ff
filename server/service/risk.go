package service

import (
	"context"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// abroadPosts know where everybody is: the International Office and its sister for Hong Kong, Macao and Taiwan, the security
// office, the leaders, and those who watch. The posts of a unit know it of their unit (domain P-40).
var abroadPosts = []string{"IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR", "PSD", "RISK", "PRES", "PSEC", "VP.INT", "DIS", "AUDITOR"}

// Abroad tells of which units the user may know where people are; all for nil.
func (r Rights) Abroad() (units []string, ok bool) {
	if _, all := r.acts(abroadPosts...); all {
		return nil, true
	}
	return append([]string{}, r.Units...), len(r.Units) > 0
}

// abroad refuses who may not know where people are.
func (s *Service) abroad(ctx context.Context, u User) (units []string, err error) {
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	units, ok := r.Abroad()
	if !ok {
		return nil, visit.Refuse(visit.Forbidden, "duty_posts_only")
	}
	return units, nil
}

// RiskCase is a change of risk with the people whom it concerned.
type RiskCase struct {
	store.RiskChange
	People []store.RiskPerson `json:"people"`
}

// startRisk starts the work on changes of risk. What cannot be started now the worker's sweep starts.
func (s *Service) startRisk(ctx context.Context) {
	open, err := s.Store.OpenRiskChanges(ctx)
	for i := 0; i < len(open) && err == nil; i++ {
		err = s.Host.StartRisk(ctx, open[i])
	}
	if err != nil {
		s.Log.Warn("a change of risk is left to the sweep", "error", err)
	}
}

// maxRiskChanges is how many changes of risk a list shows.
const maxRiskChanges = 200

// RiskChanges lists the changes of risk, the newest first.
func (s *Service) RiskChanges(ctx context.Context, u User) ([]store.RiskChange, error) {
	if _, err := s.abroad(ctx, u); err != nil {
		return nil, err
	}
	return s.Store.RiskChanges(ctx, maxRiskChanges)
}

// RiskChange gives a change of risk: how far it is, everybody who was there and everybody who was about to leave. The posts of
// a unit find their own people.
func (s *Service) RiskChange(ctx context.Context, u User, id int64) (RiskCase, error) {
	units, err := s.abroad(ctx, u)
	if err != nil {
		return RiskCase{}, err
	}
	c := RiskCase{}
	if c.RiskChange, err = s.Store.RiskChange(ctx, id); err != nil {
		return RiskCase{}, err
	}
	c.People, err = s.Store.RiskPeople(ctx, id, units)
	return c, err
}

// Away counts the people of a change of risk who are abroad now.
func (c RiskCase) Away() int {
	return len(slices.DeleteFunc(slices.Clone(c.People), func(p store.RiskPerson) bool { return !p.State.Away() }))
}
