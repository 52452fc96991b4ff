package visit

import (
	"encoding/json"
	"slices"
	"time"
)

// Event is one fact of the ledger. Events of a visit are numbered from 1 without a gap and are never changed.
type Event struct {
	Visit string `json:"visit"`
	Seq   int    `json:"seq"`
	// At is the instant of the decision, UTC, in microseconds.
	At time.Time `json:"at"`
	By Actor     `json:"by"`
	// Command and Digest name the command that caused the event; several events may share one.
	Command string `json:"command"`
	Digest  string `json:"digest"`
	Fact    Fact   `json:"-"`
	// Shown is what the command was decided on; only the first event of a command has it.
	Shown Shown `json:"shown,omitzero"`
}

// Fact is what happened: one of the types of this file, or of the life after the approval (lifeFacts).
type Fact interface{ fact() string }

type (
	// Submitted opens the case and pins version and route. PreparedBy wrote the request for the applicant.
	Submitted struct {
		Version    string   `json:"version"`
		Unit       string   `json:"unit"`
		Travellers []string `json:"travellers"`
		Route      Route    `json:"route"`
		PreparedBy []string `json:"prepared_by,omitempty"`
	}
	// NoticeOpened starts the public notice (公示): that which runs beside the stages, or that after the return.
	NoticeOpened struct {
		Days        int       `json:"days"`   // working days
		Closes      time.Time `json:"closes"` // UTC
		Provisional bool      `json:"provisional,omitempty"`
		After       bool      `json:"after,omitempty"`
		// Reason says why a notice that was held back is opened: the visit is not exempt.
		Reason Note `json:"reason,omitempty"`
	}
	// NoticeClosed ends the public notice.
	NoticeClosed struct {
		After bool `json:"after,omitempty"`
	}
	// StageOpened asks for the sign-offs of a stage; Stage counts from 1.
	StageOpened struct {
		Stage int       `json:"stage"`
		Round int       `json:"round"`
		Tasks []TaskDue `json:"tasks"`
	}
	// SignedOff is an approval of one task. Like every decision it holds both times (domain P-11): Requested is when the
	// sign-off was asked, UTC, the event's At when it was given. Old events have no Requested.
	SignedOff struct {
		Task      string           `json:"task"`
		Reason    Note             `json:"reason,omitempty"`
		Outside   *OutsideDecision `json:"outside,omitempty"`
		Requested time.Time        `json:"requested,omitzero"`
	}
	// Returned gives the case back to the applicant (Stage 0) or to an earlier stage (from 1); a new round begins. An answer
	// that Waits does nothing by itself: the others of the stage are heard first.
	Returned struct {
		Task    string           `json:"task"`
		Stage   int              `json:"stage,omitempty"`
		Reason  Note             `json:"reason"`
		Outside *OutsideDecision `json:"outside,omitempty"`
		Waits   bool             `json:"waits,omitempty"`
		// Due is the time of the others again, where the answer ends the last open question.
		Due       []TaskDue `json:"due,omitempty"`
		Requested time.Time `json:"requested,omitzero"`
	}
	// Resubmitted sends a returned visit on; version and route replace the pinned ones.
	Resubmitted struct {
		Version    string   `json:"version"`
		Travellers []string `json:"travellers"`
		Route      Route    `json:"route"`
		// Changes are the kinds of changes since the version before, Reask what they ask again; nil asks for everything again.
		Changes    []Change `json:"changes,omitempty"`
		Reask      *Reask   `json:"reask,omitempty"`
		PreparedBy []string `json:"prepared_by,omitempty"`
	}
	// Rejected ends the visit, unless it Waits.
	Rejected struct {
		Task      string           `json:"task"`
		Reason    Note             `json:"reason"`
		Outside   *OutsideDecision `json:"outside,omitempty"`
		Waits     bool             `json:"waits,omitempty"`
		Due       []TaskDue        `json:"due,omitempty"`
		Requested time.Time        `json:"requested,omitzero"`
	}
	// StageSettled is the result of a stage in which contrary answers waited: that of Task counts, the strictest.
	StageSettled struct {
		Stage   int       `json:"stage"`
		Task    string    `json:"task"`
		Outcome TaskState `json:"outcome"` // returned or rejected
		BackTo  int       `json:"back_to,omitempty"`
	}
	// Asked puts a question to the applicant, who is warned first at Warn; at Ends the visit is withdrawn.
	Asked struct {
		Task      string    `json:"task"`
		Question  Note      `json:"question"`
		Warn      time.Time `json:"warn,omitzero"` // UTC
		Ends      time.Time `json:"ends,omitzero"` // UTC
		Requested time.Time `json:"requested,omitzero"`
	}
	// Answered gives the answer and the new due dates of the tasks whose clock stood.
	Answered struct {
		Task   string    `json:"task"`
		Answer Note      `json:"answer"`
		Due    []TaskDue `json:"due,omitempty"`
	}
	// CategoryChanged pins version and route of another category; a new round begins. From is what it was before.
	CategoryChanged struct {
		From       Category `json:"from"`
		Category   Category `json:"category"`
		Version    string   `json:"version"`
		Route      Route    `json:"route"`
		Incomplete bool     `json:"incomplete,omitempty"` // the applicant has the case, to complete it
		Reason     Note     `json:"reason"`
	}
	// Rerouted puts another route in place of the stages that were not yet asked; those asked before stay as they were.
	Rerouted struct {
		Route Route `json:"route"`
	}
	// Approved is the university's yes.
	Approved struct{}
	// Withdrawn ends the visit before its approval: by the applicant with a reason, or by time when the question of Task has had
	// no answer.
	Withdrawn struct {
		Reason Note   `json:"reason"`
		Task   string `json:"task,omitempty"`
	}
	// Cancelled ends an approved visit, or the trips of some of its travellers.
	Cancelled struct {
		Reason     Note     `json:"reason"`
		Travellers []string `json:"travellers,omitempty"`
	}
)

