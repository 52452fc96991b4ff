package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/demo"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// Widths of the two kinds of window, in CSS pixels.
const (
	desk  = 1280
	phone = 375
)

// patience is how long a page may take, on a machine that is busy with other tests.
const patience = time.Minute

// tab is a window of a browser in which nobody is signed in at first. Its methods end the test when something cannot be done.
type tab struct {
	t      *testing.T
	ctx    context.Context
	lang   i18n.Lang
	width  int64
	faults *faults
}

// open gives a new window. At the end of the test it is closed, and nothing must have gone wrong in it that the user does
// not see: no error in a script, nothing that the content security policy stopped.
func open(t *testing.T, lang i18n.Lang, width int64) *tab {
	t.Helper()
	b := &tab{t: t, ctx: newWindow(t), lang: lang, width: width, faults: &faults{}}
	t.Cleanup(func() {
		if t.Failed() {
			b.tell()
		}
		require.Empty(t, b.faults.list())
	})
	chromedp.ListenTarget(b.ctx, b.faults.hear)
	still := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	b.run(emulation.SetEmulatedMedia().WithFeatures(still), chromedp.EmulateViewport(width, 900))
	require.Equal(t, http.StatusOK, b.load(chromedp.Navigate(site.url+"/login")))
	b.speak()
	return b
}

// newWindow opens a window with cookies of its own, as chromedp.WithNewBrowserContext would if it asked for a window:
// Chromium has none yet in which a tab could be opened.
func newWindow(t *testing.T) context.Context {
	t.Helper()
	browser := cdp.WithExecutor(site.browser, chromedp.FromContext(site.browser).Browser)
	cookies, err := target.CreateBrowserContext().Do(browser)
	require.NoError(t, err)
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(cookies).WithNewWindow(true).Do(browser)
	require.NoError(t, err)
	ctx, detach := chromedp.NewContext(site.browser, chromedp.WithTargetID(id))
	t.Cleanup(func() {
		detach()
		require.NoError(t, target.DisposeBrowserContext(cookies).Do(browser))
	})
	require.NoError(t, chromedp.Run(ctx)) // what attaches lives as long as the context it is run with
	return ctx
}

// signIn gives a window in which a person of the demonstration is signed in.
func signIn(t *testing.T, lang i18n.Lang, width int64, person string) *tab {
	t.Helper()
	b := open(t, lang, width)
	b.signIn(person)
	return b
}

func (b *tab) signIn(person string) {
	b.t.Helper()
	b.fill("username", person)
	b.fill("password", demo.Password)
	b.click(b.named("login.submit"))
	b.speak() // the language of the profile goes before
}

// speak changes the language of the pages where they have the other one.
func (b *tab) speak() {
	b.t.Helper()
	if b.read().Lang != b.lang.Tag() {
		b.click(`//button[@name="language"]`)
	}
	b.look()
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Run(ctx, actions...))
}

// load runs actions that bring a new page, waits until it is there, and gives its status.
func (b *tab) load(actions ...chromedp.Action) int {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	loaded := make(chan struct{}, 10)
	chromedp.ListenTarget(ctx, func(event any) {
		if _, ok := event.(*page.EventLoadEventFired); ok {
			loaded <- struct{}{}
		}
	})
	require.NoError(b.t, chromedp.Run(ctx, actions...))
	for status := 0; ; {
		select {
		case <-loaded:
		case <-ctx.Done():
			require.NoError(b.t, ctx.Err(), "no page came")
		}
		require.NoError(b.t, chromedp.Run(ctx, chromedp.Evaluate(`performance.getEntriesByType("navigation")[0].responseStatus`, &status)))
		if status != 0 { // the empty page of a new window has none
			return status
		}
	}
}

// visit goes to an address of the site.
func (b *tab) visit(path string) {
	b.t.Helper()
	require.Equal(b.t, http.StatusOK, b.load(chromedp.Navigate(site.url+path)), path)
	b.look()
}

