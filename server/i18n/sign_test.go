package i18n_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
)

func TestSigned(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Li for Wang, delegation 12, valid 1 to 15 Oct 2026", i18n.Signed(i18n.EN, "Li", "Wang", 12, "2026-10-01", "2026-10-15"))
	require.Equal(t, "李（代 王，委托第 12 号，有效期 2026年10月1日至15日）", i18n.Signed(i18n.ZH, "李", "王", 12, "2026-10-01", "2026-10-15"))
	require.Equal(t, "Li for Wang, delegation 12", i18n.Signed(i18n.EN, "Li", "Wang", 12, "", ""))
	require.Equal(t, "Li for Wang", i18n.Signed(i18n.EN, "Li", "Wang", 0, "", ""))
	require.Equal(t, "Li", i18n.Signed(i18n.EN, "Li", "", 0, "", ""))
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	require.Equal(t, "28 Sep to 3 Oct 2026", i18n.Period(i18n.EN, "2026-09-28", "2026-10-03"))
	require.Equal(t, "28 Dec 2026 to 3 Jan 2027", i18n.Period(i18n.EN, "2026-12-28", "2027-01-03"))
	require.Equal(t, "2026年9月28日至10月3日", i18n.Period(i18n.ZH, "2026-09-28", "2026-10-03"))
	require.Equal(t, "2026年12月28日至2027年1月3日", i18n.Period(i18n.ZH, "2026-12-28", "2027-01-03"))
}

func TestLasting(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2 days 3 hours", i18n.Lasting(i18n.EN, 51*time.Hour))
	require.Equal(t, "1 天", i18n.Lasting(i18n.ZH, 24*time.Hour+20*time.Minute))
	require.Equal(t, "1 hour 5 minutes", i18n.Lasting(i18n.EN, 65*time.Minute))
	require.Equal(t, "0 minutes", i18n.Lasting(i18n.EN, -time.Second))
}
