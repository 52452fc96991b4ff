package view

import "slices"

// Place is an entry of the menu. Its name is the key of its text (nav.NAME) and what a page says with Page.Here.
type Place struct {
	Name, Href string
	// For tells who finds it; nil is everybody. It only spares people what is not for them: the service refuses.
	For func(User) bool
}

// Bar are the places that are always in sight, on a phone at the bottom, with their icons (paths in a box of 24 by 24).
var Bar = []struct {
	Place
	Icon string
}{
	{Place{Name: "desk", Href: "/"}, "M3 11 12 4l9 7v9h-6v-6H9v6H3z"},
	{Place{Name: "inbox", Href: "/inbox", For: func(u User) bool { return u.Signs }}, "M3 13h5l2 3h4l2-3h5M3 13l3-8h12l3 8v6H3z"},
	{Place{Name: "visits", Href: "/visits"}, "M5 6h14M5 12h14M5 18h14"},
	{Place{Name: "new", Href: "/visits/new"}, "M12 5v14M5 12h14"},
}

// MenuGroup gathers places under a heading (nav.group.NAME).
type MenuGroup struct {
	Name   string
	Places []Place
}

// Menu is everything else, in groups; it opens at "More".
var Menu = []MenuGroup{
	{"mine", []Place{
		{Name: "notices", Href: "/notices"},
		{Name: "passports", Href: "/passports"},
		{Name: "delegations", Href: "/delegations", For: func(u User) bool { return u.Signs || u.Holds("COL.SEC") || u.Admin }},
		{Name: "notification_settings", Href: "/settings/notifications"},
		{Name: "sessions", Href: "/settings/sessions"},
	}},
	{"office", []Place{
		{Name: "talent", Href: "/talent", For: func(u User) bool { return u.Audits || u.Holds(talentPosts...) }},
		{Name: "partners", Href: "/partners"},
		{Name: "abroad", Href: "/abroad", For: func(u User) bool { return u.Abroad }},
		{Name: "registers", Href: "/registers", For: func(u User) bool { return u.Registers }},
		{Name: "analytics", Href: "/analytics", For: func(u User) bool { return u.Audits || u.Holds(talentPosts...) }},
		{Name: "waiting_times", Href: "/waiting", For: func(u User) bool { return u.Signs || u.Audits }},
		{Name: "vacancies", Href: "/vacancies", For: func(u User) bool { return u.Admin || u.Audits || u.Holds("IO.REV", "IO.DIR") }},
	}},
	{"rules", []Place{
		{Name: "policy", Href: "/policy"},
		{Name: "calendar", Href: "/calendar"},
		{Name: "rates", Href: "/rates"},
	}},
	{"audit", []Place{
		{Name: "audit", Href: "/audit", For: func(u User) bool { return u.Audits }},
		{Name: "questions", Href: "/audit/questions", For: func(u User) bool { return u.Audits }},
	}},
	{"admin", []Place{
		{Name: "organisation", Href: "/organisation", For: func(u User) bool { return u.Admin }},
		{Name: "repairs", Href: "/admin/repairs", For: func(u User) bool { return u.Admin || u.Audits || u.Holds("IO.DIR", "HMT.DIR") }},
		{Name: "deliveries", Href: "/admin/deliveries", For: func(u User) bool { return u.Admin }},
	}},
}

// talentPosts find the persons met in the menu: the offices and leaders of service.Rights.Talents, and who heads a unit.
var talentPosts = []string{"HR", "IO.REV", "IO.DIR", "HMT.REV", "HMT.DIR", "VP.INT", "VP.HR", "PRES", "PSEC", "COL.SEC", "COL.DEAN", "COL.PSEC", "COL.VDS"}

// Holds tells whether the user acts today for one of the posts.
func (u User) Holds(posts ...string) bool {
	return slices.ContainsFunc(u.Posts, func(p string) bool { return slices.Contains(posts, p) })
}

// holds is a Place.For: those who act for one of the posts.
func holds(posts ...string) func(User) bool { return func(u User) bool { return u.Holds(posts...) } }

func (pl Place) shown(u User) bool { return pl.For == nil || pl.For(u) }

// menuOf is the menu as a user finds it, without empty groups.
func menuOf(u User) []MenuGroup {
	var groups []MenuGroup
	for _, g := range Menu {
		g.Places = slices.DeleteFunc(slices.Clone(g.Places), func(pl Place) bool { return !pl.shown(u) })
		if len(g.Places) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// inMenu tells whether the page belongs to a place behind "More".
func inMenu(groups []MenuGroup, here string) bool {
	return slices.ContainsFunc(groups, func(g MenuGroup) bool {
		return slices.ContainsFunc(g.Places, func(pl Place) bool { return pl.Name == here })
	})
}
