package policy

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed packs/*.yaml
var shipped embed.FS

// Shipped is the text of a pack shipped with the program. The error for an unknown id names the others.
func Shipped(id string) ([]byte, error) {
	if !slices.Contains(Packs(), id) {
		return nil, fmt.Errorf("unknown pack %q: %s", id, suggest(id, Packs()))
	}
	return shipped.ReadFile(packPath(id))
}

// DefaultPack is the pack of a university that chose none.
const DefaultPack = "cn-delegated"

// packs loads each embedded pack at most once.
var packs = func() map[string]func() (*Pack, error) {
	all := map[string]func() (*Pack, error){}
	for _, id := range Packs() {
		all[id] = sync.OnceValues(func() (*Pack, error) {
			text, err := Shipped(id)
			if err != nil {
				return nil, err
			}
			return Load(packFile(id), text)
		})
	}
	return all
}()

// Packs lists the ids of the packs shipped with the program, sorted.
func Packs() []string {
	var ids []string
	files, _ := shipped.ReadDir("packs") // part of the program, so there is nothing to fail
	for _, f := range files {
		ids = append(ids, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return ids
}

// Embedded is the pack of that id shipped with the program; it is read once. The error for an unknown id names the others.
func Embedded(id string) (*Pack, error) {
	load, ok := packs[id]
	if !ok {
		return nil, fmt.Errorf("unknown pack %q: %s", id, suggest(id, Packs()))
	}
	return load()
}

// Default is the pack of a Chinese university with delegated authority.
func Default() (*Pack, error) { return Embedded(DefaultPack) }

func packFile(id string) string { return id + ".yaml" }

func packPath(id string) string { return "packs/" + packFile(id) }
