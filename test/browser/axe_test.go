package browser_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
)

// The persons between whom every page is reached.
var walkers = []string{"io.rev", "faculty.civ", "fin", "dean.civ", "passport", "auditor", "admin", "policy.editor", "sao"}

// TestEveryPageIsAccessible follows every link of the pages, as each of several persons, and lets axe look at every page that it
// comes by, in light and in dark (WCAG 2.2 AA). Pages that differ in a number only count as one. It does not run beside others,
// who move the clock: what a page leads to would be gone.
func TestEveryPageIsAccessible(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	require.NoError(t, err, "make build fetches it")
	seen := map[string]bool{}
	login := open(t, i18n.EN, desk)
	login.accessible(string(axe))
	for i, person := range walkers {
		b := signIn(t, i18n.Langs[i%len(i18n.Langs)], desk, person)
		todo := []string{"/"}
		for len(todo) > 0 {
			path := todo[0]
			todo = todo[1:]
			kind := kindOf(path)
			if path == "/" { // everybody has a desk of his own
				kind += person
			}
			if seen[kind] {
				continue
			}
			seen[kind] = true
			t.Logf("%s: %s", person, path)
			b.visit(path)
			b.accessible(string(axe))
			b.reflows()
			todo = append(todo, b.links()...)
		}
	}
	t.Logf("%d kinds of pages", len(seen))
	require.Greater(t, len(seen), 40)
}

// number is what differs between pages of one kind: numbers of visits and rows, hashes, codes, days, units.
var number = regexp.MustCompile(`[0-9]{4}-[0-9]{5,}|[0-9a-f]{16,}|[A-Z][A-Z0-9_.-]+|\d{4}-\d\d(-\d\d)?|\d+`)

// kindOf says of which kind the page at an address is. What a query chooses is the same page with other rows.
func kindOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return number.ReplaceAllString(path, "N")
}

// links lists the pages of the site to which the page leads. What is saved as a file is no page.
func (b *tab) links() []string {
	b.t.Helper()
	var all []string
	b.run(chromedp.Evaluate(`[...document.querySelectorAll("a[href]:not([download])")]
		.filter(a => a.origin === location.origin && !a.target).map(a => a.pathname + a.search)`, &all))
	return slices.DeleteFunc(all, func(path string) bool {
		return files.MatchString(path)
	})
}

var files = regexp.MustCompile(`format=|\.(pdf|csv|json|zip|xlsx|ics)(\?|$)|/files/|/papers/|/export|/sample$|/dev/mail/|/api/|/text$|/bundle|/audit/keys|/audit/heads/`)

// accessible lets axe look at the page in light, and at its colours in dark, where nothing else differs.
func (b *tab) accessible(axe string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(axe, nil))
	for scheme, only := range map[string]string{
		"light": `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}`,
		"dark":  `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`,
	} {
		var violations []string
		b.run(
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: scheme}}),
			chromedp.Evaluate(fmt.Sprintf(violating, only), &violations, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
		)
		if len(violations) > 0 {
			b.t.Errorf("%s in %s:\n%s", b.path(), scheme, strings.Join(violations, "\n"))
		}
	}
}

// reflows enlarges the page: a window of 1280 pixels has 640 at 200 % and 320 at 400 % (WCAG 1.4.4 and 1.4.10).
func (b *tab) reflows() {
	b.t.Helper()
	for _, width := range []int64{640, 320} {
		var wide []string
		b.run(emulation.SetDeviceMetricsOverride(width, 800, 1, false), chromedp.Evaluate(tooWide, &wide))
		if len(wide) > 0 {
			b.t.Errorf("%s at %d pixels:\n%s", b.path(), width, strings.Join(wide, "\n"))
		}
	}
	b.run(emulation.SetDeviceMetricsOverride(b.width, 900, 1, false))
}

// violating runs axe and lists what it finds: rule, place, element, reason.
const violating = `axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(r => r.violations.flatMap(v =>
	v.nodes.slice(0, 3).map(n => v.id + ": " + n.target.join(" ") + " — " + n.html.slice(0, 160) + " — " + (n.any.concat(n.all, n.none)[0]?.message ?? v.help))))`
