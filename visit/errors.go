package visit

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of refusal an Error is. It is the stable `code` of the API's problem documents and decides the
// HTTP status; the set is closed.
type Code string

// The codes of the API contract.
const (
	Invalid         Code = "invalid"
	Unauthenticated Code = "unauthenticated"
	Forbidden       Code = "forbidden"
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	Gone            Code = "gone"
	Unavailable     Code = "unavailable"
	Internal        Code = "internal"
)

// Problem is one thing wrong with one field of what a user sent.
type Problem struct {
	// Field is the path as the sender wrote it, for example `legs[1].arrive`; empty for the whole.
	Field string `json:"field"`
	// Rule names the rule that was broken, for example `date_order`; it is also the key of its message.
	Rule string `json:"rule"`
	// Args fill the message's places, for example {"limit": "20 MiB"}.
	Args map[string]string `json:"args,omitempty"`
	// Missing marks what a draft may still lack but a submission may not.
	Missing bool `json:"missing,omitempty"`
}

// Error is a refusal that a user can understand. Its text is made late, in the reader's language, from Rule and Args.
type Error struct {
	Code     Code              `json:"code"`
	Rule     string            `json:"rule"`
	Args     map[string]string `json:"args,omitempty"`
	Problems []Problem         `json:"problems,omitempty"`
}

// Refuse makes an Error; pairs are the message's arguments, name before value.
func Refuse(code Code, rule string, pairs ...string) *Error {
	e := &Error{Code: code, Rule: rule}
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.Args == nil {
			e.Args = map[string]string{}
		}
		e.Args[pairs[i]] = pairs[i+1]
	}
	return e
}

// Error gives the refusal for logs; users read a translation of it.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Rule)
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "; %s: %s", p.Field, p.Rule)
	}
	return b.String()
}

// RuleOf gives the rule of a refusal, "" for other errors and none.
func RuleOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Rule
	}
	return ""
}

// CodeOf gives the code of the Error inside err, Internal for any other error, and "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return Internal
	}
}
