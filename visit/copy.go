package visit

import "slices"

// Copy gives a draft to begin another visit with: who, where, with whom and with which money. What belongs to the one journey is left
// out: its dates and flights, its entry of the annual plan, its invitation, its documents, and that it was urgent.
func (d Draft) Copy() Draft {
	d.Travellers, d.Legs, d.Funding, d.Budget = slices.Clone(d.Travellers), slices.Clone(d.Legs), slices.Clone(d.Funding), slices.Clone(d.Budget)
	d.ExitDate, d.ReturnDate, d.ExitTime = "", "", ""
	d.PlanItem, d.Invitation, d.Documents = "", "", nil
	for i := range d.Legs {
		d.Legs[i].Arrive, d.Legs[i].Depart, d.Legs[i].Transport = "", "", ""
	}
	d.Flags = slices.DeleteFunc(slices.Clone(d.Flags), func(f Flag) bool { return f == Urgent })
	return d
}
