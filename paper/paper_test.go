package paper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/paper"
	"github.com/exeat/exeat/visit"
)

func TestP31_TheKindFollowsFromWhoDecided(t *testing.T) {
	t.Parallel()
	route := func(last visit.Review) visit.Route {
		return visit.Route{Stages: [][]visit.SignOff{{{Code: "COL.DEAN", Review: visit.UnitReview}}, {{Code: "LAST", Review: last}}}}
	}
	for _, c := range []struct {
		route     visit.Route
		countries []string
		flags     []visit.Flag
		want      paper.Kind
	}{
		{route(visit.Issue), []string{"JP"}, nil, paper.Mission},
		{route(visit.Issue), []string{"JP"}, []visit.Flag{visit.CrossUnit}, paper.Confirmation},
		{route(visit.Outside), []string{"JP"}, []visit.Flag{visit.CrossUnit}, paper.Outside},
		{route(visit.Outside), []string{"TW"}, nil, paper.Taiwan},
		{route(visit.IOReview), []string{"SG"}, nil, paper.Internal},
	} {
		require.Equal(t, c.want, paper.KindOf(c.route, c.countries, c.flags))
	}
}

func TestP31_CodesCannotBeGuessedAndAreEasyToType(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		code := paper.NewCode()
		require.Len(t, code, paper.CodeLength)
		require.False(t, seen[code])
		seen[code] = true
		back, ok := paper.CleanCode(" " + strings.ToLower(paper.ShownCode(code)) + " ")
		require.True(t, ok)
		require.Equal(t, code, back)
	}
	for _, s := range []string{"", "7K4MZ", "7K4MZQ2XN0", "7K4MZQ2XNI", "7K4MZQ2XNB2", "../../../x"} {
		_, ok := paper.CleanCode(s)
		require.False(t, ok, s)
	}
}
