package api

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/lib/pq"
	"golang.org/x/text/language"

	"github.com/exeat/exeat/blob"
	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// Problem is the body of every error answer (RFC 9457). Clients decide by Code, which is one of a closed set, and may look
// at Rule; the texts are for people, in the language of Accept-Language.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank; code and rule say more."`
	Title     string         `json:"title" doc:"The HTTP status in words."`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"What is wrong, for people."`
	Code      visit.Code     `json:"code" enum:"invalid,unauthenticated,forbidden,not_found,conflict,gone,unavailable,internal"`
	Rule      string         `json:"rule" doc:"The rule that was broken, for example task_closed."`
	RequestID string         `json:"request_id" doc:"Names the request in the server's log."`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"What is wrong with single fields."`

	after int // seconds; 0 where there is no use in waiting
}

// FieldProblem is one thing wrong with one field.
type FieldProblem struct {
	Field   string `json:"field" doc:"As it was sent, for example legs[1].arrive; empty for the whole."`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// Error makes a Problem an error of huma.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Rule }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders says when to come back, where that is known.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(p.after))
	}
	return h
}

// statuses is the one place where codes meet HTTP.
var statuses = map[visit.Code]int{
	visit.Invalid:         http.StatusUnprocessableEntity,
	visit.Unauthenticated: http.StatusUnauthorized,
	visit.Forbidden:       http.StatusForbidden,
	visit.NotFound:        http.StatusNotFound,
	visit.Conflict:        http.StatusConflict,
	visit.Gone:            http.StatusGone,
	visit.Unavailable:     http.StatusServiceUnavailable,
	visit.Internal:        http.StatusInternalServerError,
}

// exceptions are the rules for which HTTP has a status that says more than that of the code.
var exceptions = map[string]int{
	"malformed_json":     http.StatusBadRequest,
	"method_not_allowed": http.StatusMethodNotAllowed,
	"body_too_large":     http.StatusRequestEntityTooLarge,
	"json_only":          http.StatusUnsupportedMediaType,
	"too_many_attempts":  http.StatusTooManyRequests,
}

// Status is the HTTP status of a refusal; pages use it too.
func Status(e *visit.Error) int {
	if s, ok := exceptions[e.Rule]; ok {
		return s
	}
	return statuses[e.Code]
}

// Refusal gives what a user may know of any error: the refusal itself, unavailable for a database or a Temporal that does
// not answer, and internal for everything else.
func Refusal(err error) *visit.Error {
	var refusal *visit.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &tooLarge):
		return visit.Refuse(visit.Invalid, "body_too_large", "limit", blob.Size(tooLarge.Limit))
	case notText(err):
		return visit.Refuse(visit.Invalid, "not_text")
	case away(err):
		return visit.Refuse(visit.Unavailable, "unavailable")
	default:
		return visit.Refuse(visit.Internal, "internal")
	}
}

// notText tells that PostgreSQL was given the zero character or broken UTF-8, which no text of it can hold.
func notText(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && (e.Code == "22021" || e.Code == "22P05")
}

// away tells that the other side cannot be reached, gives no connection, or is shutting down (PostgreSQL's classes 08, 53, 57).
func away(err error) bool {
	var e *pq.Error
	if errors.As(err, &e) {
		class := e.Code.Class()
		return class == "08" || class == "53" || class == "57"
	}
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// problemOf makes the answer to an error.
func problemOf(err error, lang i18n.Lang, requestID string) *Problem {
	e := Refusal(err)
	status := Status(e)
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: i18n.Text(lang, "rule."+e.Rule, e.Args),
		Code: e.Code, Rule: e.Rule, RequestID: requestID, after: RetryAfter(err),
	}
	for _, f := range e.Problems {
		p.Errors = append(p.Errors, FieldProblem{Field: f.Field, Rule: f.Rule, Message: i18n.Text(lang, "rule."+f.Rule, f.Args)})
	}
	return p
}

// RetryAfter is when it is worth coming back, in seconds; 0 where waiting does not help or nobody knows.
func RetryAfter(err error) int {
	var t auth.Throttled
	if errors.As(err, &t) {
		return int(t.After.Seconds())
	}
	return 0
}

// WriteProblem answers a request that never reached an operation of the API: no route, no right, a panic.
func WriteProblem(c *gin.Context, err error) {
	p := problemOf(err, languageOf(c.GetHeader("Accept-Language")), requestID(c))
	for name, values := range p.GetHeaders() {
		c.Header(name, values[0])
	}
	body, err := json.Marshal(p)
	if err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Data(p.Status, p.ContentType(""), body)
}

// requestID is the name that the server gave to the request, and to the client in this header.
func requestID(c *gin.Context) string { return c.Writer.Header().Get("X-Request-ID") }

var languages = language.NewMatcher([]language.Tag{language.English, language.Chinese})

// languageOf is the language of texts: English unless Chinese is asked for. Pages choose the other way round.
func languageOf(header string) i18n.Lang {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return i18n.EN
	}
	if _, i, _ := languages.Match(tags...); i == 1 {
		return i18n.ZH
	}
	return i18n.EN
}
