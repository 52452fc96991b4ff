package hosting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/test/harness"
	"github.com/exeat/exeat/visit"
)

// ninetyDays is the life of one traveller who leaves in 25 days, stays for 90 and checks in every week.
func ninetyDays(now time.Time) *visit.Life {
	exit := calendar.DateOf(now).AddDays(25)
	any_ := []string{visit.ByTraveller}
	return &visit.Life{
		Exit: exit.String(), Arrive: exit.String(), Return: exit.AddDays(89).String(), Leader: "faculty", NoticeDays: 5, Keep: visit.ThirtyYears, ArchiveBy: "06-30",
		Duties: []visit.Duty{{
			Travellers: []string{"faculty"}, Arrival: 24, CheckIn: 7, PassportIn: 7, Report: visit.Period{N: 1, Of: "months"}, Form: visit.AcademicReport,
			Preparations: []visit.Preparation{
				{Code: "INSURANCE", By: any_, Proof: visit.ProofFile}, {Code: "EDUCATION", By: any_, Proof: visit.ProofDate},
				{Code: "PLEDGE", By: any_, Proof: visit.ProofText}, {Code: "VISA", By: any_, Proof: visit.ProofText}, {Code: "RISK_CHECK", By: any_, Proof: visit.ProofDate, Again: true},
			},
		}},
	}
}

func TestP40_AVisitOfNinetyDaysKeepsItsHistoryShort(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	harness.RunWorker(t, d.db, d.host.TaskQueue)
	now, err := d.st.Now(t.Context())
	require.NoError(t, err)
	r := simplified()
	r.Life = ninetyDays(now)
	id := d.submitOver(r)
	d.approveAll(id)
	require.Equal(t, visit.StatePreparing, d.state(id))
	approval := d.keep(id, "preparing")

	today := func() string {
		now, err := d.st.Now(t.Context())
		require.NoError(t, err)
		return calendar.DateOf(now).String()
	}
	for _, p := range r.Life.Duties[0].Preparations {
		d.must(id, "faculty", visit.Prepare{Preparation: p.Code, Proof: visit.Proof{File: "f", Date: today(), Text: "n"}})
	}
	d.later(5)
	d.must(id, "faculty", visit.Depart{On: today()})
	d.later(1)
	for range 13 {
		d.must(id, "faculty", visit.CheckIn{Place: "n"})
		d.later(6)
	}
	d.later(10)
	d.must(id, "faculty", visit.Arrive{Back: today()})
	d.must(id, "faculty", visit.FileReport{Form: visit.AcademicReport, Content: "h"})
	d.must(id, "COL.DEAN", visit.AcceptReport{Report: 1})
	d.must(id, "PASSPORT", visit.PassportIn{On: today()})
	d.pass(id, 20, visit.StateClosed)
	d.must(id, "ARCHIVE", visit.Archive{Package: "p", Size: 1})
	require.Equal(t, visit.StateArchived, d.state(id))
	all := d.keep(id, "archived")
	t.Logf("history events of a visit of ninety days with thirteen check-ins: %d up to the approval, %d in all", approval, all)
	require.LessOrEqual(t, all, 300)
}

// later lets days go by without waking anybody: nothing is due.
func (d *desk) later(days int) {
	d.t.Helper()
	_, err := d.st.AdvanceClock(d.t.Context(), time.Duration(days)*24*time.Hour)
	require.NoError(d.t, err)
}
