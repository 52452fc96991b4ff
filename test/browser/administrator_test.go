package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
)

// The administrator imports people: a wrong cell is named and nothing typed is lost, what would change is shown, and then it is done.
func TestPeopleAreImported(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := signIn(t, w.lang, w.width, "admin")
		b.visit("/organisation")
		b.press("import.title")
		list := fmt.Sprintf("person,name_zh,name_en,unit,rank\n%s.%d,新同事,New Colleague,CIV,KING\n", w.lang, w.width)
		b.set("table", "people")
		b.set("text", list)
		b.refused(http.StatusUnprocessableEntity, "import.check")
		require.Equal(t, list, b.value("text"))
		b.sees("KING")

		b.set("text", strings.Replace(list, "KING", "STAFF", 1))
		b.press("import.check")
		b.sees(b.say("import.counts", "added", "1", "changed", "0", "ended", "0", "same", "0"), "新同事")
		b.press("import.apply")
		b.sees(b.say("done.organisation_imported"))
		b.visit("/people?q=" + fmt.Sprintf("%s.%d", w.lang, w.width))
		b.sees(map[i18n.Lang]string{i18n.ZH: "新同事", i18n.EN: "New Colleague"}[w.lang])
	})
}
