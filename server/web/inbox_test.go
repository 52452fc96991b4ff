package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

func TestP57_FiltersOfTheInboxLiveInItsAddress(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang, f.next = "D1001", "en", "2026-11-24T01:30:00.000000Z_2026-00001_1.1.COL.DEAN"
	w := f.get("/inbox?category=ACA&unit=CIV&sign_off=COL.DEAN&kind=decide&due=week")
	require.Equal(t, http.StatusOK, w.Code)
	query := "category=ACA&due=week&kind=decide&sign_off=COL.DEAN&unit=CIV"
	require.Contains(t, f.did, "inbox "+query)
	body := w.Body.String()
	require.Contains(t, body, strings.ReplaceAll(`href="/inbox?`+strings.Replace(query, "week", "overdue", 1)+`"`, "&", "&amp;"))
	require.Contains(t, body, "Overdue 99+", "more were not counted")
	require.Contains(t, body, "cursor="+url.QueryEscape(f.next))
	require.Equal(t, url.Values{"category": {"ACA"}, "due": {"week"}, "kind": {"decide"}, "sign_off": {"COL.DEAN"}, "unit": {"CIV"}}, form(t, w, "filters"))
	checkPage(t, f, w)

	w = f.get("/inbox?unit=MECH")
	require.Contains(t, w.Body.String(), "Show everything", "nothing matches, and one step shows all")
	require.NotContains(t, w.Body.String(), "Nothing waits for you.")
	f.user = "A1001"
	w = f.get("/inbox")
	require.Contains(t, w.Body.String(), "Nothing waits for you.")
	require.Contains(t, w.Body.String(), `href="/settings/notifications"`)
}

func TestP57_FiltersAreKeptUnderAName(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "D1001", "en"
	w := f.get("/inbox?due=overdue")
	require.Contains(t, w.Body.String(), `href="/inbox?due=overdue" aria-current="page">Late`)
	require.NotContains(t, w.Body.String(), ">Back<", "that is another list's")
	require.Equal(t, "Late", form(t, w, "/inbox?due=overdue").Get("name"), "renamed by saving again")
	checkPage(t, f, w)

	sent := form(t, f.get("/inbox?due=today"), "/inbox?due=today")
	sent.Set("name", " Today’s ")
	w = f.post("/inbox?due=today", sent)
	require.Equal(t, "/inbox?done=view_saved&due=today", w.Header().Get("Location"))
	require.Contains(t, f.did, "save inbox  Today’s  due=today")

	f.refuse = &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "name", Rule: "too_long", Args: map[string]string{"max": "40"}}}}
	w = f.post("/inbox?due=today", sent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Equal(t, "Today’s", form(t, w, "/inbox?due=today").Get("name"))
	checkPage(t, f, w)
	f.refuse = errors.New("the database is away")
	require.Equal(t, http.StatusInternalServerError, f.post("/inbox?due=today", sent).Code)

	sent = form(t, f.get("/visits?all=1&state=back"), "/visits?all=1&state=back")
	sent.Set("do", "delete")
	w = f.post("/visits?all=1&state=back", sent)
	require.Equal(t, "/visits?all=1&done=view_deleted&state=back", w.Header().Get("Location"))
	require.Contains(t, f.did, "delete visits Back")
}

func TestP57_ARowOfTheInboxOpensToWhatIsDecided(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "D1001", "en"
	const task = "1.1.COL.DEAN"
	w := f.get("/visits/2026-00001/summary?task=" + task)
	require.Equal(t, "/visits/2026-00001?task=1.1.COL.DEAN#decide", w.Header().Get("Location"), "without a script it is the case")

	w = f.part("/visits/2026-00001/summary?task=" + task + "&verdict=approve")
	require.Equal(t, http.StatusOK, w.Code)
	body := w.Body.String()
	require.NotContains(t, body, "<html", "a part of a page")
	require.Contains(t, body, "在会议上宣读论文", "the purpose")
	require.Contains(t, body, "invitation.pdf", "a document")
	require.Contains(t, body, i18n.Text(i18n.EN, "flag."+string(visit.TakesGoods), nil))
	require.Contains(t, body, i18n.Text(i18n.EN, "inbox.lacking", nil))
	sent := form(t, w, "/visits/2026-00001/decide")
	require.Equal(t, form(t, f.get("/visits/2026-00001?verdict=approve"), "/visits/2026-00001/decide").Get("version"), sent.Get("version"))
	require.Equal(t, "approve", sent.Get("decision"))
	require.NotEmpty(t, sent.Get("seen"), "the event that was seen goes with it, of which the ledger has the view's hash")

	f.refuse = visit.Refuse(visit.Conflict, "version_changed")
	sent.Set("reason", "Fine.")
	w = f.postPart("/visits/2026-00001/decide", sent)
	require.Equal(t, http.StatusConflict, w.Code)
	require.NotContains(t, w.Body.String(), "<html")
	require.Equal(t, "Fine.", form(t, w, "/visits/2026-00001/decide").Get("reason"))
	w = f.postPart("/visits/2026-00001/decide", sent)
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Equal(t, "approve 2026-00001 1.1.COL.DEAN Fine. "+sent.Get("key"), f.did[len(f.did)-1])

	w = f.part("/visits/2026-00001/summary?task=1.1.FIN")
	require.Contains(t, w.Body.String(), "No longer waits for you")
	require.NotContains(t, w.Body.String(), "/decide", "what is not the user's is not decided")
}
