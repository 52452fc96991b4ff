package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/live"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web"
	"github.com/exeat/exeat/visit"
)

// parts are what an engine is made of.
type parts struct {
	service    *service.Service
	auth       *auth.Auth
	log        *slog.Logger
	secure     bool
	proxies    []string
	temporalUI string
	mailbox    string
	live       *live.Hub
	help       signin.Label // whom to ask who cannot sign in
}

// newEngine is the one list of what a request passes, in order, and of the routes.
func newEngine(p parts) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.ContextWithFallback = true // a gin.Context that is passed on ends with the request
	e.HandleMethodNotAllowed = true
	if err := e.SetTrustedProxies(p.proxies); err != nil {
		return nil, fmt.Errorf("proxies: %w", err)
	}
	var pages *web.Pages // made below, when everything stands that they stand behind
	e.Use(
		nameRequest,
		logRequest(p.log),
		answerErrors(p.log, show(p, func() *web.Pages { return pages })),
		recoverPanic,
		secureHeaders(p.secure),
		limitBody,
		sameOrigin(http.NewCrossOriginProtection()),
		p.auth.Identify(),
		p.auth.Protect(),
	)
	e.NoRoute(func(c *gin.Context) {
		fail(c, visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", c.Request.URL.Path))
	})
	e.NoMethod(func(c *gin.Context) {
		fail(c, visit.Refuse(visit.NotFound, "method_not_allowed", "method", c.Request.Method))
	})
	addHealth(e, p.service)
	if err := api.Register(e, api.Deps{Service: p.service, Auth: p.auth, Log: p.log}); err != nil {
		return nil, err
	}
	pages = web.Register(e, web.Deps{Service: p.service, Auth: p.auth, Demo: p.service.Demo, TemporalUI: p.temporalUI, Mailbox: p.mailbox, Live: p.live, Help: p.help})
	return e, nil
}

// show answers an error: as JSON below the API's prefix, as a page elsewhere.
func show(p parts, pages func() *web.Pages) func(*gin.Context, error) {
	return func(c *gin.Context, err error) {
		if !strings.HasPrefix(c.Request.URL.Path, "/api/") {
			pages().Fail(c, err)
			return
		}
		if api.Refusal(err).Code == visit.Internal {
			p.log.ErrorContext(c, "request failed", "request_id", c.Writer.Header().Get("X-Request-ID"), "route", c.FullPath(), "error", err)
		}
		api.WriteProblem(c, err)
	}
}

// fail ends a request with an error, which answerErrors shows.
func fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
}
