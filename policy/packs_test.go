package policy_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

var update = flag.Bool("update", false, "write the fact table of docs/policy.md")

func sha(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func embedded(t testing.TB, id string) *policy.Pack {
	t.Helper()
	p, err := policy.Embedded(id)
	require.NoError(t, err)
	return p
}

func TestP10_ThePacksAreWhole(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"cn-delegated", "cn-provincial", "international"}, policy.Packs())
	for _, id := range policy.Packs() {
		require.Equal(t, id, embedded(t, id).Ref().Pack)
		require.Same(t, embedded(t, id), embedded(t, id), "read once")
	}
	_, err := policy.Embedded("cn-provinical")
	require.EqualError(t, err, `unknown pack "cn-provinical": write cn-provincial`)
}

// TestP10_TheProvincialPackDiffersInTheIssueOnly: the delegated pack with ISSUE exchanged for X.PFAO, in all 420 cases and with the
// circumstances that touch the issue.
func TestP10_TheProvincialPackDiffersInTheIssueOnly(t *testing.T) {
	t.Parallel()
	delegated, provincial := pack(t), embedded(t, "cn-provincial")
	issued, compared := 0, 0
	compare := func(f policy.Facts) {
		a, err := delegated.Route(f)
		require.NoError(t, err)
		b, err := provincial.Route(f)
		require.NoError(t, err)
		compared++
		last := len(a.SignOffs) - 1
		if a.SignOffs[last].Code == "ISSUE" {
			issued++
			require.Equal(t, "X.PFAO", b.SignOffs[last].Code)
			require.Equal(t, visit.Outside, b.SignOffs[last].Review)
			require.Equal(t, []string{"IO.DIR", "IO.REV"}, b.SignOffs[last].Posts)
			require.Equal(t, a.Days-a.SignOffs[last].Limit+b.SignOffs[last].Limit, b.Days)
			a.Stages[len(a.Stages)-1], b.Days = []string{"X.PFAO"}, a.Days
			b.SignOffs[last].SignOff, b.SignOffs[last].Words = a.SignOffs[last].SignOff, a.SignOffs[last].Words
		}
		a.Policy = b.Policy
		require.Equal(t, a, b)
	}
	n := combinations(func(c visit.Category, rank policy.Rank, d policy.Destination, days int) {
		compare(plain(c, rank, d, days))
	})
	require.Equal(t, 420, n)
	require.Equal(t, 48, issued)
	compare(group(visit.Academic, policy.Staff, policy.Head)) // M07 sends the group to the Ministry, not to the province
	compare(group(visit.Work, policy.Staff, policy.ViceHead))
	require.Equal(t, 422, compared)
}

func TestHashOfAnExtendingPackCoversBothTexts(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile("packs/cn-provincial.yaml")
	require.NoError(t, err)
	alone, err := policy.Load("x.yaml", []byte(strings.Replace(small, "id: small", "id: cn-provincial", 1)))
	require.NoError(t, err)
	p, err := policy.Load("cn-provincial.yaml", own)
	require.NoError(t, err)
	require.Equal(t, embedded(t, "cn-provincial").Ref(), p.Ref())
	require.NotEqual(t, alone.Ref().Hash, p.Ref().Hash)
	require.NotEqual(t, sha(own), p.Ref().Hash)
	require.Equal(t, sha([]byte(defaultText(t)+string(own))), p.Ref().Hash)
}

const extending = `id: own
version: "1"
title: {zh: 本校, en: Own}
effective_from: 2026-01-01
extends: cn-delegated
`

func TestExtend(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("own.yaml", []byte(extending+`limits:
  - {id: group_size, name: {zh: 人数, en: Size}, value: 5, citation: UNIV}
sign_offs:
  - {code: LEG, name: {zh: 法务办公室, en: Legal Office}, review: office, limit: 1, citation: UNIV}
rules:
  - id: R00
    title: {zh: 签约, en: Contracts}
    words: {zh: 计划内的五日工作访问, en: A planned work visit of five days}
    when: v.category == "WRK" && t.rank == "STAFF" && v.days == 5
    stages: [[LEG], [ISSUE]]
    citation: UNIV
`))
	require.NoError(t, err)
	f := plain(visit.Work, policy.Staff, policy.Abroad, 5)
	f.GroupSize = 6
	r, err := p.Route(f)
	require.NoError(t, err)
	require.Equal(t, "LEG → ISSUE", r.String(), "a new rule is tried first")
	require.True(t, hasRemark(r.Refusals, "O06"), "an entry of the same id takes the place of the inherited one")
	f.Flags = []visit.Flag{visit.OverRate}
	f.Days = 4
	r, err = p.Route(f)
	require.NoError(t, err)
	require.Equal(t, "R13", r.Rule)
}

