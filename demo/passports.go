package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/visit"
)

// keeper is who keeps the passports.
const keeper = "passport"

// registerPassports puts an official passport of everybody of the staff who may travel soon into custody. A server without
// a key for passports takes none, and the demonstration goes on without them.
func (p *player) registerPassports(ctx context.Context) error {
	c, err := p.as(ctx, keeper)
	if err != nil {
		return err
	}
	now, err := p.store.Now(ctx)
	if err != nil {
		return err
	}
	expires := calendar.DateOf(now.AddDate(4, 0, 0)).String()
	holders := []string{"pres", "vp.int"}
	for _, college := range colleges {
		for _, role := range []string{"dean", "psec", "faculty", "faculty2"} {
			holders = append(holders, role+"."+college.suffix)
		}
	}
	p.passport = map[string]int64{}
	for i, person := range holders {
		n := client.NewPassport{Person: person, Kind: string(passport.Official), Number: fmt.Sprintf("E%08d", 10_203_041+i*7_919), Expires: expires, Held: true}
		registered, err := c.RegisterPassport(ctx, n)
		var refused *client.Problem
		if errors.As(err, &refused) && refused.Rule == "no_passport_key" {
			_, err = fmt.Fprintln(p.out, "passports are left out: the server has no key for them")
			return err
		}
		if err != nil {
			return err
		}
		p.passport[person] = registered.ID
	}
	return nil
}

// movePassports tells what became of the passports of two visits that are over: one came back in time, of the other one
// traveller's is eight days late.
func (p *player) movePassports(ctx context.Context) error {
	if len(p.passport) == 0 {
		return nil
	}
	if err := p.lend(ctx, p.parts[0], "faculty.civ", ""); err != nil {
		return err
	}
	if err := p.lend(ctx, p.parts[1], "dean.mech", ""); err != nil {
		return err
	}
	return p.lend(ctx, p.parts[1], "faculty2.mech", "使馆办理下次签证，延期交回。 / Kept by an embassy for the next visa.")
}

// late is by how many days a passport is late that was kept for a reason.
const late = 8

// lend hands a passport out three days before the departure and takes it back five days after the return, or, with a reason,
// notes a later day on which it was due and does not take it back.
func (p *player) lend(ctx context.Context, s *part, person, kept string) error {
	row, err := p.store.VisitRow(ctx, s.id)
	approved := row.State == visit.StateApproved || row.State.Living() || row.State == visit.StateArchived
	if err != nil || !approved {
		return err
	}
	c, err := p.as(ctx, keeper)
	if err != nil {
		return err
	}
	now, err := p.store.Now(ctx)
	if err != nil {
		return err
	}
	exit, back, today := calendar.MustDate(row.ExitDate), calendar.MustDate(row.ReturnDate), calendar.DateOf(now)
	moves := []client.PassportMove{{Kind: string(passport.Out), Day: exit.AddDays(-3).String(), Visit: s.id}}
	if kept == "" {
		moves = append(moves, client.PassportMove{Kind: string(passport.Returned), Day: back.AddDays(5).String()})
	} else {
		moves = append(moves, client.PassportMove{Kind: string(passport.Due), Day: back.String(), Due: today.AddDays(-late).String(), Note: kept})
	}
	for _, m := range moves {
		if m.Day > today.String() {
			return nil // the visit is not over yet
		}
		if _, err := c.MovePassport(ctx, p.passport[person], m); err != nil {
			return fmt.Errorf("passport of %s: %w", person, err)
		}
	}
	return nil
}
