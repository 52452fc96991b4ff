package server

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/service"
)

// readyTime is how long a readiness check waits for the others.
const readyTime = 3 * time.Second

// Readiness says which of the others this server needs are there: ok or away; worker none means that nobody polls.
type Readiness struct {
	Database string `json:"database"`
	Temporal string `json:"temporal"`
	Worker   string `json:"worker"`
}

// addHealth adds /healthz (the process answers) and /readyz (everything that a decision needs is there).
func addHealth(e *gin.Engine, svc *service.Service) {
	e.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c *gin.Context) {
		r := readiness(c.Request.Context(), svc)
		status := http.StatusOK
		if r != (Readiness{"ok", "ok", "ok"}) {
			status = http.StatusServiceUnavailable
		}
		c.JSON(status, r)
	})
}

func readiness(ctx context.Context, svc *service.Service) Readiness {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	r := Readiness{Database: "ok", Temporal: "ok", Worker: "ok"}
	if svc.Store.Ping(ctx) != nil {
		r.Database = "away"
	}
	polled, err := svc.Host.Ready(ctx)
	switch {
	case err != nil:
		r.Temporal, r.Worker = "away", "unknown"
	case !polled:
		r.Worker = "none"
	}
	return r
}