func TestFaultsOfAnExtendingPack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"unknown pack", strings.Replace(extending, "cn-delegated", "cn-delegate", 1), `own.yaml:5:10: extends: unknown pack "cn-delegate": write cn-delegated`},
		{"a pack that extends", strings.Replace(extending, "cn-delegated", "cn-provincial", 1), `own.yaml:5:10: extends: cn-provincial extends cn-delegated itself`},
		{"nothing to change", strings.Replace(extending, "extends: cn-delegated", "instead: {ISSUE: X.PFAO}", 1), "own.yaml:1:1: instead: there is nothing to change"},
		{"no such sign-off", extending + "instead: {ISUE: X.PFAO}\n", `own.yaml:6:17: instead: cn-delegated has no sign-off "ISUE"`},
		{"inherited entry", extending + "instead: {ISSUE: X.PFA}\n", `cn-delegated.yaml:`},
		{"twice", extending + "gates:\n  - {code: G1, name: {zh: 一, en: One}, citation: UNIV}\n  - {code: G1, name: {zh: 二, en: Two}, citation: UNIV}\n", "own.yaml:8:12: code: G1 is there already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Load("own.yaml", []byte(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := policy.Load("own.yaml", []byte(extending+"instead: {ISSUE: X.PFA}\n"))
	var faults policy.Faults
	require.ErrorAs(t, err, &faults)
	require.Contains(t, strings.Split(defaultText(t), "\n")[faults[0].Line-1], "ISSUE", "the line of the inherited entry")
}

func TestTables(t *testing.T) {
	t.Parallel()
	p := embedded(t, "international")
	f := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
	for _, c := range []struct {
		countries []string
		stages    string
	}{
		{nil, "SUP → DEPT.HEAD → RISK"},
		{[]string{"DE"}, "SUP → DEPT.HEAD → RISK"},
		{[]string{"IR"}, "SUP → DEPT.HEAD → EXPORT → RISK"},
		{[]string{"DE", "CU"}, "SUP → DEPT.HEAD → EXPORT → RISK"},
	} {
		f.Countries = c.countries
		r, err := p.Route(f)
		require.NoError(t, err)
		require.Equal(t, c.stages, r.String(), c.countries)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"not a country", "[CIV]", "[ZZ]", `countries: "ZZ" is not a country`},
		{"twice", "[CIV]", "[DE, DE]", "countries: DE has a value already"},
		{"never reached", "[CIV]", "[DE]", ""},
	} {
		text := strings.Replace(small, "sign_offs:", "tables:\n  - {id: risk, name: {zh: 风险, en: Risk}, otherwise: 1, levels: [{value: 3, countries: "+c.new+"}], citation: UNIV}\nsign_offs:", 1)
		_, err := policy.Load("small.yaml", []byte(text))
		if c.want == "" {
			require.NoError(t, err)
			_, err = policy.Load("small.yaml", []byte(strings.Replace(text, "v.days > 10", "table.risk > 3 && v.days > 10", 1)))
			c.want = "earlier rules hold whenever R2 does"
		}
		require.ErrorContains(t, err, c.want, c.name)
	}
}

func TestP05_TheInternationalPackAsksByRisk(t *testing.T) {
	t.Parallel()
	p := embedded(t, "international")
	for level, stages := range []string{
		"SUP → DEPT.HEAD → RISK", "SUP → DEPT.HEAD → RISK", "SUP → DEPT.HEAD → RISK", "SUP → DEPT.HEAD → RISK → COMMITTEE → PROVOST",
		"SUP → DEPT.HEAD → RISK → COMMITTEE → PROVOST → PRES",
	} {
		f := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
		f.Risks = map[string]int{"DE": 1, "PK": level}
		r, err := p.Route(f)
		require.NoError(t, err)
		require.Equal(t, stages, r.String(), "level %d", level)
		require.Equal(t, level >= 2, slices.Contains(documentCodes(r), "RISK_FORM"), "level %d", level)
	}
}

