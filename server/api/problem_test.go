package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/auth"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

func TestEveryErrorHasAStatusACodeAndARule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
		code   visit.Code
		rule   string
	}{
		"invalid":         {visit.Refuse(visit.Invalid, "cannot_submit"), 422, visit.Invalid, "cannot_submit"},
		"malformed":       {visit.Refuse(visit.Invalid, "malformed_json"), 400, visit.Invalid, "malformed_json"},
		"unauthenticated": {visit.Refuse(visit.Unauthenticated, "sign_in_required"), 401, visit.Unauthenticated, "sign_in_required"},
		"forbidden":       {visit.Refuse(visit.Forbidden, "csrf"), 403, visit.Forbidden, "csrf"},
		"not found":       {visit.Refuse(visit.NotFound, "not_found"), 404, visit.NotFound, "not_found"},
		"method":          {visit.Refuse(visit.NotFound, "method_not_allowed"), 405, visit.NotFound, "method_not_allowed"},
		"conflict":        {visit.Refuse(visit.Conflict, "task_closed"), 409, visit.Conflict, "task_closed"},
		"gone":            {visit.Refuse(visit.Gone, "gone"), 410, visit.Gone, "gone"},
		"unavailable":     {visit.Refuse(visit.Unavailable, "not_decided_yet"), 503, visit.Unavailable, "not_decided_yet"},
		"throttled":       {auth.Throttled{After: time.Minute}, 429, visit.Unavailable, "too_many_attempts"},
		"wrapped":         {fmt.Errorf("read: %w", visit.Refuse(visit.NotFound, "not_found")), 404, visit.NotFound, "not_found"},
		"large body":      {&http.MaxBytesError{Limit: 1 << 20}, 413, visit.Invalid, "body_too_large"},
		"zero character":  {fmt.Errorf("write: %w", &pq.Error{Code: "22021"}), 422, visit.Invalid, "not_text"},
		"zero in JSON":    {&pq.Error{Code: "22P05"}, 422, visit.Invalid, "not_text"},
		"database down":   {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, 503, visit.Unavailable, "unavailable"},
		"database ends":   {&pq.Error{Code: "57P01"}, 503, visit.Unavailable, "unavailable"},
		"client hung up":  {context.Canceled, 503, visit.Unavailable, "unavailable"},
		"our fault":       {errors.New("nil map"), 500, visit.Internal, "internal"},
		"bad SQL":         {&pq.Error{Code: "42703", Message: "column x"}, 500, visit.Internal, "internal"},
	} {
		p := problemOf(c.err, i18n.EN, "REQ")
		require.Equal(t, c.status, p.Status, name)
		require.Equal(t, c.code, p.Code, name)
		require.Equal(t, c.rule, p.Rule, name)
		require.Equal(t, http.StatusText(c.status), p.Title, name)
		require.Equal(t, "REQ", p.RequestID, name)
		require.NotContains(t, p.Detail, "nil map", name)
		require.NotContains(t, p.Detail, "column", name)
	}
}

func TestThrottledSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	require.Equal(t, "900", problemOf(auth.Throttled{After: 15 * time.Minute}, i18n.EN, "").GetHeaders().Get("Retry-After"))
	require.Empty(t, problemOf(visit.Refuse(visit.Unavailable, "x"), i18n.EN, "").GetHeaders())
}

func TestProblemIsToldInTheLanguageAskedFor(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]i18n.Lang{"": i18n.EN, "zh-CN,zh;q=0.9": i18n.ZH, "en-GB": i18n.EN, "fr": i18n.EN, "zh-TW": i18n.ZH, "*": i18n.EN, "!!": i18n.EN} {
		require.Equal(t, want, languageOf(header), header)
	}
	err := &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "title", Rule: "required"}}}
	zh, en := problemOf(err, i18n.ZH, ""), problemOf(err, i18n.EN, "")
	require.NotEqual(t, zh.Detail, en.Detail)
	require.NotEqual(t, zh.Errors[0].Message, en.Errors[0].Message)
	body, e := json.Marshal(en)
	require.NoError(t, e)
	require.JSONEq(t, `{"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"invalid","rule":"invalid","request_id":"",
		"detail":"Some entries need to be corrected.","errors":[{"field":"title","rule":"required","message":"Please fill this in."}]}`, string(body))
}

func TestWhatTheLibraryFindsIsSaidInOurWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found       huma.ErrorDetail
		field, rule string
	}{
		"unknown field":    {huma.ErrorDetail{Location: "body.legs[0].contry", Message: "unexpected property"}, "legs[0].contry", "unknown_field"},
		"unknown query":    {huma.ErrorDetail{Location: "query.stat", Message: "unknown query parameter"}, "stat", "unknown_field"},
		"missing property": {huma.ErrorDetail{Location: "body", Message: "expected required property username to be present"}, "username", "required"},
		"missing below":    {huma.ErrorDetail{Location: "body.legs[1]", Message: "expected required property city to be present"}, "legs[1].city", "required"},
		"missing header":   {huma.ErrorDetail{Location: "header.Idempotency-Key", Message: "required header parameter is missing"}, "Idempotency-Key", "required"},
		"missing file":     {huma.ErrorDetail{Location: "file", Message: "File required"}, "file", "required"},
		"wrong type":       {huma.ErrorDetail{Location: "body.legs[0].country", Message: "expected string"}, "legs[0].country", "wrong_type"},
		"wrong query type": {huma.ErrorDetail{Location: "query.limit", Message: "invalid integer"}, "limit", "wrong_type"},
		"not a choice":     {huma.ErrorDetail{Location: "query.state", Message: `expected value to be one of "draft"`, Value: "x"}, "state", "unknown_value"},
		"not a day":        {huma.ErrorDetail{Location: "query.from", Message: "expected string to be RFC 3339 date", Value: "x"}, "from", "not_a_date"},
		"too long":         {huma.ErrorDetail{Location: "query.q", Message: "expected length <= 100"}, "q", "too_long"},
		"an amount":        {huma.ErrorDetail{Location: "body", Message: `amount "1.234": at most two decimals`, Value: `{"funding":[{"amount":1},{"amount":1.234}]}`}, "funding[1].amount", "not_a_number"},
		"something else":   {huma.ErrorDetail{Location: "query.limit", Message: "expected number <= 200"}, "limit", "malformed_value"},
	} {
		p := shapeProblem(&c.found)
		require.Equal(t, c.field, p.Field, name)
		require.Equal(t, c.rule, p.Rule, name)
	}
}
