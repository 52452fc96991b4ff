package ledger

import "fmt"

// FaultKind says what is wrong; the set is closed.
type FaultKind string

// The kinds of faults that a verification names.
const (
	Altered    FaultKind = "altered"    // an event is not the one that was sealed, or its hash is not its own
	Missing    FaultKind = "missing"    // an event is gone
	Misplaced  FaultKind = "misplaced"  // an event stands where another belongs: reordered, or of another visit
	Inserted   FaultKind = "inserted"   // an event was never sealed, nor waits to be
	Broken     FaultKind = "broken"     // an event does not follow the one before it
	CutOff     FaultKind = "cut_off"    // a checkpoint covers leaves that are gone
	Rewritten  FaultKind = "rewritten"  // the tree is not the one that a checkpoint was signed for
	Unsigned   FaultKind = "unsigned"   // a checkpoint has no good signature
	Impossible FaultKind = "impossible" // an event cannot follow from those before it
	Projected  FaultKind = "projected"  // a row that pages read differs from what the events say
	Differs    FaultKind = "differs"    // the workflow's history and the ledger do not say the same
	Unshown    FaultKind = "unshown"    // what an approver was shown cannot be made again
	Damaged    FaultKind = "damaged"    // a file of a bundle is not what its list says
	Writable   FaultKind = "writable"   // the application's role has a right over the ledger that it must not have
)

// FaultKinds lists every kind.
var FaultKinds = []FaultKind{
	Altered, Missing, Misplaced, Inserted, Broken, CutOff, Rewritten, Unsigned, Impossible, Projected, Differs, Unshown, Damaged, Writable,
}

// Fault is one thing that a verification found. Stream, Seq and Leaf name the place as closely as it is known.
type Fault struct {
	Kind   FaultKind `json:"kind"`
	Stream string    `json:"stream,omitempty"` // visit, or office
	Seq    int       `json:"seq,omitempty"`
	Leaf   *int64    `json:"leaf,omitempty"` // the first leaf in question
	Detail string    `json:"detail"`         // in English
}

// String writes the fault as a line.
func (f Fault) String() string {
	where := ""
	switch {
	case f.Stream == Office && f.Seq > 0:
		where = fmt.Sprintf("office event %d: ", f.Seq)
	case f.Stream == Office:
		where = "office: "
	case f.Seq > 0:
		where = fmt.Sprintf("visit %s, event %d: ", f.Stream, f.Seq)
	case f.Stream != "":
		where = fmt.Sprintf("visit %s: ", f.Stream)
	case f.Leaf != nil:
		where = fmt.Sprintf("leaf %d: ", *f.Leaf)
	}
	return fmt.Sprintf("%s: %s%s", f.Kind, where, f.Detail)
}

// Faults collects what is found.
type Faults []Fault

func (fs *Faults) add(f Fault, format string, args ...any) {
	f.Detail = fmt.Sprintf(format, args...)
	*fs = append(*fs, f)
}
