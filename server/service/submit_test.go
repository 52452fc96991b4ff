package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/service"
)

// A sender who got no answer sends the same again, and must not be told that the key is taken.
func TestARepeatedResubmissionGetsItsReceipt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	id := k.submitted("faculty.civ")
	first, err := k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "submit-"+id)
	require.NoError(t, err)
	_, err = k.svc.Decide(t.Context(), k.user("dean.civ"), id, service.Decision{Task: "1.1.COL.DEAN", Verdict: service.Return, Reason: "The budget."}, "return")
	require.NoError(t, err)
	again, err := k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "submit-"+id)
	require.NoError(t, err, "the first submission, repeated after the return, is not a second one")
	require.Equal(t, first.Digest, again.Digest)

	second, err := k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "resubmit")
	require.NoError(t, err)
	again, err = k.svc.Submit(t.Context(), k.user("faculty.civ"), id, "resubmit")
	require.NoError(t, err)
	require.Equal(t, second, again)
}

// An answer that was lost is asked for again when more is known of the applicant than at the first sending.
func TestASubmissionIsRepeatedWhateverHasBecomeKnownSince(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.hosted()
	faculty := k.user("faculty.civ")
	row, err := k.svc.CreateDraft(t.Context(), faculty, "", k.draft("faculty.civ"))
	require.NoError(t, err)
	first, err := k.svc.Submit(t.Context(), faculty, row.ID, "once")
	require.NoError(t, err)
	k.submitted("faculty.civ") // the facts of a request count the others of the year
	again, err := k.svc.Submit(t.Context(), faculty, row.ID, "once")
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = k.svc.Submit(t.Context(), faculty, row.ID, "twice")
	require.Equal(t, "already_submitted", rule(t, err))
}
