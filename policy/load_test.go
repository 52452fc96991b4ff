package policy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

const defaultFile = "packs/cn-delegated.yaml"

func defaultText(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(defaultFile)
	require.NoError(t, err)
	return string(b)
}

// small is the least pack; tests break one line of it.
const small = `id: small
version: "1"
title: {zh: 小, en: Small}
issuer: {zh: 校, en: University}
effective_from: 2026-01-01
citations:
  - {id: UNIV, name: {zh: 本校, en: University default}}
limits:
  - {id: size, name: {zh: 人数, en: Size}, value: 6, units: {CIV: 5}, citation: UNIV}
sign_offs:
  - {code: FIN, name: {zh: 财务处, en: Finance Office}, review: office, limit: 1, citation: UNIV}
  - {code: PRES, name: {zh: 校长, en: President}, review: leader, limit: 3, citation: UNIV}
gates:
  - {code: G3, name: {zh: 公示, en: Notice}, citation: UNIV}
documents:
  - {code: D1, name: {zh: 邀请函, en: Invitation}, citation: UNIV}
notice: {gate: G3, days: 5, citation: UNIV}
rules:
  - id: R1
    title: {zh: 短期, en: Short}
    words: {zh: 十天以内, en: Up to ten days}
    when: v.days <= 10
    stages: [[FIN]]
    gates: [G3]
    documents: [D1]
    citation: UNIV
  - id: R2
    title: {zh: 其他, en: Other}
    words: {zh: 其他情况, en: All other visits}
    when: v.days > 10
    stages: [[FIN], [PRES]]
    citation: UNIV Art. 2
overlays:
  - id: O1
    words: {zh: 人数超限, en: Too many}
    when: v.group_size > limit.size
    refuse: {zh: 人数超限, en: Too many, field: travellers}
    citation: UNIV
`

func TestSmallPack(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("small.yaml", []byte(small))
	require.NoError(t, err)
	f := plain(visit.Academic, policy.Staff, policy.Abroad, 12)
	r, err := p.Route(f)
	require.NoError(t, err)
	require.Equal(t, "FIN → PRES", r.String())
	require.Equal(t, 0, r.NoticeDays)
	require.Equal(t, "Art. 2", r.SignOffs[0].Reason.Citation.Article)

	f.GroupSize = 6
	r, err = p.Route(f)
	require.NoError(t, err)
	require.Len(t, r.Refusals, 1, "CIV has a stricter limit")
	f.Unit = "MECH"
	r, err = p.Route(f)
	require.NoError(t, err)
	require.Empty(t, r.Refusals)
}

func TestDefault(t *testing.T) {
	t.Parallel()
	p := pack(t)
	sum := sha256.Sum256([]byte(defaultText(t)))
	require.Equal(t, visit.PolicyRef{Pack: "cn-delegated", Version: "2026.1", Hash: hex.EncodeToString(sum[:])}, p.Ref())
	require.Equal(t, "2026-01-01", p.EffectiveFrom.String())
	for _, code := range []string{"COL.DEAN", "X.PFAO", "G10", "D7a"} {
		name, ok := p.Name(code)
		require.True(t, ok, code)
		require.NotEmpty(t, name.ZH)
		require.NotEmpty(t, name.EN)
	}
	_, ok := p.Name("DEAN")
	require.False(t, ok)
}

