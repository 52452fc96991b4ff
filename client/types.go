package client

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/visit"
)

// Page is one page of a list; Next is the cursor of the page after, empty on the last.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// Route is the part of a route that a program needs; the reasons are left out.
type Route struct {
	Rule       string          `json:"rule"`
	Policy     visit.PolicyRef `json:"policy"`
	Stages     [][]string      `json:"stages"` // sign-off codes, first stage first
	Documents  []Document      `json:"documents"`
	NoticeDays int             `json:"notice_days"` // working days
}

// Document is a paper that a route asks for.
type Document struct {
	Code      string `json:"code"`
	ZH        string `json:"zh"`
	EN        string `json:"en"`
	Before    string `json:"before"`    // approval or departure
	Generated bool   `json:"generated"` // made by the system, never uploaded
}

// Preview is what a draft would meet; Stages is empty while the draft says too little.
type Preview struct {
	Route
	Problems []PreviewProblem `json:"problems"`
}

// PreviewProblem is one thing wrong with a draft, or missing before it can be submitted.
type PreviewProblem struct {
	Fault
	Missing bool `json:"missing"`
}

// Visit is one visit; a draft has only the fields up to Draft.
type Visit struct {
	ID        string       `json:"id"`
	State     visit.State  `json:"state"`
	Applicant string       `json:"applicant"`
	Unit      string       `json:"unit"`
	Revision  int          `json:"revision"`
	Draft     *visit.Draft `json:"draft"`
	Content   *visit.Draft `json:"content"`
	Version   string       `json:"version"`
	Seq       int          `json:"seq"`
	Round     int          `json:"round"`
	Stage     int          `json:"stage"`
	Route     Route        `json:"route"`
	Tasks     []Task       `json:"tasks"`
	Holders   []Holder     `json:"holders"`
	Notice    Notice       `json:"notice"`

	// What follows the approval.
	Trips      []Trip      `json:"trips"`
	After      Notice      `json:"after"` // the notice after the return
	Objections []Objection `json:"objections"`
	NextDue    *time.Time  `json:"next_due"` // when time itself acts next
	Package    string      `json:"package"`
}

// Trip is one traveller of an approved visit.
type Trip struct {
	visit.Trip
	Lacking []string `json:"lacking"` // preparations still to be proved
	Payable bool     `json:"payable"`
}

// Trip gives the trip of a traveller.
func (v Visit) Trip(person string) (Trip, bool) {
	for _, t := range v.Trips {
		if t.Person == person {
			return t, true
		}
	}
	return Trip{}, false
}

// Objection is an objection to a public notice.
type Objection struct {
	ID     int    `json:"id"`
	After  bool   `json:"after"`
	By     string `json:"by"`
	Reason string `json:"reason"`
	Upheld bool   `json:"upheld"`
	Answer string `json:"answer"`
}

// Task is one sign-off of one round.
type Task struct {
	ID       string          `json:"id"`
	SignOff  string          `json:"sign_off"`
	Stage    int             `json:"stage"`
	Round    int             `json:"round"`
	State    visit.TaskState `json:"state"`
	By       visit.Actor     `json:"by"`
	Reason   string          `json:"reason"`
	Question string          `json:"question"`
	Answer   string          `json:"answer"`
}

// Waiting tells that the task's question is not answered yet.
func (t Task) Waiting() bool { return t.State == visit.TaskOpen && t.Question != "" && t.Answer == "" }

// Holder is an open task and who may sign it.
type Holder struct {
	Task    string   `json:"task"`
	SignOff string   `json:"sign_off"`
	Waiting bool     `json:"waiting"`
	Signers []Signer `json:"signers"`
}

// Signer may sign: in own right, or for OnBehalfOf.
type Signer struct {
	Person     string `json:"person"`
	Post       string `json:"post"`
	OnBehalfOf string `json:"on_behalf_of"`
}

// Notice is the public notice.
type Notice struct {
	State  visit.NoticeState `json:"state"`
	Closes time.Time         `json:"closes"`
}

