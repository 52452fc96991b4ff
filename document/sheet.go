package document

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"github.com/signintech/gopdf"
	"rsc.io/qr"
)

// Words say one thing in both languages.
type Words struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// both gives the two texts one after the other, once where they are the same.
func (w Words) both() string {
	if w.ZH == w.EN || w.EN == "" {
		return w.ZH
	}
	if w.ZH == "" {
		return w.EN
	}
	return w.ZH + " " + w.EN
}

// Measures of the page (A4), in points.
const (
	shortSide, longSide = 595.28, 841.89
	margin              = 50.0
	leading             = 1.36 // height of a line by the size of its letters
	padding             = 3.5  // of a box
)

// full is the width of the text, bottom where it ends and the foot begins.
func (s *sheet) full() float64   { return s.wide - 2*margin }
func (s *sheet) bottom() float64 { return s.high - 62 }

// Sizes of letters, in points.
const (
	titleSize = 19.0
	headSize  = 11.5
	textSize  = 9.5
	smallSize = 7.5
)

// sheet is a document being drawn, from top to bottom. The first error stays and is given at the end.
type sheet struct {
	pdf        *gopdf.GoPdf
	wide, high float64 // of the page
	y          float64
	unknown    []rune // characters that the font lacks
	mark       string // written across every page; empty for none
	heads      func() // draws what stands at the top of each further page; nil for nothing
	err        error
}

// newSheet begins a document. The mark, if any, is written across every page, below the text.
func newSheet(title, mark string) (*sheet, error) {
	return newSheetOf(*gopdf.PageSizeA4, shortSide, longSide, title, mark)
}

// newSheetOf begins a document whose pages have a size, and are drawn as if they had this width and height.
func newSheetOf(size gopdf.Rect, wide, high float64, title, mark string) (*sheet, error) {
	container, err := fonts()
	if err != nil {
		return nil, err
	}
	s := &sheet{pdf: &gopdf.GoPdf{}, wide: wide, high: high, mark: mark}
	s.pdf.Start(gopdf.Config{PageSize: size})
	s.pdf.SetInfo(gopdf.PdfInfo{Title: title, Creator: "exeat"})
	s.keep(s.pdf.AddTTFFontFromFontContainer(family, container))
	s.page()
	return s, s.err
}

func (s *sheet) keep(err error) {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("draw document: %w", err)
	}
}

func (s *sheet) page() {
	s.pdf.AddPage()
	s.across()
	s.y = margin
	if s.heads != nil {
		s.heads()
	}
}

// style is how a line is written.
type style struct {
	size float64
	grey bool
	mid  bool // in the middle of its box
	// right puts it at the right of its box.
	right bool
}

var (
	plain = style{size: textSize}
	small = style{size: smallSize}
	faint = style{size: smallSize, grey: true}
	head  = style{size: headSize, mid: true}
	tiny  = style{size: 6.5, grey: true}
)

// line is one line of text that fits its box.
type line struct {
	text string
	style
}

func (l line) height() float64 { return l.size * leading }

func (s *sheet) font(st style) {
	s.keep(s.pdf.SetFont(family, "", st.size))
	level := uint8(0)
	if st.grey {
		level = 95
	}
	s.pdf.SetTextColor(level, level, level)
}

func (s *sheet) width(text string) float64 {
	w, err := s.pdf.MeasureTextWidth(text)
	s.keep(err)
	return w
}

// known replaces what the font lacks, and remembers it.
func (s *sheet) known(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == ' ' {
			return r
		}
		if r < ' ' || r == 0x7f {
			return -1
		}
		ok, err := s.pdf.IsCurrFontContainGlyph(r)
		s.keep(err)
		if ok {
			return r
		}
		if !slices.Contains(s.unknown, r) {
			s.unknown = append(s.unknown, r)
		}
		return missing
	}, text)
}

// wrap breaks a text into lines no wider than the given width, where Unicode (UAX #14) allows it; a word that is wider than
// a line by itself is broken between its letters.
func (s *sheet) wrap(text string, width float64, st style) []line {
	s.font(st)
	var out []line
	for _, paragraph := range strings.Split(s.known(text), "\n") {
		for _, l := range s.wrapParagraph(paragraph, width) {
			out = append(out, line{l, st})
		}
	}
	return out
}

