package i18n

import (
	"fmt"
	"strings"
	"time"
)

var (
	beijing  = time.FixedZone("CST", 8*60*60)
	weekdays = [7]string{"日", "一", "二", "三", "四", "五", "六"}
)

// Day writes a day given as YYYY-MM-DD: 2026年12月1日（周二）, Tue 1 Dec 2026. What is not a day is given back as it is.
func Day(lang Lang, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return date(lang, t)
}

func date(lang Lang, t time.Time) string {
	if lang == EN {
		return t.Format("Mon 2 Jan 2006")
	}
	return t.Format("2006年1月2日") + "（周" + weekdays[t.Weekday()] + "）"
}

// Days writes the days from one to another, leaving out a year that both share.
func Days(lang Lang, from, to string) string {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return strings.Trim(Day(lang, from)+" – "+Day(lang, to), " –")
	}
	switch {
	case a.Equal(b):
		return date(lang, a)
	case a.Year() != b.Year():
		return date(lang, a) + " – " + date(lang, b)
	case lang == EN:
		return a.Format("Mon 2 Jan") + " – " + date(lang, b)
	default:
		return date(lang, a) + " – " + b.Format("1月2日") + "（周" + weekdays[b.Weekday()] + "）"
	}
}

// Time writes an instant in Beijing time, and says so.
func Time(lang Lang, t time.Time) string {
	t = t.In(beijing)
	if lang == EN {
		return date(lang, t) + t.Format(", 15:04") + " Beijing time"
	}
	return date(lang, t) + t.Format(" 15:04") + " 北京时间"
}

// Clock writes the time of day of an instant in Beijing: 14:03.
func Clock(t time.Time) string { return t.In(beijing).Format("15:04") }

// Date writes the day of an instant in Beijing.
func Date(lang Lang, t time.Time) string { return date(lang, t.In(beijing)) }

// Relative says how far an instant is from now, in its largest fitting unit: 3 天前, in 2 days, 刚刚.
func Relative(lang Lang, now, t time.Time) string {
	d := t.Sub(now)
	ago := d < 0
	d = d.Abs()
	var n int
	var unit string
	switch {
	case d < time.Minute:
		return Text(lang, "time.now", nil)
	case d < time.Hour:
		n, unit = int(d/time.Minute), "minute"
	case d < 24*time.Hour:
		n, unit = int(d/time.Hour), "hour"
	default:
		n, unit = int(d/(24*time.Hour)), "day"
	}
	amount := Amount(lang, n, unit)
	if ago {
		return Text(lang, "time.ago", map[string]string{"amount": amount})
	}
	return Text(lang, "time.ahead", map[string]string{"amount": amount})
}

// Amount writes a number of something: 3 天, 1 day, 2 days. The unit is minute, hour, day, working_day or month.
func Amount(lang Lang, n int, unit string) string {
	word := Text(lang, "unit."+unit, nil)
	if lang == EN && n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
