// Package ledger makes the record tamper-evident. Each visit's events form a hash chain: an event's hash covers its
// canonical form (RFC 8785) and the hash of the event before.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"

	"github.com/exeat/exeat/visit"
)

// Entry is an event as it stands in the ledger. Body is the exact bytes that were hashed.
type Entry struct {
	Event visit.Event
	Body  string
	Prev  string // hash of the entry before, hex; "" for the first of a visit
	Hash  string // SHA-256, hex
}

// Append chains events after the entry whose hash is prev.
func Append(prev string, events []visit.Event) ([]Entry, error) {
	entries := make([]Entry, 0, len(events))
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("event %s/%d: %w", e.Visit, e.Seq, err)
		}
		body, err := jcs.Transform(raw)
		if err != nil {
			return nil, fmt.Errorf("event %s/%d: canonical form: %w", e.Visit, e.Seq, err)
		}
		entry := Entry{Event: e, Body: string(body), Prev: prev, Hash: Hash(prev, string(body))}
		entries = append(entries, entry)
		prev = entry.Hash
	}
	return entries, nil
}

// Hash is the hash of an entry: SHA-256 over a domain name, the hash before and the body, a line each; hex.
func Hash(prev, body string) string {
	sum := sha256.Sum256([]byte("exeat event v1\n" + prev + "\n" + body))
	return hex.EncodeToString(sum[:])
}

// Verify checks one visit's entries, which must be all of them in order, and names the first that does not fit.
func Verify(entries []Entry) error {
	prev := ""
	for i, e := range entries {
		switch {
		case e.Event.Seq != i+1:
			return fmt.Errorf("visit %s: event %d stands where event %d belongs", e.Event.Visit, e.Event.Seq, i+1)
		case e.Prev != prev:
			return fmt.Errorf("visit %s: event %d does not follow the event before it", e.Event.Visit, e.Event.Seq)
		case Hash(e.Prev, e.Body) != e.Hash:
			return fmt.Errorf("visit %s: event %d was altered", e.Event.Visit, e.Event.Seq)
		}
		prev = e.Hash
	}
	return nil
}
