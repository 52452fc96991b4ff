package visit_test

import (
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
