package demo

import (
	"context"
	"fmt"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/visit"
)

// furnish makes what the offices keep before anybody asks for a visit: Finance imports the sample tables of rates, the keeper of
// passports registers those of the staff.
func (p *player) furnish(ctx context.Context) error {
	if err := p.importRates(ctx); err != nil {
		return err
	}
	return p.registerPassports(ctx)
}

func (p *player) importRates(ctx context.Context) error {
	fin, err := p.as(ctx, "fin")
	if err != nil {
		return err
	}
	for _, t := range money.TableNames {
		content, err := money.Sample(t)
		if err != nil {
			return err
		}
		if err := fin.ImportRates(ctx, string(t), content); err != nil {
			return fmt.Errorf("import %s: %w", t, err)
		}
	}
	return nil
}

// journey is a budget for one person in one place: flight, hotel, meals, incidentals and the fee of a conference, in the
// currency of the place but for the flight.
func journey(currency string, flight, room, meals, incidentals, fee int64, nights int) []visit.BudgetLine {
	yuan := func(n int64) visit.Money { return visit.Money(n * 100) }
	return []visit.BudgetLine{
		{Kind: visit.Air, Currency: "CNY", Amount: yuan(flight), People: 1, Days: 1, Class: visit.Economy},
		{Kind: visit.Hotel, Currency: currency, Amount: yuan(room), People: 1, Days: nights},
		{Kind: visit.Meals, Currency: currency, Amount: yuan(meals), People: 1, Days: nights + 1},
		{Kind: visit.Incidentals, Currency: currency, Amount: yuan(incidentals), People: 1, Days: nights + 1},
		{Kind: visit.Registration, Currency: currency, Amount: yuan(fee), People: 1, Days: 1},
	}
}
