package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func secret() visit.Route {
	r := simplified()
	r.HoldNotice = true
	return r
}

func TestP30_ASecretVisitIsHeldBackAndExempt(t *testing.T) {
	t.Parallel()
	d := open(t, secret())
	require.Equal(t, visit.NoticeKept, d.v.Notice.State, "nothing is shown before it is decided")
	d.refused(visit.Conflict, "no_open_notice", "colleague", "", visit.Object{Reason: "n"})
	d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN", "1.2.IO.REV")
	d.tick(9)
	require.True(t, d.v.AwaitsNotice(), "no time passes by which it would be approved or shown")
	require.Equal(t, visit.StateIO, d.v.State)

	exempt := visit.ExemptNotice{Reason: "n"}
	d.refused(visit.Forbidden, "exempt_posts_only", "faculty", "", exempt)
	d.refused(visit.Forbidden, "exempt_posts_only", "rev", "IO.REV", exempt)
	d.refused(visit.Forbidden, "own_visit", "faculty", "SEC", exempt)
	d.refused(visit.Invalid, "invalid", "sec", "SEC", visit.ExemptNotice{})
	d.must("sec", "SEC", exempt)
	require.Equal(t, visit.NoticeExempt, d.v.Notice.State)
	require.Equal(t, "sec", d.v.Exempt.By.Person)
	require.Equal(t, visit.StateIssuing, d.v.State, "the approval does not wait for it")
	d.refused(visit.Conflict, "exempt_already", "io", "IO.DIR", exempt)
	d.refused(visit.Conflict, "no_open_notice", "colleague", "", visit.Object{Reason: "n"})
	d.sign("1.3.ISSUE")
	require.Equal(t, visit.StateApproved, d.v.State)
	d.must("faculty", "", amendment("v2", visit.Reask{SignOffs: []string{"FIN"}, Notice: true}))
	require.Equal(t, visit.NoticeExempt, d.v.Notice.State, "a change of it is not announced either")
}

func TestP30_AVisitThatIsNotSecretIsPublishedAfterAll(t *testing.T) {
	t.Parallel()
	d := open(t, secret())
	publish := visit.PublishNotice{Reason: "n"}
	d.refused(visit.Forbidden, "exempt_posts_only", "rev", "IO.REV", publish)
	d.refused(visit.Invalid, "invalid", "io", "IO.DIR", visit.PublishNotice{})
	d.tick(3)
	d.must("io", "IO.DIR", publish)
	require.Equal(t, visit.NoticeOpen, d.v.Notice.State)
	require.Equal(t, d.now, d.v.Notice.Opened, "its days count from now")
	d.refused(visit.Conflict, "notice_not_held", "io", "IO.DIR", publish)
	d.sign("1.1.COL.DEAN", "1.1.COL.PSEC", "1.1.FIN", "1.2.IO.REV")
	require.Equal(t, visit.StateIO, d.v.State, "it is awaited like any other")
}

func TestP30_ASecretThatIsFoundLaterIsTakenOffTheBoard(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	require.Equal(t, visit.NoticeOpen, d.v.Notice.State)
	d.must("colleague", "", visit.Object{Reason: "n"})
	d.refused(visit.Conflict, "objection_open", "sec", "SEC", visit.ExemptNotice{Reason: "n"})
	d.must("dis", "DIS", visit.Resolve{Objection: 1, Reason: "n"})
	d.must("sec", "SEC", visit.ExemptNotice{Reason: "n"})
	require.Equal(t, visit.NoticeExempt, d.v.Notice.State)
	_, timed := d.v.NoticeDue()
	require.False(t, timed)

	r := simplified()
	r.NoticeDays = 0
	d = open(t, r)
	d.refused(visit.Conflict, "no_notice", "sec", "SEC", visit.ExemptNotice{Reason: "n"})
}

func TestP30_ARequestThatIsCalledSecretInALaterRoundIsTakenOffTheBoard(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.must("FIN", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
	d.must("faculty", "", visit.Resubmit{Version: "v2", Travellers: []string{"faculty"}, Route: secret(), Reask: &visit.Reask{}})
	require.Equal(t, visit.NoticeKept, d.v.Notice.State)
	d.must("holder", "FIN", visit.Return{Task: "2.1.FIN", Reason: "n"})
	d.must("faculty", "", visit.Resubmit{Version: "v3", Travellers: []string{"faculty"}, Route: simplified(), Reask: &visit.Reask{}})
	require.Equal(t, visit.NoticeOpen, d.v.Notice.State, "and is published when it no longer says so")
}

func TestP30_AnExemptVisitHasNoNoticeAfterItEither(t *testing.T) {
	t.Parallel()
	back := func(d *desk) {
		d.ready("faculty")
		d.at("2026-10-01")
		d.must("faculty", "", visit.Depart{On: "2026-10-01"})
		d.at("2026-10-20")
		d.must("faculty", "", visit.Arrive{Back: "2026-10-20"})
		d.must("faculty", "", visit.FileReport{Form: visit.AcademicReport, Content: "h1"})
		d.must("dean", "COL.DEAN", visit.AcceptReport{Report: 1})
	}
	noPassport := func(l *visit.Life) { l.Duties[0].PassportIn = 0 }

	before := living(t, noPassport, "faculty")
	before.must("sec", "SEC", visit.ExemptNotice{Reason: "n"})
	require.Equal(t, visit.NoticeDone, before.v.Notice.State, "what was held was held")
	back(before)
	require.Equal(t, visit.StateClosed, before.v.State)

	during := living(t, noPassport, "faculty")
	back(during)
	require.Equal(t, visit.StatePostNotice, during.v.State)
	during.must("io", "IO.DIR", visit.ExemptNotice{Reason: "n"})
	require.Equal(t, visit.NoticeExempt, during.v.After.State)
	require.Equal(t, visit.StateClosed, during.v.State)
	during.refused(visit.Conflict, "exempt_already", "io", "IO.DIR", visit.ExemptNotice{Reason: "n"})
}
