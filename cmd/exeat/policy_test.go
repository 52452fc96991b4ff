package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

func data(name string) string { return filepath.Join("testdata", "policy", name) }

func TestPolicyCommandsPrintTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		golden string
		args   []string
		err    string
	}{
		{"check.txt", []string{"check", data("small.yaml")}, ""},
		{"check-wrong.txt", []string{"check", data("wrong.yaml")}, data("wrong.yaml") + ": faults: 3"},
		{"explain-en.txt", []string{"explain", data("small.yaml"), "--visit", data("visit.json"), "--people", data("people.json")}, ""},
		{"explain-zh.txt", []string{"explain", data("small.yaml"), "--visit", data("visit.json"), "--people", data("people.json"), "--lang=zh"}, ""},
		{"explain-ordinary.txt", []string{"explain", data("small.yaml"), "--visit", data("visit.json")}, ""},
		{"compare.txt", []string{"compare", data("small.yaml"), data("next.yaml"), "--max=3"}, ""},
	} {
		t.Run(c.golden, func(t *testing.T) {
			t.Parallel()
			out, err := command(t, "", append([]string{"policy"}, c.args...)...)
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, c.err)
			}
			if *update {
				require.NoError(t, os.WriteFile(data(c.golden), []byte(out), 0o644))
			}
			want, err := os.ReadFile(data(c.golden))
			require.NoError(t, err)
			require.Equal(t, string(want), out, "run: go test ./cmd/exeat -run Policy -update")
		})
	}
}

func TestPolicyCommandsTakeTheIDsOfShippedPacks(t *testing.T) {
	t.Parallel()
	out, err := command(t, "", "policy", "check", "international")
	require.NoError(t, err)
	require.Contains(t, out, "international: nothing wrong: international 2026.1, sha256 ")
	out, err = command(t, "", "policy", "compare", "cn-delegated", "cn-provincial")
	require.NoError(t, err)
	require.Contains(t, out, "sample visits decided differently: 48 of 420\n")
	_, err = command(t, "", "policy", "check", "nowhere")
	require.ErrorContains(t, err, "nowhere is neither a file nor one of the packs cn-delegated, cn-provincial, international")
}

func TestP09_PolicyExplainSaysWhereFactsComeFrom(t *testing.T) {
	t.Parallel()
	out, err := command(t, "", "policy", "explain", "cn-delegated", "--visit", data("work.json"), "--known", data("known.json"))
	require.NoError(t, err)
	for _, line := range []string{
		"v.category = WRK (from the draft); t.rank = DIV (from the record of persons)",
		"v.risk = 3 (from the risk levels PK 3 (2025-11-01, MFA notice))",
		"t.led_to = PK (from visits 2026-00031)",
		"The two heads of a unit are not away at the same time (exit_date); PRES may override it",
	} {
		require.Contains(t, out, line)
	}
}

func TestPolicyExplainNamesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	explain := func(draft, people string) error {
		dir := t.TempDir()
		visit, persons := filepath.Join(dir, "visit.json"), filepath.Join(dir, "people.json")
		require.NoError(t, os.WriteFile(visit, []byte(draft), 0o600))
		require.NoError(t, os.WriteFile(persons, []byte(people), 0o600))
		_, err := command(t, "", "policy", "explain", data("small.yaml"), "--visit", visit, "--people", persons)
		return err
	}
	require.ErrorContains(t, explain(`{"exit_day": ""}`, `[]`), `unknown field "exit_day"`)
	require.ErrorContains(t, explain(`{"travellers": [{"person": "li"}]}`, `[]`), "travellers[0].person: the file of people has no li")
	require.ErrorContains(t, explain(`{"travellers": [{"person": "li"}]}`, `[{"id": "li", "rank": "DEAN"}]`), `[0].rank: "DEAN" is not one of`)
	require.ErrorContains(t, explain(`{}`, `[]`), "no_travellers")
}

func TestPolicySchemaIsJSON(t *testing.T) {
	t.Parallel()
	out, err := command(t, "", "policy", "schema")
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(out)))
	require.Contains(t, out, `"$schema": "https://json-schema.org/draft/2020-12/schema"`)
}
