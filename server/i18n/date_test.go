package i18n_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/server/i18n"
)

// documenso 3386, bcgov/entity 26395: a time without its zone reads as another one.
func TestTimesSayTheirZone(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 12, 31, 16, 30, 0, 0, time.UTC) // after midnight in Beijing
	require.Equal(t, "Fri 1 Jan 2027, 00:30 Beijing time", i18n.Time(i18n.EN, late))
	require.Equal(t, "2027年1月1日（周五） 00:30 北京时间", i18n.Time(i18n.ZH, late))
	elsewhere := late.In(time.FixedZone("", -5*3600))
	require.Equal(t, i18n.Time(i18n.EN, late), i18n.Time(i18n.EN, elsewhere), "whatever zone the value came in")
}