// Summary is a visit as lists show it.
type Summary struct {
	ID        string         `json:"id"`
	State     visit.State    `json:"state"`
	Title     string         `json:"title"`
	Category  visit.Category `json:"category"`
	Applicant string         `json:"applicant"`
	Unit      string         `json:"unit"`
	Rule      string         `json:"rule"`
}

// InboxItem is a task that waits for the caller.
type InboxItem struct {
	Visit      string    `json:"visit"`
	Task       string    `json:"task"`
	SignOff    string    `json:"sign_off"`
	OnBehalfOf string    `json:"on_behalf_of"`
	DueAt      time.Time `json:"due_at"`
}

// Decision is what a signer decides: approve, return, reject or question. Stage is the stage to return to, 0 the applicant.
// Version, when given, is the content that the signer saw.
type Decision struct {
	Task     string `json:"task"`
	Decision string `json:"decision"`
	Reason   string `json:"reason,omitempty"`
	Stage    int    `json:"stage,omitempty"`
	Version  string `json:"version,omitempty"`
	// Outside is the paper of an authority outside, for its decision and no other.
	Outside *visit.OutsideDecision `json:"outside,omitempty"`
}

// Receipt is the answer to a command.
type Receipt struct {
	Visit string      `json:"visit"`
	Seq   int         `json:"seq"`
	State visit.State `json:"state"`
}

// Event is an entry of the ledger with the bytes that were hashed.
type Event struct {
	Seq  int    `json:"seq"`
	Kind string `json:"kind"`
	Body string `json:"body"`
	Prev string `json:"prev"`
	Hash string `json:"hash"`
}

// Entry reads the event from its body, so that nothing but the hashed bytes is believed.
func (e Event) Entry() (ledger.Entry, error) {
	entry := ledger.Entry{Body: e.Body, Prev: e.Prev, Hash: e.Hash}
	if err := json.Unmarshal([]byte(e.Body), &entry.Event); err != nil {
		return entry, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return entry, nil
}

// History is the Temporal history of a visit; Raw is as Temporal's own tools write it.
type History struct {
	Items []HistoryLine   `json:"items"`
	Raw   json.RawMessage `json:"raw"`
}

// HistoryLine is one event of a history.
type HistoryLine struct {
	Event   int64     `json:"event"`
	Type    string    `json:"type"`
	At      time.Time `json:"at"`
	Command string    `json:"command"` // kind of the command that was accepted
}

// File is an uploaded file, named by the SHA-256 of its content.
type File struct {
	File      string `json:"file"`
	Name      string `json:"name"`
	Size      int64  `json:"size"`
	MediaType string `json:"media_type"`
}

// Delegation lets Delegate sign for Delegator, the caller when empty, from From to To, both days counted (YYYY-MM-DD). Post is
// empty for all posts, and so are lists of the scope.
type Delegation struct {
	ID         int64    `json:"id,omitempty"`
	Delegator  string   `json:"delegator,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Units      []string `json:"units,omitempty"`
	SignOffs   []string `json:"sign_offs,omitempty"`
	Delegate   string   `json:"delegate"`
	Post       string   `json:"post"`
	From       string   `json:"from"`
	To         string   `json:"to"`
	Reason     string   `json:"reason"`
}

// NewPassport registers a passport: Kind is official, hkmo, taiwan or private.
type NewPassport struct {
	Person  string `json:"person"`
	Kind    string `json:"kind"`
	Number  string `json:"number"`
	Expires string `json:"expires"`
	Held    bool   `json:"held"`
}

// PassportMove is what its keeper does with a passport: in, out, due, returned or cancelled.
type PassportMove struct {
	Kind  string `json:"kind"`
	Day   string `json:"day"`
	Visit string `json:"visit"`
	Due   string `json:"due"`
	Note  string `json:"note"`
}

// Passport is a passport of the ledger, its number with the middle hidden.
type Passport struct {
	ID     int64  `json:"id"`
	Person string `json:"person"`
	Number string `json:"number"`
	State  string `json:"state"`
	Due    string `json:"due"`
	Late   int    `json:"late"`
}
