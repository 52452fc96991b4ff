package view

import (
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// has tells that a box was ticked in the form that was refused.
func (t Typed) has(value string) bool { return slices.Contains(strings.Split(t.Ticked, ","), value) }

// days is what was typed, or the limit of the signer's own sign-off.
func (v Case) days(t visit.Task) string {
	if typed := v.Typed["add-signer"].Days; typed != "" {
		return typed
	}
	return count(t.SignOff.Limit)
}

// others are the persons besides the user who may sign a task today.
func (v Case) others(t visit.Task) []string {
	var all []string
	for _, a := range v.C.Signers[t.ID] {
		if a.Person != v.User.Person && !slices.Contains(all, a.Person) {
			all = append(all, a.Person)
		}
	}
	return all
}
