package visit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/visit"
)

func TestACopyLeavesOutWhatBelongsToOneJourney(t *testing.T) {
	t.Parallel()
	d := visit.Draft{
		Category: visit.Academic, Title: "Bridges", Purpose: "To read a paper.", Unit: "CIV", Travellers: []visit.Traveller{{Person: "F1", Role: visit.Leader}},
		Legs:     []visit.Leg{{Country: "JP", City: "Kyoto", Arrive: "2026-03-02", Depart: "2026-03-04", Host: "Kyoto University", Transport: "CA1", Lodging: "Guest house"}},
		ExitDate: "2026-03-01", ReturnDate: "2026-03-05", ExitTime: "22:30", Invitation: "Letter of 1 January", PlanItem: "Plan 3",
		Funding: []visit.Funding{{Source: "Project", Kind: visit.Research, Currency: "CNY", Amount: 100}}, TalentTask: "Two meetings",
		Documents: []visit.Document{{Kind: "D1", File: "ab", Name: "letter.pdf"}}, Flags: []visit.Flag{visit.Urgent, visit.TakesGoods},
	}
	before := d.Legs[0]
	require.Equal(t, visit.Draft{
		Category: visit.Academic, Title: "Bridges", Purpose: "To read a paper.", Unit: "CIV", Travellers: d.Travellers,
		Legs:    []visit.Leg{{Country: "JP", City: "Kyoto", Host: "Kyoto University", Lodging: "Guest house"}},
		Funding: d.Funding, TalentTask: "Two meetings", Flags: []visit.Flag{visit.TakesGoods},
	}, d.Copy())
	require.Equal(t, before, d.Legs[0], "what was copied stays as it was")
	require.Equal(t, []visit.Flag{visit.Urgent, visit.TakesGoods}, d.Flags)
}
