package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnalyticsDrawEveryTableAndSayTheirNumbers(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "I1001", "en"
	w := f.get("/analytics?unit=CIV")
	require.Equal(t, http.StatusOK, w.Code)
	for _, want := range []string{
		`<rect class="part" width="77.3" height="8">`, `<line x1="100.0" x2="100.0"`, // 17 of 22 days, the longest
		`<rect class="c2" x="0.0" width="60.0"`, "Unit + Offices 60.0 % · Between stages 40.0 %", "8.5", "25.0 %", "2026-10", "> 35<", "svg class=\"flow\"",
		`/analytics/pace/export?from=2025-11-24&amp;to=2026-11-23&amp;unit=CIV&amp;format=csv`,
	} {
		require.Contains(t, w.Body.String(), want)
	}
	w = f.get("/analytics?from=soon")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), `value="soon"`)
	require.Contains(t, w.Body.String(), `aria-invalid="true"`)
	w = f.get("/analytics/losses/export?format=csv")
	require.Equal(t, http.StatusOK, w.Code)
}

func TestTheOfficeRunsTheDayFromItsDesk(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "I1001", "en"
	body := f.get("/").Body.String()
	for _, want := range []string{">12</a>", `class="late">1</a>`, `href="/visits?state=back" class="late">2</a>`, `class="late">31 of 30</a>`, "The budget lacks the fee.", "4 of 40"} {
		require.Contains(t, body, want)
	}
	f.user = "F1001"
	require.NotContains(t, f.get("/").Body.String(), "office-now")
}

func TestTheStoryOfACaseIsFiltered(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.user, f.lang = "I1001", "en"
	all := f.get("/visits/2026-00001").Body.String()
	require.Contains(t, all, `href="/visits/2026-00001?story=notice#timeline"`)
	notice := f.get("/visits/2026-00001?story=notice").Body.String()
	require.Contains(t, notice, `href="/visits/2026-00001?story=notice#timeline" aria-current`)
	story := func(body string) string {
		_, after, _ := strings.Cut(body, `<ol class="timeline">`)
		story, _, _ := strings.Cut(after, "</ol>")
		return story
	}
	require.Contains(t, story(all), "<strong>Submitted</strong>")
	require.NotContains(t, story(notice), "<strong>Submitted</strong>")
	require.Contains(t, story(notice), "<strong>Public notice opened</strong>")
	require.Equal(t, story(all), story(f.get("/visits/2026-00001?story=other").Body.String()), "what is no chapter filters nothing")
}
