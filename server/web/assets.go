package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

//go:embed assets
var embedded embed.FS

// Names of the assets. Those in vendor are made by `npm run build` and may be absent.
const (
	styleSheet   = "exeat.css"
	ownScript    = "app.js"
	inboxScript  = "inbox.js" // for those who sign
	formScript   = "form.js"  // for those who write a request
	htmx         = "vendor/htmx.min.js"
	countryNames = "vendor/countries.json"
)

// AssetsMissing tells that the program was built without the third-party assets: pages work, but do not update by
// themselves and show countries by their codes.
func AssetsMissing() bool { return address(htmx) == "" || len(countries()) == 0 }

// asset is one embedded file; its address changes with its content, so that it may be kept for ever.
type asset struct {
	content   []byte
	mediaType string
}

var assets = sync.OnceValues(func() (byAddress map[string]asset, addresses map[string]string) {
	byAddress, addresses = map[string]asset{}, map[string]string{}
	for _, name := range []string{styleSheet, ownScript, inboxScript, formScript, htmx} {
		content, err := fs.ReadFile(embedded, "assets/"+name)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(content)
		at := "/assets/" + hex.EncodeToString(sum[:8]) + "/" + path.Base(name)
		byAddress[at] = asset{content, mime.TypeByExtension(path.Ext(name))}
		addresses[name] = at
	}
	return byAddress, addresses
})

func address(name string) string {
	_, addresses := assets()
	return addresses[name]
}

func pageAssets() view.Assets {
	return view.Assets{CSS: address(styleSheet), App: address(ownScript), Inbox: address(inboxScript), Form: address(formScript), HTMX: address(htmx)}
}

func serveAsset(c *gin.Context) error {
	byAddress, _ := assets()
	a, ok := byAddress[c.Request.URL.Path]
	if !ok {
		return visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", c.Request.URL.Path)
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, a.mediaType, a.content)
	return nil
}

type country struct{ Code, Name string }

// countries are all countries and regions by language, in the order of their names there.
var countries = sync.OnceValue(func() map[i18n.Lang][]country {
	var m map[i18n.Lang][]country
	content, err := fs.ReadFile(embedded, "assets/"+countryNames)
	if err != nil || json.Unmarshal(content, &m) != nil {
		return nil
	}
	return m
})

var countryIndex = sync.OnceValue(func() map[i18n.Lang]map[string]string {
	m := map[i18n.Lang]map[string]string{}
	for lang, all := range countries() {
		m[lang] = map[string]string{}
		for _, c := range all {
			m[lang][c.Code] = c.Name
		}
	}
	return m
})

// countryName gives the name of a country or region, its code where no names were built in.
func countryName(lang i18n.Lang, code string) string {
	if name, ok := countryIndex()[lang][code]; ok {
		return name
	}
	return code
}

// countryCodes lists what a form offers: everything but the country one travels out of.
func countryCodes(lang i18n.Lang) []string {
	var codes []string
	for _, c := range countries()[lang] {
		codes = append(codes, c.Code)
	}
	if codes != nil {
		return codes
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if code := string([]rune{a, b}); visit.KnownCountry(code) && code != "CN" {
				codes = append(codes, code)
			}
		}
	}
	return codes
}
