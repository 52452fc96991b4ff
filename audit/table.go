package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// TableForm names the form of the proof at the end of a signed table.
const TableForm = "exeat table v1"

// TableExported is the kind of the office's event that says which table an auditor exported; its fact has the SHA-256.
const TableExported = "audit_table"

// tableProof is what makes a PDF with a table prove itself: the office's event that names its SHA-256, the proof that this
// event is a leaf of a tree, and the checkpoint with which the ledger's key has signed that tree.
type tableProof struct {
	Form       string `json:"form"`
	Event      Proven `json:"event"`
	Checkpoint string `json:"checkpoint"`
}

// SignTable records that a PDF was exported, with a fact that gets its SHA-256, waits until the ledger has sealed that, and
// adds the proof to the file. unavailable (not_sealed_yet) says that no sealer is at work.
func SignTable(ctx context.Context, st *store.Store, by visit.Actor, pdf []byte, fact map[string]any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sealPatience)
	defer cancel()
	keys, err := st.LedgerKeys(ctx)
	if err != nil {
		return nil, err
	}
	public := make([]string, len(keys)) // for a reader who knows none; in the event, so that the file has no byte that nothing covers
	for i, k := range keys {
		public[i] = k.Public
	}
	fact["sha256"], fact["keys"] = hashOf(pdf), public
	seq, err := st.AddOffice(ctx, by, TableExported, "", fact)
	if err != nil {
		return nil, err
	}
	if err := sealed(ctx, st, ledger.Office, seq); err != nil {
		return nil, err
	}
	var p tableProof
	err = st.Snapshot(ctx, func(st *store.Store) (err error) {
		p, err = proofOf(ctx, st, seq)
		return err
	})
	if err != nil {
		return nil, err
	}
	return appendProof(pdf, p)
}

// proofOf proves an event of the office in the newest tree.
func proofOf(ctx context.Context, st *store.Store, seq int) (tableProof, error) {
	p := tableProof{Form: TableForm}
	row, err := st.OfficeEvent(ctx, seq)
	if err != nil {
		return p, err
	}
	newest, err := st.Checkpoint(ctx, 0)
	if err != nil {
		return p, err
	}
	c, err := ledger.ReadCheckpoint(newest.Body)
	if err != nil {
		return p, err
	}
	proof, err := ledger.Inclusion(c.Size, *row.Leaf, st.Hashes(ctx))
	if err != nil {
		return p, err
	}
	p.Event = Proven{Seq: row.Seq, Body: row.Body, Prev: row.Prev, Hash: row.Hash, Leaf: *row.Leaf, Proof: proof}
	p.Checkpoint = newest.Body
	return p, nil
}

var (
	pdfTrailer = regexp.MustCompile(`(?s)trailer\s*<<(.*?)>>\s*startxref\s*(\d+)\s*%%EOF\s*$`)
	pdfSize    = regexp.MustCompile(`/Size (\d+)`)
	pdfRoot    = regexp.MustCompile(`/Root \d+ \d+ R`)
)

// proofMark begins what is added to a PDF.
const proofMark = "\n% " + TableForm + "\n"

// appendProof adds a proof to a PDF by an incremental update (PDF 32000, 7.5.6): what is there stays, byte for byte, and a
// stream with canonical JSON comes after it, which no page shows. There is one way only to write it.
func appendProof(pdf []byte, p tableProof) ([]byte, error) {
	said, _, err := visit.Canonical(p)
	if err != nil {
		return nil, err
	}
	all := pdfTrailer.FindSubmatch(pdf[max(0, bytes.LastIndex(pdf, []byte("trailer"))):])
	if all == nil {
		return nil, errors.New("it does not end like a PDF")
	}
	size, root := pdfSize.FindSubmatch(all[1]), pdfRoot.Find(all[1])
	if size == nil || root == nil {
		return nil, errors.New("its trailer has neither size nor root")
	}
	number, err := strconv.Atoi(string(size[1]))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Write(pdf)
	out.WriteString(proofMark)
	at := out.Len()
	fmt.Fprintf(&out, "%d 0 obj\n<< /Type /ExeatProof /Length %d >>\nstream\n%s\nendstream\nendobj\n", number, len(said), said)
	start := out.Len()
	fmt.Fprintf(&out, "xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d %s /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", number, at, number+1, root, all[2], start)
	return out.Bytes(), nil
}

