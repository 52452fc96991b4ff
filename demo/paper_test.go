package demo

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaperIsAPDFWhoseTableFitsItsObjects(t *testing.T) {
	t.Parallel()
	b := paper("Invitation (translation)", `To: 石磊 Shi Lei \ School`, "We invite you.")
	require.True(t, bytes.HasPrefix(b, []byte("%PDF-1.4\n")))
	require.Contains(t, string(b), `(Invitation \(translation\)) Tj`)
	require.Contains(t, string(b), `(To:  Shi Lei \\ School) Tj`, "what the font lacks is left out")

	var table int
	_, err := fmt.Sscanf(string(b[bytes.LastIndex(b, []byte("startxref")):]), "startxref\n%d", &table)
	require.NoError(t, err)
	rows := bytes.Split(b[table:], []byte("\n"))
	require.Equal(t, "xref", string(rows[0]))
	for i, row := range rows[3:8] {
		var at int
		_, err := fmt.Sscanf(string(row), "%010d", &at)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(b[at:], fmt.Appendf(nil, "%d 0 obj\n", i+1)), "object %d", i+1)
	}
}
