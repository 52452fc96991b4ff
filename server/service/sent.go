package service

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/exeat/exeat/server/sheet"
)

// sentTable reads a table that somebody sent (XLSX, CSV or pasted cells) of so many MiB at most, with its first row of heads.
func sentTable(r io.Reader, mib int) (content []byte, rows []sheet.Row, err error) {
	content, err = io.ReadAll(io.LimitReader(r, int64(mib)<<20+1))
	if err != nil {
		return nil, nil, err
	}
	if len(content) > mib<<20 {
		return nil, nil, wrong("file", "too_large", "limit", fmt.Sprintf("%d MiB", mib))
	}
	if rows, err = sheet.Read(content); err != nil {
		return nil, nil, wrong("file", "not_a_table")
	}
	if len(rows) == 0 {
		return nil, nil, wrong("file", "no_rows")
	}
	return content, rows, nil
}

// columnAt finds the column that has one of the heads, which are in lower case; -1 where there is none.
func columnAt(heads sheet.Row, words ...string) int {
	return slices.IndexFunc(heads.Cells, func(head string) bool { return slices.Contains(words, strings.ToLower(head)) })
}

// filled lists the cells of a column that are not empty.
func filled(rows []sheet.Row, at int) []string {
	var cells []string
	for _, r := range rows {
		if c := r.Cell(at); c != "" {
			cells = append(cells, c)
		}
	}
	return cells
}
