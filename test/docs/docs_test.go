// Package docs_test holds what the documents claim against the project.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

const root = "../.."

func read(t *testing.T, name string) string {
	b, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(b)
}

func documents(t *testing.T) []string {
	names := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	more, err := filepath.Glob(root + "/docs/*.md")
	require.NoError(t, err)
	for _, m := range more {
		names = append(names, "docs/"+filepath.Base(m))
	}
	return names
}

func TestCommandsNamedInDocumentsExist(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	found := 0
	for _, doc := range documents(t) {
		for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z]+)").FindAllStringSubmatch(read(t, doc), -1) {
			require.True(t, targets[m[1]], "%s names `make %s`", doc, m[1])
			found++
		}
	}
	require.Greater(t, found, 5)
}

func TestLinksAndPathsExist(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(read(t, doc), -1) {
			if !strings.Contains(m[1], "://") {
				require.FileExists(t, filepath.Join(root, filepath.Dir(doc), m[1]), "%s links to it", doc)
			}
		}
	}
	_, tree, ok := strings.Cut(read(t, "README.md"), "## The tree\n\n```\n")
	require.True(t, ok)
	tree, _, _ = strings.Cut(tree, "```")
	for _, line := range strings.Split(strings.TrimSpace(tree), "\n") {
		require.DirExists(t, filepath.Join(root, strings.Fields(line)[0]), "README's tree")
	}
}

func TestEveryStateIsDescribed(t *testing.T) {
	t.Parallel()
	machine, glossary := read(t, "docs/state-machine.md"), read(t, "docs/glossary.md")
	for _, s := range visit.States {
		require.Contains(t, machine, string(s))
		require.Contains(t, glossary, string(s))
	}
}
