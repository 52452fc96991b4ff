// Package complaints_test holds docs/complaints.md against the tests of the tree: each complaint is answered by tests that exist.
package complaints_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	declared = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(t \*testing\.T\)`)
	named    = regexp.MustCompile("`(Test[A-Za-z0-9_]+)`")
)

func TestEveryComplaintIsAnsweredByATest(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == "node_modules" || d.Name() == ".git" {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		code, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(code, -1) {
			tests[string(m[1])] = true
		}
		return err
	}))
	doc, err := os.ReadFile("../../docs/complaints.md")
	require.NoError(t, err)
	themes := 0
	for _, line := range strings.Split(string(doc), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Theme") {
			continue
		}
		themes++
		answers := named.FindAllStringSubmatch(line, -1)
		require.NotEmpty(t, answers, line)
		for _, a := range answers {
			require.True(t, tests[a[1]], "%s: there is no test %s", line, a[1])
		}
	}
	require.Equal(t, 31, themes)
}
