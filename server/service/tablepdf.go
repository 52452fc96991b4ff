package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/exeat/exeat/audit"
	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/visit"
)

// sendSigned gives a table as a PDF that proves itself: the ledger has sealed its hash, and the proof with the signed checkpoint
// stands at its end (domain P-49). It says on paper what the rows hash to and which checkpoint was the newest when it was made.
func (s *Service) sendSigned(ctx context.Context, u User, t Table, fact map[string]any) (Export, error) {
	_, rows, err := visit.Canonical(t.Rows)
	if err != nil {
		return Export{}, err
	}
	checkpoint, err := s.Store.Checkpoint(ctx, 0)
	if err != nil && visit.CodeOf(err) != visit.NotFound {
		return Export{}, err
	}
	names, err := s.Store.People(ctx, u.Person)
	if err != nil {
		return Export{}, err
	}
	by := nameOf(names, u.Person)
	content, err := t.onPaper(s.Print.University, t.Lang.Pick(by.ZH, by.EN)+" ("+u.Person+")", u, rows, checkpoint.Body).PDF()
	if err != nil {
		return Export{}, err
	}
	fact["rows_sha256"] = rows
	content, err = audit.SignTable(ctx, s.Store, u.actor(), content, fact)
	return Export{Name: t.fileName("pdf", u.Now), MediaType: "application/pdf", Content: content}, err
}

// onPaper is the table as it is drawn.
func (t Table) onPaper(university document.Words, by string, u User, rows, checkpoint string) document.Table {
	text := func(key string, pairs ...string) string {
		return i18n.Text(t.Lang, key, visit.Refuse("", "", pairs...).Args)
	}
	asked, _ := json.Marshal(given(t.Asked)) // of texts and numbers
	d := document.Table{
		University: university, Title: t.Title(), Check: text("table.check"),
		Facts: [][2]string{
			{text("table.asked"), string(asked)}, {text("table.by"), by}, {text("table.at"), u.Now.UTC().Format(time.RFC3339)},
			{text("table.rows"), fmt.Sprint(t.Total)}, {text("table.rows_hash"), rows},
		},
		Foot: t.Title() + " · " + text("table.rows_hash") + " " + rows,
	}
	if checkpoint != "" {
		d.Facts = append(d.Facts, [2]string{text("table.checkpoint"), strings.TrimSpace(strings.ReplaceAll(checkpoint, "\n\n", "\n"))})
	}
	for _, c := range t.Columns {
		d.Head = append(d.Head, t.Head(c))
		d.Numeric = append(d.Numeric, c.Kind == store.NumberColumn || c.Kind == store.ShareColumn)
	}
	for _, row := range t.Rows {
		d.Rows = append(d.Rows, t.texts(row))
	}
	if len(t.Sums) > 0 {
		d.Sums = t.texts(t.sumRow())
	}
	return d
}

// texts are the values of a row as people read them.
func (t Table) texts(row []any) []string {
	texts := make([]string, len(row))
	for i, v := range row {
		texts[i] = t.Text(t.Columns[i], v)
	}
	return texts
}
