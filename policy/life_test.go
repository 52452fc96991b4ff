package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

func TestP34_APolicySaysWhatEachTravellerDoesBeforeLeaving(t *testing.T) {
	t.Parallel()
	f := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
	f.ExitDate, f.ArriveDate, f.ReturnDate = "2026-10-01", "2026-10-02", "2026-10-06"
	r := route(t, f)
	l := r.Pin().Life
	require.Equal(t, "2026-10-01 2026-10-02 2026-10-06", l.Exit+" "+l.Arrive+" "+l.Return)
	require.Equal(t, "p1", l.Leader)
	require.Equal(t, 5, l.NoticeDays)
	require.Equal(t, visit.ThirtyYears, l.Keep)
	require.Equal(t, []string{"EDUCATION", "PLEDGE", "VISA", "RISK_CHECK"}, codes(l.Duty("p1")), "R17 asks for G8, not for G7")
	require.Equal(t, visit.Period{N: 1, Of: "months"}, l.Duty("p1").Report)
	require.Equal(t, 7, l.Duty("p1").PassportIn)
	require.Equal(t, 24, l.Duty("p1").Arrival)
	require.Zero(t, l.Duty("p1").CheckIn, "not for a short stay")

	f.Days, f.Travellers[0].Classified = 15, "important"
	l = route(t, f).Pin().Life
	require.Equal(t, []string{"EDUCATION", "PLEDGE", "TALK", "VISA", "RISK_CHECK"}, codes(l.Duty("p1")), "a classified member has a talk")
	require.Equal(t, 7, l.Duty("p1").CheckIn, "weekly for more than 14 days")
}

func codes(d visit.Duty) []string {
	var all []string
	for _, p := range d.Preparations {
		all = append(all, p.Code)
	}
	return all
}

// Of a tour the students owe a report within a week and no passport, the leader both; all who owe the same share a duty.
func TestP39_EveryMemberOfATourHasHisDuty(t *testing.T) {
	t.Parallel()
	f := plain(visit.StudentTour, policy.Staff, policy.Abroad, 10)
	for _, p := range []string{"s1", "s2", "s3"} {
		f.Travellers = append(f.Travellers, policy.Traveller{Person: p, Role: visit.Member, Rank: policy.Student, Student: "undergraduate"})
	}
	l := route(t, f).Pin().Life
	require.Len(t, l.Duties, 2)
	require.Equal(t, []string{"s1", "s2", "s3"}, l.Duty("s2").Travellers)
	require.Equal(t, visit.Period{N: 7, Of: "days"}, l.Duty("s2").Report)
	require.Zero(t, l.Duty("s2").PassportIn)
	require.Equal(t, visit.StudentReport, l.Duty("s2").Form)
	require.Equal(t, visit.StudentReport, l.Duty("p1").Form, "the leader reports on what was learnt")
	require.Equal(t, 7, l.Duty("p1").PassportIn)
	require.Contains(t, codes(l.Duty("s1")), "INSURANCE")
	require.Equal(t, visit.ThirtyYears, l.Keep, "of a group the longest")
}

func TestP50_TheClassOfRetentionFollowsTheVisit(t *testing.T) {
	t.Parallel()
	for keep, f := range map[visit.Retention]policy.Facts{
		visit.Permanent:   plain(visit.Work, policy.Head, policy.Abroad, 5),
		visit.ThirtyYears: plain(visit.Work, policy.Staff, policy.Abroad, 5),
		visit.TenYears:    plain(visit.StudentConference, policy.Student, policy.Abroad, 5),
	} {
		require.Equal(t, keep, route(t, f).Pin().Life.Keep)
	}
}

func TestP34_AFaultyLifeIsNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string][2]string{
		`archive_by: "30-06" is not a day of the year`:         {"archive_by: 06-30", "archive_by: 30-06"},
		`proof: unknown "paper"`:                               {"proof: file", "proof: paper"},
		`gate: unknown "G77"`:                                  {"gate: G7,", "gate: G77,"},
		`sets: unknown "passport"`:                             {"sets: passport_in", "sets: passport"},
		`of: arrival is counted in hours`:                      {"value: 24, of: hours", "value: 24, of: days"},
		`years: unknown "20"`:                                  {"years: 10", "years: 20"},
		`by is missing: write by: [traveller]`:                 {"by: [SEC], proof", "proof"},
		`code: INSURANCE is there already`:                     {"code: CONTACT", "code: INSURANCE"},
		`keep: the last entry has no condition, so that`:       {"{years: 30, citation", "{years: 30, when: v.days > 1, citation"},
		`life.archive_by is missing: write life.archive_by: …`: {"  archive_by: 06-30\n", ""},
	} {
		require.Contains(t, defaultText(t), change[0])
		_, err := policy.Load("pack.yaml", []byte(strings.Replace(defaultText(t), change[0], change[1], 1)))
		require.ErrorContains(t, err, want)
	}
}
