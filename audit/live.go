package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gowebpki/jcs"
	historypb "go.temporal.io/api/history/v1"
	"golang.org/x/mod/sumdb/note"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Live verifies the record of a running system: its database, and the histories of its workflows.
type Live struct {
	Store *store.Store
	// Histories gives the history of a workflow that is not archived yet; nil leaves them out.
	Histories func(ctx context.Context, visit string) (*historypb.History, error)
	// Kept are checkpoints that somebody kept elsewhere, as signed notes.
	Kept []string
	// Keys are public keys that the verifier knows from elsewhere; without any, those of the database are believed.
	Keys []string
}

// Report is what a verification did and found.
type Report struct {
	At          time.Time `json:"at"` // UTC, real time
	Events      int       `json:"events"`
	Visits      int       `json:"visits"`
	Waiting     int       `json:"waiting"` // to be sealed
	Leaves      int64     `json:"leaves"`
	Root        string    `json:"root"` // of the tree of all leaves
	Checkpoints int       `json:"checkpoints"`
	Keys        []string  `json:"keys"`
	Trusted     bool      `json:"trusted"` // the keys are from elsewhere
	Shown       int       `json:"shown"`   // views of approvers that were made again
	Histories   int       `json:"histories"`
	NoHistory   []string  `json:"no_history"` // visits that have ended and of which no history is left
	// Rate is how many events a second a core verified: chains, places, leaves and the tree, reading them included. What
	// was waited for does not count. 0 for a bundle.
	Rate   float64        `json:"rate"`
	Table  *TableFact     `json:"table,omitempty"` // of a PDF with a table
	Faults []ledger.Fault `json:"faults"`
}

// Good tells that nothing was found.
func (r Report) Good() bool { return len(r.Faults) == 0 }

// faultsMax bounds what is listed: a record that was destroyed needs no million lines.
const faultsMax = 1000

func (r *Report) add(fs ...ledger.Fault) {
	r.Faults = append(r.Faults, fs[:min(len(fs), max(0, faultsMax-len(r.Faults)))]...)
}

// Verify reads everything at one moment of the database and verifies it. An error says that it could not; what it found is
// in the report.
func (l Live) Verify(ctx context.Context) (Report, error) {
	r := Report{At: time.Now().UTC().Truncate(time.Second), NoHistory: []string{}, Faults: []ledger.Fault{}}
	err := l.Store.Snapshot(ctx, func(st *store.Store) error {
		checkpoints, err := l.checkpoints(ctx, st, &r)
		if err != nil {
			return err
		}
		took, err := busy(func() error { return verifyTree(ctx, st, &r, checkpoints) })
		if err != nil {
			return err
		}
		if took > 0 {
			r.Rate = float64(r.Events) / took.Seconds()
		}
		kept, err := verifyVisits(ctx, st, &r)
		if err != nil {
			return err
		}
		if err := l.verifyHistories(ctx, st, &r, kept); err != nil {
			return err
		}
		return verifyOffice(ctx, st, &r)
	})
	return r, err
}

// checkpoints opens all signed checkpoints, those of the database and those that were kept.
func (l Live) checkpoints(ctx context.Context, st *store.Store, r *Report) ([]ledger.Checkpoint, error) {
	known, err := l.keys(ctx, st, r)
	if err != nil {
		return nil, err
	}
	var all []ledger.Checkpoint
	for i, signed := range l.Kept {
		c, err := ledger.OpenCheckpoint(signed, known)
		if err != nil {
			return nil, fmt.Errorf("kept checkpoint %d: %w", i+1, err) // of another ledger, or no checkpoint
		}
		all = append(all, c)
	}
	for below := int64(0); ; {
		rows, err := st.Checkpoints(ctx, below, 10_000)
		if err != nil || len(rows) == 0 {
			return all, err
		}
		for _, row := range rows {
			c, err := ledger.OpenCheckpoint(row.Body, known)
			if err == nil && c.Size != row.Size {
				err = fmt.Errorf("it is signed for %d leaves", c.Size)
			}
			if err != nil {
				r.add(ledger.Fault{Kind: ledger.Unsigned, Detail: fmt.Sprintf("checkpoint of %d leaves: %v", row.Size, err)})
				continue
			}
			r.Checkpoints++
			all = append(all, c)
		}
		below = rows[len(rows)-1].Size
	}
}

func (l Live) keys(ctx context.Context, st *store.Store, r *Report) (note.Verifiers, error) {
	r.Keys, r.Trusted = slices.Clone(l.Keys), len(l.Keys) > 0
	if !r.Trusted {
		rows, err := st.LedgerKeys(ctx)
		if err != nil {
			return nil, err
		}
		for _, k := range rows {
			r.Keys = append(r.Keys, k.Public)
		}
	}
	return ledger.Keys(r.Keys...)
}

