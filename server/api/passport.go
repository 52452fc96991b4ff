package api

import (
	"context"
	"net/http"

	"github.com/exeat/exeat/passport"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Passport is a passport or a pass of the ledger, its number with the middle hidden.
type Passport struct {
	passport.Passport
	Late      int              `json:"late" doc:"By how many days it is late today."`
	Movements []store.Movement `json:"movements,omitempty" doc:"Oldest first; of one passport only."`
	Reveals   []store.Reveal   `json:"reveals,omitempty" doc:"Who has read the number in full, newest first."`
}

// NewPassport registers a passport.
type NewPassport struct {
	Person  string        `json:"person"`
	Kind    passport.Kind `json:"kind" doc:"official, hkmo, taiwan or private."`
	Number  string        `json:"number" doc:"Kept encrypted, and shown only by reveal."`
	Expires string        `json:"expires" doc:"YYYY-MM-DD."`
	Held    bool          `json:"held" doc:"Comes into custody at once."`
}

// PassportMove is what the keeper does with a passport.
type PassportMove struct {
	Kind  passport.Move `json:"kind" doc:"in, out, due, returned or cancelled."`
	Day   string        `json:"day" doc:"YYYY-MM-DD; today when absent."`
	Visit string        `json:"visit" doc:"Of out: an approved visit of the holder, five days before its departure at most."`
	Due   string        `json:"due" doc:"Of due: the new day; when absent, day is the day of return and the passport is due seven days later."`
	Note  string        `json:"note" doc:"Why; needed for due and cancelled."`
}

// RevealReason says why a number is read.
type RevealReason struct {
	Reason string `json:"reason"`
}

// PassportNumber is a number in full.
type PassportNumber struct {
	Number string `json:"number"`
}

// PassportPath is the number of a passport in the ledger.
type PassportPath struct {
	ID int64 `path:"id"`
}

func passportOf(c service.PassportCase) Passport {
	return Passport{Passport: c.Passport, Late: c.Overdue(c.Today), Movements: c.Movements, Reveals: c.Reveals}
}

func (a *api) addPassports() {
	add(a, get("passports", "/passports", "Passports and passes: one's own, the unit's, or all; the latest on top, 500 at most"),
		func(ctx context.Context, who caller, in *struct {
			Text string `query:"text" doc:"In the holder's number or name."`
			Late bool   `query:"late" doc:"Only what is late today."`
		}) (*body[List[Passport]], error) {
			l, err := a.svc.Passports(ctx, who.user, in.Text, in.Late)
			return answer(list(collect(l.Passports, func(p passport.Passport) Passport { return Passport{Passport: p, Late: p.Overdue(l.Today)} }), ""), err)
		})
	register := post("registerPassport", "/passports", "Register a passport (its keeper)")
	register.DefaultStatus = http.StatusCreated
	add(a, register, func(ctx context.Context, who caller, in *struct{ Body NewPassport }) (*body[Passport], error) {
		c, err := a.svc.RegisterPassport(ctx, who.user, service.NewPassport(in.Body))
		return answer(passportOf(c), err)
	})
	add(a, get("passport", "/passports/{id}", "One passport with what became of it"),
		func(ctx context.Context, who caller, in *PassportPath) (*body[Passport], error) {
			c, err := a.svc.Passport(ctx, who.user, in.ID)
			return answer(passportOf(c), err)
		})
	move := post("movePassport", "/passports/{id}/movements", "Take in, hand out, take back, note another due day, or void (its keeper)")
	move.DefaultStatus = http.StatusCreated
	add(a, move, func(ctx context.Context, who caller, in *struct {
		PassportPath
		Body PassportMove
	}) (*body[Passport], error) {
		c, err := a.svc.MovePassport(ctx, who.user, in.ID, service.PassportMove(in.Body))
		return answer(passportOf(c), err)
	})
	add(a, post("revealPassport", "/passports/{id}/reveal", "Read a number in full; the reading is logged with its reason"),
		func(ctx context.Context, who caller, in *struct {
			PassportPath
			Body RevealReason
		}) (*body[PassportNumber], error) {
			number, err := a.svc.RevealPassport(ctx, who.user, in.ID, in.Body.Reason)
			return answer(PassportNumber{number}, err)
		})
}
