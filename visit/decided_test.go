package visit_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

// iam-identity-center-team 124: the waiting time could not be computed from the record. Each decision holds when it was asked
// for and when it was given.
func TestP11_EveryDecisionHoldsBothTimes(t *testing.T) {
	t.Parallel()
	for kind, a := range map[string]visit.Action{
		"signed_off": visit.Approve{Task: "1.1.FIN"}, "returned": visit.Return{Task: "1.1.FIN", Reason: "n"},
		"rejected": visit.Reject{Task: "1.1.FIN", Reason: "n"}, "asked": visit.Ask{Task: "1.1.FIN", Question: "q"},
	} {
		d := open(t, simplified())
		d.now = d.now.Add(5 * time.Hour)
		d.must("fin", "FIN", a)
		e := d.log[3] // after the submission, the notice and the stage
		require.Equal(t, kind, e.Kind())
		body, err := json.Marshal(e)
		require.NoError(t, err)
		var read struct {
			At   time.Time `json:"at"`
			Fact struct {
				Requested time.Time `json:"requested"`
			} `json:"fact"`
		}
		require.NoError(t, json.Unmarshal(body, &read))
		require.Equal(t, start, read.Fact.Requested, "%s: %s", kind, body)
		require.Equal(t, start.Add(5*time.Hour), read.At, kind)
	}
}

// A sign-off that is asked again has the time of that round.
func TestP11_ASecondRoundHasItsOwnTime(t *testing.T) {
	t.Parallel()
	d := open(t, simplified())
	d.must("fin", "FIN", visit.Return{Task: "1.1.FIN", Reason: "n"})
	d.now = d.now.AddDate(0, 0, 2)
	d.must("faculty", "", visit.Resubmit{Version: "v1", Travellers: []string{"faculty"}, Route: simplified()})
	asked := d.now
	d.now = d.now.Add(time.Hour)
	d.must("fin", "FIN", visit.Approve{Task: "2.1.FIN"})
	last := d.log[len(d.log)-1]
	f, ok := last.Fact.(visit.SignedOff)
	require.True(t, ok)
	require.Equal(t, asked, f.Requested)
	require.Equal(t, asked.Add(time.Hour), last.At)
}
