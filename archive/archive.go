// Package archive writes and verifies the package in which a closed visit is kept: a ZIP file with the ledger, what the
// request said, texts, reports, files, the policy and the workflow's history, and with the SHA-256 of each of them. It can
// be verified without this program: `unzip` and `sha256sum -c SHA256SUMS` are enough, and READ-ME.txt says how the events
// are chained.
package archive

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/exeat/exeat/visit"
)

// Names of the files that every package has.
const (
	ManifestName = "manifest.json"
	SumsName     = "SHA256SUMS"
	LedgerName   = "ledger.jsonl"
)

// Manifest says what a package is and what is in it.
type Manifest struct {
	Form  string          `json:"form"` // "exeat archive v1"
	Visit string          `json:"visit"`
	Head  string          `json:"head"` // hash of the last event
	Keep  visit.Retention `json:"keep"` // of the package: the longest of its files
	Made  time.Time       `json:"made"` // of the last event
	Files []Entry         `json:"files"`
}

// Entry is one file of a package. Keep is its class of retention.
type Entry struct {
	Name   string          `json:"name"`
	What   string          `json:"what"`
	SHA256 string          `json:"sha256"`
	Size   int64           `json:"size"`
	Keep   visit.Retention `json:"keep"`
}

const form = "exeat archive v1"

// Writer writes one package. The same content gives the same bytes.
type Writer struct {
	zip      *zip.Writer
	manifest Manifest
}

// NewWriter begins a package of a visit that stands at the given event.
func NewWriter(w io.Writer, id, head string, keep visit.Retention, made time.Time) *Writer {
	return &Writer{zip: zip.NewWriter(w), manifest: Manifest{Form: form, Visit: id, Head: head, Keep: keep, Made: made.UTC()}}
}

// Add adds a file; an empty class is that of the package.
func (w *Writer) Add(name, what string, keep visit.Retention, content io.Reader) error {
	if keep == "" {
		keep = w.manifest.Keep
	}
	e := Entry{Name: name, What: what, Keep: keep}
	sum := sha256.New()
	n, err := w.write(name, content, sum)
	if err != nil {
		return err
	}
	e.SHA256, e.Size = hex.EncodeToString(sum.Sum(nil)), n
	w.manifest.Files = append(w.manifest.Files, e)
	return nil
}

// AddJSON adds a value as indented JSON.
func (w *Writer) AddJSON(name, what string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	return w.Add(name, what, "", bytes.NewReader(append(b, '\n')))
}

func (w *Writer) write(name string, content io.Reader, sum hash.Hash) (int64, error) {
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.manifest.Made})
	if err != nil {
		return 0, fmt.Errorf("archive %s: %w", name, err)
	}
	n, err := io.Copy(io.MultiWriter(f, sum), content)
	if err != nil {
		return 0, fmt.Errorf("archive %s: %w", name, err)
	}
	return n, nil
}

// Close ends the package with its manifest and its sums.
func (w *Writer) Close() error {
	if err := w.Add("READ-ME.txt", "how to verify this package", "", strings.NewReader(readMe)); err != nil {
		return err
	}
	b, err := json.MarshalIndent(w.manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	sum := sha256.New()
	if _, err := w.write(ManifestName, bytes.NewReader(append(b, '\n')), sum); err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range append(w.manifest.Files, Entry{Name: ManifestName, SHA256: hex.EncodeToString(sum.Sum(nil))}) {
		fmt.Fprintf(&sums, "%s  %s\n", e.SHA256, e.Name)
	}
	if _, err := w.write(SumsName, strings.NewReader(sums.String()), sha256.New()); err != nil {
		return err
	}
	return w.zip.Close()
}

// Verify checks that a package holds exactly the files that its manifest lists, each with its hash, and gives the manifest.
func Verify(r io.ReaderAt, size int64) (Manifest, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return Manifest{}, fmt.Errorf("archive: %w", err)
	}
	var m Manifest
	b, err := content(z, ManifestName)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("archive: manifest: %w", err)
	}
	if m.Form != form {
		return m, fmt.Errorf("archive: unknown form %q", m.Form)
	}
	listed := map[string]Entry{}
	for _, e := range m.Files {
		listed[e.Name] = e
	}
	for _, f := range z.File {
		e, ok := listed[f.Name]
		if !ok && f.Name != ManifestName && f.Name != SumsName {
			return m, fmt.Errorf("archive: %s is not in the manifest", f.Name)
		}
		delete(listed, f.Name)
		if ok {
			if err := same(f, e); err != nil {
				return m, err
			}
		}
	}
	for name := range listed {
		return m, fmt.Errorf("archive: %s is missing", name)
	}
	return m, nil
}

func same(f *zip.File, e Entry) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("archive %s: %w", f.Name, err)
	}
	sum := sha256.New()
	if _, err = io.Copy(sum, r); err != nil {
		return errors.Join(fmt.Errorf("archive %s: %w", f.Name, err), r.Close())
	}
	if hex.EncodeToString(sum.Sum(nil)) != e.SHA256 {
		return errors.Join(fmt.Errorf("archive: %s was changed", f.Name), r.Close())
	}
	return r.Close()
}

func content(z *zip.Reader, name string) ([]byte, error) {
	r, err := z.Open(name)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

const readMe = `This package is the whole file of one visit.

To verify it, unpack it into an empty folder and run there:   sha256sum -c SHA256SUMS
manifest.json lists every file with its SHA-256, what it is, and its class of retention (permanent, 30 or 10 years).

ledger.jsonl holds one event a line: body, prev, hash. Each hash is the SHA-256 of three lines joined by a newline:
"exeat event v1", prev, and body; prev is the hash of the line before, empty for the first. The hash of the last line is
"head" in manifest.json. An event names what a request said (versions/), a report (reports/) and a file (files/) by the
SHA-256 of its bytes, which is its name, and a text by the SHA-256 of the canonical JSON ["salt","text"] in notes.json.
`
