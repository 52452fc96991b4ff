// Package api is the JSON API under /api/v1. It does what the pages do, through the same functions of package service, and
// describes itself as OpenAPI 3.1 at /api/v1/openapi.json.
package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Prefix is the path below which everything is JSON.
const Prefix = "/api/v1"

// Deps are what the API needs.
type Deps struct {
	Service *service.Service
	Auth    *auth.Auth
	Log     *slog.Logger
}

// Register adds the API's routes to the engine; auth.Identify and auth.Protect must stand before them.
func Register(engine *gin.Engine, d Deps) error {
	document, err := json.Marshal(build(engine, d).OpenAPI())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(document)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	engine.GET(Prefix+"/openapi.json", func(c *gin.Context) {
		c.Header("ETag", etag)
		c.Header("Cache-Control", "public, max-age=300")
		if c.GetHeader("If-None-Match") == etag {
			c.Status(http.StatusNotModified)
			return
		}
		c.Data(http.StatusOK, "application/vnd.oai.openapi+json;version=3.1", document)
	})
	return nil
}

// Document is the OpenAPI document, indented; docs/openapi.json is a copy of it.
func Document() ([]byte, error) {
	gin.SetMode(gin.ReleaseMode)
	document, err := json.MarshalIndent(build(gin.New(), Deps{Service: &service.Service{}, Auth: auth.New(nil, false)}).OpenAPI(), "", "  ")
	return append(document, '\n'), err
}

func build(engine *gin.Engine, d Deps) huma.API {
	a := &api{svc: d.Service, auth: d.Auth, log: d.Log}
	a.API = humagin.NewWithGroup(engine, engine.Group(Prefix), config())
	a.UseMiddleware(a.admit)
	a.addSession()
	a.addVisits()
	a.addCommands()
	a.addAmendments()
	a.addOnTask()
	a.addViews()
	a.addLife()
	a.addRecord()
	a.addLedger()
	a.addAudit()
	a.addAnalytics()
	a.addUniversity()
	a.addPolicies()
	a.addCalendars()
	a.addRegisters()
	a.addNotifications()
	a.addFiles()
	a.addPapers()
	a.addAuthority()
	a.addRepairs()
	a.addRates()
	a.addRoster()
	a.addSessions()
	a.addPassports()
	a.addAbroad()
	a.addNotices()
	a.addTalents()
	a.addPartners()
	if d.Service.Demo {
		a.addDemo()
	}
	return a.API
}

func config() huma.Config {
	c := huma.DefaultConfig("exeat", "1")
	c.Info.Description = "Outbound visits of a university: drafts, routes, decisions, and the record of them. " +
		"Sign in with POST /login and send the token as `Authorization: Bearer …`. " +
		"Errors are RFC 9457 problem documents with a stable `code`. Dates are days in Beijing (YYYY-MM-DD), instants RFC 3339."
	c.Servers = []*huma.Server{{URL: Prefix}}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	c.FieldsOptionalByDefault = true // a draft may lack anything; what a call needs is said by the domain
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[visit.Money](), reflect.TypeFor[float64]())
	registry.RegisterTypeAlias(reflect.TypeFor[money.Factor](), reflect.TypeFor[float64]())
	registry.RegisterTypeAlias(reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]())
	c.Components.Schemas = registry
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":  {Type: "http", Scheme: "bearer"},
		"cookie": {Type: "apiKey", In: "cookie", Name: "exeat", Description: "The session of a browser; unsafe calls also carry X-CSRF-Token."},
	}
	c.Security = []map[string][]string{{"token": {}}, {"cookie": {}}}
	return c
}

// schemaName keeps apart types that have one name in two packages: a draft's Traveller and the policy's, the report of
// travellers and that of a replay.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for pkg, prefix := range map[string]string{"/policy": "Policy", "/replay": "Replay"} {
		if strings.HasSuffix(t.PkgPath(), pkg) && !strings.HasPrefix(name, prefix) {
			return prefix + name
		}
	}
	return name
}

type api struct {
	huma.API
	svc  *service.Service
	auth *auth.Auth
	log  *slog.Logger
}

// caller is what an operation knows of the request besides its input.
type caller struct {
	user      service.User // zero in a public operation
	lang      i18n.Lang
	requestID string
	address   string
}

type callerKey struct{}

func callerOf(ctx context.Context) caller { return ctx.Value(callerKey{}).(caller) }

// public marks an operation that needs no sign-in.
var public = []map[string][]string{{}}

func isPublic(op *huma.Operation) bool { return len(op.Security) == 1 && len(op.Security[0]) == 0 }

// admit lets in who is signed in, and anybody to a public operation.
func (a *api) admit(ctx huma.Context, next func(huma.Context)) {
	c := humagin.Unwrap(ctx)
	who := caller{lang: languageOf(c.GetHeader("Accept-Language")), requestID: requestID(c), address: c.ClientIP()}
	var err error
	if who.user, err = a.auth.Require(c); err != nil && !isPublic(ctx.Operation()) {
		WriteProblem(c, err)
		return
	}
	next(huma.WithValue(ctx, callerKey{}, who))
}

// readTime is how long a body may take. It must be longer than any operation: the deadline stays on the connection, and
// reaching it ends the request's context even after the body was read.
const readTime = 75 * time.Second

// add registers an operation that answers errors as Problems.
func add[I, O any](a *api, op huma.Operation, f func(ctx context.Context, who caller, in *I) (*O, error)) {
	op.BodyReadTimeout = readTime
	huma.Register(a.API, op, func(ctx context.Context, in *I) (*O, error) {
		who := callerOf(ctx)
		out, err := f(ctx, who, in)
		if err == nil {
			return out, nil
		}
		if Refusal(err).Code == visit.Internal {
			a.log.ErrorContext(ctx, "operation failed", "operation", op.OperationID, "request_id", who.requestID, "error", err)
		}
		return nil, problemOf(err, who.lang, who.requestID)
	})
}

func get(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary}
}

func post(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Summary: summary}
}

// body is an answer with a body and nothing else.
type body[T any] struct{ Body T }

func answer[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{v}, nil
}

// List is one page of a list. Next is the cursor of the page after; it is empty on the last page.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func list[T any](items []T, next string) List[T] {
	return List[T]{Items: append([]T{}, items...), Next: next}
}

// collect shows each of some values in another form.
func collect[S, T any](from []S, show func(S) T) []T {
	to := make([]T, len(from))
	for i, v := range from {
		to[i] = show(v)
	}
	return to
}
