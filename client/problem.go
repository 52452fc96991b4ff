package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/exeat/exeat/visit"
)

// Problem is a refusal or a failure as the API tells it (RFC 9457, application/problem+json).
type Problem struct {
	Status    int        `json:"status"`
	Title     string     `json:"title"`
	Detail    string     `json:"detail"`
	Code      visit.Code `json:"code"` // stable; decides the status
	Rule      string     `json:"rule"` // the rule that was broken
	RequestID string     `json:"request_id"`
	Errors    []Fault    `json:"errors"`
	// Call is the method and path that were called.
	Call string `json:"-"`
}

// Fault is what is wrong with one field; Field is the path as the caller wrote it, for example legs[0].country.
type Fault struct {
	Field   string `json:"field"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// Error gives everything that the server said, in one line.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d %s %s", p.Call, p.Status, p.Code, p.Rule)
	if p.Detail != "" {
		fmt.Fprintf(&b, " (%s)", p.Detail)
	}
	for _, f := range p.Errors {
		fmt.Fprintf(&b, "; %s: %s", f.Field, f.Rule)
	}
	return b.String()
}

// Fields lists the fields that are at fault.
func (p *Problem) Fields() []string {
	fields := make([]string, len(p.Errors))
	for i, f := range p.Errors {
		fields[i] = f.Field
	}
	return fields
}

// StatusOf gives the HTTP status of the problem in err, 0 when there is none.
func StatusOf(err error) int {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}