func (s *sheet) wrapParagraph(text string, width float64) []string {
	var lines []string
	current, state := "", -1
	for text != "" {
		var word string
		word, text, _, state = uniseg.FirstLineSegmentInString(text, state)
		if s.width(strings.TrimRight(current+word, " ")) <= width {
			current += word
			continue
		}
		if current != "" {
			lines = append(lines, strings.TrimRight(current, " "))
		}
		pieces := s.pieces(word, width)
		lines = append(lines, pieces[:len(pieces)-1]...)
		current = pieces[len(pieces)-1]
	}
	return append(lines, strings.TrimRight(current, " "))
}

// pieces breaks one word that may be wider than a line.
func (s *sheet) pieces(word string, width float64) []string {
	var out []string
	current := ""
	for g := uniseg.NewGraphemes(word); g.Next(); {
		if current != "" && s.width(strings.TrimRight(current+g.Str(), " ")) > width {
			out = append(out, current)
			current = ""
		}
		current += g.Str()
	}
	return append(out, current)
}

func (s *sheet) write(l line, x, width float64) {
	s.font(l.style)
	switch {
	case l.mid:
		x += (width - s.width(l.text)) / 2
	case l.right:
		x += width - s.width(l.text)
	}
	s.pdf.SetXY(x, s.y+(l.height()-l.size)/2)
	s.keep(s.pdf.Cell(nil, l.text))
}

// para writes a text over the whole width, on as many pages as it needs.
func (s *sheet) para(text string, st style) {
	for _, l := range s.wrap(text, s.full(), st) {
		if s.y+l.height() > s.bottom() {
			s.page()
		}
		s.write(l, margin, s.full())
		s.y += l.height()
	}
}

func (s *sheet) gap(h float64) { s.y += h }

// title writes the name of the document at its top.
func (s *sheet) title(of Words, w Words) {
	s.para(of.both(), style{size: headSize, mid: true})
	s.gap(4)
	s.para(w.ZH, style{size: titleSize, mid: true})
	s.para(w.EN, style{size: textSize, mid: true, grey: true})
	s.gap(10)
}

// section writes a heading that stays with the lines below it.
func (s *sheet) section(w Words) {
	if s.y+80 > s.bottom() {
		s.page()
	}
	s.gap(6)
	s.para(w.both(), style{size: headSize})
	s.gap(3)
}

// box is one cell of a row; share is its part of the width.
type box struct {
	share float64
	lines func(s *sheet, width float64) []line
	shade bool
}

// label is the box with the name of a field.
func label(share float64, w Words) box {
	return box{share: share, shade: true, lines: func(s *sheet, width float64) []line {
		return append(s.wrap(w.ZH, width, plain), s.wrap(w.EN, width, tiny)...)
	}}
}

// value is a box with a text.
func value(share float64, text string) box { return styled(share, text, plain) }

func styled(share float64, text string, st style) box {
	return box{share: share, lines: func(s *sheet, width float64) []line {
		if text == "" {
			text = " "
		}
		return s.wrap(text, width, st)
	}}
}

// wordsBox is a box with a text in both languages, one below the other.
func wordsBox(share float64, w Words) box {
	return box{share: share, lines: func(s *sheet, width float64) []line {
		out := s.wrap(w.ZH, width, plain)
		if w.EN != "" && w.EN != w.ZH {
			out = append(out, s.wrap(w.EN, width, faint)...)
		}
		return out
	}}
}

// row draws boxes side by side. A row that does not fit on the page is continued on the next one.
func (s *sheet) row(boxes ...box) { s.rowAtLeast(0, boxes...) }

func (s *sheet) rowAtLeast(height float64, boxes ...box) {
	total := 0.0
	for _, b := range boxes {
		total += b.share
	}
	widths, contents := make([]float64, len(boxes)), make([][]line, len(boxes))
	for i, b := range boxes {
		widths[i] = s.full() * b.share / total
		contents[i] = b.lines(s, widths[i]-2*padding)
	}
	for first := true; first || left(contents); first = false {
		room := s.bottom() - s.y
		whole := max(height, tallest(contents)+2*padding)
		if whole > room && (first && whole <= s.bottom()-margin || room < 4*textSize*leading) {
			s.page()
			room = s.bottom() - s.y
		}
		h := min(whole, room)
		x := margin
		for i, b := range boxes {
			contents[i] = s.fill(contents[i], x, widths[i], h, b.shade)
			x += widths[i]
		}
		s.y += h
		height = 0
	}
}

