package document

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf16"
)

var (
	mapping  = regexp.MustCompile(`<([0-9A-F]{4,})><[0-9A-F]{4,}><([0-9A-F]{4,})>\n`)
	ofObject = regexp.MustCompile(`\n(\d+) 0 obj\n`)
	trailer  = regexp.MustCompile(`(?s)trailer\n<<\n(.*)>>\nstartxref\n(\d+)\n%%EOF\s*$`)
)

// mendUnicode lets a reader copy and search what is drawn. The table from glyphs to characters that gopdf writes is wrong
// for characters beyond U+FFFF, which names hold: such a document gets a right table, by an incremental update (PDF 32000,
// 7.5.6): what is there stays, the new object and its place are appended.
func mendUnicode(pdf []byte) ([]byte, error) {
	from, to := bytes.Index(pdf, []byte("begincmap")), bytes.Index(pdf, []byte("endcmap"))
	if from < 0 || to < from {
		return pdf, nil
	}
	rows := mapping.FindAllSubmatch(pdf[from:to], -1)
	if !slices.ContainsFunc(rows, func(r [][]byte) bool { return len(r[2]) > 4 }) {
		return pdf, nil
	}
	objects := ofObject.FindAllSubmatch(pdf[:from], -1)
	end := trailer.FindSubmatch(pdf)
	if len(objects) == 0 || end == nil {
		return nil, fmt.Errorf("mend the characters of a document: it has another form than gopdf 0.33 gives it")
	}
	object := objects[len(objects)-1][1]
	table, err := unicodeTable(rows)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Write(pdf)
	at := out.Len()
	fmt.Fprintf(&out, "%s 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", object, len(table), table)
	start := out.Len()
	fmt.Fprintf(&out, "xref\n%s 1\n%010d 00000 n \ntrailer\n<<\n%s/Prev %s\n>>\nstartxref\n%d\n%%%%EOF\n", object, at, end[1], end[2], start)
	return out.Bytes(), nil
}

// inBlock is how many entries one block of a table may have.
const inBlock = 100

func unicodeTable(rows [][][]byte) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	for block := range slices.Chunk(rows, inBlock) {
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for _, r := range block {
			c, err := strconv.ParseInt(string(r[2]), 16, 32)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "<%s><", r[1])
			for _, u := range utf16.Encode([]rune{rune(c)}) {
				fmt.Fprintf(&b, "%04X", u)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
	return b.Bytes(), nil
}
