package service_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// TestP32 is the acceptance check of P-32: a decision of an authority outside is entered with number, date and scan, and the
// President's visit has no sign-off by which the university itself would issue it.
func TestP32_AnOutsideDecisionIsEnteredWithItsPaper(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	d := k.draft("pres")
	d.Unit = "CIV"
	row, err := k.svc.CreateDraft(t.Context(), k.user("pres"), "", d)
	require.NoError(t, err)
	p, err := k.svc.Preview(t.Context(), "", d)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"IO.REV"}, {"PUO"}, {"CROSS"}, {"ORG"}, {"X.MOE"}}, p.Route.Stages)
	_, err = k.svc.Submit(t.Context(), k.user("pres"), row.ID, "submit")
	require.NoError(t, err)
	id := row.ID
	for _, s := range []struct{ person, task string }{{"io.rev", "1.1.IO.REV"}, {"puo", "1.2.PUO"}, {"psec", "1.3.CROSS"}, {"org", "1.4.ORG"}} {
		k.decide(s.person, id, s.task, service.Approve, "")
	}
	k.pass(14)
	require.Equal(t, visit.StateExternal, k.row(id).State)

	office := k.user("io.dir")
	decide := func(key string, o *visit.OutsideDecision) error {
		_, err := k.svc.Decide(t.Context(), office, id, service.Decision{Task: "1.5.X.MOE", Verdict: service.Approve, Outside: o}, key)
		return err
	}
	require.Len(t, problems(t, decide("bare", nil)), 3)
	scan := k.upload("io.dir", "The letter of the Ministry.")
	letter := visit.OutsideDecision{Number: "教外批〔2026〕7号", Date: k.day(-14), File: scan.Hash}
	for field, change := range map[string]func(*visit.OutsideDecision){
		"outside.number": func(o *visit.OutsideDecision) { o.Number = "" },
		"outside.date":   func(o *visit.OutsideDecision) { o.Date = "soon" },
		"outside.file":   func(o *visit.OutsideDecision) { o.File = "ab" + o.File[2:] },
	} {
		bad := letter
		change(&bad)
		require.Equal(t, field, problems(t, decide(field, &bad))[0].Field)
	}
	require.NoError(t, decide("letter", &letter))
	require.NoError(t, decide("letter", &letter), "sent twice it acts once")
	require.Equal(t, visit.StatePreparing, k.row(id).State)

	v, err := k.svc.Store.Visit(t.Context(), id)
	require.NoError(t, err)
	task, _ := v.Task("1.5.X.MOE")
	require.Equal(t, &letter, task.Outside)
	f, err := k.svc.OpenFile(t.Context(), k.user("auditor"), id, scan.Hash)
	require.NoError(t, err)
	defer func() { _ = f.Content.Close() }()
	content, err := io.ReadAll(f.Content)
	require.NoError(t, err)
	require.Equal(t, "The letter of the Ministry.", string(content))
}
