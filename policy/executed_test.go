package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// TestP09_ThePreviewIsTheRouteThatIsExecuted drives a visit of every combination through every pack, by real commands: who
// was asked, stage by stage, is what the preview says.
func TestP09_ThePreviewIsTheRouteThatIsExecuted(t *testing.T) {
	t.Parallel()
	for _, id := range policy.Packs() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			p := embedded(t, id)
			n := combinations(func(c visit.Category, rank policy.Rank, d policy.Destination, days int) {
				preview, err := p.Route(plain(c, rank, d, days))
				require.NoError(t, err)
				require.Equal(t, preview.Stages, executed(t, preview.Pin()), "%s %s %s %d", c, rank, d, days)
			})
			require.Equal(t, 420, n)
		})
	}
}

// executed is who was asked in each stage until the visit was approved.
func executed(t *testing.T, r visit.Route) [][]string {
	t.Helper()
	v, at := visit.New("2026-00001", "p1"), time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	do := func(by visit.Actor, a visit.Action) {
		es, err := v.Handle(visit.Command{ID: fmt.Sprint(v.Seq), By: by, Do: a}, calendar.Clock{At: at})
		require.NoError(t, err)
		for _, e := range es {
			require.NoError(t, v.Apply(e))
		}
	}
	do(visit.Actor{Person: "p1"}, visit.Submit{Version: "v", Unit: "CIV", Travellers: []string{"p1"}, Route: r})
	var stages [][]string
	for v.State != visit.StateApproved && !v.State.Living() {
		open := v.OpenTasks()
		if len(open) == 0 {
			require.True(t, v.AwaitsNotice(), "nobody is asked, and no notice is open: %s", v.State)
			at = v.Notice.Closes
			do(visit.System, visit.Tick{})
			continue
		}
		var asked []string
		for _, task := range open {
			asked = append(asked, task.SignOff.Code)
			by := visit.Actor{Person: "signer", Post: slices.Concat(task.SignOff.Posts, []string{""})[0]}
			if task.SignOff.Person != "" {
				by = visit.Actor{Person: task.SignOff.Person}
			}
			a := visit.Approve{Task: task.ID}
			if task.SignOff.Review == visit.Outside {
				a.Outside = &visit.OutsideDecision{Number: "7", Date: "2026-03-01", File: strings.Repeat("ab", 32)}
			}
			do(by, a)
		}
		stages = append(stages, asked)
	}
	return stages
}
