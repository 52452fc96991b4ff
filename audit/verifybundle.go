package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// bundleCheck is a verification of a bundle under way.
type bundleCheck struct {
	files      map[string][]byte
	manifest   Manifest
	known      note.Verifiers
	checkpoint ledger.Checkpoint
	office     []ledger.OfficeEvent
	policies   map[string]bool
	r          *Report
}

// VerifyBundle verifies a bundle from nothing but its bytes. Kept are checkpoints that the reader kept, keys are public keys
// that he knows from elsewhere; without keys those of the bundle are believed. An error says that something given with the
// bundle cannot be used; what is wrong with the bundle itself is in the report.
func VerifyBundle(b []byte, kept, keys []string) (Report, Manifest, error) {
	r := Report{At: time.Now().UTC().Truncate(time.Second), NoHistory: []string{}, Faults: []ledger.Fault{}}
	c := bundleCheck{r: &r, policies: map[string]bool{}}
	var err error
	if c.files, err = unpack(b); err != nil {
		c.damaged("%v", err)
		return r, c.manifest, nil
	}
	err = c.all(kept, keys)
	return r, c.manifest, err
}

func (c *bundleCheck) damaged(format string, args ...any) {
	c.r.add(ledger.Fault{Kind: ledger.Damaged, Detail: fmt.Sprintf(format, args...)})
}

// all goes from the outside to the inside; where one step fails, those that rest on it are left out.
func (c *bundleCheck) all(kept, keys []string) error {
	if !c.listed() {
		return nil
	}
	if err := c.keys(keys); err != nil {
		return err
	}
	var err error
	if c.checkpoint, err = ledger.OpenCheckpoint(string(c.files[checkpointFile]), c.known); err != nil {
		c.r.add(ledger.Fault{Kind: ledger.Unsigned, Detail: checkpointFile + ": " + err.Error()})
		return nil
	}
	c.r.Leaves, c.r.Root, c.r.Checkpoints = c.checkpoint.Size, c.checkpoint.Root.String(), 1
	if c.checkpoint.Size != c.manifest.Leaves || c.checkpoint.Origin != c.manifest.Origin {
		c.damaged("%s is not the one of %s", checkpointFile, manifestFile)
	}
	c.exported()
	if err := c.kept(kept); err != nil {
		return err
	}
	c.officeEvents()
	c.policyTexts()
	for _, id := range c.manifest.Visits {
		c.visit(id)
	}
	return nil
}

// listed holds the files against the manifest.
func (c *bundleCheck) listed() bool {
	if err := json.Unmarshal(c.files[manifestFile], &c.manifest); err != nil || c.manifest.Form != BundleForm {
		c.damaged("%s is not that of a bundle", manifestFile)
		return false
	}
	found := len(c.r.Faults)
	have := maps.Clone(c.files)
	delete(have, manifestFile)
	delete(have, exportFile)
	for _, f := range c.manifest.Files {
		content, ok := have[f.Path]
		delete(have, f.Path)
		switch {
		case !ok:
			c.damaged("the file %s is missing", f.Path)
		case len(content) != f.Size || hashOf(content) != f.SHA256:
			c.damaged("the file %s is not the one that was exported", f.Path)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		c.damaged("the file %s was not exported", name)
	}
	return len(c.r.Faults) == found
}

func (c *bundleCheck) keys(keys []string) (err error) {
	c.r.Trusted = len(keys) > 0
	if !c.r.Trusted {
		keys = []string{string(c.files[keysFile])}
	}
	for _, text := range keys {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				c.r.Keys = append(c.r.Keys, line)
			}
		}
	}
	c.known, err = ledger.Keys(keys...)
	return err
}

// exported checks that the ledger knows of this bundle: then no file of it can be another.
func (c *bundleCheck) exported() {
	unknown := func(format string, args ...any) {
		c.damaged("the ledger does not know of this bundle: "+format, args...)
	}
	var x export
	if err := json.Unmarshal(c.files[exportFile], &x); err != nil {
		unknown("%s: %v", exportFile, err)
		return
	}
	newer, err := ledger.OpenCheckpoint(x.Checkpoint, c.known)
	if err != nil {
		c.r.add(ledger.Fault{Kind: ledger.Unsigned, Detail: exportFile + ": " + err.Error()})
		return
	}
	c.r.Checkpoints++
	e, err := x.Event.office()
	if err == nil {
		err = ledger.CheckInclusion(x.Event.Proof, newer.Size, newer.Root, x.Event.Leaf, x.Event.Body)
	}
	if err == nil {
		err = ledger.CheckConsistency(x.Consistency, newer.Size, newer.Root, c.checkpoint.Size, c.checkpoint.Root)
	}
	var fact struct {
		Manifest string
		Visits   []string
	}
	if err == nil {
		err = json.Unmarshal(e.Fact, &fact)
	}
	switch {
	case err != nil:
		unknown("%v", err)
	case e.Kind != Exported || fact.Manifest != hashOf(c.files[manifestFile]) || !slices.Equal(fact.Visits, c.manifest.Visits):
		unknown("its event of the export is of another one")
	}
}

