package service_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// conference is a complete request of a student.
func (k *kit) conference(person string) visit.Draft {
	k.t.Helper()
	d := k.draftTo(person, "JP")
	d.Category = visit.StudentConference
	d.TalentTask, d.TalentContact = "", ""
	p, err := k.svc.Preview(k.t.Context(), "", d)
	require.NoError(k.t, err)
	f := k.upload(person, "A paper.")
	for _, q := range p.Problems {
		if q.Rule == "document_missing" {
			d.Documents = append(d.Documents, visit.Document{Kind: q.Args["code"], File: f.Hash, Name: "paper.txt"})
		}
	}
	return d
}

// TestP39 is the acceptance check of P-39: a withdrawal after the nomination bars the next application until it is lifted.
func TestP39_AWithdrawalAfterTheNominationBarsTheNextApplicationUntilItIsLifted(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	const person = "student2.civ"
	student := k.user(person)
	ask := func(key string) (string, error) {
		row, err := k.svc.CreateDraft(ctx, student, "draft-"+key, k.conference(person))
		require.NoError(t, err)
		_, err = k.svc.Submit(ctx, student, row.ID, "submit-"+key)
		return row.ID, err
	}
	withdraw := func(id string) {
		_, err := k.svc.Do(ctx, student, id, service.CommandWithdraw, "", "Another plan.", "withdraw-"+id)
		require.NoError(t, err)
	}
	marks := func() []store.Mark {
		all, err := k.svc.Store.Marks(ctx, store.MarkFilter{Kinds: []policy.MarkKind{policy.Withdrew}, Person: person})
		require.NoError(t, err)
		return all
	}

	early, err := ask("early")
	require.NoError(t, err)
	withdraw(early)
	require.Empty(t, marks(), "nobody had nominated")

	first, err := ask("first")
	require.NoError(t, err)
	other, err := ask("other")
	require.NoError(t, err)
	for _, s := range []string{"SUP", "COL.VDS"} {
		v, err := k.svc.Store.Visit(ctx, first)
		require.NoError(t, err)
		open := v.OpenTasks()
		require.Equal(t, s, open[0].SignOff.Code)
		signers, err := k.svc.Store.Signers(ctx, first, student.Day())
		require.NoError(t, err)
		k.decide(signers[open[0].ID][0].Person, first, open[0].ID, service.Approve, "")
	}
	withdraw(first)
	require.Len(t, marks(), 1)
	m := marks()[0]
	require.Equal(t, []string{first, person, student.Day()}, []string{m.Visit, m.SetBy, m.Since})
	office, err := k.svc.Store.OfficeAbout(ctx, fmt.Sprint("mark/", m.ID))
	require.NoError(t, err)
	require.Equal(t, person, office[0].Actor, "the register's event says who did it")

	_, err = ask("next")
	ps := problems(t, err)
	require.Len(t, ps, 1)
	require.Equal(t, []string{"policy_refused", "O21W"}, []string{ps[0].Rule, ps[0].Args["code"]})
	require.Contains(t, ps[0].Args["en_from"], first, "the refusal names the earlier visit")
	require.Contains(t, ps[0].Args["en"], "Student Affairs Office", "and who lifts it")
	require.Equal(t, visit.StateUnit, k.row(other).State, "a visit under way goes on")

	_, err = k.svc.Store.Rebuild(ctx)
	require.NoError(t, err)
	require.Equal(t, []store.Mark{m}, marks(), "a repair of the projections changes no register")

	require.Equal(t, "register_only", rule(t, k.svc.LiftMark(ctx, k.user("fin"), m.ID, "No.")))
	require.Equal(t, "invalid", rule(t, k.svc.LiftMark(ctx, k.user("sao"), m.ID, "")))
	require.NoError(t, k.svc.LiftMark(ctx, k.user("sao"), m.ID, "Illness, proved."))
	_, err = ask("after")
	require.NoError(t, err)
}
