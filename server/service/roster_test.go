package service_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func TestP39_AListOfTravellersIsReadRowByRow(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	require.NoError(t, k.svc.Store.PutUniversity(t.Context(), store.University{People: []policy.Person{
		{ID: "S1", NameZH: "王小明", NameEN: "Wang Xiaoming", Unit: "CIV", Rank: policy.Student, Student: "undergraduate"},
		{ID: "S2", NameZH: "王小明", NameEN: "Wang Xiao-Ming", Unit: "CIV", Rank: policy.Student, Student: "graduate"},
		{ID: "S3", NameZH: "李雷", NameEN: "Li Lei", Unit: "CIV", Rank: policy.Student, Student: "graduate"},
	}}))
	read := func(list string) ([]visit.Traveller, error) {
		return k.svc.Roster(t.Context(), strings.NewReader(list))
	}
	got, err := read("学号/工号,姓名,角色\nvds.civ,,领队\nS1,王小明,\n,LI LEI,学生\nfaculty.civ,,带队教师\n")
	require.NoError(t, err)
	require.Equal(t, []visit.Traveller{{Person: "vds.civ", Role: visit.Leader}, {Person: "S1", Role: visit.Member}, {Person: "S3", Role: visit.Member}, {Person: "faculty.civ", Role: visit.Member}}, got)
	got, err = read("Name\tNumber\nLi Lei\tS3\n")
	require.NoError(t, err)
	require.Equal(t, []visit.Traveller{{Person: "S3", Role: visit.Member}}, got)

	_, err = read("学号/工号,姓名,角色\nS9,,\n\n,王小明,\nS3,王小明,\nS1,,\nS1,,\nS2,,chief\n,,领队\nvds.civ,,领队\nfaculty.civ,,领队\n,韩梅梅,\n")
	rules := map[string]string{}
	for _, p := range problems(t, err) {
		rules[p.Field] += p.Rule
	}
	require.Equal(t, map[string]string{
		"rows[1].person": "unknown_person", "rows[3].name": "several_of_this_name", "rows[4].name": "other_name", "rows[6].person": "twice_in_lines",
		"rows[7].role": "unknown_value", "rows[8].person": "required", "rows[9].role": "one_leader", "rows[10].role": "one_leader", "rows[11].name": "unknown_person",
	}, rules, "every wrong cell by its line, the empty one counted")

	for list, rule := range map[string]string{
		"": "no_rows", "学号/工号\n": "no_rows", "Passport,Phone\nE1,2\n": "no_column", "a,b\n\"x": "not_a_table",
		"number\n" + strings.Repeat("S1\n", 201): "too_many", "number\n" + strings.Repeat("S1 ", 800_000): "too_large",
	} {
		_, err := k.svc.Roster(t.Context(), bytes.NewReader([]byte(list)))
		ps := problems(t, err)
		require.Len(t, ps, 1)
		require.Equal(t, rule, ps[0].Rule)
		require.Equal(t, "file", ps[0].Field)
	}
}

func TestP39_AListJoinsTheTravellersThatAreThere(t *testing.T) {
	t.Parallel()
	have := []visit.Traveller{{Person: "a", Role: visit.Leader}, {Person: "b", Role: visit.Member}}
	require.Equal(t, append(have[:2:2], visit.Traveller{Person: "c", Role: visit.Member}), service.WithRoster(have, []visit.Traveller{{Person: "c", Role: visit.Member}}))
	require.Equal(t, []visit.Traveller{{Person: "a", Role: visit.Member}, {Person: "b", Role: visit.Leader}}, service.WithRoster(have, []visit.Traveller{{Person: "b", Role: visit.Leader}}))
	require.Equal(t, visit.Leader, have[0].Role, "what was there is not changed")
}