// office reads an event of the office's stream whose hash is its own.
func (p Proven) office() (ledger.OfficeEvent, error) {
	var e ledger.OfficeEvent
	if err := json.Unmarshal([]byte(p.Body), &e); err != nil {
		return e, err
	}
	if e.Stream != ledger.Office || e.Seq != p.Seq || ledger.Hash(p.Prev, p.Body) != p.Hash {
		return e, errors.New("it is not the office's event that it says")
	}
	return e, nil
}

// kept holds checkpoints of the reader against the bundle's.
func (c *bundleCheck) kept(kept []string) error {
	var proofs []keptProof
	if err := json.Unmarshal(c.files[keptFile], &proofs); err != nil {
		c.damaged("%s: %v", keptFile, err)
		return nil
	}
	for _, signed := range kept {
		k, err := ledger.OpenCheckpoint(signed, c.known)
		if err != nil {
			return fmt.Errorf("kept checkpoint: %w", err)
		}
		first := c.checkpoint.Size
		if k.Size > c.checkpoint.Size {
			c.r.add(ledger.Fault{Kind: ledger.CutOff, Leaf: &first, Detail: fmt.Sprintf(
				"the kept checkpoint covers %d leaves and the bundle's tree has %d: it was made earlier, or its newest leaves were cut off", k.Size, c.checkpoint.Size)})
			continue
		}
		i := slices.IndexFunc(proofs, func(p keptProof) bool {
			other, err := ledger.ReadCheckpoint(p.Checkpoint)
			return err == nil && other.Size == k.Size
		})
		if i < 0 && k.Size != c.checkpoint.Size {
			return fmt.Errorf("the bundle has no proof from the kept checkpoint of %d leaves: have it made with --checkpoint", k.Size)
		}
		var proof ledger.Proof
		if i >= 0 {
			proof = proofs[i].Consistency
		}
		if err := ledger.CheckConsistency(proof, c.checkpoint.Size, c.checkpoint.Root, k.Size, k.Root); err != nil {
			c.r.add(ledger.Fault{Kind: ledger.Rewritten, Leaf: new(int64), Detail: fmt.Sprintf(
				"the tree of %d leaves is not the one of the kept checkpoint: what it covers was changed (%v)", k.Size, err)})
		}
	}
	return nil
}

// place checks that an event is the leaf that it says.
func (c *bundleCheck) place(stream string, p Proven) bool {
	if err := ledger.CheckInclusion(p.Proof, c.checkpoint.Size, c.checkpoint.Root, p.Leaf, p.Body); err != nil {
		c.r.add(ledger.Fault{Kind: ledger.Altered, Stream: stream, Seq: p.Seq, Leaf: &p.Leaf, Detail: fmt.Sprintf("it is not leaf %d of the signed tree: %v", p.Leaf, err)})
		return false
	}
	return true
}

func (c *bundleCheck) officeEvents() {
	var all []Proven
	if err := json.Unmarshal(c.files[officeFile], &all); err != nil {
		c.damaged("%s: %v", officeFile, err)
		return
	}
	for _, p := range all {
		e, err := p.office()
		if err != nil {
			c.r.add(ledger.Fault{Kind: ledger.Altered, Stream: ledger.Office, Seq: p.Seq, Detail: err.Error()})
			continue
		}
		c.r.Events++
		if c.place(ledger.Office, p) {
			c.office = append(c.office, e)
		}
	}
}

// about gives the office's events of one thing.
func (c *bundleCheck) about(about string) []ledger.OfficeEvent {
	var out []ledger.OfficeEvent
	for _, e := range c.office {
		var fact struct{ Table, Key string }
		if json.Unmarshal(e.Fact, &fact) == nil && fact.Table+"/"+fact.Key == about {
			out = append(out, e)
		}
	}
	return out
}

// policyTexts checks that each text has the hash that routes name it by, and that its publication is in the ledger.
func (c *bundleCheck) policyTexts() {
	var list []PolicyText
	if err := json.Unmarshal(c.files[policiesFile], &list); err != nil {
		c.damaged("%s: %v", policiesFile, err)
		return
	}
	for _, p := range list {
		text := string(c.files[path.Join("policies", p.Hash+".yaml")])
		if p.Base != "" {
			text = string(c.files[path.Join("policies", p.Base+".yaml")]) + text
		}
		switch {
		case hashOf([]byte(text)) != p.Hash:
			c.damaged("the policy %s %s is not the text that its hash names", p.Pack, p.Version)
		case len(c.about("policy_version/"+p.Hash)) == 0:
			c.r.add(ledger.Fault{Kind: ledger.Missing, Stream: ledger.Office, Detail: fmt.Sprintf("no event says that the policy %s %s was published", p.Pack, p.Version)})
		default:
			c.policies[p.Hash] = true
		}
	}
}

