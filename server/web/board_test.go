package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP30_TheBoardIsReadByEveryMemberAndNobodyElse(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for _, page := range []string{"/notices", "/notices/print?unit=CIV", "/notices/2026-00009"} {
		require.Contains(t, f.get(page).Header().Get("Location"), "/login", page)
	}
	require.Empty(t, f.did)
	for _, lang := range []string{"zh", "en"} {
		f.user, f.lang = "N1001", lang
		for _, page := range []string{"/notices?unit=CIV&kind=after", "/notices/print?unit=CIV", "/notices/2026-00009"} {
			w := f.get(page)
			require.Equal(t, http.StatusOK, w.Code)
			for _, said := range []string{"Bridge monitoring", "2026-00009"} {
				require.Contains(t, w.Body.String(), said, page)
			}
			checkPage(t, f, w)
		}
	}
	require.Contains(t, f.did, "notices CIV true")
	page := f.get("/notices/2026-00009").Body.String()
	for _, said := range []string{"Wang Wei", "Civil Engineering", "Kyoto University", "Bridge project", "CNY 12,000", "The paper was read.", "One talk", "1 day late", "Did not travel", "An objection is being examined"} {
		require.Contains(t, page, said)
	}
	require.NotContains(t, page, "It was a holiday.", "the objection of another")
	require.NotContains(t, page, "/visits/2026-00009", "no way to a case that one may not see")
	require.Equal(t, http.StatusNotFound, f.get("/notices/2026-00001").Code)
}

func TestP30_AnObjectionIsSentFromTheNoticeAndLosesNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "N1001", "en"
	const action = "/notices/2026-00009/object"
	sent := form(t, f.get("/notices/2026-00009"), action)
	sent.Set("reason", "The host is a company.")
	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "reason", Rule: "too_long", Args: map[string]string{"max": "4000"}}}}
	w := f.post(action, sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Equal(t, "The host is a company.", form(t, w, action).Get("reason"))
	require.Contains(t, w.Body.String(), `href="#f-object-reason"`)
	checkPage(t, f, w)

	f.refuse, f.closed = visit.Refuse(visit.Conflict, "no_open_notice"), true
	w = f.post(action, sent)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "The host is a company.", "closed meanwhile, and the text is given back")
	checkPage(t, f, w)
	f.closed = false
	w = f.post(action, sent)
	require.Equal(t, "/notices/2026-00009?done=objected", w.Header().Get("Location"))
	require.Contains(t, f.did, "object The host is a company. 2026-00009")
	f.user = "F1001"
	require.Contains(t, f.get("/notices/2026-00009").Body.String(), "It was a holiday.", "one's own objection")
}

func TestP30_WhoResolvesReadsTheObjectionAndSaysWhy(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "I1001", "en"
	page := f.get("/notices/2026-00009")
	require.Contains(t, page.Body.String(), "It was a holiday.")
	require.Contains(t, page.Body.String(), "/visits/2026-00009/papers/D5.pdf")
	const resolve, exempt = "/notices/2026-00009/resolve", "/notices/2026-00009/exempt"
	sent := form(t, page, resolve)
	sent.Set("reason", "It was a working day.")
	w := f.post(resolve, sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, "no decision was ticked")
	require.Equal(t, "It was a working day.", form(t, w, resolve).Get("reason"))
	checkPage(t, f, w)
	sent.Set("upheld", "no")
	require.Equal(t, "/notices?done=objection_resolved", f.post(resolve, sent).Header().Get("Location"))
	require.Contains(t, f.did, "resolve 1 false It was a working day. 2026-00009")

	sent = form(t, page, exempt)
	sent.Set("reason", "The project is classified.")
	require.Equal(t, "/notices?done=exempted", f.post(exempt, sent).Header().Get("Location"))
	require.Contains(t, f.did, "exempt The project is classified. 2026-00009")
}