func TestFaultsNameTheirPlaceAndTheRemedy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, want string }{
		{"type error", "v.days <= 10", `v.days <= "10"`, "22:18: when: found no matching overload for '_<=_' applied to '(int, string)'"},
		{"syntax error", "v.days <= 10", "v.days <=", "22:20: when: Syntax error"},
		{"unknown fact", "v.days <= 10", "v.dayz <= 10", "22:11: when: unknown fact v.dayz: write v.days"},
		{"unknown fact far off", "v.days <= 10", "v.days <= 10 && t.xxxxxxxxxx", "22:27: when: unknown fact t.xxxxxxxxxx: write one of limit.size, t.age"},
		{"in quotes", "when: v.days <= 10", `when: 'v.dayz <= 10'`, "22:12: when: unknown fact v.dayz: write v.days"},
		{"undeclared", "v.days <= 10", "days <= 10", "22:11: when: undeclared reference to 'days'"},
		{"not a bool", "v.days <= 10", "v.days + 10", "22:11: when: a condition must be true or false, this one is of type int"},
		{"impossible value", "v.days <= 10", `t.rank == "DEAN"`, `22:21: when: t.rank is never "DEAN": write`},
		{"impossible flag", "v.days <= 10", `"urgnt" in v.flags`, ``}, // YAML ends a quoted text at its quote
		{"own rule", "v.days <= 10", `t.rule == "R2"`, "22:11: when: unknown fact t.rule"},
		{"too dear", "v.days <= 10", "v.countries.all(a, v.countries.all(b, v.countries.all(c, a == b || b == c)))", "22:11: when: the condition may cost"},
		{"two lines", "when: v.days <= 10", "when: |\n      v.days <= 10", "22:11: a single value on one line is wanted here"},
		{"no condition", "    when: v.days <= 10\n", "", "19:5: when is missing: write when: …"},
		{"no citation", "    documents: [D1]\n    citation: UNIV\n", "    documents: [D1]\n", "19:5: citation is missing: write citation: …"},
		{"unknown citation", "citation: UNIV Art. 2", "citation: UNI Art. 2", `32:15: citation: unknown "UNI": write UNIV`},
		{"no zh", "words: {zh: 十天以内, en: Up to ten days}", "words: {en: Up to ten days}", "21:12: words.zh is missing: write words.zh: …"},
		{"no en", "title: {zh: 短期, en: Short}", "title: {zh: 短期}", "20:12: title.en is missing: write title.en: …"},
		{"no title", "    title: {zh: 短期, en: Short}\n", "", "19:5: title.zh is missing"},
		{"unknown office", "[[FIN], [PRES]]", "[[FIN], [PRESS]]", `31:22: stages: unknown sign-off "PRESS": write PRES`},
		{"office twice", "[[FIN], [PRES]]", "[[FIN], [FIN?]]", `31:22: stages: FIN is named twice`},
		{"only optional", "stages: [[FIN]]", "stages: [[FIN?]]", "19:5: stages: at least one sign-off must be asked for always"},
		{"unknown gate", "gates: [G3]", "gates: [G4]", `24:13: gates: unknown "G4": write G3`},
		{"unknown document", "documents: [D1]", "documents: [D2]", `25:17: documents: unknown "D2": write D1`},
		{"unknown timer", "documents: [D1]", "lead: [L60]", `25:12: lead: unknown "L60"`},
		{"unknown key", "    when: v.days <= 10", "    whn: v.days <= 10", "22:5: unknown key whn: write when"},
		{"unknown section", "overlays:", "overlay:", "33:1: unknown key overlay: write overlays"},
		{"key twice", "    gates: [G3]\n", "    gates: [G3]\n    gates: [G3]\n", `25:5: mapping key "gates" already defined`},
		{"rule twice", "id: R2", "id: R1", "27:9: id: R1 is there already"},
		{"office code twice", "code: PRES", "code: FIN", "12:12: code: FIN is there already"},
		{"overlay named as rule", "id: O1", "id: R1", "34:9: id: R1 is there already"},
		{"reviews unsorted", "review: office", "review: outside", "12:57: review: leader comes before outside"},
		{"unknown review", "review: leader", "review: boss", `12:57: review: unknown "boss"`},
		{"bad limit", "limit: 3", "limit: 0", `12:72: limit: "0" is not a whole number of at least 1`},
		{"same condition", "v.days > 10", "v.days<=10", "30:11: when: rule R1 has the same condition and comes first: R2 is never reached"},
		{"constant condition", "v.days <= 10", "1 + 1 == 2", "22:11: when: always true, so rule R2 is never reached"},
		{"never true", "v.days <= 10", "1 + 1 == 3", "22:11: when: never true, rule R1 is never reached"},
		{"swallowed", "v.days > 10", "v.days < 3", "30:11: when: earlier rules hold whenever R2 does: it is never reached"},
		{"swallowed by kinds", "v.days <= 10", `t.rank != "HEAD" || v.days <= 10 || v.days > 10`, "30:11: when: earlier rules hold whenever R2 does"},
		{"overlay without fact", "v.group_size > limit.size", "true", "36:11: when: the condition asks for no fact"},
		{"overlay without effect", "    refuse: {zh: 人数超限, en: Too many, field: travellers}\n", "", "34:5: the overlay does nothing"},
		{"notice of no gate", "notice: {gate: G3, days: 5, citation: UNIV}", "notice: {gate: G4, days: 5, citation: UNIV}", `17:16: notice.gate: unknown "G4": write G3`},
		{"date", "2026-01-01", "2026-13-01", `5:17: effective_from: "2026-13-01" is not a day: write YYYY-MM-DD`},
		{"anchor", "title: {zh: 短期, en: Short}", "title: &a {zh: 短期, en: Short}", "20:12: tags, anchors, aliases and merges are not used"},
		{"tag", "v.days <= 10", "!x v.days <= 10", "22:11: tags, anchors"},
		{"second document", "overlays:", "---\noverlays:", "1:1: a file holds one pack"},
	} {
		if c.want == "" {
			c.new, c.want = "'"+c.new+"'", `22:12: when: v.flags is never "urgnt": write urgent`
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(small, c.old), "the line to break")
			_, err := policy.Load("small.yaml", []byte(strings.Replace(small, c.old, c.new, 1)))
			var faults policy.Faults
			require.ErrorAs(t, err, &faults)
			require.Contains(t, err.Error(), "small.yaml:"+c.want)
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := policy.Load("small.yaml", []byte(strings.ReplaceAll(small, "UNIV}", "NONE}")))
	var faults policy.Faults
	require.ErrorAs(t, err, &faults)
	require.Greater(t, len(faults), 4)
	for i := 1; i < len(faults); i++ {
		require.GreaterOrEqual(t, faults[i].Line, faults[i-1].Line)
	}
}

