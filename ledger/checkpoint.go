package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what the tree was at a moment: the form of C2SP's tlog-checkpoint, a note signed with Ed25519. Whoever
// keeps one can show later that nothing up to Size was changed, dropped, reordered or cut off.
type Checkpoint struct {
	Origin string    // names the ledger; also the name of its keys
	Size   int64     // leaves
	Root   Digest    // of the tree of that size
	Sealed time.Time // UTC, in seconds; an extension line of the note
}

// text is what is signed.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]), c.Sealed.UTC().Format(time.RFC3339))
}

// Sign writes the checkpoint as a signed note.
func (c Checkpoint) Sign(keys ...note.Signer) (string, error) {
	b, err := note.Sign(&note.Note{Text: c.text()}, keys...)
	return string(b), err
}

// OpenCheckpoint reads a signed checkpoint and checks its signatures: at least one is of a known key, and none of a known
// key is wrong. A signature is written in one way only: of its last character base64 leaves bits open, which nobody may set.
func OpenCheckpoint(signed string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), known)
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		return Checkpoint{}, errors.New("no signature of the checkpoint is of a known key")
	case err != nil:
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	for _, sig := range n.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("checkpoint: the signature of %s is not written as it was made", sig.Name)
		}
	}
	return parseCheckpoint(n.Text)
}

// ReadCheckpoint reads a checkpoint without checking its signatures.
func ReadCheckpoint(signed string) (Checkpoint, error) {
	text, _, ok := strings.Cut(signed, "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("not a checkpoint: it has no signature")
	}
	return parseCheckpoint(text + "\n")
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 {
		return Checkpoint{}, errors.New("not a checkpoint: it has fewer than three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("checkpoint: %q is not a size", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %q is not a root", lines[2])
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if len(lines) > 3 {
		c.Sealed, _ = time.Parse(time.RFC3339, lines[3]) // an extension line, which another ledger may not have
	}
	return c, nil
}
