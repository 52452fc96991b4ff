package visit_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// silent are the kinds of which nobody is told, each with the reason.
var silent = map[string]string{
	"submitted":           "the stage that opens tells who is to sign",
	"resubmitted":         "likewise",
	"amendment_submitted": "likewise",
	"notice_opened":       "the notice itself is public",
	"notice_closed":       "what follows from it is told",
	"rescheduled":         "dates on the page; reminders follow them",
	"deferred":            "it puts off what is told later",
	"sign_off_removed":    "nothing is asked any more",
	"reader_removed":      "there is nothing to read any more",
	"preparation_opened":  "the approval tells of it",
	"preparation_met":     "who proved it knows",
	"checked_in":          "a sign of life asks nothing of anybody",
}

func TestEveryKindIsToldOrSilentForAReason(t *testing.T) {
	t.Parallel()
	for _, kind := range visit.Kinds {
		_, told := visit.Tellings[kind]
		_, quiet := silent[kind]
		require.True(t, told != quiet, "%s must be in exactly one of the two lists", kind)
	}
	for _, kind := range visit.ToldKinds() {
		require.Contains(t, visit.Kinds, kind)
		require.Contains(t, visit.Groups, visit.Tellings[kind].Group, kind)
		require.NotEmpty(t, visit.Tellings[kind].To, kind)
	}
}

// P-44: what is told on a day of rest is only what somebody in danger, or about to leave, must know.
func TestP44_WhatIsUrgent(t *testing.T) {
	t.Parallel()
	var urgent []string
	for _, kind := range visit.ToldKinds() {
		if visit.TellingOf(kind, visit.AlarmReturn).Urgent {
			urgent = append(urgent, kind)
		}
	}
	require.Equal(t, []string{"alarmed", "cancelled", "recalled", "risk_changed", "suspended"}, urgent)
	require.True(t, visit.TellingOf("alarmed", visit.AlarmCheckIn).Urgent)
	for _, paper := range []visit.AlarmKind{visit.AlarmReport, visit.AlarmArchive} {
		late := visit.TellingOf("alarmed", paper)
		require.False(t, late.Urgent, paper)
		require.False(t, slices.Contains(late.To, visit.ToDuty), paper)
	}
}

// An event says itself whom it concerns: whoever it names, and the tasks that it asks for.
func TestP24_AnEventNamesWhomItConcerns(t *testing.T) {
	t.Parallel()
	read := func(kind, fact string) visit.Concern {
		var e visit.Event
		require.NoError(t, json.Unmarshal(fmt.Appendf(nil, `{"visit":"v","seq":1,"kind":%q,"fact":%s}`, kind, fact), &e))
		return e.Concern()
	}
	facts := map[string]string{
		"sign_off_added": `{"task":"asker's","due":{"task":"t"}}`,
		"stage_opened":   `{"tasks":[{"task":"t"}]}`,
		"transferred":    `{"task":"t","to":"p"}`,
		"reassigned":     `{"task":"t","to":"p"}`,
		"reader_added":   `{"task":"asker's","person":"p"}`,
		"escalated":      `{"task":"t","posts":["FIN"]}`,
	}
	posts := map[string][]string{"escalated": {"FIN"}, "notice_held": visit.ExemptPosts}
	for kind, telling := range visit.Tellings {
		fact, special := facts[kind]
		if !special {
			fact = `{"task":"t","travellers":["p"]}`
		}
		c := read(kind, fact)
		if slices.Contains(telling.To, visit.ToSigners) {
			require.Equal(t, []string{"t"}, c.Tasks, kind)
		}
		if slices.Contains(telling.To, visit.ToNamed) {
			require.Equal(t, []string{"p"}, c.Persons, kind)
		}
		if slices.Contains(telling.To, visit.ToPosts) {
			require.Equal(t, posts[kind], c.Posts, kind)
		}
	}
	require.Equal(t, "p", read("transferred", facts["transferred"]).Only)
	require.Empty(t, read("sign_off_added", `{"task":"t"}`).Tasks, "one after the stage is asked for when its stage opens")
	require.True(t, read("rejected", `{"task":"t","waits":true}`).Waits)
	require.Empty(t, read("signed_off", `{"task":"t"}`).Tasks, "what is signed asks for nothing")
}