func TestP10_TheInternationalPackKnowsNoTalentLine(t *testing.T) {
	t.Parallel()
	p := embedded(t, "international")
	text, err := os.ReadFile("packs/international.yaml")
	require.NoError(t, err)
	require.NotContains(t, string(text), "v.talent")
	chinese := []string{"COL.PSEC", "PSEC", "ORG", "DIS", "IO.REV", "IO.DIR", "ISSUE", "CROSS", "HEAD1"}
	n := combinations(func(c visit.Category, rank policy.Rank, d policy.Destination, days int) {
		f := plain(c, rank, d, days)
		f.Talent, f.Planned = false, false
		r, err := p.Route(f)
		require.NoError(t, err, "%s %s %s %d", c, rank, d, days)
		require.Zero(t, r.NoticeDays)
		require.Equal(t, c == visit.StudentTour, hasRemark(r.Refusals, "K10"), "a student on a tour without leader")
		for _, s := range r.SignOffs {
			require.NotContains(t, chinese, s.Code)
		}
		require.Contains(t, slices.Concat(r.Stages...), "RISK")
	})
	require.Equal(t, 420, n)

	student := plain(visit.StudentConference, policy.Student, policy.Abroad, 6)
	student.Countries, student.Risks, student.Travellers[0].Student = []string{"AF"}, map[string]int{"AF": 4}, "undergraduate"
	r, err := p.Route(student)
	require.NoError(t, err)
	require.True(t, hasRemark(r.Refusals, "K03"))
	student.Travellers[0].Student = "graduate"
	r, err = p.Route(student)
	require.NoError(t, err)
	require.Empty(t, r.Refusals)
}

func TestSchemaTakesEveryPackAndRefusesWhatLoadRefuses(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, id := range policy.Packs() {
		text, err := os.ReadFile("packs/" + id + ".yaml")
		require.NoError(t, err)
		require.NoError(t, schema.Validate(asJSON(t, text)), id)
	}
	require.NoError(t, schema.Validate(asJSON(t, []byte(small))))
	for _, c := range []struct{ old, new string }{
		{"when: v.days <= 10", "whn: v.days <= 10"},
		{"    documents: [D1]\n    citation: UNIV\n", "    documents: [D1]\n"},
		{"title: {zh: 短期, en: Short}", "title: {zh: 短期}"},
		{"review: office", "review: boss"},
		{"limit: 3", "limit: 0"},
		{"2026-01-01", "soon"},
		{"[[FIN], [PRES]]", "[[FIN], [PRES??]]"},
		{"issuer: {zh: 校, en: University}\n", ""},
	} {
		require.Equal(t, 1, strings.Count(small, c.old), c.old)
		text := strings.Replace(small, c.old, c.new, 1)
		require.Error(t, schema.Validate(asJSON(t, []byte(text))), c.new)
		_, err := policy.Load("small.yaml", []byte(text))
		require.Error(t, err, c.new)
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := policy.JSONSchema()
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("pack.json", document))
	schema, err := compiler.Compile("pack.json")
	require.NoError(t, err)
	return schema
}

func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal(text, &v))
	b, err := json.Marshal(v)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	require.NoError(t, err)
	return document
}

func TestFactTableOfTheDocumentIsTrue(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../docs/policy.md", "<!-- facts -->\n", "<!-- end of facts -->"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+policy.FactTable()+end+after), 0o644))
		return
	}
	require.Equal(t, policy.FactTable(), table, "run: go test ./policy -run FactTable -update")
}

func TestCompare(t *testing.T) {
	t.Parallel()
	same, err := policy.Compare(pack(t), pack(t))
	require.NoError(t, err)
	require.Empty(t, same.Entries)
	require.Empty(t, same.Cases)
	require.Equal(t, 420, same.Samples)

	small1, err := policy.Load("small.yaml", []byte(small))
	require.NoError(t, err)
	changed := strings.NewReplacer("value: 6", "value: 7", "id: O1", "id: O2", "[[FIN], [PRES]]", "[[PRES]]", "days: 5", "days: 6").Replace(small)
	small2, err := policy.Load("small.yaml", []byte(changed))
	require.NoError(t, err)
	c, err := policy.Compare(small1, small2)
	require.NoError(t, err)
	require.Equal(t, []policy.Difference{
		{Section: "limits", Code: "size", Kind: policy.Changed, Parts: []policy.Part{{Key: "value", From: "6", To: "7"}}},
		{Section: "notice", Kind: policy.Changed, Parts: []policy.Part{{Key: "days", From: "5", To: "6"}}},
		{Section: "rules", Code: "R2", Kind: policy.Changed, Parts: []policy.Part{{Key: "stages", From: "[[FIN], [PRES]]", To: "[[PRES]]"}}},
		{Section: "overlays", Code: "O1", Kind: policy.Removed},
		{Section: "overlays", Code: "O2", Kind: policy.Added},
	}, c.Entries)
	require.Len(t, c.Cases, 420*5/7, "five of seven stays are longer than ten days")
	require.Equal(t, policy.SampleCase{Category: visit.Academic, Rank: policy.Staff, Destination: policy.Abroad, Days: 30, From: "R2: FIN → PRES", To: "R2: PRES"}, c.Cases[0])
}
