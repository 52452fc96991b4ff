// Package paper says which numbered paper an approved visit gets, and how numbers and verification codes look.
package paper

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/exeat/exeat/visit"
)

// Kind is what a numbered paper is (domain P-31).
type Kind string

// The kinds of numbered papers. Each has its own numbers, from 1 in every year, without gaps.
const (
	Mission      Kind = "mission"      // 任务批件: issued by the university under delegated authority
	Confirmation Kind = "confirmation" // 任务确认件: for members of a group that another unit runs (双跨团组)
	Taiwan       Kind = "taiwan"       // 赴台备案: the decision of the Taiwan office, on record
	Outside      Kind = "outside"      // 校外批准登记: the decision of another authority outside, on record
	Internal     Kind = "internal"     // 校内批件: for students, and for what needs no mission approval
)

// Kinds lists every kind of numbered paper.
var Kinds = []Kind{Mission, Confirmation, Taiwan, Outside, Internal}

// KindOf finds what an approved visit gets: Taiwan before all, then who decided. What an authority outside has decided is
// not issued once more by the university (domain P-32).
func KindOf(r visit.Route, countries []string, flags []visit.Flag) Kind {
	has := func(review visit.Review) bool {
		return slices.ContainsFunc(r.Stages, func(stage []visit.SignOff) bool {
			return slices.ContainsFunc(stage, func(s visit.SignOff) bool { return s.Review == review })
		})
	}
	switch {
	case slices.Contains(countries, "TW"):
		return Taiwan
	case has(visit.Outside):
		return Outside
	case slices.Contains(flags, visit.CrossUnit):
		return Confirmation
	case has(visit.Issue):
		return Mission
	default:
		return Internal
	}
}

// letters stand before the year in a number, as Chinese offices number their papers.
var letters = map[Kind]string{Mission: "外任", Confirmation: "外确", Taiwan: "台备", Outside: "外登", Internal: "校批"}

// Number writes the number of a paper, for example 外任〔2026〕12号.
func Number(k Kind, year, n int) string { return fmt.Sprintf("%s〔%d〕%d号", letters[k], year, n) }

// codeLetters leaves out what is easily taken for something else: 0 and O, 1 and I.
const codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// CodeLength is the length of a verification code: 50 bits that nobody can guess.
const CodeLength = 10

// NewCode makes a verification code from the system's randomness.
func NewCode() string {
	b := make([]byte, CodeLength)
	_, _ = rand.Read(b) // never fails, says crypto/rand
	for i := range b {
		b[i] = codeLetters[int(b[i])%len(codeLetters)]
	}
	return string(b)
}

// CleanCode brings a code that was typed into the form in which it is kept; ok is false for what cannot be one.
func CleanCode(s string) (code string, ok bool) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\t", "").Replace(s))
	if len(code) != CodeLength {
		return "", false
	}
	return code, strings.Trim(code, codeLetters) == ""
}

// ShownCode writes a code in two groups, as people read it.
func ShownCode(code string) string {
	if len(code) != CodeLength {
		return code
	}
	return code[:CodeLength/2] + "-" + code[CodeLength/2:]
}
