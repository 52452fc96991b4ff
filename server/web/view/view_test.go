package view_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

func TestEveryKindOfEventIsInAChapter(t *testing.T) {
	t.Parallel()
	for _, kind := range slices.Concat(visit.Kinds, view.RepairSteps) {
		require.Contains(t, view.Chapters, view.Chapter(kind), kind)
	}
	require.Empty(t, view.Chapter("no_such"))
}
