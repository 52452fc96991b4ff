package document

import (
	"unicode"

	"github.com/signintech/gopdf"
)

// Table is a table that an auditor exports (domain P-49), in one language: what was asked, the rows, and their sums.
type Table struct {
	University Words
	Title      string
	Facts      [][2]string // name and text: what was asked, by whom, when
	Head       []string
	Numeric    []bool // columns of numbers, which stand at the right
	Rows       [][]string
	Sums       []string // nil where nothing is summed
	// Check says how a reader checks the file, Foot what stands below every page.
	Check string
	Foot  string
}

// Letters of a table are small: it has up to fifteen columns on a page that lies on its side.
var (
	cellStyle = style{size: 7}
	headStyle = style{size: 7, grey: true}
)

// PDF draws the table; its head stands on every page.
func (t Table) PDF() ([]byte, error) {
	s, err := newSheetOf(*gopdf.PageSizeA4Landscape, longSide, shortSide, t.Title, "")
	if err != nil {
		return nil, err
	}
	s.para(t.University.both(), style{size: headSize, mid: true})
	s.gap(3)
	s.para(t.Title, style{size: 15, mid: true})
	s.gap(8)
	for _, f := range t.Facts {
		s.row(shaded(styled(1.2, f[0], small)), styled(8, f[1], small))
	}
	s.gap(4)
	s.para(t.Check, faint)
	s.gap(8)
	shares := t.shares()
	heads := func() {
		draw := s.heads
		s.heads = nil
		boxes := make([]box, len(t.Head))
		for i, h := range t.Head {
			boxes[i] = shaded(styled(shares[i], h, headStyle))
		}
		s.row(boxes...)
		s.heads = draw
	}
	heads()
	s.heads = heads
	for _, row := range t.Rows {
		s.row(t.boxes(shares, row)...)
	}
	if t.Sums != nil {
		boxes := t.boxes(shares, t.Sums)
		for i := range boxes {
			boxes[i] = shaded(boxes[i])
		}
		s.row(boxes...)
	}
	s.heads = nil
	return s.end(t.Foot)
}

func (t Table) boxes(shares []float64, row []string) []box {
	boxes := make([]box, len(row))
	for i, text := range row {
		st := cellStyle
		st.right = t.Numeric[i]
		boxes[i] = styled(shares[i], text, st)
	}
	return boxes
}

func shaded(b box) box {
	b.shade = true
	return b
}

// A column is as wide as its widest text, within bounds: a number keeps its place, and a long text has several lines.
const narrow, broad = 5, 34

func (t Table) shares() []float64 {
	shares := make([]float64, len(t.Head))
	for i, h := range t.Head {
		shares[i] = max(narrow, span(h)/2)
	}
	for _, row := range t.Rows {
		for i, text := range row {
			shares[i] = min(broad, max(shares[i], span(text)))
		}
	}
	return shares
}

// span is about how wide a text is: a Chinese character counts as two letters.
func span(text string) float64 {
	n := 1.0
	for _, r := range text {
		if n++; unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}
