package browser_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// saved waits until the form says that it has saved.
func (b *tab) saved() {
	b.t.Helper()
	b.awaitText("#kept", b.words("keep.saved"))
}

// words is the text of a key up to its first place.
func (b *tab) words(key string) string {
	text, _, _ := strings.Cut(b.say(key), "<")
	return strings.TrimSpace(text)
}

// The form saves as one types: the first save gives it an address, a reload shows what was typed, and of two windows none
// overwrites the other.
func TestTheFormSavesAsOneTypes(t *testing.T) {
	t.Parallel()
	b := signIn(t, i18n.EN, desk, "student.leeds")
	b.visit("/visits/new")
	b.fill("title", "Typed and not lost")
	b.saved()
	require.Regexp(t, `^/visits/[0-9-]+/edit$`, b.path())
	require.Equal(t, "title", b.name(), "the focus stays")
	at := b.path()
	b.fill("purpose", "To see whether it is kept.")
	b.choose("category", "STU_CONF")
	b.await(`fetch(location.href).then(a => a.text()).then(t => {
		const kept = new DOMParser().parseFromString(t, "text/html").getElementById("draft").elements;
		const here = document.getElementById("draft").elements;
		return kept.purpose.value === here.purpose.value && kept.category.value === "STU_CONF" && kept.revision.value === here.revision.value;
	})`)
	b.visit(at) // without being asked whether to leave: everything is saved
	require.Equal(t, "Typed and not lost", b.value("title"))

	other := signIn(t, i18n.EN, phone, "student.leeds")
	other.visit(at)
	b.fill("title", "From the first window")
	b.saved()
	other.fill("title", "From the second window")
	other.awaitText("#kept", other.say("keep.changed"))
	other.awaitText("#kept a", other.say("keep.other"))
	require.Equal(t, "From the second window", other.value("title"))
	b.visit(at)
	require.Equal(t, "From the first window", b.value("title"), "the second window has overwritten nothing")
	other.refused(http.StatusConflict, "form.save")
	require.Equal(t, "From the second window", other.value("title"), "nor lost what was typed in it")
	other.press("form.save") // on purpose
	b.visit(at)
	require.Equal(t, "From the second window", b.value("title"))

	b.set("exit_date", "2027-05-09")
	b.set("return_date", "2027-05-02")
	b.awaitText("#kept", b.words("keep.wrong"))
	b.set("return_date", "2027-05-12")
	b.saved()
}

// name is that of the field with the focus.
func (b *tab) name() string {
	b.t.Helper()
	var name string
	b.run(chromedp.Evaluate(`document.activeElement.name ?? ""`, &name))
	return name
}

