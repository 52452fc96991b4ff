package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Costs holds what the reports of a visit say was spent, and more costs with it, against what was approved; for who may see the
// visit. A day of payment that is none counts as not said.
func (s *Service) Costs(ctx context.Context, u User, id string, more []visit.Cost) (money.Costs, error) {
	if _, err := s.see(ctx, u, id); err != nil {
		return money.Costs{}, err
	}
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return money.Costs{}, err
	}
	c, err := s.Store.Content(ctx, id, v.Version)
	if err != nil {
		return money.Costs{}, err
	}
	more = slices.Clone(more)
	for i, cost := range more {
		if _, err := time.Parse(time.DateOnly, cost.On); err != nil {
			more[i].On = ""
		}
	}
	said, err := s.said(ctx, v, visit.Report{Costs: more})
	if err != nil {
		return money.Costs{}, err
	}
	return s.spend(ctx, c, said)
}

// costsOf gives what the reports of a visit say was spent; nil where none of them says it.
func (s *Service) costsOf(ctx context.Context, v visit.Visit, c store.Content) (*money.Costs, error) {
	if !slices.ContainsFunc(v.Reports, func(f visit.Filed) bool { return f.Standing() && f.Spent != nil }) {
		return nil, nil
	}
	said, err := s.said(ctx, v)
	if err != nil {
		return nil, err
	}
	spent, err := s.spend(ctx, c, said)
	return &spent, err
}

// said are the reports of a visit that count, and more with them.
func (s *Service) said(ctx context.Context, v visit.Visit, more ...visit.Report) ([]visit.Report, error) {
	if len(v.Reports) == 0 {
		return more, nil
	}
	texts, err := s.Store.ReportTexts(ctx, v.ID)
	var all []visit.Report
	for _, f := range v.Reports {
		if f.Standing() {
			all = append(all, texts[f.Content])
		}
	}
	return append(all, more...), err
}

// spend prices what reports say was spent.
func (s *Service) spend(ctx context.Context, c store.Content, reports []visit.Report) (money.Costs, error) {
	var costs []visit.Cost
	reasons := []string{}
	until := c.Draft.ExitDate
	for _, r := range reports {
		for _, cost := range r.Costs {
			costs, until = append(costs, cost), max(until, cost.On)
		}
		if r.OverReason != "" {
			reasons = append(reasons, r.OverReason)
		}
	}
	people := map[string]policy.Person{}
	for _, p := range c.People {
		people[p.ID] = p
	}
	t, err := s.Store.Rates(ctx, countriesOf(c.Draft), until)
	spent := money.Spend(c.Draft, ranksOf(c.Draft, people), costs, t)
	spent.Reasons = reasons
	return spent, err
}

// checkSpent gives what a report adds to what was spent, nil where it does not say it, and what is wrong with the sums; nothing of it
// where one of the problems that were found is of a cost. Approved money may not be changed (domain A.9 [S4][S24]): that more was
// spent needs a reason, which Finance reads; that a reason is enough is this system's choice.
func (s *Service) checkSpent(ctx context.Context, u User, v visit.Visit, c store.Content, r visit.Report, found []visit.Problem) (*visit.Spending, []visit.Problem, error) {
	ofCosts := func(p visit.Problem) bool { return strings.HasPrefix(p.Field, "costs[") }
	if !r.SaysCosts() || slices.ContainsFunc(found, ofCosts) {
		return nil, nil, nil
	}
	own, err := s.spend(ctx, c, []visit.Report{r})
	if err != nil || len(r.Costs) == 0 {
		return &own.Spending, nil, err
	}
	_, hash, err := visit.Canonical(r)
	if err != nil {
		return nil, nil, err
	}
	v.Reports = slices.DeleteFunc(slices.Clone(v.Reports), func(f visit.Filed) bool { // the same one, sent again
		return f.By.Person == u.Person && f.Content == hash
	})
	said, err := s.said(ctx, v, r)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.spend(ctx, c, said)
	if err != nil || !all.Above() || strings.TrimSpace(r.OverReason) != "" {
		return &own.Spending, nil, err
	}
	return nil, []visit.Problem{{
		Field: "over_reason", Rule: "spent_above_approved", Args: map[string]string{"spent": all.CNY.String(), "approved": all.Approved.String()},
	}}, nil
}