func verifyTree(ctx context.Context, st *store.Store, r *Report, checkpoints []ledger.Checkpoint) error {
	var streams ledger.Streams
	if err := st.EachStored(ctx, streams.Add); err != nil {
		return err
	}
	leaves := ledger.NewLeaves(checkpoints)
	if err := st.EachLeaf(ctx, leaves.Add); err != nil {
		return err
	}
	leaves.End()
	lost, err := st.Lost(ctx)
	if err != nil {
		return err
	}
	r.Events, r.Waiting, r.Leaves, r.Root = streams.Records, streams.Waiting, leaves.Tree.Size(), leaves.Tree.Root().String()
	r.add(streams.Faults...)
	r.add(leaves.Faults...)
	r.add(lost...)
	return nil
}

// verifyVisits folds every visit and holds what pages read against it, and makes again what approvers were shown. It gives
// the entries of the visits that have ended.
func verifyVisits(ctx context.Context, st *store.Store, r *Report) (map[string][]ledger.Entry, error) {
	delegations, err := delegationEvents(ctx, st)
	if err != nil {
		return nil, err
	}
	ended := map[string][]ledger.Entry{}
	err = st.EachKept(ctx, func(id string, k store.Kept, unreadable error) error {
		r.Visits++
		if unreadable != nil {
			r.add(ledger.Fault{Kind: ledger.Impossible, Stream: id, Detail: unreadable.Error()})
			return nil
		}
		shown, faults := Sources{Entries: k.Entries, Contents: k.Versions, Office: delegations}.CheckShown()
		r.Shown += shown
		r.add(faults...)
		v, faults := verifyKept(id, k)
		r.add(faults...)
		if v.State.Final() {
			ended[id] = k.Entries
		}
		return nil
	})
	return ended, err
}

func delegationEvents(ctx context.Context, st *store.Store) (map[string][]ledger.OfficeEvent, error) {
	m := map[string][]ledger.OfficeEvent{}
	err := st.EachOffice(ctx, func(row store.OfficeRow) error {
		if !strings.HasPrefix(row.About, "delegation/") {
			return nil
		}
		e, err := row.Event()
		if err == nil {
			m[row.About] = append(m[row.About], e)
		}
		return nil // an event that cannot be read is named where the office's stream is verified
	})
	return m, err
}

