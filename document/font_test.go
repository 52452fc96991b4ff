package document

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP31_WithoutTheFontEveryPaperIsRefused(t *testing.T) {
	t.Parallel()
	_, err := load(fstest.MapFS{"fonts/OFL.txt": &fstest.MapFile{}})
	require.Equal(t, visit.Unavailable, visit.CodeOf(err))
	_, err = load(fstest.MapFS{fontFile: &fstest.MapFile{Data: []byte("no font")}})
	require.Error(t, err)
	require.Equal(t, visit.Internal, visit.CodeOf(err))
	_, err = embedded.ReadFile("fonts/OFL.txt")
	require.NoError(t, err, "the licence goes with the font")
}
