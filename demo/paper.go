package demo

import (
	"bytes"
	"fmt"
	"strings"
)

// paper makes a document of one page (PDF 1.4): a heading and lines of text below it. The built-in font of PDF has Latin
// letters only; other characters are left out.
func paper(heading string, lines ...string) []byte {
	var page strings.Builder
	fmt.Fprintf(&page, "BT /F1 18 Tf 60 770 Td (%s) Tj /F1 11 Tf 0 -36 Td 16 TL\n", literal(heading))
	for _, l := range lines {
		fmt.Fprintf(&page, "(%s) Tj T*\n", literal(l))
	}
	page.WriteString("ET")
	return pdf(
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", page.Len(), page.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	)
}

// pdf writes numbered objects with the table of their offsets.
func pdf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}

// literal is text as a PDF string holds it.
func literal(s string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(ascii)
}
