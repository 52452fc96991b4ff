package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/policy"
)

func TestP31_ThePackSaysUnderWhichAuthorityItIssues(t *testing.T) {
	t.Parallel()
	p, err := policy.Default()
	require.NoError(t, err)
	c, ok := p.SignOffCitation("ISSUE")
	require.True(t, ok)
	require.Equal(t, "NJU", c.ID)
	require.Equal(t, "Arts. 3–6", c.Article)
	require.NotEmpty(t, c.ZH)
	_, ok = p.SignOffCitation("NOBODY")
	require.False(t, ok)
}
