package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// staged is the small pack with other stages in its first rule, and an overlay that adds FIN to urgent visits.
func staged(stages string) string {
	text := strings.Replace(small, "stages: [[FIN]]", "stages: "+stages, 1)
	text = strings.Replace(text, "gates:\n", "  - {code: VP, name: {zh: 副校长, en: Vice-President}, review: leader, limit: 3, citation: UNIV}\ngates:\n", 1)
	return text + `  - id: O2
    words: {zh: 紧急, en: Urgent}
    when: '"urgent" in v.flags'
    add: [FIN]
    citation: UNIV
`
}

func TestP04_StagesOfWhichSomeApprovalsAreEnough(t *testing.T) {
	t.Parallel()
	facts := policy.Facts{Category: visit.Academic, Days: 5, Travellers: []policy.Traveller{{Person: "1", Rank: policy.Staff}}}
	for stages, want := range map[string]map[int]visit.Term{
		"[{any: [FIN, VP]}, [PRES]]":                        {1: {Need: 1}},
		"[[PRES], {need: 1, of: [FIN, VP], mixed: finish}]": {2: {Need: 1, Mixed: visit.MixedFinish}},
		"[{of: [FIN, VP], mixed: finish}, [PRES]]":          {1: {Mixed: visit.MixedFinish}},
		"[{need: 2, of: [FIN, VP, PRES], mixed: finish}]":   {1: {Need: 2, Mixed: visit.MixedFinish}},
		"[{need: 3, of: [FIN, VP, PRES], mixed: cancel}]":   nil, // all of three, as without a word
		"[{any: [FIN]}, [PRES]]":                            nil,
	} {
		p, err := policy.Load("staged.yaml", []byte(staged(stages)))
		require.NoError(t, err, stages)
		r, err := p.Route(facts)
		require.NoError(t, err)
		require.Equal(t, want, r.Terms, stages)
		require.Equal(t, want, r.Pin().Terms, stages)
	}
}

// An overlay, and the rule of another traveller, must have what they ask for: a choice among several is no answer to them.
func TestP04_WhatAnOverlayAsksForIsNotLeftToAChoice(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("staged.yaml", []byte(staged("[{any: [FIN, VP]}, [PRES]]")))
	require.NoError(t, err)
	facts := policy.Facts{Category: visit.Academic, Days: 5, Travellers: []policy.Traveller{{Person: "1", Rank: policy.Staff}}}
	r, err := p.Route(facts)
	require.NoError(t, err)
	require.Equal(t, "1/2 FIN ∥ VP → PRES", r.String())
	facts.Flags = []visit.Flag{visit.Urgent}
	r, err = p.Route(facts)
	require.NoError(t, err)
	require.Equal(t, "FIN ∥ VP → PRES", r.String())
	require.Empty(t, r.Terms)
}

func TestP04_FaultsOfTerms(t *testing.T) {
	t.Parallel()
	for stages, want := range map[string]string{
		"[{any: [FIN, VP], need: 1}]":         "write any: […] alone",
		"[{need: 3, of: [FIN, VP]}]":          "need: 3 of 2 cannot approve",
		"[{need: 0, of: [FIN, VP]}]":          `need: "0" is not a whole number of at least 1`,
		"[{any: [FIN, VP?]}]":                 "VP? cannot be one of several of which some are enough",
		"[{of: [FIN, VP], mixed: sometimes}]": `mixed: unknown "sometimes": write one of cancel, finish`,
		"[{mixed: finish}, [FIN]]":            "a stage names at least one sign-off",
		"[{all: [FIN, VP]}]":                  "unknown key all",
		"[{of: [FIN, VPX]}]":                  `unknown sign-off "VPX"`,
	} {
		_, err := policy.Load("staged.yaml", []byte(staged(stages)))
		require.ErrorContains(t, err, want, stages)
	}
}

func TestTermsAreReadAndCompared(t *testing.T) {
	t.Parallel()
	a, err := policy.Load("a.yaml", []byte(staged("[[FIN, VP], [PRES]]")))
	require.NoError(t, err)
	b, err := policy.Load("b.yaml", []byte(staged("[{any: [FIN, VP], mixed: finish}, [PRES]]")))
	require.NoError(t, err)
	require.Equal(t, map[int]visit.Term{1: {Need: 1, Mixed: visit.MixedFinish}}, b.Book().Rules[0].Terms)
	c, err := policy.Compare(a, b)
	require.NoError(t, err)
	require.Equal(t, []policy.Part{{Key: "stages", From: "[[FIN, VP], [PRES]]", To: "[{any: [FIN, VP], mixed: finish}, [PRES]]"}}, c.Entries[0].Parts)
	require.NotEmpty(t, c.Cases)
}
