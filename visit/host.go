package visit

// A visit that was submitted is hosted by one Temporal workflow. Server, worker and sweep meet by these names; they are
// in the histories and never change.
const (
	WorkflowType  = "Visit"
	CommandUpdate = "Command" // Request in, Receipt out
	WakeSignal    = "Wake"    // the ledger or the clock has moved on: catch up
	StateQuery    = "State"   // Visit out

	DigestType = "Digest" // the workflow that queues the daily digests; no input
	RiskType   = "Risk"   // the workflow that tells visits of a change of risk; RiskStart in
)

// WorkflowID is the id of the workflow that hosts a visit.
func WorkflowID(id string) string { return "visit/" + id }

// Start is the input of the workflow. Everything else is in the ledger.
type Start struct {
	Visit string `json:"visit"`
}

// RiskStart is the input of the workflow that tells visits of a change of risk: its number.
type RiskStart struct {
	Change int64 `json:"change"`
}

// Request is a command on its way to a workflow. Seen is the number of the last event that the sender knew of: a workflow
// that knows fewer does not refuse by what it knows, but catches up first.
type Request struct {
	Command Command `json:"command"`
	Seen    int     `json:"seen"`
}

// Receipt is the answer to a command that was recorded. Digest is that of the command which holds the id, so that a
// sender who reused an id can be told.
type Receipt struct {
	Visit  string `json:"visit"`
	Seq    int    `json:"seq"` // of the last event known
	State  State  `json:"state"`
	Digest string `json:"digest"`
}
