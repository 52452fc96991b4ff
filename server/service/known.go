package service

import (
	"context"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// known reads what the record says of a draft beside the draft itself, as of today; id is that of the draft, "" for one that
// was never saved. Where the draft has no dates yet, the record is asked for today. Late passports and reports stand against a first
// submission only.
func (s *Service) known(ctx context.Context, id string, d visit.Draft, first bool) (policy.Known, error) {
	now, err := s.Store.Now(ctx)
	if err != nil {
		return policy.Known{}, err
	}
	today := calendar.DateOf(now).String()
	of := store.KnownOf{Visit: id, Unit: d.Unit, PlanItem: d.PlanItem, Exit: dayOr(d.ExitDate, today), Today: today, New: first}
	of.Return = max(dayOr(d.ReturnDate, of.Exit), of.Exit)
	for _, t := range d.Travellers {
		of.Travellers = append(of.Travellers, t.Person)
	}
	for _, l := range d.Legs {
		of.Countries = append(of.Countries, l.Country)
	}
	known, err := s.Store.Known(ctx, of)
	if err != nil {
		return known, err
	}
	if first {
		if err := s.latePassports(ctx, d, &known); err != nil {
			return known, err
		}
	}
	known.People, err = s.Store.People(ctx, of.Travellers...)
	return known, err
}

// dayOr gives a day, or another one where it is none.
func dayOr(day, other string) string {
	if _, err := calendar.ParseDate(day); err != nil {
		return other
	}
	return day
}
