// Package document makes the papers of a visit: data in, the bytes of a PDF out. It reads no clock and no database, and the
// same data give the same bytes, so that a paper can be told by its SHA-256. Labels are in Chinese and English on one sheet.
package document

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/signintech/gopdf"

	"github.com/exeat/exeat/visit"
)

//go:embed fonts
var embedded embed.FS

const fontFile = "fonts/NotoSansSC.ttf"

// family is the name of the one font, inside a document.
const family = "NotoSansSC"

// missing stands for a character that the font does not have; which one it was is said at the end of the document.
const missing = '〓'

// Available tells whether the program was built with the font; without it every document is refused (unavailable).
func Available() bool {
	_, err := fonts()
	return err == nil
}

// fonts reads the font once: every document takes a part of it.
var fonts = sync.OnceValues(func() (*gopdf.FontContainer, error) { return load(embedded) })

func load(from fs.FS) (*gopdf.FontContainer, error) {
	content, err := fs.ReadFile(from, fontFile)
	if err != nil {
		return nil, visit.Refuse(visit.Unavailable, "no_font")
	}
	c := &gopdf.FontContainer{}
	option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return missing }}
	if err := c.AddTTFFontDataWithOption(family, content, option); err != nil {
		return nil, fmt.Errorf("read the font of the documents: %w", err)
	}
	return c, nil
}