// TaskDue is a task and the end of its time.
type TaskDue struct {
	Task        string    `json:"task"`
	SignOff     string    `json:"sign_off"`
	Due         time.Time `json:"due"` // UTC
	Provisional bool      `json:"provisional,omitempty"`
	// Days are the working days that were left when the clock began to run again; 0 where the sign-off's limit counts.
	Days     int       `json:"days,omitempty"`
	Remind   time.Time `json:"remind,omitzero"`   // at half of the time
	Escalate time.Time `json:"escalate,omitzero"` // when somebody else is told
}

func (Submitted) fact() string       { return "submitted" }
func (NoticeOpened) fact() string    { return "notice_opened" }
func (NoticeClosed) fact() string    { return "notice_closed" }
func (StageOpened) fact() string     { return "stage_opened" }
func (SignedOff) fact() string       { return "signed_off" }
func (Returned) fact() string        { return "returned" }
func (StageSettled) fact() string    { return "stage_settled" }
func (Resubmitted) fact() string     { return "resubmitted" }
func (Rejected) fact() string        { return "rejected" }
func (Asked) fact() string           { return "asked" }
func (Answered) fact() string        { return "answered" }
func (CategoryChanged) fact() string { return "category_changed" }
func (Rerouted) fact() string        { return "rerouted" }
func (Approved) fact() string        { return "approved" }
func (Withdrawn) fact() string       { return "withdrawn" }
func (Cancelled) fact() string       { return "cancelled" }

// Kinds lists the kinds of events, in the order of a visit's life.
var Kinds = slices.Concat([]string{
	"submitted",
	"notice_opened",
	"notice_held",
	"notice_exempted",
	"stage_opened",
	"signed_off",
	"asked",
	"answered",
	"returned",
	"stage_settled",
	"resubmitted",
	"category_changed",
	"rerouted",
	"rescheduled",
	"reminded",
	"escalated",
	"warned",
	"deferred",
	"notice_closed",
	"approved",
	"amendment_submitted",
	"amended",
	"amendment_rejected",
	"amendment_withdrawn",
	"travellers_declined",
	"sign_off_added",
	"sign_off_removed",
	"transferred",
	"reassigned",
	"reader_added",
	"reader_removed",
	"rejected",
	"withdrawn",
	"cancelled",
}, kindsOf(lifeFacts))

var facts = catalogue(Fact.fact, slices.Concat(lifeFacts, []Fact{
	Submitted{},
	NoticeOpened{},
	NoticeClosed{},
	NoticeHeld{},
	NoticeExempted{},
	StageOpened{},
	SignedOff{},
	Returned{},
	StageSettled{},
	Resubmitted{},
	Rejected{},
	Asked{},
	Answered{},
	CategoryChanged{},
	Rerouted{},
	Rescheduled{},
	Reminded{},
	Escalated{},
	Warned{},
	Deferred{},
	Approved{},
	AmendmentSubmitted{},
	Amended{},
	AmendmentRejected{},
	AmendmentWithdrawn{},
	TravellersDeclined{},
	SignOffAdded{},
	SignOffRemoved{},
	Transferred{},
	Reassigned{},
	ReaderAdded{},
	ReaderRemoved{},
	Withdrawn{},
	Cancelled{},
})...)

func kindsOf(fs []Fact) []string {
	kinds := make([]string, len(fs))
	for i, f := range fs {
		kinds[i] = f.fact()
	}
	return kinds
}

// Kind names the event's fact, for example signed_off.
func (e Event) Kind() string { return e.Fact.fact() }

type plainEvent Event

type eventJSON struct {
	plainEvent
	Kind string          `json:"kind"`
	Fact json.RawMessage `json:"fact"`
}

// MarshalJSON writes the event with the name of its fact in `kind`.
func (e Event) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Fact)
	if err != nil {
		return nil, err
	}
	return json.Marshal(eventJSON{plainEvent(e), e.Kind(), body})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Event) UnmarshalJSON(b []byte) error {
	var raw eventJSON
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	fact, err := facts.decode(raw.Kind, raw.Fact)
	if err != nil {
		return err
	}
	*e = Event(raw.plainEvent)
	e.Fact = fact
	return nil
}
