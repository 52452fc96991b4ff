package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key signs checkpoints. Public is given away; it has the form of a note's verifier key, `origin+id+key`.
type Key struct {
	note.Signer
	Public  string
	private string
}

// NewKey makes a key of the ledger that origin names, such as exeat.example.edu/ledger. A name has no space and no plus.
func NewKey(origin string) (Key, error) {
	if origin == "" || strings.ContainsAny(origin, " +\t\n") {
		return Key{}, fmt.Errorf("%q cannot name a ledger: it must not be empty or contain a space or a plus", origin)
	}
	private, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return Key{}, err
	}
	return parseKey(private, public)
}

func parseKey(private, public string) (Key, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return Key{}, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return Key{}, err
	}
	if verifier.Name() != signer.Name() || verifier.KeyHash() != signer.KeyHash() {
		return Key{}, errors.New("the private and the public key do not belong together")
	}
	return Key{Signer: signer, Public: public, private: private}, nil
}

// ReadKey reads a key from its file: the private key and the public key, a line each.
func ReadKey(file string) (Key, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return Key{}, fmt.Errorf("key of the ledger: %w", err)
	}
	lines := strings.Fields(string(b))
	if len(lines) != 2 {
		return Key{}, fmt.Errorf("key of the ledger: %s must have two lines, the private and the public key", file)
	}
	k, err := parseKey(lines[0], lines[1])
	if err != nil {
		return Key{}, fmt.Errorf("key of the ledger: %s: %w", file, err)
	}
	return k, nil
}

// Write keeps the key in a file that only its owner can read. A file that is there is replaced, whole or not at all.
func (k Key) Write(file string) error {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // with mode 0600
	if err != nil {
		return fmt.Errorf("key of the ledger: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s\n%s\n", k.private, k.Public)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("key of the ledger: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// EnsureKey reads the key from its file; where there is no file it makes a new key for the origin and keeps it there.
func EnsureKey(file, origin string) (Key, error) {
	k, err := ReadKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = NewKey(origin); err != nil {
		return k, err
	}
	return k, k.Write(file)
}

// Keys makes the verifier of checkpoints out of public keys, one a line; lines that begin with # are remarks.
func Keys(lines ...string) (note.Verifiers, error) {
	var all []note.Verifier
	seen := map[string]bool{}
	for _, text := range lines {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") || seen[line] {
				continue
			}
			seen[line] = true
			v, err := note.NewVerifier(line)
			if err != nil {
				return nil, fmt.Errorf("%q is not a public key of a ledger: %w", line, err)
			}
			all = append(all, v)
		}
	}
	return note.VerifierList(all...), nil
}
