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