// fill draws one box and the lines that fit into it, and gives the others.
func (s *sheet) fill(lines []line, x, width, height float64, shade bool) []line {
	s.pdf.SetLineWidth(0.6)
	s.pdf.SetStrokeColor(90, 90, 90)
	if shade {
		s.pdf.SetFillColor(243, 244, 246)
		s.pdf.RectFromUpperLeftWithStyle(x, s.y, width, height, "FD")
	} else {
		s.pdf.RectFromUpperLeftWithStyle(x, s.y, width, height, "D")
	}
	top := s.y
	s.y += padding
	n := 0
	for n < len(lines) && s.y+lines[n].height() <= top+height-padding+0.01 {
		s.write(lines[n], x+padding, width-2*padding)
		s.y += lines[n].height()
		n++
	}
	s.y = top
	return lines[n:]
}

func left(contents [][]line) bool {
	return slices.ContainsFunc(contents, func(ls []line) bool { return len(ls) > 0 })
}

func tallest(contents [][]line) float64 {
	h := 0.0
	for _, ls := range contents {
		sum := 0.0
		for _, l := range ls {
			sum += l.height()
		}
		h = max(h, sum)
	}
	return h
}

// field is a row of a name and its text; pair is two of them side by side.
func (s *sheet) field(w Words, text string) { s.row(label(1.25, w), value(5, text)) }

func (s *sheet) pair(a Words, textA string, b Words, textB string) {
	s.row(label(1.25, a), value(1.875, textA), label(1.25, b), value(1.875, textB))
}

// table draws a head and rows; the head is not repeated on later pages, the page's foot says what the document is.
func (s *sheet) table(shares []float64, heads []Words, rows [][]string) {
	boxes := make([]box, len(heads))
	for i, h := range heads {
		boxes[i] = label(shares[i], h)
	}
	s.row(boxes...)
	for _, r := range rows {
		for i, text := range r {
			boxes[i] = value(shares[i], text)
		}
		s.row(boxes...)
	}
}

// code draws the QR code of a text, with its upper left corner at x and y.
func (s *sheet) code(text string, x, y, size float64) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		s.keep(err)
		return
	}
	dot := size / float64(c.Size)
	s.pdf.SetFillColor(0, 0, 0)
	for row := range c.Size {
		for from := 0; from < c.Size; from++ {
			to := from
			for to < c.Size && c.Black(to, row) {
				to++
			}
			if to > from { // neighbours are one bar: bars do not show seams
				s.pdf.RectFromUpperLeftWithStyle(x+float64(from)*dot, y+float64(row)*dot, float64(to-from)*dot, dot, "F")
			}
			from = to
		}
	}
}

// end writes the foot of every page and gives the file. The foot says what the document is, and page x of y.
func (s *sheet) end(foot string) ([]byte, error) {
	if len(s.unknown) > 0 {
		names := make([]string, len(s.unknown))
		for i, r := range s.unknown {
			names[i] = fmt.Sprintf("U+%04X", r)
		}
		foot += "\n" + string(missing) + " 字库中没有的字 Characters that the font lacks: " + strings.Join(names, ", ")
	}
	pages := s.pdf.GetNumberOfPages()
	for n := 1; n <= pages; n++ {
		s.keep(s.pdf.SetPage(n))
		s.y = s.bottom() + 14
		for _, l := range s.wrap(foot, s.full()-70, tiny) {
			s.write(l, margin, s.full())
			s.y += l.height()
		}
		s.y = s.bottom() + 14
		number := line{fmt.Sprintf("%d / %d", n, pages), style{size: smallSize, grey: true}}
		s.font(number.style)
		s.write(number, s.wide-margin-s.width(number.text), s.full())
	}
	var buf bytes.Buffer
	if s.err == nil {
		_, err := s.pdf.WriteTo(&buf)
		s.keep(err)
	}
	if s.err != nil {
		return nil, s.err
	}
	return mendUnicode(buf.Bytes())
}

// across writes the mark of a paper that is not final.
func (s *sheet) across() {
	if s.mark == "" {
		return
	}
	s.keep(s.pdf.SetFont(family, "", 54))
	s.pdf.SetTextColor(225, 225, 225)
	w := s.width(s.mark)
	s.pdf.Rotate(35, s.wide/2, s.high/2)
	s.pdf.SetXY((s.wide-w)/2, s.high/2-27)
	s.keep(s.pdf.Cell(nil, s.mark))
	s.pdf.RotateReset()
}

var beijing = time.FixedZone("CST", 8*60*60)

// instant writes a time in Beijing.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(beijing).Format("2006-01-02 15:04") + " +08:00"
}

func dayOf(t time.Time) string { return t.In(beijing).Format(time.DateOnly) }

// day writes a day given as YYYY-MM-DD as both languages do.
func day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("2006年1月2日")
}

func days(from, to string) string { return day(from) + " – " + day(to) }

func count(n int) string { return strconv.Itoa(n) }
