package i18n

import (
	"strconv"
	"strings"
	"time"
)

// Period writes a short period of days: 1 to 15 Oct 2026, 2026年10月1日至15日.
func Period(lang Lang, from, to string) string {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return strings.Trim(from+" – "+to, " –")
	}
	if lang == EN {
		first := "2 Jan 2006"
		switch {
		case a.Year() == b.Year() && a.Month() == b.Month():
			first = "2"
		case a.Year() == b.Year():
			first = "2 Jan"
		}
		return a.Format(first) + " to " + b.Format("2 Jan 2006")
	}
	last := "2006年1月2日"
	switch {
	case a.Year() == b.Year() && a.Month() == b.Month():
		last = "2日"
	case a.Year() == b.Year():
		last = "1月2日"
	}
	return a.Format("2006年1月2日") + "至" + b.Format(last)
}

// Signed writes who signed, and for whom by which delegation: Li for Wang, delegation 12, valid 1 to 15 Oct 2026. Without a
// holder it is the name alone; without a number the delegation is left out, without days when it was valid.
func Signed(lang Lang, name, holder string, number int64, from, to string) string {
	args := map[string]string{"delegate": name, "holder": holder, "number": strconv.FormatInt(number, 10), "period": Period(lang, from, to)}
	switch {
	case holder == "":
		return name
	case number == 0:
		return Text(lang, "common.for", args)
	case from == "":
		return Text(lang, "common.for_by", args)
	default:
		return Text(lang, "common.for_by_valid", args)
	}
}
