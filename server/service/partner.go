package service

import (
	"context"
	"regexp"
	"slices"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// partnerKeepers keep the register of partner institutions.
var partnerKeepers = []string{"IO.REV", "IO.DIR"}

// KeepsPartners tells whether the user keeps the register of partner institutions.
func (r Rights) KeepsPartners() bool { _, ok := r.acts(partnerKeepers...); return ok }

// Partners lists partner institutions, for everybody: requests name them as hosts.
func (s *Service) Partners(ctx context.Context, f store.PartnerFilter) ([]store.Partner, error) {
	return s.Store.Partners(ctx, f)
}

// PartnerCase is a partner institution with the visits that went, or are to go, there, as far as the user may see them.
type PartnerCase struct {
	store.Partner
	Visits []store.VisitTo `json:"visits"`
}

// Partner gives a partner institution with its visits.
func (s *Service) Partner(ctx context.Context, u User, code string) (PartnerCase, error) {
	ps, err := s.Store.Partners(ctx, store.PartnerFilter{Codes: []string{code}})
	if err != nil {
		return PartnerCase{}, err
	}
	if len(ps) == 0 {
		return PartnerCase{}, visit.Refuse(visit.NotFound, "not_found", "what", "partner", "id", code)
	}
	r, err := s.Rights(ctx, u)
	if err != nil {
		return PartnerCase{}, err
	}
	if err := s.audited(ctx, u, r, Read{Page: "partner " + code}); err != nil {
		return PartnerCase{}, err
	}
	c := PartnerCase{Partner: ps[0]}
	c.Visits, err = s.Store.VisitsToPartner(ctx, r.Scope, c.Partner)
	return c, err
}

// partnerCode is how a partner is called where a name is too long, for example JP-KYOTO.
var partnerCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,19}$`)

// PutPartner adds a partner institution, or replaces what the register says of the one with the code; with isNew, one of the code must
// not be there yet.
func (s *Service) PutPartner(ctx context.Context, u User, p store.Partner, isNew bool) error {
	if _, err := s.keeper(ctx, u, partnerKeepers); err != nil {
		return err
	}
	if err := s.checkPartner(ctx, p); err != nil {
		return err
	}
	if isNew {
		there, err := s.Store.Partners(ctx, store.PartnerFilter{Codes: []string{p.Code}})
		if err != nil {
			return err
		}
		if len(there) > 0 {
			return visit.Refuse(visit.Conflict, "partner_already", "code", p.Code)
		}
	}
	p.SetBy = u.Person
	return s.as(ctx, u, func(st *store.Store) error { return st.PutPartner(ctx, p) })
}

func (s *Service) checkPartner(ctx context.Context, p store.Partner) error {
	f := form{}
	if !partnerCode.MatchString(p.Code) {
		f.wrong("partner_code", "not_a_code", "value", p.Code)
	}
	f.text("name_zh", p.NameZH)
	f.text("name_en", p.NameEN)
	f.country("country", p.Country)
	if p.FirstClass {
		f.text("discipline", p.Discipline)
	}
	f.problems = append(f.problems, tooLong("discipline", p.Discipline)...)
	units, err := s.Store.Units(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(units, func(x store.Unit) bool { return x.Code == p.Unit }) {
		f.wrong("unit", "unknown_unit", "value", p.Unit)
	}
	f.day("since", p.Since)
	if p.EndedOn != "" {
		if f.day("ended_on", p.EndedOn); p.EndedOn < p.Since {
			f.wrong("ended_on", "date_order", "after", p.Since)
		}
	}
	return f.err()
}

// Duties lists the visits of a year (this one when 0) for duty in an international organisation or for foreign aid, as far as the user
// may see them.
func (s *Service) Duties(ctx context.Context, u User, year int) ([]store.VisitTo, error) {
	year = orElse(year, u.year())
	f := form{}
	if f.number("year", year, 2000, 2200); len(f.problems) > 0 {
		return nil, f.err()
	}
	r, err := s.Rights(ctx, u)
	if err != nil {
		return nil, err
	}
	if err := s.audited(ctx, u, r, Read{Page: "duties", Filter: map[string]any{"year": year}}); err != nil {
		return nil, err
	}
	return s.Store.Duties(ctx, r.Scope, year)
}
