package policy_test

import (
	"testing"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

// BenchmarkRoute makes whole routes with all reasons, for the longest search (R17) and the longest route (R12).
func BenchmarkRoute(b *testing.B) {
	p := pack(b)
	for _, f := range []policy.Facts{plain(visit.Academic, policy.Staff, policy.Abroad, 6), plain(visit.Work, policy.Division, policy.Abroad, 5)} {
		b.Run(route(b, f).Rule, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Route(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRouteByHand finds the base rule in Go code: the floor that no engine goes below.
func BenchmarkRouteByHand(b *testing.B) {
	f := plain(visit.Academic, policy.Staff, policy.Abroad, 6)
	for b.Loop() {
		if byHand(f.Category, f.Travellers[0].Rank, f.Destination, f.Days) != "R17" {
			b.Fatal("wrong rule")
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	text := []byte(defaultText(b))
	for b.Loop() {
		if _, err := policy.Load(defaultFile, text); err != nil {
			b.Fatal(err)
		}
	}
}
