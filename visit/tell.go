package visit

import (
	"maps"
	"slices"
)

// Group is what notifications have in common for which a person chooses how to be told.
type Group string

// The groups, in the order in which a form offers them.
const (
	TellTasks    Group = "tasks"    // a signature is asked for
	TellMine     Group = "mine"     // the applicant is to act
	TellOutcome  Group = "outcome"  // it is over, one way or the other
	TellProgress Group = "progress" // it goes on
	TellTrip     Group = "trip"     // of a visit that is approved: a risk, a recall, what is overdue
	TellTalk     Group = "talk"     // somebody mentions one in a comment
)

// Mentioned is what a person is told whom a comment mentions (domain P-23). It is no event: comments stand beside the ledger.
const Mentioned = "mentioned"

// Groups lists the groups.
var Groups = []Group{TellTasks, TellMine, TellOutcome, TellProgress, TellTrip, TellTalk}

// Audience is who is told of an event. Nobody is told of what he did himself, except of what it asks him to do next.
type Audience string

// The audiences.
const (
	ToSigners    Audience = "signers"    // who may sign, today, the tasks that the event names ; of a transfer, to whom it went
	ToApplicant  Audience = "applicant"  //
	ToTravellers Audience = "travellers" //
	ToAsked      Audience = "asked"      // who was asked for a signature before, or gave one
	ToNamed      Audience = "named"      // whom the event names
	ToPosts      Audience = "posts"      // who holds, today, a post that the event names, in the unit of the visit or of the university
	ToOffice     Audience = "office"     // who holds, today, a post of the International Office
	ToDuty       Audience = "duty"       // who must know where people are: the offices, the security office, the unit
	ToJudges     Audience = "judges"     // who may accept a report
)

// Posts are the posts whose holders are the audience; none for an audience that is found in another way.
func (a Audience) Posts() []string {
	switch a {
	case ToOffice:
		return OfficePosts
	case ToDuty:
		return dutyPosts
	case ToJudges:
		return reportPosts
	default:
		return nil
	}
}

// Telling says who is told of an event of a kind, and what group it belongs to. What is Urgent is sent on a day of rest too:
// somebody may be in danger, or must not leave. Everything else waits for the next working morning (domain P-44).
type Telling struct {
	Group  Group
	To     []Audience
	Urgent bool
}

