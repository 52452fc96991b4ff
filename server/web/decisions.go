package web

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// decisionDesk is what the pages ask of the service around decisions, besides the decisions themselves.
type decisionDesk interface {
	Amendment(ctx context.Context, u service.User, id string) (service.Amendment, error)
	Amend(ctx context.Context, u service.User, id, reason, key string) (visit.Receipt, error)
	DeclineTravellers(ctx context.Context, u service.User, id, task string, travellers []string, reason, key string) (visit.Receipt, error)
	AddSignOff(ctx context.Context, u service.User, id string, n service.NewSignOff, key string) (visit.Receipt, error)
	RemoveSignOff(ctx context.Context, u service.User, id, code, reason, key string) (visit.Receipt, error)
	Transfer(ctx context.Context, u service.User, id, task, to, reason, key string) (visit.Receipt, error)
	AddReader(ctx context.Context, u service.User, id, task, person, reason, key string) (visit.Receipt, error)
	RemoveReader(ctx context.Context, u service.User, id, task, person, reason, key string) (visit.Receipt, error)
}

func (p *Pages) decisionRoutes(r gin.IRouter) {
	r.GET("/visits/:id/changes", p.signedIn(p.showChanges))
	r.POST("/visits/:id/amend", p.signedIn(p.amend))
	r.POST("/visits/:id/decline", p.signedIn(p.act("decline", "declined", p.decline)))
	r.POST("/visits/:id/add-signer", p.signedIn(p.act("add-signer", "added", p.addSigner)))
	r.POST("/visits/:id/remove-signer", p.signedIn(p.act("remove-signer", "removed", p.removeSigner)))
	r.POST("/visits/:id/transfer", p.signedIn(p.act("transfer", "transferred", p.transfer)))
	r.POST("/visits/:id/add-reader", p.signedIn(p.act("add-reader", "reader_added", p.addReader)))
	r.POST("/visits/:id/remove-reader", p.signedIn(p.act("remove-reader", "reader_removed", p.removeReader)))
}
