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
