package visit

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Actor says who acts, and by what right. A person who signs for a post names it; a delegate also names the holder.
// All fields are ids or codes; names are looked up where they are shown.
type Actor struct {
	Person string `json:"person"`
	// Post and Unit name the holding that gives the right to sign, for example COL.DEAN of CIV.
	Post string `json:"post,omitempty"`
	Unit string `json:"unit,omitempty"`
	// OnBehalfOf is the holder for whom a delegate signs, Delegation the number of the delegation.
	OnBehalfOf string `json:"on_behalf_of,omitempty"`
	Delegation int64  `json:"delegation,omitempty"`
	// Channel is web, mail-page (a page opened from a mail), api, command (of an operator) or system; database for what was changed there by hand.
	Channel string `json:"channel"`
	// Address is where the request came from (IP), as the server saw it; empty for what no request caused.
	Address string `json:"address,omitempty"`
}

// OfficePosts are the posts of the International Office that look after every visit: they cancel an approved one and
// confirm or change the category (domain P.6).
var OfficePosts = []string{"IO.REV", "IO.DIR"}

// PublisherPost is the post whose holder publishes policies, and by that may re-route open visits.
const PublisherPost = "POLICY.PUBLISHER"

// System is the actor of what time does by itself.
var System = Actor{Person: "system", Channel: "system"}

// Command is one wish to change a visit. ID is the sender's idempotency token: the same ID never acts twice, and with
// other content it is refused with conflict. Content is ids, codes and hashes only; texts are notes (see Note).
type Command struct {
	ID string `json:"id"`
	By Actor  `json:"by"`
	Do Action `json:"-"`
	// Shown is what a decision was made on, where that is known.
	Shown Shown `json:"shown,omitzero"`
}

// Shown is what somebody had before him who decided: the case as it stood after one of its events, by the right with which
// he signs. Package audit makes the view again, and its hash.
type Shown struct {
	After int    `json:"after"` // number of the event
	Hash  string `json:"hash"`  // SHA-256 of the canonical view, hex
}

// Action is what a command asks for: one of the types of this file, or of the life after the approval (lifeActions).
type Action interface{ action() string }

// Note is the hash (SHA-256, hex) of a text kept beside the ledger, so that the text can be erased and the ledger stays.
type Note string

type (
	// Submit asks for the decision on a version of a draft, over the route that the policy gave for it.
	Submit struct {
		Version    string   `json:"version"` // hash of the content
		Unit       string   `json:"unit"`
		Travellers []string `json:"travellers"`
		Route      Route    `json:"route"`
		PreparedBy []string `json:"prepared_by,omitempty"` // who wrote the request for the applicant
	}
	// Approve signs one task.
	Approve struct {
		Task    string `json:"task"`
		Version string `json:"version,omitempty"` // the version that the signer saw; checked when given
		Reason  Note   `json:"reason,omitempty"`
		// Outside is the paper of the authority, for a decision that was made outside, and for no other.
		Outside *OutsideDecision `json:"outside,omitempty"`
	}
	// Return gives the case back: to the applicant (Stage 0), or to an earlier stage (from 1).
	Return struct {
		Task    string           `json:"task"`
		Stage   int              `json:"stage,omitempty"`
		Reason  Note             `json:"reason"`
		Outside *OutsideDecision `json:"outside,omitempty"`
	}
	// Reject ends the visit.
	Reject struct {
		Task    string           `json:"task"`
		Reason  Note             `json:"reason"`
		Outside *OutsideDecision `json:"outside,omitempty"`
	}
	// Ask puts a question to the applicant; the clock stands until it is answered.
	Ask struct {
		Task     string `json:"task"`
		Question Note   `json:"question"`
	}
	// Answer answers the question of a task.
	Answer struct {
		Task   string `json:"task"`
		Answer Note   `json:"answer"`
	}
	// Resubmit sends a returned visit on its way again, changed or not.
	Resubmit struct {
		Version    string   `json:"version"`
		Travellers []string `json:"travellers"`
		Route      Route    `json:"route"`
		// Changes are the kinds of changes since the version before, Reask what they ask again; nil asks for everything again.
		Changes    []Change `json:"changes,omitempty"`
		Reask      *Reask   `json:"reask,omitempty"`
		PreparedBy []string `json:"prepared_by,omitempty"`
	}
	// Withdraw ends a visit that is not yet approved, or takes back a change of one that is; by the applicant.
	Withdraw struct {
		Reason Note `json:"reason"`
	}
	// Cancel ends an approved visit before the departure, by the applicant or the International Office; from the preparation
	// on it may name some travellers, and a traveller may cancel for himself.
	Cancel struct {
		Reason     Note     `json:"reason"`
		Travellers []string `json:"travellers,omitempty"`
	}
	// ChangeCategory makes a visit one of another category, by the International Office; the visit is judged anew over the
	// route of the new content (domain P-03). Incomplete says that the request lacks something under the new category: the
	// applicant gets it back to complete it.
	ChangeCategory struct {
		Version    string   `json:"version"`
		From       Category `json:"from"`
		Category   Category `json:"category"`
		Route      Route    `json:"route"`
		Incomplete bool     `json:"incomplete,omitempty"`
		Reason     Note     `json:"reason"`
	}
	// Reroute puts the route of another policy in place of the stages not yet asked, when that policy is published
	// (domain P-07).
	Reroute struct {
		Route Route `json:"route"`
	}
	// Tick lets time act: what NextDue named happens if it is due.
	Tick struct{}
	// Sync asks for nothing; the host sends it to catch up with the ledger.
	Sync struct{}
)