// splitProof takes a signed PDF apart. It refuses what is not, byte for byte, what appendProof makes of the parts.
func splitProof(b []byte) (pdf []byte, p tableProof, err error) {
	at := bytes.LastIndex(b, []byte(proofMark))
	if at < 0 {
		return nil, p, errors.New("it has no proof of the ledger: it is another PDF, or was saved anew")
	}
	_, rest, found := bytes.Cut(b[at:], []byte("stream\n"))
	said, _, ended := bytes.Cut(rest, []byte("\nendstream\n"))
	if !found || !ended {
		return nil, p, errors.New("its proof is not complete")
	}
	if err := json.Unmarshal(said, &p); err != nil || p.Form != TableForm {
		return nil, p, errors.New("its proof cannot be read")
	}
	again, err := appendProof(b[:at], p)
	if err != nil || !bytes.Equal(again, b) {
		return nil, p, errors.New("it is not as it was written: at least one byte differs")
	}
	return b[:at], p, nil
}

// TableFact is what the event of an exported table says.
type TableFact struct {
	Page   string         `json:"page"`
	Filter map[string]any `json:"filter,omitempty"`
	Rows   int            `json:"rows"`
	// RowsSHA256 is the SHA-256 of the canonical JSON of the rows, as the API gives them.
	RowsSHA256 string `json:"rows_sha256,omitempty"`
	SHA256     string `json:"sha256"`
	// Keys are the public keys that the ledger had.
	Keys  []string `json:"keys,omitempty"`
	Event int      `json:"event"` // its number in the office's stream
}

// VerifyTable verifies a PDF with a table from nothing but its bytes; kept and keys are as for [VerifyBundle].
func VerifyTable(b []byte, kept, keys []string) (Report, Manifest, error) {
	r := Report{At: time.Now().UTC().Truncate(time.Second), NoHistory: []string{}, Faults: []ledger.Fault{}}
	var m Manifest
	damaged := func(format string, args ...any) {
		r.add(ledger.Fault{Kind: ledger.Damaged, Detail: fmt.Sprintf(format, args...)})
	}
	pdf, p, err := splitProof(b)
	if err != nil {
		damaged("%v", err)
		return r, m, nil
	}
	e, err := p.Event.office()
	fact := TableFact{Event: p.Event.Seq}
	if err == nil {
		err = json.Unmarshal(e.Fact, &fact)
	}
	if err != nil {
		r.add(ledger.Fault{Kind: ledger.Altered, Stream: ledger.Office, Seq: p.Event.Seq, Detail: err.Error()})
		return r, m, nil
	}
	c := bundleCheck{r: &r, files: map[string][]byte{keysFile: []byte(strings.Join(fact.Keys, "\n"))}}
	switch err := c.keys(keys); {
	case err != nil && len(keys) > 0:
		return r, m, err
	case err != nil:
		damaged("the keys of its event: %v", err)
		return r, m, nil
	}
	if c.checkpoint, err = ledger.OpenCheckpoint(p.Checkpoint, c.known); err != nil {
		r.add(ledger.Fault{Kind: ledger.Unsigned, Detail: err.Error()})
		return r, m, nil
	}
	r.Leaves, r.Root, r.Checkpoints = c.checkpoint.Size, c.checkpoint.Root.String(), 1
	if err := c.sameTree(kept); err != nil {
		return r, m, err
	}
	r.Events++
	if !c.place(ledger.Office, p.Event) {
		return r, m, nil
	}
	m = Manifest{Form: TableForm, Origin: c.checkpoint.Origin, MadeAt: e.At, By: e.By, Leaves: c.checkpoint.Size}
	switch {
	case e.Kind != TableExported || fact.SHA256 != hashOf(pdf):
		damaged("the event %d of the office is of another file", e.Seq)
	default:
		r.Table = &fact
	}
	return r, m, nil
}

// sameTree holds kept checkpoints of the same tree against that of a table, which has no proofs of consistency from others.
func (c *bundleCheck) sameTree(kept []string) error {
	for _, signed := range kept {
		k, err := ledger.OpenCheckpoint(signed, c.known)
		switch {
		case err != nil:
			return fmt.Errorf("kept checkpoint: %w", err)
		case k.Size != c.checkpoint.Size:
			return fmt.Errorf("a table has no proof from a kept checkpoint of %d leaves: hold the ledger or a bundle against it", k.Size)
		case k.Root != c.checkpoint.Root:
			c.r.add(ledger.Fault{Kind: ledger.Rewritten, Leaf: new(int64), Detail: "the tree is not the one of the kept checkpoint"})
		}
	}
	return nil
}

// VerifyFile verifies a bundle or a PDF with a table, whichever it is.
func VerifyFile(b []byte, kept, keys []string) (Report, Manifest, error) {
	if bytes.HasPrefix(b, []byte("%PDF-")) {
		return VerifyTable(b, kept, keys)
	}
	return VerifyBundle(b, kept, keys)
}
