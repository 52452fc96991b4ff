package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Row is a row of a table that somebody sent, its cells without spaces around them.
type Row struct {
	Line  int // counted from 1, as the spreadsheet program shows it
	Cells []string
}

// Cell gives a cell, "" where the row has none.
func (r Row) Cell(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

// ErrUnreadable is the error of a file that is no table.
var ErrUnreadable = errors.New("neither XLSX nor CSV")

// maxUnpacked is how large an XLSX file may become when it is unpacked, in bytes.
const maxUnpacked = 64 << 20

// Read reads the rows of a table that are not empty: the first sheet of an XLSX file; CSV in UTF-8, or in GB 18030 as Chinese
// spreadsheet programs write it; or cells that were copied out of a spreadsheet, with tabs between them.
func Read(content []byte) ([]Row, error) {
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return readXLSX(content)
	}
	return readCSV(content)
}

func readXLSX(content []byte) ([]Row, error) {
	f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return nil, ErrUnreadable
	}
	defer func() { _ = f.Close() }() // was only read
	lines, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		return nil, ErrUnreadable
	}
	var rows []Row
	for i, cells := range lines {
		rows = add(rows, i+1, cells)
	}
	return rows, nil
}

func readCSV(content []byte) ([]Row, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return nil, ErrUnreadable
		}
		content = decoded
	}
	if bytes.IndexByte(content, 0) >= 0 {
		return nil, ErrUnreadable
	}
	c := csv.NewReader(bytes.NewReader(content))
	c.FieldsPerRecord, c.TrimLeadingSpace = -1, true
	if head, _, _ := bytes.Cut(content, []byte("\n")); bytes.IndexByte(head, '\t') >= 0 {
		c.Comma, c.TrimLeadingSpace = '\t', false // an empty cell between two tabs is no space
	}
	var rows []Row
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, ErrUnreadable
		}
		line, _ := c.FieldPos(0)
		rows = add(rows, line, cells)
	}
}

func add(rows []Row, line int, cells []string) []Row {
	for i, c := range cells {
		cells[i] = strings.TrimSpace(c)
	}
	if !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
		return rows
	}
	return append(rows, Row{Line: line, Cells: cells})
}
