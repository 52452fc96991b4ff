package view

import (
	"strings"

	"github.com/exeat/exeat/schema/store"
)

// Sessions is the page of one's own sessions and tokens.
type Sessions struct {
	Page
	List   []store.OpenSession
	This   int64 // the session of this page
	Tokens []store.ValidToken
	Made   string // a token that was made just now; it is shown this once
	// Name and Days were typed for a token that was refused.
	Name, Days string
}

// browsers and systems are found in the name that a browser gives itself, the first that fits: the later ones are also in the names of others.
var (
	browsers = [][2]string{
		{"wxwork/", "WeCom"}, {"MicroMessenger/", "WeChat"}, {"DingTalk", "DingTalk"}, {"Lark/", "Feishu"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// browserOf names the browser and the system of a session as far as they are known, "" for neither.
func browserOf(agent string) string {
	var names []string
	for _, known := range [][][2]string{browsers, systems} {
		for _, k := range known {
			if strings.Contains(agent, k[0]) {
				names = append(names, k[1])
				break
			}
		}
	}
	return strings.Join(names, " · ")
}

// days is what the form of a new token offers at first.
func (v Sessions) days() string {
	if v.Days == "" {
		return "90"
	}
	return v.Days
}
