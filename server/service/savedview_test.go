package service_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestP57_SavedViewsAreOnesOwn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	dean, fin := k.user("dean.civ"), k.user("fin")
	names := func() (out []string) {
		views, err := k.svc.SavedViews(t.Context(), dean)
		require.NoError(t, err)
		for _, v := range views {
			out = append(out, v.List+" "+v.Name+" "+v.Query)
		}
		return out
	}
	save := func(list, name, query string) error {
		_, err := k.svc.SaveView(t.Context(), dean, list, name, query)
		return err
	}
	require.NoError(t, save("inbox", " 逾期 ", "unit=&due=overdue"))
	require.NoError(t, save("visits", "逾期", "state=back"))
	require.Equal(t, []string{"inbox 逾期 due=overdue", "visits 逾期 state=back"}, names())
	require.NoError(t, save("inbox", "Late", "due=overdue"))
	require.Equal(t, []string{"inbox Late due=overdue", "visits 逾期 state=back"}, names(), "the same filters have another name")
	require.NoError(t, save("inbox", "Late", "due=overdue&unit=CIV"))
	require.Equal(t, []string{"inbox Late due=overdue&unit=CIV", "visits 逾期 state=back"}, names(), "the same name has other filters")

	others, err := k.svc.SavedViews(t.Context(), fin)
	require.NoError(t, err)
	require.Empty(t, others)
	require.Equal(t, visit.NotFound, visit.CodeOf(k.svc.DeleteView(t.Context(), fin, "inbox", "Late")))
	require.NoError(t, k.svc.DeleteView(t.Context(), dean, "inbox", "Late"))
	require.Equal(t, []string{"visits 逾期 state=back"}, names())

	for name, x := range map[string][3]string{
		"no name": {"inbox", " ", "due=today"}, "a long name": {"inbox", strings.Repeat("名", 41), "due=today"}, "no such list": {"people", "x", ""},
		"no such filter": {"inbox", "x", "cursor=1"}, "no query": {"inbox", "x", "%zz"},
	} {
		require.Equal(t, visit.Invalid, visit.CodeOf(save(x[0], x[1], x[2])), name)
	}
	for i := range 30 {
		require.NoError(t, save("inbox", strconv.Itoa(i), "unit="+strconv.Itoa(i)))
	}
	require.Equal(t, visit.Invalid, visit.CodeOf(save("inbox", "one more", "due=today")))
	require.NoError(t, save("inbox", "7", "due=today"), "what is there can be changed")
}
