package audit

import (
	"context"
	"encoding/json"

	"github.com/exeat/exeat/ledger"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Verified is the kind of the office's event that says what a verification found.
const Verified = "ledger_verified"

// Verdict is what such an event says.
type Verdict struct {
	Events    int    `json:"events"`
	Visits    int    `json:"visits"`
	Leaves    int64  `json:"leaves"`
	Root      string `json:"root"`
	Histories int    `json:"histories"`
	Views     int    `json:"views"`
	Faults    int    `json:"faults"`
	// First are the first faults, without the details: those may name rows.
	First []ledger.Fault `json:"first"`
}

// firstMax is how many faults an event lists.
const firstMax = 20

// Note keeps the outcome of a verification as an event of the office, so that auditors see when it was done last.
func Note(ctx context.Context, st *store.Store, r Report) error {
	f := Verdict{
		Events: r.Events, Visits: r.Visits, Leaves: r.Leaves, Root: r.Root, Histories: r.Histories, Views: r.Shown, Faults: len(r.Faults),
		First: []ledger.Fault{},
	}
	for _, x := range r.Faults[:min(firstMax, len(r.Faults))] {
		x.Detail = ""
		f.First = append(f.First, x)
	}
	_, err := st.AddOffice(ctx, visit.System, Verified, "", f)
	return err
}

// LastVerdict is the outcome of the last verification; ok is false when there was none.
func LastVerdict(ctx context.Context, st *store.Store) (f Verdict, at ledger.OfficeEvent, ok bool, err error) {
	p, err := st.SearchOffice(ctx, store.OfficeFilter{Kind: Verified, Limit: 1})
	if err != nil || len(p.Items) == 0 {
		return f, at, false, err
	}
	if at, err = p.Items[0].Event(); err != nil {
		return f, at, false, err
	}
	return f, at, true, json.Unmarshal(at.Fact, &f)
}
