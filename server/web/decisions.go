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
}

func (p *Pages) decisionRoutes(r gin.IRouter) {
	r.GET("/visits/:id/changes", p.signedIn(p.showChanges))
	r.POST("/visits/:id/amend", p.signedIn(p.amend))
}