func (Submit) action() string         { return "submit" }
func (Approve) action() string        { return "approve" }
func (Return) action() string         { return "return" }
func (Reject) action() string         { return "reject" }
func (Ask) action() string            { return "question" }
func (Answer) action() string         { return "answer" }
func (Resubmit) action() string       { return "resubmit" }
func (Withdraw) action() string       { return "withdraw" }
func (Cancel) action() string         { return "cancel" }
func (ChangeCategory) action() string { return "change_category" }
func (Reroute) action() string        { return "reroute" }
func (Tick) action() string           { return "tick" }
func (Sync) action() string           { return "sync" }

var actions = catalogue(Action.action, slices.Concat(lifeActions, []Action{
	Submit{},
	Approve{},
	Return{},
	Reject{},
	Ask{},
	Answer{},
	Resubmit{},
	Withdraw{},
	Cancel{},
	ChangeCategory{},
	Reroute{},
	Recalculate{},
	Amend{},
	DeclineTravellers{},
	AddSignOff{},
	RemoveSignOff{},
	Transfer{},
	Reassign{},
	AddReader{},
	RemoveReader{},
	Tick{},
	Sync{},
})...)

// TaskOf names the open task by whose sign-off an action is done, "" for actions that need none.
func TaskOf(a Action) string {
	switch a := a.(type) {
	case Approve:
		return a.Task
	case Return:
		return a.Task
	case Reject:
		return a.Task
	case Ask:
		return a.Task
	case DeclineTravellers:
		return a.Task
	case AddSignOff:
		return a.Task
	case Transfer:
		return a.Task
	case AddReader:
		return a.Task
	case RemoveReader:
		return a.Task
	default:
		return ""
	}
}

type commandJSON struct {
	ID    string          `json:"id"`
	By    Actor           `json:"by"`
	Kind  string          `json:"kind"`
	Do    json.RawMessage `json:"do"`
	Shown Shown           `json:"shown,omitzero"`
}

// MarshalJSON writes the command with the name of its action in `kind`.
func (c Command) MarshalJSON() ([]byte, error) {
	if c.Do == nil {
		return nil, fmt.Errorf("command %q asks for nothing", c.ID)
	}
	do, err := json.Marshal(c.Do)
	if err != nil {
		return nil, err
	}
	return json.Marshal(commandJSON{c.ID, c.By, c.Do.action(), do, c.Shown})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Command) UnmarshalJSON(b []byte) error {
	var raw commandJSON
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	do, err := actions.decode(raw.Kind, raw.Do)
	if err != nil {
		return fmt.Errorf("command %q: %w", raw.ID, err)
	}
	c.ID, c.By, c.Do, c.Shown = raw.ID, raw.By, do, raw.Shown
	return nil
}

// Digest is the SHA-256 (hex) of the canonical command. Two commands with one id and different digests are a conflict. Where
// it came from and what its sender was shown do not count: they may differ when it is sent again.
func (c Command) Digest() (string, error) {
	c.By.Address, c.Shown = "", Shown{}
	_, hash, err := Canonical(c)
	return hash, err
}

// Clock gives a visit the time and the working days it must not look up by itself.
type Clock interface {
	// Now is the instant of the command.
	Now() time.Time
	// Due is the end of the n-th working day after from; provisional when a year's holidays are not known yet.
	Due(from time.Time, n int) (at time.Time, provisional bool)
	// Left is the number of working days from one instant to another, at least 0.
	Left(from, to time.Time) int
	// Worked is the working time between two instants (09:00 to 18:00 in Beijing on working days), at least 0; Work is the
	// instant at which so much of it has passed.
	Worked(from, to time.Time) time.Duration
	Work(from time.Time, d time.Duration) time.Time
	// Morning is 09:00 in Beijing on the first working day that is at least so many days after the day of from.
	Morning(from time.Time, days int) time.Time
	// Rests tells that nobody works on the day of an instant.
	Rests(at time.Time) bool
}
