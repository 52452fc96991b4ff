package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP22_ChangesAreShownSideBySideBeforeTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "F1001", "en"
	w := f.get("/visits/2026-00003/changes")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "Kyoto")
	require.Contains(t, w.Body.String(), "<ins>")
	require.Contains(t, w.Body.String(), "Finance Office")
	require.NotContains(t, w.Body.String(), "/visits/2026-00003/amend", "a returned visit is sent again, not amended")
	checkPage(t, f, w)

	f.visits["2026-00003"].v.State = visit.StateApproved
	require.Contains(t, f.get("/visits/2026-00003/edit").Body.String(), `value="compare"`)
	sent := form(t, f.get("/visits/2026-00003/changes"), "/visits/2026-00003/amend")
	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "reason", Rule: "required"}}}
	w = f.post("/visits/2026-00003/amend", sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	checkPage(t, f, w)
	sent.Set("reason", "The flight was cancelled.")
	w = f.post("/visits/2026-00003/amend", sent)
	require.Equal(t, "/visits/2026-00003?done=amending", w.Header().Get("Location"))
	require.Equal(t, "amend The flight was cancelled. "+sent.Get("key"), f.did[len(f.did)-1])
}

// TestP18 and P-21: each form of the case page sends its command, and keeps what was typed where it is refused.
func TestP18_P21_FormsOfASigner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command, field, did string
		values              map[string]string
	}{
		{"decline", "travellers", "decline 1.1.COL.DEAN F1001 Because.", map[string]string{"travellers": "F1001"}},
		{"add-signer", "person", "add 1.1.COL.DEAN N1001 false 2 Because.", map[string]string{"person": "N1001", "before": "no", "days": "2"}},
		{"transfer", "to", "transfer 1.1.COL.DEAN N1001 Because.", map[string]string{"to": "N1001"}},
		{"add-reader", "person", "read 1.1.COL.DEAN N1001 Because.", map[string]string{"person": "N1001"}},
		{"remove-reader", "person", "unread 1.1.COL.DEAN A1001 Because.", map[string]string{"person": "A1001"}},
		{"remove-signer", "reason", "remove ADD.1 Because.", map[string]string{"sign_off": "ADD.1"}},
	} {
		t.Run(c.command, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.user, f.lang = "D1001", "en"
			k := f.visits["2026-00001"]
			k.v.Travellers, k.v.Readers = []string{"F1001", "A1001"}, []string{"A1001"}
			k.v.Declined = []visit.Declined{{Person: "N1001", Task: "1.1.FIN", By: visit.Actor{Person: "A1001"}, Reason: "n"}}
			f.removable, f.signers = []string{"ADD.1"}, map[string][]string{"1.1.COL.DEAN": {"D1001", "N1001"}}
			action := "/visits/2026-00001/" + c.command
			checkPage(t, f, f.get("/visits/2026-00001"))
			sent := form(t, f.get("/visits/2026-00001"), action)
			for name, value := range c.values {
				sent.Set(name, value)
			}
			sent.Set("reason", "Because.")
			f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: c.field, Rule: "required"}}}
			w := f.post(action, sent)
			require.Equal(t, http.StatusUnprocessableEntity, w.Code)
			require.Contains(t, w.Body.String(), `<span class="error"`)
			require.Contains(t, w.Body.String(), "Because.")
			checkPage(t, f, w)
			w = f.post(action, sent)
			require.Equal(t, http.StatusSeeOther, w.Code)
			require.Equal(t, c.did+" "+sent.Get("key"), f.did[len(f.did)-1])
		})
	}
}
