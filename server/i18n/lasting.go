package i18n

import "time"

// Lasting writes how long something lasted in its two largest units: 2 天 3 小时, 2 days 3 hours, 5 minutes.
func Lasting(lang Lang, d time.Duration) string {
	d = max(0, d)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0 && hours > 0:
		return Amount(lang, days, "day") + " " + Amount(lang, hours, "hour")
	case days > 0:
		return Amount(lang, days, "day")
	case hours > 0 && minutes > 0:
		return Amount(lang, hours, "hour") + " " + Amount(lang, minutes, "minute")
	case hours > 0:
		return Amount(lang, hours, "hour")
	default:
		return Amount(lang, minutes, "minute")
	}
}
