package api_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/api"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

const documentFile = "../../docs/openapi.json"

func TestDocumentIsTheCommittedOne(t *testing.T) {
	t.Parallel()
	document, err := api.Document()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(documentFile, document, 0o644))
	}
	committed, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	require.Equal(t, string(committed), string(document), "the API has changed: look at it, then run `go test ./server/api -run Document -update`")
}
