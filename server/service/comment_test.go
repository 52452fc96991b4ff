package service_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// comments lists what a person reads of the comments of a case.
func (k *kit) comments(person, id string) []string {
	k.t.Helper()
	cs, err := k.svc.Comments(k.t.Context(), k.user(person), id)
	require.NoError(k.t, err)
	bodies := []string{}
	for _, c := range cs {
		bodies = append(bodies, c.Body)
	}
	return bodies
}

func (k *kit) comment(person, id string, n service.NewComment) (store.Comment, error) {
	k.t.Helper()
	return k.svc.Comment(k.t.Context(), k.user(person), id, n, person+n.Body)
}

// Each comment says who reads it: everybody who sees the case, those who sign, or the office.
func TestP23_ACommentIsReadByThoseForWhomItIs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	for _, c := range []struct {
		person string
		n      service.NewComment
	}{
		{"faculty.civ", service.NewComment{Body: "The letter follows."}},
		{"fin", service.NewComment{Body: "The project has money left.", Visibility: store.ForApprovers, Task: "1.1.FIN"}},
		{"faculty.civ", service.NewComment{Body: "I am ill; please tell nobody.", Visibility: store.ForOffice}},
		{"io.rev", service.NewComment{Body: "Looked up.", Visibility: store.ForOffice}},
	} {
		_, err := k.comment(c.person, id, c.n)
		require.NoError(t, err, c.n.Body)
	}
	const letter, money, ill, looked = "The letter follows.", "The project has money left.", "I am ill; please tell nobody.", "Looked up."
	for person, want := range map[string][]string{
		"faculty.civ": {letter, ill}, // his own private note he reads
		"dean.civ":    {letter, money},
		"sec.civ":     {letter},
		"io.rev":      {letter, money, ill, looked},
		"auditor":     {letter, money, ill, looked},
	} {
		require.Equal(t, want, k.comments(person, id), person)
		c, err := k.svc.Case(t.Context(), k.user(person), id)
		require.NoError(t, err)
		require.Len(t, c.Comments, len(want), person)
	}
	_, err := k.svc.Comments(t.Context(), k.user("faculty.mech"), id)
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "who does not see the case reads none")

	_, err = k.comment("faculty.civ", id, service.NewComment{Body: "x", Visibility: store.ForApprovers})
	require.Equal(t, "comment_not_yours", rule(t, err), "among approvers the applicant says nothing")
	_, err = k.comment("auditor", id, service.NewComment{Body: "x"})
	require.Equal(t, "comment_not_yours", rule(t, err), "who audits says nothing")
	_, err = k.comment("faculty.mech", id, service.NewComment{Body: "x"})
	require.Equal(t, visit.NotFound, visit.CodeOf(err))
}

func TestP23_WhatIsWrongWithACommentIsNamed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	for name, c := range map[string]struct {
		n           service.NewComment
		field, rule string
	}{
		"nothing said":       {service.NewComment{Body: " \n"}, "body", "required"},
		"for a circle":       {service.NewComment{Body: "x", Visibility: "friends"}, "visibility", "unknown_value"},
		"on no sign-off":     {service.NewComment{Body: "x", Task: "9.9.X"}, "task", "unknown_value"},
		"a file that is not": {service.NewComment{Body: "x", Files: []store.CommentFile{{File: "00", Name: "a.pdf"}}}, "files", "not_uploaded"},
		"many files":         {service.NewComment{Body: "x", Files: make([]store.CommentFile, 11)}, "files", "too_many"},
		"a stranger":         {service.NewComment{Body: "@stranger look"}, "body", "mention_cannot_read"},
		"who may not see it": {service.NewComment{Body: "@faculty.mech look"}, "body", "mention_cannot_read"},
		"who may not read":   {service.NewComment{Body: "@faculty.civ look", Visibility: store.ForApprovers}, "body", "mention_cannot_read"},
	} {
		_, err := k.comment("dean.civ", id, c.n)
		require.Equal(t, visit.Invalid, visit.CodeOf(err), name)
		ps := problems(t, err)
		require.Equal(t, []string{c.field, c.rule}, []string{ps[0].Field, ps[0].Rule}, name)
	}
	require.Empty(t, k.comments("io.rev", id))
}

