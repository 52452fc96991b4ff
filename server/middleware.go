package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/visit"
)

// maxBody is the most that a request may carry: a form with a few files of service.MaxFile each.
const maxBody = 64 << 20

// policyHeader lets a page load only what this site serves, run no inline script, and be framed by nobody.
const policyHeader = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// nameRequest gives the request a name that is in the answer, in error messages and in the log.
func nameRequest(c *gin.Context) {
	c.Header("X-Request-ID", rand.Text())
	c.Next()
}

// logRequest writes one line a request. It names the route and not the path, and nobody: paths and forms hold personal data.
func logRequest(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		log.InfoContext(c, "request", "request_id", c.Writer.Header().Get("X-Request-ID"), "method", c.Request.Method, "route", c.FullPath(),
			"status", c.Writer.Status(), "bytes", max(0, c.Writer.Size()), "ms", time.Since(start).Milliseconds())
	}
}

// answerErrors shows the error that a request ended with. Where an answer has begun there is nothing left to say but in the log.
func answerErrors(log *slog.Logger, show func(*gin.Context, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		switch last := c.Errors.Last(); {
		case last == nil:
		case c.Writer.Written():
			log.ErrorContext(c, "request failed after its answer had begun", "route", c.FullPath(), "error", last.Err)
		default:
			show(c, last.Err)
		}
	}
}

// recoverPanic makes an error of a panic, so that one broken request does not end the server.
func recoverPanic(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause) // net/http's own way to drop a connection
		}
		fail(c, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	}()
	c.Next()
}

// secureHeaders are the defaults; a handler may set others for what it sends.
func secureHeaders(tls bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", policyHeader)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if tls {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		c.Next()
	}
}

// limitBody refuses a body that is announced as too large, and cuts off one that turns out to be.
func limitBody(c *gin.Context) {
	if c.Request.ContentLength > maxBody {
		fail(c, visit.Refuse(visit.Invalid, "body_too_large", "limit", blob.Size(maxBody)))
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	c.Next()
}

// sameOrigin refuses what another site's page makes a browser send.
func sameOrigin(p *http.CrossOriginProtection) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := p.Check(c.Request); err != nil {
			fail(c, visit.Refuse(visit.Forbidden, "cross_origin"))
			return
		}
		c.Next()
	}
}
