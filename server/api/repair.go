package api

import (
	"context"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// RepairAnswer is why a repair is refused, or a remark on one that is confirmed.
type RepairAnswer struct {
	Answer string `json:"answer" doc:"Needed to refuse."`
}

type repairInput struct {
	ID   int64 `path:"id"`
	Body RepairAnswer
}

func (a *api) addRepairs() {
	add(a, get("repairs", "/repairs", "Repairs of cases, open ones first (administrators, the directors who confirm them, auditors)"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.Repair]], error) {
			all, err := a.svc.Repairs(ctx, who.user)
			return answer(list(all, ""), err)
		})
	add(a, get("visitRepairs", "/visits/{id}/repairs", "Repairs of one case, the newest first"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[List[store.Repair]], error) {
			all, err := a.svc.VisitRepairs(ctx, who.user, in.ID)
			return answer(list(all, ""), err)
		})
	add(a, created(post("proposeRepair", "/repairs", "Propose a repair with a reason; nothing is done before a second person confirms it (administrators)")),
		func(ctx context.Context, who caller, in *struct{ Body service.NewRepair }) (*body[store.Repair], error) {
			return answer(a.svc.ProposeRepair(ctx, who.user, in.Body))
		})
	add(a, post("confirmRepair", "/repairs/{id}/confirm", "Confirm a repair that somebody else proposed, and carry it out (directors of the two offices)"),
		func(ctx context.Context, who caller, in *repairInput) (*body[store.Repair], error) {
			return answer(a.svc.DecideRepair(ctx, who.user, in.ID, true, in.Body.Answer))
		})
	add(a, post("refuseRepair", "/repairs/{id}/refuse", "Refuse a repair that somebody else proposed (directors of the two offices)"),
		func(ctx context.Context, who caller, in *repairInput) (*body[store.Repair], error) {
			return answer(a.svc.DecideRepair(ctx, who.user, in.ID, false, in.Body.Answer))
		})
	add(a, post("carryOutRepair", "/repairs/{id}/carry-out", "Try again what was confirmed and could not be carried out (administrators, directors)"),
		func(ctx context.Context, who caller, in *struct {
			ID int64 `path:"id"`
		}) (*body[store.Repair], error) {
			return answer(a.svc.CarryOutRepair(ctx, who.user, in.ID))
		})
}