func TestCatchAllMayBeLast(t *testing.T) {
	t.Parallel()
	_, err := policy.Load("small.yaml", []byte(strings.Replace(small, "v.days > 10", "true", 1)))
	require.NoError(t, err)
}

func TestFaultOfAConditionAtWorkIsAnErrorOfThePolicy(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("small.yaml", []byte(strings.Replace(small, "v.group_size > limit.size", `v.countries[5] == "DE"`, 1)))
	require.NoError(t, err)
	_, err = p.Route(plain(visit.Academic, policy.Staff, policy.Abroad, 5))
	require.ErrorContains(t, err, "policy small 1: condition of O1:")
	require.Equal(t, visit.Internal, visit.CodeOf(err))
}

func TestTooLongText(t *testing.T) {
	t.Parallel()
	_, err := policy.Load("long.yaml", make([]byte, 1<<20+1))
	require.ErrorContains(t, err, "long.yaml:1:1: a pack has at most")
}

// FuzzLoad: whatever the text, Load answers with a pack that routes or with faults that have a place.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{"", "id: x", "rules:\n  - id: R1\n    when: v.days > 1", "a: [", "id: &a x\nversion: *a", "sign_offs: [{code: A}]", "rules:\n !-`id .\x10Tays .\xffTays  w1", small} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := policy.Load("fuzz.yaml", text)
		if err != nil {
			var faults policy.Faults
			require.ErrorAs(t, err, &faults)
			require.NotEmpty(t, faults)
			for _, x := range faults {
				require.Positive(t, x.Line, fmt.Sprint(x))
				require.Positive(t, x.Column, fmt.Sprint(x))
			}
			return
		}
		_, _ = p.Route(plain(visit.Academic, policy.Staff, policy.Abroad, 5)) // must not panic
	})
}
