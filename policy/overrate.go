package policy

import (
	"slices"

	"github.com/exeat/exeat/visit"
)

// overRate adds what the tables of rates have shown. A line above the standard counts as the applicant's own word for it
// (domain O18), so that nobody forgets to say it.
func (f *Facts) overRate(kinds []string) {
	f.OverRate = slices.Clone(kinds)
	if len(kinds) > 0 && !slices.Contains(f.Flags, visit.OverRate) {
		f.Flags = append(slices.Clone(f.Flags), visit.OverRate)
	}
}
