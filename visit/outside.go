package visit

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// OutsideDecision is the paper by which an authority outside the university has decided; whoever enters it gives all three.
type OutsideDecision struct {
	Number string `json:"number"`
	Date   string `json:"date"` // YYYY-MM-DD, of the paper
	File   string `json:"file"` // SHA-256 (hex) of its scan
}

// outside checks the paper of an outside decision, and that no other sign-off comes with one.
func (d *decider) outside(t Task, o *OutsideDecision) error {
	if t.SignOff.Review != Outside {
		if o != nil {
			return wrong("outside", "not_outside")
		}
		return nil
	}
	if o == nil {
		o = &OutsideDecision{}
	}
	c := &checker{}
	required := func(field, value string) {
		if value == "" {
			c.wrong(field, "required")
		}
	}
	required("outside.number", o.Number)
	c.limit("outside.number", o.Number, 100)
	required("outside.date", o.Date)
	if at, err := time.Parse(dayLayout, o.Date); o.Date != "" && err != nil {
		c.wrong("outside.date", "not_a_date", "value", o.Date)
	} else if o.Date > d.now.In(beijing).Format(dayLayout) && err == nil {
		c.wrong("outside.date", "in_the_future", "value", at.Format(dayLayout))
	}
	required("outside.file", o.File)
	if b, err := hex.DecodeString(o.File); o.File != "" && (err != nil || len(b) != sha256.Size) {
		c.wrong("outside.file", "not_a_file", "value", o.File)
	}
	if len(c.problems) > 0 {
		return &Error{Code: Invalid, Rule: "invalid", Problems: c.problems}
	}
	return nil
}