// click presses what an XPath finds, which brings a new page.
func (b *tab) click(xpath string) {
	b.t.Helper()
	require.Equal(b.t, http.StatusOK, b.load(b.mouse(xpath)...), xpath)
}

// press presses the first visible button or link with the text of a key, and looks at the page that comes.
func (b *tab) press(key string) {
	b.t.Helper()
	if name, ok := strings.CutPrefix(key, "nav."); ok && behindMore(name) {
		b.run(b.mouse(`//details[@class="more"]/summary`)...)
	}
	b.click(b.named(key))
	b.look()
}

// behindMore tells whether a place of the menu is to be opened first.
func behindMore(name string) bool {
	return slices.ContainsFunc(view.Menu, func(g view.MenuGroup) bool {
		return slices.ContainsFunc(g.Places, func(pl view.Place) bool { return pl.Name == name })
	})
}

// refused is press where the answer is a refusal with this status.
func (b *tab) refused(status int, key string) {
	b.t.Helper()
	b.faults.expect(status)
	require.Equal(b.t, status, b.load(b.mouse(b.named(key))...), key)
	b.look()
}

// named is the XPath of the first button or link with the text of a key.
func (b *tab) named(key string) string {
	return fmt.Sprintf(`(//*[self::button or self::a][not(contains(@class, "hidden"))][normalize-space(.)=%q])[1]`, b.say(key))
}

// mouse scrolls something to the middle of the window, where nothing covers it, and clicks on it.
func (b *tab) mouse(xpath string) []chromedp.Action {
	return []chromedp.Action{
		chromedp.WaitVisible(xpath, chromedp.BySearch),
		chromedp.Evaluate(element(xpath)+`.scrollIntoView({block: "center", behavior: "instant"})`, nil),
		chromedp.Click(xpath, chromedp.BySearch),
	}
}

// element is an expression of JavaScript that finds one element.
func element(xpath string) string {
	return fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue`, xpath)
}

// say gives the text of a key; pairs fill its places.
func (b *tab) say(key string, pairs ...string) string {
	require.True(b.t, i18n.Has(key), key)
	return i18n.Text(b.lang, key, visit.Refuse("", "", pairs...).Args)
}

func field(name string) string { return fmt.Sprintf(`//*[@name=%q]`, name) }

// fill types a text into the field with this name, instead of what is in it.
func (b *tab) fill(name, text string) {
	b.t.Helper()
	b.run(
		chromedp.Evaluate(element(field(name))+`.select()`, nil),
		chromedp.Focus(field(name), chromedp.BySearch),
		input.InsertText(text),
	)
	require.Equal(b.t, text, b.value(name), name)
}

// set gives a field a value that nobody types letter by letter: a date or a choice of a list.
func (b *tab) set(name, value string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(fmt.Sprintf(`(e => {
		e.value = %q;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
	})(%s)`, value, element(field(name))), nil))
	require.Equal(b.t, value, b.value(name), name)
}

// value is what is in a field.
func (b *tab) value(name string) string {
	b.t.Helper()
	var v string
	b.run(chromedp.Evaluate(element(field(name))+`.value`, &v))
	return v
}

// choose presses the radio button or checkbox with this name and value.
func (b *tab) choose(name, value string) {
	b.t.Helper()
	xpath := fmt.Sprintf(`//label[input[@name=%q][@value=%q]]`, name, value)
	b.run(b.mouse(xpath)...)
	var checked bool
	b.run(chromedp.Evaluate(element(xpath+"/input")+`.checked`, &checked))
	require.True(b.t, checked, "%s %s", name, value)
}

// upload chooses a file.
func (b *tab) upload(name, file string) {
	b.t.Helper()
	b.run(chromedp.SetUploadFiles(field(name), []string{file}, chromedp.BySearch))
}

// await waits until what JavaScript says is true.
func (b *tab) await(expression string) {
	b.t.Helper()
	b.run(chromedp.Poll(expression, nil))
}

