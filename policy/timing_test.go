package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

func timed(timers string) string {
	return strings.Replace(small, "notice: {gate", "timers:\n"+timers+"notice: {gate", 1)
}

func TestP44_TimesOfThePack(t *testing.T) {
	t.Parallel()
	facts := policy.Facts{Category: visit.Academic, Days: 5, Travellers: []policy.Traveller{{Person: "1", Rank: policy.Staff}}}
	for timers, want := range map[string]visit.Timing{
		"": visit.DefaultTiming,
		"  - {code: QUESTION, name: {zh: 答, en: Answer}, value: 20, of: days, citation: UNIV}\n": {
			Answer: 20, Warnings: []int{7, 15}, Escalations: visit.DefaultTiming.Escalations,
		},
		`  - {code: QUESTION_WARN_B, name: {zh: 二, en: Two}, value: 9, of: days, citation: UNIV}
  - {code: QUESTION_WARN_A, name: {zh: 一, en: One}, value: 3, of: days, citation: UNIV}
  - {code: E2, name: {zh: 报二, en: Told twice}, value: 5, of: working_days, to: PRES, citation: UNIV}
  - {code: E1, name: {zh: 报一, en: Told}, value: 2, of: working_days, to: head, citation: UNIV}
`: {Answer: 30, Warnings: []int{3, 9}, Escalations: []visit.Escalation{{After: 2, To: visit.Head}, {After: 5, To: "PRES"}}},
	} {
		p, err := policy.Load("timed.yaml", []byte(timed(timers)))
		require.NoError(t, err)
		r, err := p.Route(facts)
		require.NoError(t, err)
		require.Equal(t, want, r.Timing)
		require.Equal(t, want, *r.Pin().Timing)
	}
	for timer, want := range map[string]string{
		"{code: QUESTION, name: {zh: 答, en: Answer}, value: 20, of: working_days, citation: UNIV}":  "a question waits calendar days",
		"{code: E1, name: {zh: 报, en: Told}, value: 2, of: days, to: head, citation: UNIV}":         "write working_days",
		"{code: E1, name: {zh: 报, en: Told}, value: 2, of: working_days, to: BOSS, citation: UNIV}": `to: unknown "BOSS"`,
	} {
		_, err := policy.Load("timed.yaml", []byte(timed("  - "+timer+"\n")))
		require.ErrorContains(t, err, want)
	}
}
