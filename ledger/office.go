package ledger

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/visit"
)

// Office is the name of the one stream of events that belong to no visit: who holds which post, delegations, publications of
// policies, accounts, keys, archived histories, and what auditors read and exported. Every other stream is a visit's, under
// its number.
const Office = "office"

// OfficeEvent is one fact of the office's stream. Events are numbered from 1 without a gap and are never changed.
type OfficeEvent struct {
	Stream string `json:"stream"` // always Office
	Seq    int    `json:"seq"`
	// At is the instant of the change on the university's clock, UTC, in microseconds.
	At time.Time `json:"at"`
	// By is who made the change. Where nobody gave a name, Person is the database's role and Channel is database.
	By   visit.Actor `json:"by"`
	Kind string      `json:"kind"` // for example delegation_added, holding_changed, audit_read
	// Fact says what happened. That of a change of a table's row has the fields table, key and row.
	Fact json.RawMessage `json:"fact"`
}

// RowFact is the fact of a row that was added, changed or removed. Texts of people are left out of the row.
type RowFact struct {
	Table string         `json:"table"`
	Key   string         `json:"key"` // value of the primary key; several columns are joined by a slash
	Row   map[string]any `json:"row"`
}

// Record is an event of any stream as it is stored. Body is the exact bytes that were hashed.
type Record struct {
	Stream string
	Seq    int
	Body   string
	Prev   string // hash of the record before in its stream, hex; "" for the first
	Hash   string // as Hash makes it
}

// RecordOf is an entry of a visit as a record.
func RecordOf(e Entry) Record {
	return Record{Stream: e.Event.Visit, Seq: e.Event.Seq, Body: e.Body, Prev: e.Prev, Hash: e.Hash}
}

// placeOf reads from the body of an event to which stream it belongs and which number it has there.
func placeOf(body string) (stream string, seq int, err error) {
	if stream, seq, ok := quickPlace(body); ok {
		return stream, seq, nil
	}
	var e struct {
		Stream, Visit *string
		Seq           int
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || e.Seq < 1 || (e.Stream == nil) == (e.Visit == nil) {
		return "", 0, errors.New("the body does not say which event it is")
	}
	if e.Stream != nil {
		return *e.Stream, e.Seq, nil
	}
	return *e.Visit, e.Seq, nil
}

// quickPlace is placeOf without a JSON parser, which would cost ten times what the hashes cost. It answers where the fields
// stand as they stand today: the canonical form sorts them, so that they are the last.
func quickPlace(body string) (stream string, seq int, ok bool) {
	i := strings.LastIndex(body, `,"seq":`)
	if i < 0 {
		return "", 0, false
	}
	number, rest, _ := strings.Cut(body[i+len(`,"seq":`):], ",")
	seq, err := strconv.Atoi(number)
	if err != nil || seq < 1 {
		return "", 0, false
	}
	if shown, found := strings.CutPrefix(rest, `"shown":{"after":`); found {
		_, rest, _ = strings.Cut(shown, "},")
	}
	rest, isVisit := strings.CutPrefix(rest, `"visit":"`)
	if !isVisit {
		if rest, ok = strings.CutPrefix(rest, `"stream":"`); !ok {
			return "", 0, false
		}
	}
	stream, ok = strings.CutSuffix(rest, `"}`)
	return stream, seq, ok && !strings.ContainsAny(stream, `"\\`) && isVisit == (stream != Office)
}