// verifyKept holds the rows of a visit against the fold of its events.
func verifyKept(id string, k store.Kept) (v visit.Visit, faults ledger.Faults) {
	fault := func(kind ledger.FaultKind, seq int, format string, args ...any) {
		faults = append(faults, ledger.Fault{Kind: kind, Stream: id, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
	events := make([]visit.Event, len(k.Entries))
	for i, e := range k.Entries {
		events[i] = e.Event
		if diff := columns(k.Columns[i], e.Event); diff != "" {
			fault(ledger.Projected, k.Columns[i].Seq, "the column %s of its row differs from its body", diff)
		}
	}
	if len(events) == 0 {
		fault(ledger.Projected, 0, "there is a row of a visit that has no events")
		return v, faults
	}
	v, err := visit.Fold(events)
	if err != nil {
		fault(ledger.Impossible, 0, "%v", err)
		return v, faults
	}
	for hash, body := range k.Versions {
		if sum := sha256.Sum256([]byte(body)); hex.EncodeToString(sum[:]) != hash {
			fault(ledger.Altered, 0, "the version %s is not what was submitted", hash)
		}
	}
	row, tasks, err := store.Projected(v, k.Entries[len(k.Entries)-1].Hash, k.Versions[v.Version])
	switch {
	case err != nil:
		fault(ledger.Missing, 0, "the version %s that it pins: %v", v.Version, err)
		return v, faults
	case k.Row == nil:
		fault(ledger.Projected, 0, "it has no row in visit")
		return v, faults
	}
	for _, d := range rowDiffs(*k.Row, row) {
		fault(ledger.Projected, 0, "visit.%s", d)
	}
	if k.Row.Search != row.Search {
		fault(ledger.Projected, 0, "visit.search differs")
	}
	faults = append(faults, taskDiffs(id, k.Tasks, tasks)...)
	return v, faults
}

func columns(c store.EventColumns, e visit.Event) string {
	for _, x := range []struct {
		name string
		same bool
	}{
		{"kind", c.Kind == e.Kind()}, {"at", c.At.Equal(e.At)}, {"actor", c.Actor == e.By.Person}, {"on_behalf_of", c.OnBehalfOf == e.By.OnBehalfOf},
		{"post", c.Post == e.By.Post}, {"command", c.Command == e.Command},
	} {
		if !x.same {
			return x.name
		}
	}
	return ""
}

func taskDiffs(id string, have, want []store.TaskRow) (faults ledger.Faults) {
	kept := map[string]store.TaskRow{}
	for _, t := range have {
		kept[t.ID] = t
	}
	for _, t := range want {
		h, ok := kept[t.ID]
		delete(kept, t.ID)
		if !ok {
			faults = append(faults, ledger.Fault{Kind: ledger.Projected, Stream: id, Detail: "task " + t.ID + " has no row"})
			continue
		}
		for _, d := range rowDiffs(h, t) {
			faults = append(faults, ledger.Fault{Kind: ledger.Projected, Stream: id, Detail: "task " + t.ID + ": task." + d})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(kept)) {
		faults = append(faults, ledger.Fault{Kind: ledger.Projected, Stream: id, Detail: "there is a row of task " + t + ", which was never asked"})
	}
	return faults
}

// rowDiffs lists the columns in which two rows differ, with both values.
func rowDiffs(have, want any) []string {
	a, errA := json.Marshal(have)
	b, errB := json.Marshal(want)
	if errA == nil && errB == nil && bytes.Equal(a, b) {
		return nil
	}
	h, w := fields(a), fields(b)
	var diffs []string
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if h[name] != w[name] {
			diffs = append(diffs, fmt.Sprintf("%s is %s; the events say %s", name, h[name], w[name]))
		}
	}
	return diffs
}

func fields(row []byte) map[string]string {
	out := map[string]string{}
	var raw map[string]any
	if json.Unmarshal(row, &raw) != nil {
		return out
	}
	for name, v := range raw {
		out[name] = fmt.Sprint(v)
	}
	return out
}

// verifyHistories holds the history of every visit that has ended against its ledger: the archived one, else the live one.
func (l Live) verifyHistories(ctx context.Context, st *store.Store, r *Report, ended map[string][]ledger.Entry) error {
	for _, id := range slices.Sorted(maps.Keys(ended)) {
		h, faults, err := l.history(ctx, st, id)
		if err != nil {
			return err
		}
		r.add(faults...)
		switch {
		case h != nil:
			r.Histories++
			r.add(CompareHistory(id, h, ended[id])...)
		case len(faults) == 0:
			r.NoHistory = append(r.NoHistory, id)
		}
	}
	return nil
}

func (l Live) history(ctx context.Context, st *store.Store, id string) (*historypb.History, ledger.Faults, error) {
	a, err := st.ArchivedHistory(ctx, id)
	switch {
	case visit.CodeOf(err) == visit.NotFound:
		if l.Histories == nil {
			return nil, nil, nil
		}
		h, err := l.Histories(ctx, id)
		if visit.CodeOf(err) == visit.NotFound {
			return nil, nil, nil
		}
		return h, nil, err
	case err != nil && a.Hash == "":
		return nil, nil, err
	}
	altered := func(format string, args ...any) ledger.Faults {
		return ledger.Faults{{Kind: ledger.Differs, Stream: id, Detail: "its archived history: " + fmt.Sprintf(format, args...)}}
	}
	if err != nil {
		return nil, altered("%v", err), nil
	}
	var faults ledger.Faults
	if sum := sha256.Sum256(a.JSON); hex.EncodeToString(sum[:]) != a.Hash {
		faults = altered("it is not the one that was archived")
	}
	h, err := ReadHistory(a.JSON)
	if err != nil {
		return nil, append(faults, altered("%v", err)...), nil
	}
	return h, faults, nil
}

// verifyOffice holds the columns of the office's events against their bodies, and every watched table against them.
func verifyOffice(ctx context.Context, st *store.Store, r *Report) error {
	said := map[string]string{}
	err := st.EachOffice(ctx, func(row store.OfficeRow) error {
		at := ledger.Fault{Stream: ledger.Office, Seq: row.Seq}
		e, err := row.Event()
		if err != nil {
			at.Kind, at.Detail = ledger.Impossible, err.Error()
			r.add(at)
			return nil
		}
		if row.Kind != e.Kind || row.Actor != e.By.Person || !row.At.Equal(e.At) {
			at.Kind, at.Detail = ledger.Projected, "the columns of its row differ from its body"
			r.add(at)
		}
		var fact struct {
			Table, Key string
			Row        json.RawMessage
		}
		if json.Unmarshal(e.Fact, &fact) != nil || fact.Table == "" {
			return nil
		}
		about := fact.Table + "/" + fact.Key
		if strings.HasSuffix(e.Kind, "_removed") {
			delete(said, about)
			return nil
		}
		canonical, err := jcs.Transform(fact.Row)
		said[about] = string(canonical)
		return err
	})
	rows, rowsErr := st.WatchedRows(ctx)
	unguarded, guardErr := st.Unguarded(ctx)
	if err := errors.Join(err, rowsErr, guardErr); err != nil {
		return err
	}
	for _, about := range slices.Sorted(maps.Keys(rows)) {
		switch want, ok := said[about]; {
		case !ok:
			r.add(ledger.Fault{Kind: ledger.Projected, Stream: ledger.Office, Detail: about + " is there; no event says so"})
		case want != rows[about]:
			r.add(ledger.Fault{Kind: ledger.Projected, Stream: ledger.Office, Detail: fmt.Sprintf("%s is %s; its last event says %s", about, rows[about], want)})
		}
		delete(said, about)
	}
	for _, about := range slices.Sorted(maps.Keys(said)) {
		if table, _, _ := strings.Cut(about, "/"); table != "note" && table != "visit_version" {
			r.add(ledger.Fault{Kind: ledger.Projected, Stream: ledger.Office, Detail: about + " is gone; no event says so"})
		}
	}
	for _, u := range unguarded {
		r.add(ledger.Fault{Kind: ledger.Writable, Detail: u})
	}
	return nil
}
