package sheet_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/exeat/exeat/server/sheet"
)

// The same table, as people send it.
func TestATableIsReadHoweverItWasSaved(t *testing.T) {
	t.Parallel()
	want := []sheet.Row{{1, []string{"学号", "姓名"}}, {3, []string{"2026001", "王小明"}}, {4, []string{"2026002", ""}}}
	written, err := sheet.CSV([][]string{{"学号", "姓名"}, {"", ""}, {"2026001", " 王小明 "}, {"2026002", ""}})
	require.NoError(t, err)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(bytes.TrimPrefix(written, []byte("\ufeff")))
	require.NoError(t, err)
	f := excelize.NewFile()
	for at, cell := range map[string]any{"A1": "学号", "B1": "姓名", "A3": 2026001, "B3": " 王小明 ", "A4": "2026002", "B4": "  "} {
		require.NoError(t, f.SetCellValue("Sheet1", at, cell))
	}
	xlsx, err := f.WriteToBuffer()
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		"CSV": written, "CSV in GB 18030": gb, "XLSX": xlsx.Bytes(), "copied cells": []byte("学号\t姓名\r\n\t\r\n2026001\t王小明\r\n2026002\t\r\n"),
	} {
		rows, err := sheet.Read(content)
		require.NoError(t, err, name)
		require.Equal(t, want, rows, name)
	}
	require.Equal(t, "", want[0].Cell(7))
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"broken XLSX": "PK\x03\x04 and nothing", "picture": "\xff\xd8\xff\xe0\x00\x10JFIF", "open quote": "a,b\n\"x,y\n", "zeros": "a\x00b"} {
		_, err := sheet.Read([]byte(content))
		require.ErrorIs(t, err, sheet.ErrUnreadable, name)
	}
}
