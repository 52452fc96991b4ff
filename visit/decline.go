package visit

import (
	"fmt"
	"slices"
)

type (
	// DeclineTravellers leaves some of the group at home, by who signs an open task; the rest goes on.
	DeclineTravellers struct {
		Task       string   `json:"task"`
		Travellers []string `json:"travellers"` // ids
		Reason     Note     `json:"reason"`
		// Recheck is what the pinned policy would make of those who remain; nil where that cannot be said.
		Recheck *Recheck `json:"recheck,omitempty"`
	}
	// TravellersDeclined says who does not go.
	TravellersDeclined DeclineTravellers
)

// Recheck holds the route that the remaining group would have against the pinned one. It is for the approvers to read: the
// pinned route stays, and no sign-off is taken out of it.
type Recheck struct {
	Rule    string   `json:"rule"`
	Drops   []string `json:"drops,omitempty"`   // sign-offs that would not be asked for
	Adds    []string `json:"adds,omitempty"`    // sign-offs that would be
	Refused []string `json:"refused,omitempty"` // overlays that would refuse the group
}

// Differs tells that the remaining group would be judged in another way.
func (r Recheck) Differs(rule string) bool {
	return r.Rule != rule || len(r.Drops)+len(r.Adds)+len(r.Refused) > 0
}

// Declined is a traveller of the request who does not go.
type Declined struct {
	Person string `json:"person"`
	Task   string `json:"task"`
	By     Actor  `json:"by"`
	Reason Note   `json:"reason"`
}

func (DeclineTravellers) action() string { return "decline" }
func (TravellersDeclined) fact() string  { return "travellers_declined" }

func (d *decider) decline(a DeclineTravellers) error {
	if _, err := d.taskToDecide(a.Task); err != nil {
		return err
	}
	if a.Reason == "" {
		return needs("reason")
	}
	if len(a.Travellers) == 0 {
		return needs("travellers")
	}
	for i, p := range a.Travellers {
		rule := ""
		switch {
		case !slices.Contains(d.Travellers, p) || slices.Contains(a.Travellers[:i], p):
			rule = "not_a_traveller"
		case d.Amending() && slices.Contains(d.Approval.Travellers, p):
			rule = "approved_traveller"
		}
		if rule != "" {
			return wrong(fmt.Sprintf("travellers[%d]", i), rule, "person", p)
		}
	}
	if len(a.Travellers) == len(d.Travellers) {
		return wrong("travellers", "last_traveller")
	}
	return d.emit(TravellersDeclined(a))
}

func (v *Visit) decline(f TravellersDeclined, by Actor) {
	v.Declined = slices.Clone(v.Declined)
	for _, p := range f.Travellers {
		v.Declined = append(v.Declined, Declined{Person: p, Task: f.Task, By: by, Reason: f.Reason})
	}
	v.Travellers = v.going(v.Travellers)
}

// going takes out of a group who was declined.
func (v Visit) going(travellers []string) []string {
	return slices.DeleteFunc(slices.Clone(travellers), v.IsDeclined)
}

// IsDeclined tells that a person of the request does not go.
func (v Visit) IsDeclined(person string) bool {
	return slices.ContainsFunc(v.Declined, func(d Declined) bool { return d.Person == person })
}

func wrong(field, rule string, pairs ...string) error {
	return &Error{Code: Invalid, Rule: "invalid", Problems: []Problem{{Field: field, Rule: rule, Args: Refuse("", "", pairs...).Args}}}
}
