package service

import (
	"context"

	"github.com/exeat/exeat/schema/store"
)

// WaitingDays is how far back the report of waiting times counts decisions.
const WaitingDays = 90

// Waiting is the report of waiting times: the same seconds that the page of a case shows for each sign-off.
type Waiting struct {
	Offices []store.WaitingOffice
	Tasks   []store.WaitingTask
}

// Waiting reports how long sign-offs wait, of the visits that the user may see.
func (s *Service) Waiting(ctx context.Context, u User) (Waiting, error) {
	r, err := s.Rights(ctx, u)
	if err == nil {
		err = s.audited(ctx, u, r, Read{Page: "waiting"})
	}
	if err != nil {
		return Waiting{}, err
	}
	var w Waiting
	if w.Tasks, err = s.Store.WaitingTasks(ctx, r.Scope, u.Now); err != nil {
		return w, err
	}
	w.Offices, err = s.Store.WaitingOffices(ctx, r.Scope, u.Now, u.Now.AddDate(0, 0, -WaitingDays))
	return w, err
}