// Tellings are the kinds of events of which somebody is told. Of any other kind nobody is, nor of an answer that waits for
// the others of its stage (Waits). A new kind needs a row here and its texts `notice.<kind>` in both languages.
var Tellings = map[string]Telling{
	"stage_opened":   {Group: TellTasks, To: []Audience{ToSigners}},
	"answered":       {Group: TellTasks, To: []Audience{ToSigners}},
	"reminded":       {Group: TellTasks, To: []Audience{ToSigners}},
	"sign_off_added": {Group: TellTasks, To: []Audience{ToSigners}},
	"transferred":    {Group: TellTasks, To: []Audience{ToSigners}},
	"reassigned":     {Group: TellTasks, To: []Audience{ToSigners}},
	"escalated":      {Group: TellTasks, To: []Audience{ToPosts}},
	"objected":       {Group: TellTasks, To: []Audience{ToOffice}},
	"notice_held":    {Group: TellTasks, To: []Audience{ToPosts}},

	"asked":            {Group: TellMine, To: []Audience{ToApplicant}},
	"warned":           {Group: TellMine, To: []Audience{ToApplicant}},
	"returned":         {Group: TellMine, To: []Audience{ToApplicant}},
	"stage_settled":    {Group: TellMine, To: []Audience{ToApplicant}},
	"category_changed": {Group: TellMine, To: []Audience{ToApplicant}},
	"report_returned":  {Group: TellMine, To: []Audience{ToApplicant, ToTravellers}},

	"signed_off":         {Group: TellProgress, To: []Audience{ToApplicant}},
	"rerouted":           {Group: TellProgress, To: []Audience{ToApplicant}},
	"objection_resolved": {Group: TellProgress, To: []Audience{ToApplicant}},
	"notice_exempted":    {Group: TellProgress, To: []Audience{ToApplicant}},
	"reader_added":       {Group: TellProgress, To: []Audience{ToNamed}},
	"departed":           {Group: TellProgress, To: []Audience{ToNamed}},
	"passport_handed_in": {Group: TellProgress, To: []Audience{ToNamed}},
	"report_filed":       {Group: TellProgress, To: []Audience{ToJudges}},
	"archived":           {Group: TellProgress, To: []Audience{ToApplicant}},

	"approved":            {Group: TellOutcome, To: []Audience{ToApplicant, ToTravellers}},
	"rejected":            {Group: TellOutcome, To: []Audience{ToApplicant}},
	"withdrawn":           {Group: TellOutcome, To: []Audience{ToApplicant, ToAsked}},
	"cancelled":           {Group: TellOutcome, To: []Audience{ToApplicant, ToTravellers, ToAsked}, Urgent: true},
	"expired":             {Group: TellOutcome, To: []Audience{ToApplicant, ToNamed}},
	"travellers_declined": {Group: TellOutcome, To: []Audience{ToApplicant, ToNamed}},
	"amended":             {Group: TellOutcome, To: []Audience{ToApplicant, ToTravellers}},
	"amendment_rejected":  {Group: TellOutcome, To: []Audience{ToApplicant}},
	"amendment_withdrawn": {Group: TellOutcome, To: []Audience{ToApplicant, ToAsked}},
	"report_accepted":     {Group: TellOutcome, To: []Audience{ToApplicant, ToTravellers}},
	"closed":              {Group: TellOutcome, To: []Audience{ToApplicant}},

	"alarmed":        {Group: TellTrip, To: []Audience{ToApplicant, ToNamed, ToDuty}, Urgent: true},
	"recalled":       {Group: TellTrip, To: []Audience{ToApplicant, ToNamed, ToDuty}, Urgent: true},
	"suspended":      {Group: TellTrip, To: []Audience{ToApplicant, ToNamed}, Urgent: true},
	"lifted":         {Group: TellTrip, To: []Audience{ToApplicant, ToNamed}},
	"risk_changed":   {Group: TellTrip, To: []Audience{ToApplicant, ToTravellers, ToDuty}, Urgent: true},
	"return_changed": {Group: TellTrip, To: []Audience{ToApplicant, ToNamed, ToDuty}},
	"came_back":      {Group: TellTrip, To: []Audience{ToNamed}},
}

// TellingOf gives who is told of an event. An alarm about papers (a report, the archive) is neither urgent nor of those who
// must know where people are.
func TellingOf(kind string, alarm AlarmKind) Telling {
	if kind == "alarmed" && (alarm == AlarmReport || alarm == AlarmArchive) {
		return Telling{Group: TellTrip, To: []Audience{ToApplicant, ToNamed, ToOffice}}
	}
	return Tellings[kind]
}

// Concern is what an event says of whom it concerns.
type Concern struct {
	Tasks   []string // asked for, or asked for again
	Only    string   // the one signer of them who is meant; empty: each
	Persons []string
	Posts   []string
	Waits   bool // it does nothing yet: others are heard first
	Alarm   AlarmKind
}

// Concern gives what the event says of whom it concerns.
func (e Event) Concern() Concern {
	switch f := e.Fact.(type) {
	case StageOpened:
		c := Concern{}
		for _, t := range f.Tasks {
			c.Tasks = append(c.Tasks, t.Task)
		}
		return c
	case SignOffAdded:
		if f.Due == nil {
			return Concern{} // its stage will ask
		}
		return Concern{Tasks: []string{f.Due.Task}}
	case Answered:
		return Concern{Tasks: []string{f.Task}}
	case Reminded:
		return Concern{Tasks: []string{f.Task}}
	case Transferred:
		return Concern{Tasks: []string{f.Task}, Only: f.To}
	case Reassigned:
		return Concern{Tasks: []string{f.Task}, Only: f.To}
	case Escalated:
		return Concern{Posts: f.Posts}
	case NoticeHeld:
		return Concern{Posts: ExemptPosts}
	case Returned:
		return Concern{Waits: f.Waits}
	case Rejected:
		return Concern{Waits: f.Waits}
	case ReaderAdded:
		return Concern{Persons: []string{f.Person}}
	case Alarmed:
		return Concern{Persons: f.Travellers, Alarm: f.Alarm}
	case TravellersDeclined:
		return Concern{Persons: f.Travellers}
	default:
		return Concern{Persons: Whom(f)}
	}
}

// ToldKinds lists the kinds of which somebody is told, sorted.
func ToldKinds() []string { return slices.Sorted(maps.Keys(Tellings)) }