func TestP23_MentionsAndFilesOfAComment(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	f := k.upload("dean.civ", "The budget of the project.")
	n := service.NewComment{
		Body: "@fin and @psec.civ, please look, @fin.", Visibility: store.ForApprovers, Files: []store.CommentFile{{File: f.Hash, Name: "budget.txt"}},
	}
	c, err := k.comment("dean.civ", id, n)
	require.NoError(t, err)
	require.Equal(t, []string{"fin", "psec.civ"}, c.Mentions)
	again, err := k.comment("dean.civ", id, n)
	require.NoError(t, err)
	require.Equal(t, c.ID, again.ID, "sent twice it is one")
	other := n
	other.Visibility = store.ForAll
	_, err = k.comment("dean.civ", id, other)
	require.Equal(t, "command_reused", rule(t, err))

	file, err := k.svc.OpenFile(t.Context(), k.user("fin"), id, f.Hash)
	require.NoError(t, err)
	require.NoError(t, file.Content.Close())
	require.Equal(t, "budget.txt", file.Name)
	_, err = k.svc.OpenFile(t.Context(), k.user("faculty.civ"), id, f.Hash)
	require.Equal(t, visit.NotFound, visit.CodeOf(err), "who may not read the comment does not get its file")

	for _, statement := range []string{`UPDATE comment SET body = 'x'`, `DELETE FROM comment`} {
		_, err := k.db.App(t).Exec(statement)
		require.ErrorContains(t, err, "42501", statement) // insufficient privilege
	}
}

// Whom a comment mentions is told once, over the channels that he has chosen; the author is not.
func TestP23_WhomACommentMentionsIsTold(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	ctx := t.Context()
	id := k.submitted("faculty.civ")
	_, err := k.comment("dean.civ", id, service.NewComment{Body: "@faculty.civ, look.", Visibility: store.ForOffice})
	require.Equal(t, "mention_cannot_read", problems(t, err)[0].Rule)
	require.Equal(t, map[string]string{"person": "faculty.civ"}, problems(t, err)[0].Args, "who may not read it is named")

	require.NoError(t, k.svc.Store.PutPreference(ctx, "psec.civ", store.Preference{Choices: map[visit.Group]map[string]bool{visit.TellTalk: {store.Mail: false}}, DigestHour: 8}))
	var c store.Comment
	for range 2 { // the second time with the same key
		c, err = k.comment("dean.civ", id, service.NewComment{Body: "@fin, @psec.civ and @dean.civ, look.", Visibility: store.ForApprovers})
		require.NoError(t, err)
	}
	offers := []store.Offer{{Channel: store.Mail, Group: visit.TellTalk, Default: true}}
	for range 2 {
		_, err = k.svc.Store.ExpandMentions(ctx, 50, offers)
		require.NoError(t, err)
	}
	of := func(person string) []store.Notification {
		all, err := k.svc.Notifications(ctx, k.user(person), true, 0, 50)
		require.NoError(t, err)
		return slices.DeleteFunc(all, func(n store.Notification) bool { return n.Kind != visit.Mentioned })
	}
	for _, person := range []string{"fin", "psec.civ"} {
		told := of(person)
		require.Len(t, told, 1, person)
		require.Equal(t, []any{id, c.ID, "dean.civ"}, []any{told[0].Visit, told[0].Comment, told[0].Actor})
	}
	require.Empty(t, of("dean.civ"))
	require.Empty(t, of("faculty.civ"))
	var mailed []string
	require.NoError(t, k.db.Owner(t).Select(&mailed, `SELECT d.person FROM delivery d JOIN notification n ON n.id = d.notification WHERE n.comment = $1`, c.ID))
	require.Equal(t, []string{"fin"}, mailed)
	due, err := k.svc.Store.TakeDeliveries(ctx, []string{store.Mail}, 50, time.Minute)
	require.NoError(t, err)
	due = slices.DeleteFunc(due, func(d store.Delivery) bool { return d.Kind != visit.Mentioned })
	require.Len(t, due, 1)
	require.Equal(t, []any{"fin", "dean.civ", c.ID}, []any{due[0].Person, due[0].Actor.ID, due[0].Comment})
}
