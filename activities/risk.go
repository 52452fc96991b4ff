package activities

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// RiskPage tells whether visits are left that are still to be told of a change of risk.
type RiskPage struct {
	More bool `json:"more"`
}

// A page of visits is told a few at a time, so that people who sign meanwhile do not wait long.
const (
	riskPage   = 40
	riskAtOnce = 4
)

// FaceRisk tells a page of the visits on which a change of risk acts, and ends the change when none is left. It may be
// repeated at will: a visit that was told is not asked again, and one that was told just before the worker died answers the
// same. A visit that cannot be reached now stays, and the activity fails to be tried again.
func (a *Activities) FaceRisk(ctx context.Context, in visit.RiskStart) (RiskPage, error) {
	c, err := a.Store.RiskChange(ctx, in.Change)
	if err != nil {
		return RiskPage{}, AsApplicationError(err)
	}
	ids, err := a.Store.RiskPending(ctx, c.ID, riskPage)
	if err != nil {
		return RiskPage{}, err
	}
	if len(ids) == 0 {
		return RiskPage{}, a.Store.EndRiskChange(ctx, c.ID)
	}
	g := errgroup.Group{}
	g.SetLimit(riskAtOnce)
	for _, id := range ids {
		g.Go(func() error {
			told, err := a.tell(ctx, c, id)
			if err != nil {
				return fmt.Errorf("visit %s: %w", id, err)
			}
			return a.Store.PutRiskTold(ctx, c.ID, told)
		})
	}
	return RiskPage{More: true}, g.Wait()
}

func (a *Activities) tell(ctx context.Context, c store.RiskChange, id string) (store.RiskTold, error) {
	told := store.RiskTold{Visit: id, State: store.RiskUnchanged}
	command := visit.Command{
		ID: fmt.Sprintf("system.risk.%d", c.ID), By: visit.System,
		Do: visit.FaceRisk{Change: c.ID, Country: c.Country, From: c.From, To: c.To, By: c.SetBy},
	}
	_, err := a.Host.Do(ctx, id, command, 0)
	if visit.CodeOf(err) == visit.NotFound {
		return told, a.startOpen(ctx, id)
	}
	var refusal *visit.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code != visit.Unavailable:
		told.State, told.Fault = store.RiskFailed, refusal.Rule
		return told, nil
	case err != nil:
		return told, err
	}
	e, ok, err := a.Store.EventOf(ctx, id, command.ID)
	if f, is := e.Fact.(visit.RiskChanged); ok && is {
		told.State, told.Suspended, told.Asked = store.RiskDone, len(f.Suspended), len(f.Asked)
	}
	return told, err
}

// startOpen starts the workflow of a visit that has none though it is not over; it is then told at the next attempt.
func (a *Activities) startOpen(ctx context.Context, id string) error {
	row, err := a.Store.VisitRow(ctx, id)
	if err != nil || row.State.Final() {
		return err
	}
	if err := a.Host.Start(ctx, id); err != nil {
		return err
	}
	return visit.Refuse(visit.Unavailable, "not_decided_yet", "id", id)
}
