package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimitsAreNumbers(t *testing.T) {
	t.Parallel()
	p := pack(t)
	require.Equal(t, []int{5, 8, 10}, p.Limits("days", "CIV"))
	require.Equal(t, []int{6}, p.Limits("group_size", "CIV"))
	require.Nil(t, p.Limits("nothing", "CIV"))
}
