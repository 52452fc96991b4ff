package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/exeat/exeat/visit"
)

// huma keeps these in variables of its package; they are the same for every API of a process.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = misshapen
}

// misshapen says what huma found wrong with the shape of a request in the words of the domain's refusals.
func misshapen(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	c := humagin.Unwrap(ctx)
	return problemOf(misshape(status, msg, errs), languageOf(c.GetHeader("Accept-Language")), requestID(c))
}

func misshape(status int, msg string, errs []error) error {
	switch status {
	case http.StatusUnprocessableEntity:
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: shapeProblems(errs)}
	case http.StatusBadRequest:
		return visit.Refuse(visit.Invalid, "malformed_json", "detail", detail(msg, errs))
	case http.StatusRequestEntityTooLarge:
		return visit.Refuse(visit.Invalid, "body_too_large", "limit", strings.TrimPrefix(msg, "request body is too large limit="))
	case http.StatusUnsupportedMediaType:
		return visit.Refuse(visit.Invalid, "json_only")
	case http.StatusRequestTimeout:
		return visit.Refuse(visit.Unavailable, "unavailable")
	default:
		return errors.Join(append([]error{errors.New(msg)}, errs...)...)
	}
}

func detail(msg string, errs []error) string {
	var d *huma.ErrorDetail
	for _, err := range errs {
		if errors.As(err, &d) {
			return d.Message
		}
	}
	return msg
}

func shapeProblems(errs []error) []visit.Problem {
	ps := make([]visit.Problem, 0, len(errs))
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			ps = append(ps, shapeProblem(d))
		}
	}
	return ps
}

var (
	missingProperty = regexp.MustCompile(`^expected required property (\S+) to be present$`)
	wrongType       = regexp.MustCompile(`^(?:expected|invalid) (string|boolean|number|integer|float|array|object)$`)
	tooLong         = regexp.MustCompile(`^expected length <= (\d+)$`)
)

// shapeProblem turns one finding of huma into a problem with the field as the sender wrote it.
func shapeProblem(d *huma.ErrorDetail) visit.Problem {
	field, value := fieldOf(d.Location), ""
	if s, ok := d.Value.(string); ok {
		value = s
	}
	if m := missingProperty.FindStringSubmatch(d.Message); m != nil {
		return visit.Problem{Field: strings.TrimPrefix(field+"."+m[1], "."), Rule: "required"}
	}
	if m := tooLong.FindStringSubmatch(d.Message); m != nil {
		return visit.Problem{Field: field, Rule: "too_long", Args: map[string]string{"max": m[1]}}
	}
	if m := wrongType.FindStringSubmatch(d.Message); m != nil {
		return visit.Problem{Field: field, Rule: "wrong_type", Args: map[string]string{"expected": m[1]}}
	}
	switch {
	case d.Location == "body" && strings.HasPrefix(d.Message, "amount "):
		field, value = badAmount(value)
		return visit.Problem{Field: field, Rule: "not_a_number", Args: map[string]string{"value": value}}
	case d.Message == validation.MsgUnexpectedProperty, d.Message == "unknown query parameter":
		return visit.Problem{Field: field, Rule: "unknown_field", Args: map[string]string{"field": field}}
	case d.Message == "File required", strings.HasSuffix(d.Message, "parameter is missing"), d.Message == "expected length >= 1":
		return visit.Problem{Field: field, Rule: "required"}
	case d.Message == "Failed to infer file media type": // which takes one byte
		return visit.Problem{Field: field, Rule: "empty_file"}
	case d.Message == validation.MsgExpectedRFC3339Date:
		return visit.Problem{Field: field, Rule: "not_a_date", Args: map[string]string{"value": value}}
	case strings.HasPrefix(d.Message, "expected value to be one of"):
		return visit.Problem{Field: field, Rule: "unknown_value", Args: map[string]string{"value": value}}
	default:
		return visit.Problem{Field: field, Rule: "malformed_value", Args: map[string]string{"detail": d.Message}}
	}
}

// fieldOf drops the place in the request: body.legs[0].city is the field legs[0].city, header.Idempotency-Key is that header.
func fieldOf(location string) string {
	for _, place := range []string{"body", "query", "path", "header", "form"} {
		if location == place {
			return ""
		}
		if rest, ok := strings.CutPrefix(location, place+"."); ok {
			return rest
		}
	}
	return location
}

// badAmount finds the amount that cannot be read. Amounts are the one part of a draft whose own decoder refuses what the
// schema (a number) lets through, and an error of a decoder does not say where it stood.
func badAmount(body string) (field, value string) {
	var draft struct {
		Funding []struct {
			Amount json.RawMessage `json:"amount"`
		} `json:"funding"`
	}
	if json.Unmarshal([]byte(body), &draft) != nil {
		return "", ""
	}
	for i, f := range draft.Funding {
		if _, err := visit.ParseMoney(string(f.Amount)); f.Amount != nil && err != nil {
			return "funding[" + strconv.Itoa(i) + "].amount", string(f.Amount)
		}
	}
	return "", ""
}
