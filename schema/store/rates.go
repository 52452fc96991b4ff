package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/visit"
)

// AddRates adds rows to the tables of rates, in one transaction and in their order, and names who did it.
func (s *Store) AddRates(ctx context.Context, person string, t money.Tables) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var now time.Time
		if err := tx.GetContext(ctx, &now, `SELECT clock_timestamp() + ahead FROM clock`); err != nil {
			return fmt.Errorf("read the clock: %w", err)
		}
		for _, r := range t.Rates {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO rate (country, city, currency, room, meals, incidentals, from_date, source, sample, imported_by, imported_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				r.Country, r.City, r.Currency, int64(r.Room), int64(r.Meals), int64(r.Incidentals), r.From, r.Source, r.Sample, person, now)
			if err != nil {
				return fmt.Errorf("add rate: %w", err)
			}
		}
		for _, e := range t.Exchanges {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO exchange_rate (currency, cny, from_date, source, sample, imported_by, imported_at)
				VALUES ($1, CAST($2 AS numeric), $3, $4, $5, $6, $7)`, e.Currency, e.CNY.String(), e.From, e.Source, e.Sample, person, now)
			if err != nil {
				return fmt.Errorf("add exchange rate: %w", err)
			}
		}
		for _, c := range t.Classes {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO travel_class (rank, mode, class, from_date, source, sample, imported_by, imported_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, c.Rank, string(c.Mode), string(c.Class), c.From, c.Source, c.Sample, person, now)
			if err != nil {
				return fmt.Errorf("add class of travel: %w", err)
			}
		}
		return nil
	})
}

type originRow struct {
	From   string `db:"from_date"`
	Source string `db:"source"`
	Sample bool   `db:"sample"`
}

const originColumns = `to_char(from_date, 'YYYY-MM-DD') AS from_date, source, sample`

// Rates gives the rows that took effect up to a day, each list in the order in which later rows count: standards of the
// given countries (all when there are none), every exchange rate and every class.
func (s *Store) Rates(ctx context.Context, countries []string, day string) (money.Tables, error) {
	var t money.Tables
	var rates []struct {
		Country     string `db:"country"`
		City        string `db:"city"`
		Currency    string `db:"currency"`
		Room        int64  `db:"room"`
		Meals       int64  `db:"meals"`
		Incidentals int64  `db:"incidentals"`
		originRow
	}
	err := s.db.SelectContext(ctx, &rates, `
		SELECT country, city, currency, room, meals, incidentals, `+originColumns+`
		  FROM rate
		 WHERE (cardinality(CAST($1 AS text[])) = 0 OR country = ANY ($1)) AND from_date <= CAST($2 AS date)
		 ORDER BY rate.from_date, id`, pq.Array(append([]string{}, countries...)), day)
	if err != nil {
		return t, fmt.Errorf("read rates: %w", err)
	}
	for _, r := range rates {
		t.Rates = append(t.Rates, money.Rate{
			Country: r.Country, City: r.City, Currency: r.Currency, Room: visit.Money(r.Room), Meals: visit.Money(r.Meals),
			Incidentals: visit.Money(r.Incidentals), Origin: money.Origin(r.originRow),
		})
	}
	var exchanges []struct {
		Currency string `db:"currency"`
		CNY      string `db:"cny"`
		originRow
	}
	err = s.db.SelectContext(ctx, &exchanges, `
		SELECT currency, CAST(cny AS text) AS cny, `+originColumns+`
		  FROM exchange_rate
		 WHERE from_date <= CAST($1 AS date)
		 ORDER BY exchange_rate.from_date, id`, day)
	if err != nil {
		return t, fmt.Errorf("read exchange rates: %w", err)
	}
	for _, e := range exchanges {
		f, err := money.ParseFactor(e.CNY)
		if err != nil {
			return t, fmt.Errorf("read exchange rates: %w", err)
		}
		t.Exchanges = append(t.Exchanges, money.Exchange{Currency: e.Currency, CNY: f, Origin: money.Origin(e.originRow)})
	}
	var classes []struct {
		Rank  string `db:"rank"`
		Mode  string `db:"mode"`
		Class string `db:"class"`
		originRow
	}
	err = s.db.SelectContext(ctx, &classes, `
		SELECT rank, mode, class, `+originColumns+`
		  FROM travel_class
		 WHERE from_date <= CAST($1 AS date)
		 ORDER BY travel_class.from_date, id`, day)
	for _, c := range classes {
		t.Classes = append(t.Classes, money.Class{Rank: c.Rank, Mode: visit.BudgetKind(c.Mode), Class: visit.Class(c.Class), Origin: money.Origin(c.originRow)})
	}
	return t, wrap(err, "read classes of travel")
}