// Files are chosen or dropped, shown, and taken away again before anything is submitted.
func TestFilesAreDroppedOnTheirPlace(t *testing.T) {
	t.Parallel()
	b := signIn(t, i18n.EN, phone, "faculty2.leeds")
	b.visit("/visits/new")
	b.set("exit_date", "2027-05-02")
	b.set("return_date", "2027-05-06")
	b.choose("category", "ACA")
	b.set("legs[0].country", "JP")
	b.awaitText("#papers", "D1")

	drop := func(name, kind, content string) {
		t.Helper()
		b.run(chromedp.Evaluate(fmt.Sprintf(`(() => {
			const files = new DataTransfer();
			files.items.add(new File([Uint8Array.from(atob(%q), c => c.charCodeAt(0))], %q));
			const to = document.querySelector("[data-drop=%s]");
			to.dispatchEvent(new DragEvent("dragover", {bubbles: true, cancelable: true, dataTransfer: files}));
			if (!to.classList.contains("over")) throw new Error("the place does not say that it takes files");
			to.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: files}));
		})()`, content, name, kind), nil))
	}
	drop("stamp.png", "D1", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	b.awaitText("[data-drop=D1] a", "stamp.png")
	b.run(chromedp.ScrollIntoView("[data-drop=D1] a"))
	b.await(`document.querySelector("[data-drop=D1] img.thumb")?.naturalWidth === 1`)
	drop("leaflet.htm", "D3", "PGh0bWw+PGJvZHk+PC9ib2R5PjwvaHRtbD4=")
	b.awaitText("#uploads .error", "text/html")

	file := filepath.Join(t.TempDir(), "letter.pdf")
	require.NoError(t, os.WriteFile(file, []byte("%PDF-1.4\n% "+t.Name()+"\n"), 0o600))
	b.upload("upload.D3", file)
	b.awaitText("[data-drop=D3] a", "letter.pdf")
	b.look()
	b.run(chromedp.Click(`//*[@data-drop="D1"]//button`, chromedp.BySearch))
	b.await(`!document.querySelector("[data-drop=D1] .mark")`)
	b.saved()
	b.await(`fetch(location.href).then(a => a.text()).then(t => t.includes("letter.pdf") && !t.includes("stamp.png"))`)
}

// A conference for oneself is asked for from an empty form with the keyboard alone, in English and in Chinese.
func TestAConferenceIsAskedForWithFewFields(t *testing.T) {
	t.Parallel()
	d := journey(t, visit.Academic, "", 6)
	date := func(day string) []string { // month, day, year: the order of the browser, which is American
		return strings.Split(day[5:7]+day[8:10]+day[:4], "")
	}
	for _, of := range []struct {
		lang                   i18n.Lang
		width                  int64
		person, country, words string
	}{
		{i18n.EN, desk, "faculty.leeds", "Japan", "Bridges in earthquakes"},
		{i18n.ZH, phone, "faculty.info", "日本", "桥梁抗震会议"},
	} {
		t.Run(string(of.lang), func(t *testing.T) {
			t.Parallel()
			b := signIn(t, of.lang, of.width, of.person)
			b.visit("/visits/new")
			keys, fields := 0, 0
			to := func(name string) {
				t.Helper()
				for tabs := 0; b.name() != name; tabs++ {
					require.Less(t, tabs, 120, "Tab never comes to %s", name)
					keys += b.strike(kb.Tab)
				}
			}
			fill := func(name string, strokes ...string) {
				t.Helper()
				to(name)
				keys += b.strike(strokes...)
				fields++
				require.NotEmpty(t, b.filled(name), name)
			}
			text := func(s string) []string { return strings.Split(s, "") }

			fill("category", " ")
			require.Equal(t, string(visit.Academic), b.chosen("category"))
			fill("title", text(of.words)...)
			fill("purpose", text(of.words)...)
			fill("exit_date", date(d.ExitDate)...)
			fill("return_date", date(d.ReturnDate)...)
			require.Equal(t, d.ExitDate, b.value("exit_date"))
			fill("legs[0].country", text(of.country)...)
			require.Equal(t, "JP", b.value("legs[0].country"))
			fill("legs[0].city", text("Tokyo")...)
			fill("legs[0].host", text("University of Tokyo")...)
			fill("funding[0].source", text("Project 42")...)
			fill("funding[0].kind", kb.ArrowDown)
			fill("funding[0].amount", text("18000")...)
			fill("invitation", text(of.words)...)
			fill("talent_task", text("H. Sato")...)
			fill("talent_contact", text("H. Sato")...)
			b.awaitText("#papers", "D8")
			for _, kind := range []string{"D1", "D3", "D8"} {
				to("upload." + kind)
				b.attach(kind)
				fields++
				b.awaitText("[data-drop="+kind+"] .mark", kind+".pdf")
			}
			b.saved()
			b.look()
			to("do")
			for b.pressed() != "submit" {
				keys += b.strike(kb.Tab)
			}
			keys += b.enter()
			b.sees(b.say("done.submitted"))
			t.Logf("%s: a conference for oneself takes %d fields and %d keys", of.lang, fields, keys)
			require.LessOrEqual(t, fields, 25)
		})
	}
}

// filled is what the field with the focus holds; for one of several buttons with a name, whether one is chosen.
func (b *tab) filled(name string) string {
	b.t.Helper()
	var value string
	b.run(chromedp.Evaluate(fmt.Sprintf(`document.activeElement.type === "radio" ? document.querySelector("[name=%s]:checked")?.value ?? "" : document.activeElement.value`, name), &value))
	return value
}

// pressed is the value of the button with the focus.
func (b *tab) pressed() string {
	b.t.Helper()
	var value string
	b.run(chromedp.Evaluate(`document.activeElement.value ?? ""`, &value))
	return value
}
