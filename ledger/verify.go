package ledger

import (
	"fmt"
	"slices"
)

// Stored is a record with what the tree says of it. Where only the leaf is left, Body is empty.
type Stored struct {
	Record
	Sealed  bool
	Leaf    int64
	Digest  Digest // of the leaf
	Waiting bool   // to be sealed
}

// Streams verifies records, which come by stream and by number: the chain of each stream, that each record is the one
// its place asks for, and that it is the content of its leaf. The zero Streams has seen nothing.
type Streams struct {
	Faults
	Records int // seen
	Waiting int // of those, not sealed yet
	Count   int // of streams

	stream string
	seq    int
	prev   string
	doubt  bool // the record before is in question: what follows from that is not said again
}

// Add verifies the next record.
func (v *Streams) Add(s Stored) {
	if s.Stream != v.stream {
		v.stream, v.seq, v.prev, v.doubt = s.Stream, 0, "", false
		v.Count++
	}
	at := Fault{Stream: s.Stream, Seq: s.Seq}
	if s.Sealed {
		at.Leaf = &s.Leaf
	}
	if gone := s.Body == "" && s.Sealed; gone || s.Seq != v.seq+1 {
		v.missing(s, gone)
		if gone {
			return
		}
	}
	v.Records++
	found := len(v.Faults)
	v.content(s, at)
	if !v.doubt && len(v.Faults) == found && s.Prev != v.prev {
		at.Kind = Broken
		v.add(at, "it does not follow the event before it")
	}
	v.seq, v.prev, v.doubt = s.Seq, s.Hash, len(v.Faults) > found
}

// missing names the records that are not there between the last one and s, and s itself if only its leaf is left.
func (v *Streams) missing(s Stored, gone bool) {
	last := s.Seq - 1
	if gone {
		last = s.Seq
	}
	for seq := v.seq + 1; seq <= last; seq++ {
		f := Fault{Kind: Missing, Stream: s.Stream, Seq: seq}
		if seq == s.Seq {
			f.Leaf = &s.Leaf
		}
		v.add(f, "it is gone")
	}
	v.seq, v.doubt = last, true
}

// content verifies what a record is by itself.
func (v *Streams) content(s Stored, at Fault) {
	stream, seq, err := placeOf(s.Body)
	switch {
	case err != nil:
		at.Kind = Altered
		v.add(at, "%v", err)
	case stream != s.Stream || seq != s.Seq:
		at.Kind = Misplaced
		v.add(at, "what stands there is event %d of %s", seq, streamName(stream))
	case s.Sealed && LeafHash(s.Body) != s.Digest:
		at.Kind = Altered
		v.add(at, "it is not what was sealed as leaf %d", s.Leaf)
	case Hash(s.Prev, s.Body) != s.Hash:
		at.Kind = Altered
		v.add(at, "its hash is not that of what it says")
	case !s.Sealed && !s.Waiting:
		at.Kind = Inserted
		v.add(at, "it was never sealed and does not wait to be")
	}
	if !s.Sealed && s.Waiting {
		v.Waiting++
	}
}

func streamName(stream string) string {
	if stream == Office {
		return "the office"
	}
	return "visit " + stream
}

// Leaves verifies the tree: leaves come by index. Checkpoints are all that are known, kept ones too.
type Leaves struct {
	Faults
	Tree Tree

	checkpoints []Checkpoint // those not yet passed, by size
	good        int64        // size of the last checkpoint that fits
	stopped     bool         // what follows a fault in the tree cannot be told from it
	since       []string     // the events of the leaves after `good`, the first few
}

// NewLeaves begins a verification of the tree against checkpoints whose signatures are good.
func NewLeaves(checkpoints []Checkpoint) *Leaves {
	sorted := slices.Clone(checkpoints)
	slices.SortFunc(sorted, func(a, b Checkpoint) int { return int(a.Size - b.Size) })
	return &Leaves{checkpoints: sorted}
}

const sinceMax = 12

// Add verifies the next leaf. Complete are the hashes that it completed, its own first, as they are stored.
func (v *Leaves) Add(index int64, stream string, seq int, complete []Digest) {
	if v.stopped {
		return
	}
	if index != v.Tree.Size() {
		v.stopped = true
		first := v.Tree.Size()
		v.add(Fault{Kind: Missing, Leaf: &first}, "the tree breaks off: the next leaf is %d", index)
		return
	}
	at := Fault{Kind: Rewritten, Stream: stream, Seq: seq, Leaf: &index}
	if len(complete) == 0 {
		v.stopped = true
		v.add(at, "leaf %d has no hash", index)
		return
	}
	if len(v.since) < sinceMax {
		v.since = append(v.since, fmt.Sprintf("%s/%d", stream, seq))
	}
	if !slices.Equal(v.Tree.Add(complete[0]), complete) {
		v.add(at, "the hashes stored with leaf %d are not those of the tree", index)
	}
	v.pass()
}

// pass compares the tree with the checkpoints of its present size.
func (v *Leaves) pass() {
	for len(v.checkpoints) > 0 && v.checkpoints[0].Size == v.Tree.Size() {
		c := v.checkpoints[0]
		v.checkpoints = v.checkpoints[1:]
		if c.Root == v.Tree.Root() {
			v.good, v.since = c.Size, v.since[:0]
			continue
		}
		v.stopped = true
		first := v.good
		v.add(Fault{Kind: Rewritten, Leaf: &first}, "the tree of %d leaves is not the one that was signed; what differs is from leaf %d on: %v",
			c.Size, first, v.since)
		return
	}
}

// End names the checkpoints that cover more leaves than there are.
func (v *Leaves) End() {
	if v.stopped || len(v.checkpoints) == 0 {
		return
	}
	first, last := v.Tree.Size(), v.checkpoints[len(v.checkpoints)-1]
	v.add(Fault{Kind: CutOff, Leaf: &first}, "the checkpoint of %d leaves covers leaves %d to %d, which are gone", last.Size, first, last.Size-1)
}
