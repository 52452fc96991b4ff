package audit

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// BundleForm names the form of a bundle.
const BundleForm = "exeat bundle v1"

// Exported is the kind of the office's event that says that a bundle was made.
const Exported = "audit_export"

// Files of a bundle that are there once.
const (
	manifestFile   = "manifest.json"
	exportFile     = "export.json"
	checkpointFile = "checkpoint.txt"
	keysFile       = "keys.txt"
	keptFile       = "kept.json"
	officeFile     = "office.json"
	policiesFile   = "policies.json"
	indexFile      = "index.html"
	readmeFile     = "README.txt"
)

// Manifest lists what a bundle has. Its SHA-256 is in the event of the export, which the ledger has sealed: so every file,
// the page too, is bound to a signed tree.
type Manifest struct {
	Form   string      `json:"form"`
	Origin string      `json:"origin"` // of the ledger
	MadeAt time.Time   `json:"made_at"`
	By     visit.Actor `json:"by"`
	Leaves int64       `json:"leaves"` // size of the tree of checkpoint.txt
	Visits []string    `json:"visits"`
	Files  []FileSum   `json:"files"`
}

// FileSum is a file of a bundle and its hash.
type FileSum struct {
	Path   string `json:"path"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// Proven is an event with its place in the tree.
type Proven struct {
	Seq   int             `json:"seq"`
	Body  string          `json:"body"`
	Prev  string          `json:"prev"`
	Hash  string          `json:"hash"`
	Leaf  int64           `json:"leaf"`
	Proof []ledger.Digest `json:"proof"` // of inclusion in the tree of checkpoint.txt
}

// export ties a bundle to the ledger.
type export struct {
	Event       Proven          `json:"event"`      // its proof is for Checkpoint
	Checkpoint  string          `json:"checkpoint"` // newer than checkpoint.txt
	Consistency []ledger.Digest `json:"consistency"`
}

// keptProof proves that the tree of a kept checkpoint is the beginning of that of checkpoint.txt.
type keptProof struct {
	Checkpoint  string          `json:"checkpoint"`
	Consistency []ledger.Digest `json:"consistency"`
}

// PolicyText is a policy of a bundle; its text lies in policies/HASH.yaml. Base is the hash of what it extends.
type PolicyText struct {
	Hash    string `json:"hash"`
	Pack    string `json:"pack"`
	Version string `json:"version"`
	Base    string `json:"base,omitempty"`
}

// Note is the text of a decision with its salt; a text that was erased is not in the list.
type NoteText struct {
	Hash string `json:"hash"`
	Salt string `json:"salt"`
	Body string `json:"body"`
}

// Dossier is one case of a bundle.
type Dossier struct {
	ID       string
	Entries  []ledger.Entry
	Leaves   map[int]int64
	Contents map[string]string
	Notes    []NoteText
	Views    map[int]View // by the event of the decision
	History  []byte       // of the workflow, archived; nil while the visit goes on
	Repairs  []store.Repair
}

// Order asks for a bundle.
type Order struct {
	Visits []string
	By     visit.Actor
	Kept   []string // checkpoints that the reader has: proofs from them are added
	// Page makes index.html of the cases.
	Page func(ctx context.Context, st *store.Store, m Manifest, cases []Dossier) ([]byte, error)
}

// sealPatience is how long a bundle waits for the sealer.
const (
	sealPatience = 20 * time.Second
	sealLook     = 100 * time.Millisecond
)

// Make writes a bundle. It records the export in the office's stream and waits until the ledger has sealed it: unavailable
// (not_sealed_yet) says that no sealer is at work.
func Make(ctx context.Context, st *store.Store, o Order) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sealPatience)
	defer cancel()
	for _, id := range o.Visits {
		row, err := st.VisitRow(ctx, id)
		if err == nil {
			err = sealed(ctx, st, id, row.Seq)
		}
		if err != nil {
			return nil, err
		}
	}
	if last, err := st.SearchOffice(ctx, store.OfficeFilter{Limit: 1}); err != nil {
		return nil, err
	} else if len(last.Items) > 0 { // what the cases rest on
		if err := sealed(ctx, st, ledger.Office, last.Items[0].Seq); err != nil {
			return nil, err
		}
	}
	b := &bundler{order: o, files: map[string][]byte{}}
	if err := st.Snapshot(ctx, func(st *store.Store) error { return b.gather(ctx, st) }); err != nil {
		return nil, err
	}
	manifest, err := b.manifest()
	if err != nil {
		return nil, err
	}
	seq, err := st.AddOffice(ctx, o.By, Exported, strings.Join(o.Visits, ","), map[string]any{
		"manifest": hashOf(manifest), "visits": o.Visits, "leaves": b.checkpoint.Size,
	})
	if err != nil {
		return nil, err
	}
	if err := sealed(ctx, st, ledger.Office, seq); err != nil {
		return nil, err
	}
	if err := b.export(ctx, st, seq); err != nil {
		return nil, err
	}
	b.files[manifestFile] = manifest
	return pack(b.files)
}

// sealed waits until an event of a stream has a leaf.
func sealed(ctx context.Context, st *store.Store, stream string, seq int) error {
	for {
		_, ok, err := st.LeafOf(ctx, stream, seq)
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return visit.Refuse(visit.Unavailable, "not_sealed_yet")
		case <-time.After(sealLook):
		}
	}
}

type bundler struct {
	order      Order
	files      map[string][]byte
	checkpoint ledger.Checkpoint
	cases      []Dossier
	made       Manifest
}

// gather reads everything at one moment.
func (b *bundler) gather(ctx context.Context, st *store.Store) error {
	newest, err := st.Checkpoint(ctx, 0)
	if err != nil {
		return err
	}
	if b.checkpoint, err = ledger.ReadCheckpoint(newest.Body); err != nil {
		return err
	}
	b.files[checkpointFile] = []byte(newest.Body)
	if err := b.keys(ctx, st); err != nil {
		return err
	}
	if err := b.kept(ctx, st); err != nil {
		return err
	}
	about, policies := map[string]bool{}, map[string]bool{}
	for _, id := range b.order.Visits {
		if err := b.dossier(ctx, st, id, about, policies); err != nil {
			return fmt.Errorf("visit %s: %w", id, err)
		}
	}
	if err := b.policies(ctx, st, policies, about); err != nil {
		return err
	}
	if err := b.office(ctx, st, slices.Sorted(maps.Keys(about))); err != nil {
		return err
	}
	now, err := st.Now(ctx)
	if err != nil {
		return err
	}
	b.made = Manifest{Form: BundleForm, Origin: b.checkpoint.Origin, MadeAt: now, By: b.order.By, Leaves: b.checkpoint.Size, Visits: b.order.Visits}
	if b.files[indexFile], err = b.order.Page(ctx, st, b.made, b.cases); err != nil {
		return fmt.Errorf("page of the bundle: %w", err)
	}
	b.files[readmeFile] = []byte(readme)
	return nil
}

const readme = `This is a bundle of evidence from exeat (form: exeat bundle v1).

Open index.html in a browser to read the cases. To verify everything, without network and without the system:

    exeat audit verify BUNDLE.zip --key KEYS --checkpoint KEPT

KEYS are public keys of the ledger that you know from elsewhere, KEPT is a checkpoint that you kept.
docs/ledger.md of exeat describes the form, so that a verifier can be written by anybody.
`

func (b *bundler) keys(ctx context.Context, st *store.Store) error {
	keys, err := st.LedgerKeys(ctx)
	var text strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&text, "# since %s\n%s\n", k.AddedAt.UTC().Format(time.RFC3339), k.Public)
	}
	b.files[keysFile] = []byte(text.String())
	return err
}

func (b *bundler) kept(ctx context.Context, st *store.Store) error {
	proofs := []keptProof{}
	for _, signed := range b.order.Kept {
		c, err := ledger.ReadCheckpoint(signed)
		if err == nil && (c.Origin != b.checkpoint.Origin || c.Size > b.checkpoint.Size) {
			err = fmt.Errorf("it is not of this ledger as it is now (%s, %d leaves)", c.Origin, c.Size)
		}
		if err != nil {
			return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "checkpoint", Rule: "not_a_checkpoint", Args: map[string]string{"detail": err.Error()}}}}
		}
		p, err := ledger.Consistency(b.checkpoint.Size, c.Size, st.Hashes(ctx))
		if err != nil {
			return err
		}
		proofs = append(proofs, keptProof{Checkpoint: signed, Consistency: p})
	}
	return b.json(keptFile, proofs)
}

func (b *bundler) json(name string, v any) error {
	body, err := json.MarshalIndent(v, "", " ")
	b.files[name] = append(body, '\n')
	return err
}

func (b *bundler) prove(ctx context.Context, st *store.Store, r ledger.Record, leaf int64, size int64) (Proven, error) {
	proof, err := ledger.Inclusion(size, leaf, st.Hashes(ctx))
	return Proven{Seq: r.Seq, Body: r.Body, Prev: r.Prev, Hash: r.Hash, Leaf: leaf, Proof: proof}, err
}

// dossier gathers one case. What it rests on besides is noted: office events by what they are about, and policies by hash.
func (b *bundler) dossier(ctx context.Context, st *store.Store, id string, about, policies map[string]bool) (err error) {
	d := Dossier{ID: id, Views: map[int]View{}}
	if d.Entries, err = st.Entries(ctx, id); err != nil {
		return err
	}
	if d.Leaves, err = st.LeavesOf(ctx, id); err != nil {
		return err
	}
	dir := path.Join("visits", id)
	var proven []Proven
	for _, e := range d.Entries {
		leaf, ok := d.Leaves[e.Event.Seq]
		if !ok || leaf >= b.checkpoint.Size {
			return visit.Refuse(visit.Unavailable, "not_sealed_yet") // it came while the bundle was made
		}
		p, err := b.prove(ctx, st, ledger.RecordOf(e), leaf, b.checkpoint.Size)
		if err != nil {
			return err
		}
		proven = append(proven, p)
		if n := e.Event.By.Delegation; n != 0 {
			about[DelegationAbout(n)] = true
		}
		if r, ok := routeOf(e.Event.Fact); ok {
			policies[r.Policy.Hash] = true
		}
	}
	if err := b.json(path.Join(dir, "events.json"), proven); err != nil {
		return err
	}
	if d.Contents, err = st.Versions(ctx, id); err != nil {
		return err
	}
	for hash, body := range d.Contents {
		b.files[path.Join(dir, "versions", hash+".json")] = []byte(body)
	}
	if err := b.texts(ctx, st, &d, dir); err != nil {
		return err
	}
	if err := b.views(ctx, st, &d, dir); err != nil {
		return err
	}
	if d.Repairs, err = st.Repairs(ctx, id); err != nil {
		return err
	}
	for _, r := range d.Repairs {
		about[fmt.Sprint("repair/", r.ID)] = true
	}
	h, err := st.ArchivedHistory(ctx, id)
	if err == nil {
		d.History, b.files[path.Join(dir, "history.json")] = h.JSON, h.JSON
		about["visit_history/"+id] = true
	} else if visit.CodeOf(err) != visit.NotFound {
		return err
	}
	b.cases = append(b.cases, d)
	return nil
}

func routeOf(f visit.Fact) (visit.Route, bool) {
	switch f := f.(type) {
	case visit.Submitted:
		return f.Route, true
	case visit.Resubmitted:
		return f.Route, true
	case visit.CategoryChanged:
		return f.Route, true
	case visit.Rerouted:
		return f.Route, true
	default:
		return visit.Route{}, false
	}
}

func (b *bundler) texts(ctx context.Context, st *store.Store, d *Dossier, dir string) error {
	notes, err := st.SaltedNotes(ctx, d.ID)
	for _, n := range notes {
		d.Notes = append(d.Notes, NoteText(n))
	}
	return errors.Join(err, b.json(path.Join(dir, "notes.json"), append([]NoteText{}, d.Notes...)))
}

func (b *bundler) views(ctx context.Context, st *store.Store, d *Dossier, dir string) error {
	src := Sources{Entries: d.Entries, Contents: d.Contents}
	var err error
	if src.Office, err = OfficeOf(ctx, st, d.Entries); err != nil {
		return err
	}
	for _, e := range d.Entries {
		if DecidedTask(e.Event.Fact) == "" {
			continue
		}
		v, _, err := src.Of(e.Event.Seq)
		if err != nil {
			continue // the verifier will say so; the rest of the evidence is not held back
		}
		body, _, err := v.Hash()
		if err != nil {
			return err
		}
		d.Views[e.Event.Seq] = v
		b.files[path.Join(dir, "views", fmt.Sprintf("%d.json", e.Event.Seq))] = body
	}
	return nil
}

// OfficeOf reads the office's events about the delegations that events of a visit name.
func OfficeOf(ctx context.Context, st *store.Store, entries []ledger.Entry, more ...int64) (map[string][]ledger.OfficeEvent, error) {
	named := map[string]bool{}
	for _, e := range entries {
		if n := e.Event.By.Delegation; n != 0 {
			named[DelegationAbout(n)] = true
		}
	}
	for _, n := range more {
		if n != 0 {
			named[DelegationAbout(n)] = true
		}
	}
	m := map[string][]ledger.OfficeEvent{}
	if len(named) == 0 {
		return m, nil
	}
	rows, err := st.OfficeAbout(ctx, slices.Sorted(maps.Keys(named))...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		e, err := r.Event()
		if err != nil {
			return nil, err
		}
		m[r.About] = append(m[r.About], e)
	}
	return m, nil
}

func (b *bundler) policies(ctx context.Context, st *store.Store, hashes, about map[string]bool) error {
	list := []PolicyText{}
	todo := slices.Sorted(maps.Keys(hashes))
	for len(todo) > 0 {
		v, err := st.PolicyVersion(ctx, todo[0])
		todo = todo[1:]
		if visit.CodeOf(err) == visit.NotFound {
			continue // the verifier will say so
		}
		if err != nil {
			return err
		}
		b.files[path.Join("policies", v.Hash+".yaml")] = []byte(v.Body)
		about["policy_version/"+v.Hash] = true
		list = append(list, PolicyText{Hash: v.Hash, Pack: v.Pack, Version: v.Version, Base: v.Base})
		if v.Base != "" && !hashes[v.Base] {
			hashes[v.Base] = true
			todo = append(todo, v.Base)
		}
	}
	return b.json(policiesFile, list)
}

// office adds the office's events that the cases rest on, as far as the checkpoint covers them.
func (b *bundler) office(ctx context.Context, st *store.Store, about []string) error {
	proven := []Proven{}
	if len(about) > 0 {
		rows, err := st.OfficeAbout(ctx, about...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Leaf == nil || *r.Leaf >= b.checkpoint.Size {
				continue
			}
			p, err := b.prove(ctx, st, ledger.Record{Stream: ledger.Office, Seq: r.Seq, Body: r.Body, Prev: r.Prev, Hash: r.Hash}, *r.Leaf, b.checkpoint.Size)
			if err != nil {
				return err
			}
			proven = append(proven, p)
		}
	}
	return b.json(officeFile, proven)
}

// manifest lists all files so far.
func (b *bundler) manifest() ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		b.made.Files = append(b.made.Files, FileSum{Path: name, Size: len(b.files[name]), SHA256: hashOf(b.files[name])})
	}
	body, err := json.MarshalIndent(b.made, "", " ")
	return append(body, '\n'), err
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// export proves that the ledger knows of the bundle.
func (b *bundler) export(ctx context.Context, st *store.Store, seq int) error {
	return st.Snapshot(ctx, func(st *store.Store) error {
		row, err := st.OfficeEvent(ctx, seq)
		if err != nil {
			return err
		}
		newest, err := st.Checkpoint(ctx, 0)
		if err != nil {
			return err
		}
		c, err := ledger.ReadCheckpoint(newest.Body)
		if err != nil {
			return err
		}
		x := export{Checkpoint: newest.Body}
		if x.Event, err = b.prove(ctx, st, ledger.Record{Stream: ledger.Office, Seq: row.Seq, Body: row.Body, Prev: row.Prev, Hash: row.Hash}, *row.Leaf, c.Size); err != nil {
			return err
		}
		if x.Consistency, err = ledger.Consistency(c.Size, b.checkpoint.Size, st.Hashes(ctx)); err != nil {
			return err
		}
		return b.json(exportFile, x)
	})
}

// seal is the comment at the end of a bundle: SHA-256 of the file in which its hex digits are zeros. It finds what was
// damaged on the way; whether the content is true is shown by the proofs.
const (
	sealText  = BundleForm + " sha256:"
	sealZeros = "0000000000000000000000000000000000000000000000000000000000000000"
)

func pack(files map[string][]byte) ([]byte, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	if err := w.SetComment(sealText + sealZeros); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(files[name])
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	b := buf.Bytes()
	copy(b[len(b)-len(sealZeros):], hashOf(b))
	return b, nil
}

// MaxBundle bounds what is read of a bundle, unpacked, in bytes.
const MaxBundle = 1 << 30

// unpack opens a bundle that arrived as it was sent.
func unpack(b []byte) (map[string][]byte, error) {
	if len(b) < len(sealText)+len(sealZeros) || !bytes.HasPrefix(b[len(b)-len(sealText)-len(sealZeros):], []byte(sealText)) {
		return nil, errors.New("it does not end like a bundle")
	}
	at := len(b) - len(sealZeros)
	unsealed := append(slices.Clone(b[:at]), sealZeros...)
	if hashOf(unsealed) != string(b[at:]) {
		return nil, errors.New("it is not as it was written: at least one byte differs")
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	files, left := map[string][]byte{}, int64(MaxBundle)
	for _, f := range r.File {
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("the file %s is there twice", f.Name)
		}
		rc, err := f.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(io.LimitReader(rc, left+1))
		if err := errors.Join(err, rc.Close()); err != nil {
			return nil, fmt.Errorf("the file %s: %w", f.Name, err)
		}
		if left -= int64(len(content)); left < 0 {
			return nil, fmt.Errorf("it is larger than %d bytes unpacked", int64(MaxBundle))
		}
		files[f.Name] = content
	}
	return files, nil
}
