// Package sheet writes and reads tables that people open in a spreadsheet program.
package sheet

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// Cell keeps a text that somebody wrote from being taken for a formula.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// CSV writes rows in UTF-8, with the mark by which spreadsheet programs know it.
func CSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes(), err
}

// Text writes rows that were read as CSV to look at and to mend, each in its line.
func Text(rows []Row) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	line := 1
	for _, r := range rows {
		b.WriteString(strings.Repeat("\n", max(r.Line-line, 0)))
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			cells[i] = strings.Join(strings.Fields(c), " ") // a line is a row
		}
		if err := w.Write(cells); err != nil {
			return "", err
		}
		w.Flush()
		line = r.Line + 1
	}
	return b.String(), w.Error()
}
