package view

import "slices"

// Chapters are parts of the story of a case, by which it is filtered; every kind of event is in one of them.
var Chapters = []string{"decisions", "answers", "notice", "journey", "time", "office"}

var chapterOf = chapters(map[string][]string{
	"decisions": {
		"submitted", "resubmitted", "signed_off", "returned", "rejected", "approved", "stage_opened", "stage_settled", "withdrawn", "cancelled",
		"amendment_submitted", "amended", "amendment_rejected", "amendment_withdrawn", "category_changed", "travellers_declined", "sign_off_added",
		"sign_off_removed", "transferred", "rerouted",
	},
	"answers": {"asked", "answered", "reader_added", "reader_removed"},
	"notice":  {"notice_opened", "notice_closed", "notice_held", "notice_exempted", "objected", "objection_resolved"},
	"journey": {
		"preparation_opened", "preparation_met", "departed", "checked_in", "came_back", "return_changed", "passport_handed_in", "report_filed",
		"report_accepted", "report_returned", "suspended", "lifted", "recalled", "risk_changed", "expired", "closed", "archived",
	},
	"time":   {"reminded", "escalated", "warned", "alarmed", "deferred", "rescheduled"},
	"office": append([]string{"reassigned"}, RepairSteps...),
})

func chapters(kinds map[string][]string) map[string]string {
	of := map[string]string{}
	for chapter, all := range kinds {
		for _, kind := range all {
			of[kind] = chapter
		}
	}
	return of
}

// Chapter is the part of the story to which an event belongs.
func Chapter(kind string) string { return chapterOf[kind] }

// told is the part of a story that is asked for.
func (v Case) told(story []Step) []Step {
	if v.Story == "" {
		return story
	}
	return slices.DeleteFunc(story, func(s Step) bool { return Chapter(s.Kind) != v.Story })
}

// chaptersOf are those of which a story has something.
func chaptersOf(story []Step) []string {
	return slices.DeleteFunc(slices.Clone(Chapters), func(c string) bool {
		return !slices.ContainsFunc(story, func(s Step) bool { return Chapter(s.Kind) == c })
	})
}