func (c *bundleCheck) visit(id string) {
	dir := path.Join("visits", id)
	var all []Proven
	if err := json.Unmarshal(c.files[path.Join(dir, "events.json")], &all); err != nil {
		c.damaged("events of visit %s: %v", id, err)
		return
	}
	c.r.Visits++
	var streams ledger.Streams
	src := Sources{Contents: c.versions(dir), Office: map[string][]ledger.OfficeEvent{}}
	for _, p := range all {
		streams.Add(ledger.Stored{
			Record: ledger.Record{Stream: id, Seq: p.Seq, Body: p.Body, Prev: p.Prev, Hash: p.Hash}, Sealed: true, Leaf: p.Leaf, Digest: ledger.LeafHash(p.Body),
		})
		c.place(id, p)
		e := ledger.Entry{Body: p.Body, Prev: p.Prev, Hash: p.Hash}
		if err := json.Unmarshal([]byte(p.Body), &e.Event); err != nil {
			c.r.add(ledger.Fault{Kind: ledger.Impossible, Stream: id, Seq: p.Seq, Detail: err.Error()})
			return
		}
		src.Entries = append(src.Entries, e)
		if n := e.Event.By.Delegation; n != 0 {
			src.Office[DelegationAbout(n)] = c.about(DelegationAbout(n))
		}
	}
	c.r.Events += streams.Records
	c.r.add(streams.Faults...)
	if len(streams.Faults) > 0 || len(src.Entries) == 0 {
		return
	}
	c.says(id, dir, src)
}

// says checks what the events rest on: versions, policies, texts, views and the workflow's history.
func (c *bundleCheck) says(id, dir string, src Sources) {
	fault := func(kind ledger.FaultKind, seq int, format string, args ...any) {
		c.r.add(ledger.Fault{Kind: kind, Stream: id, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
	events := make([]visit.Event, len(src.Entries))
	for i, e := range src.Entries {
		events[i] = e.Event
		if r, ok := routeOf(e.Event.Fact); ok && !c.policies[r.Policy.Hash] {
			fault(ledger.Missing, e.Event.Seq, "the text of its policy %s %s is not there", r.Policy.Pack, r.Policy.Version)
		}
	}
	v, err := visit.Fold(events)
	if err != nil {
		fault(ledger.Impossible, 0, "%v", err)
		return
	}
	if _, ok := src.Contents[v.Version]; !ok {
		fault(ledger.Missing, 0, "the version %s that it pins", v.Version)
	}
	c.notes(id, dir)
	shown, faults := src.CheckShown()
	c.r.Shown += shown
	c.r.add(faults...)
	c.views(id, dir, src)
	raw, ok := c.files[path.Join(dir, "history.json")]
	if !ok {
		if v.State.Final() {
			c.r.NoHistory = append(c.r.NoHistory, id)
		}
		return
	}
	noted := c.about("visit_history/" + id)
	var fact struct{ Row struct{ Hash string } }
	if len(noted) == 0 || json.Unmarshal(noted[0].Fact, &fact) != nil || fact.Row.Hash != hashOf(raw) {
		fault(ledger.Differs, 0, "its workflow's history is not the one that the ledger has the hash of")
	}
	h, err := ReadHistory(raw)
	if err != nil {
		fault(ledger.Differs, 0, "%v", err)
		return
	}
	c.r.Histories++
	c.r.add(CompareHistory(id, h, src.Entries)...)
}

// versions gives the versions whose hash is their name.
func (c *bundleCheck) versions(dir string) map[string]string {
	m := map[string]string{}
	for name, body := range c.files {
		folder, file := path.Split(name)
		hash, ok := strings.CutSuffix(file, ".json")
		if path.Clean(folder) != path.Join(dir, "versions") || !ok {
			continue
		}
		if hashOf(body) != hash {
			c.damaged("the file %s is not the version that its name says", name)
			continue
		}
		m[hash] = string(body)
	}
	return m
}

// notes checks that each text has the salted hash by which events name it.
func (c *bundleCheck) notes(id, dir string) {
	var notes []NoteText
	if err := json.Unmarshal(c.files[path.Join(dir, "notes.json")], &notes); err != nil {
		c.damaged("texts of visit %s: %v", id, err)
		return
	}
	for _, n := range notes {
		if _, hash, err := visit.Canonical([]string{n.Salt, n.Body}); err != nil || hash != n.Hash {
			c.r.add(ledger.Fault{Kind: ledger.Altered, Stream: id, Detail: "the text " + n.Hash + " is not the one that was written"})
		}
	}
}

// views checks that the views in the bundle are those that can be made from the rest of it.
func (c *bundleCheck) views(id, dir string, src Sources) {
	for _, e := range src.Entries {
		name := path.Join(dir, "views", fmt.Sprintf("%d.json", e.Event.Seq))
		have, ok := c.files[name]
		if !ok {
			continue
		}
		v, _, err := src.Of(e.Event.Seq)
		var body []byte
		if err == nil {
			body, _, err = v.Hash()
		}
		if err != nil || string(body) != string(have) {
			c.r.add(ledger.Fault{Kind: ledger.Unshown, Stream: id, Seq: e.Event.Seq, Detail: "the file " + name + " is not what can be made from the events"})
		}
	}
}