// awaitText waits until something that a CSS selector finds shows a text.
func (b *tab) awaitText(selector, text string) {
	b.t.Helper()
	b.await(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, text))
}

// text is what something shows.
func (b *tab) text(selector string) string {
	b.t.Helper()
	var s string
	b.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector), &s))
	return s
}

// sees expects texts on the page.
func (b *tab) sees(texts ...string) {
	b.t.Helper()
	shown := b.read().Text
	for _, s := range texts {
		require.Contains(b.t, shown, s)
	}
}

// path is where the window is: path and query.
func (b *tab) path() string {
	b.t.Helper()
	var at string
	b.run(chromedp.Evaluate(`location.pathname + location.search`, &at))
	return at
}

// content is what can be read from any page.
type content struct {
	Text  string // that people see, with what is folded; what programs read (code, hashes) is left out
	Lang  string
	Title string
}

func (b *tab) read() content {
	b.t.Helper()
	var p content
	b.run(chromedp.Evaluate(`(() => {
		const copy = document.body.cloneNode(true);
		copy.querySelectorAll("code, pre, .hash, input, textarea").forEach(e => e.remove());
		return {Text: copy.textContent.replace(/\s+/g, " "), Lang: document.documentElement.lang, Title: document.title};
	})()`, &p))
	return p
}

// untranslated matches the key of a text that has none, and a call of a template that was taken for text.
var untranslated = regexp.MustCompile(`@[a-z]\w*\(|\b(answer|audit|case|category|common|decide|delegations|demo|desk|done|error|event|field|filter|flag|form|history|` +
	`inbox|ledger|life|list|login|nav|open_visits|page|panel|people|policy|progress|replay|effect|difference|resume|role|row|rule|state|task_state|verdict|visits|why)\.[a-z_]+`)

// look checks what holds for every page: it is in the language that was chosen, every text has words, and nothing reaches
// beyond the edge, on a phone neither.
func (b *tab) look() {
	b.t.Helper()
	p := b.read()
	require.Equal(b.t, b.lang.Tag(), p.Lang, b.path())
	require.NotEmpty(b.t, p.Title)
	bare := slices.DeleteFunc(untranslated.FindAllString(p.Text+p.Title, -1), func(key string) bool {
		return key == "policy.editor" || key == "policy.publisher" // numbers of two persons
	})
	require.Empty(b.t, bare, b.path())
	var wide []string
	b.run(
		emulation.SetDeviceMetricsOverride(phone, 800, 1, false),
		chromedp.Evaluate(tooWide, &wide),
		emulation.SetDeviceMetricsOverride(b.width, 900, 1, false),
	)
	require.Empty(b.t, wide, "%s is too wide for a phone", b.path())
}

// tooWide lists what makes the page wider than the window.
const tooWide = `(() => {
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= width) return [];
	return [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > width + 1)
		.map(e => e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 40)).slice(0, 10);
})()`

// tell says where the window is when a test has failed.
func (b *tab) tell() {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	var at, text string
	err := chromedp.Run(ctx, chromedp.Location(&at), chromedp.Evaluate(`document.body?.innerText ?? ""`, &text))
	b.t.Log(at, errors.Join(err, ctx.Err()))
	b.t.Log(text[:min(len(text), 6000)])
}

// faults are what a browser notes down and its user does not see.
type faults struct {
	mu       sync.Mutex
	heard    []string
	expected map[string]bool
}

func (f *faults) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		f.add(e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
			f.add(fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			f.add(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (f *faults) add(s string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = append(f.heard, s)
}

// expect passes over the notes of a browser about answers with this status.
func (f *faults) expect(status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.expected == nil {
		f.expected = map[string]bool{}
	}
	f.expected["status of "+strconv.Itoa(status)] = true
}

func (f *faults) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, s := range f.heard {
		known := false
		for e := range f.expected {
			known = known || strings.Contains(s, e)
		}
		if !known {
			out = append(out, s)
		}
	}
	return out
}
