// Package workflows hosts visits. A workflow decides nothing: it puts commands in order, hands each to the activity that
// decides and records it, applies what was recorded, and wakes up when time itself must act.
//
//	     Update Command                       Timer at NextDue, Signal Wake
//	           │                                          │
//	           ▼                                          ▼
//	┌── one at a time (Mutex) ──────────────────────────────────┐
//	│   local activity Record(visit, command)                   │
//	│     one transaction: lock, catch up, Handle, ledger       │
//	│   Apply every event that came back                        │
//	└───────────────────────────────────────────────────────────┘
//	           │
//	           ▼  the visit is final: wait for all handlers, end
//
// Three invariants:
//
//   - Nothing is applied that is not recorded. The events come from the activity's result, so a replay never decides
//     again: rules (package visit, the policy, the calendar) may change between releases without breaking an open visit.
//   - The ledger is the truth. An attempt that committed and died is found by the next one: Record returns all events the
//     workflow has missed, and a command that was recorded before acts only once.
//   - A validator refuses cheaply, without an event in the history. It is not run on replay, so it may be tightened at will.
//
// What may and may not be changed here while visits are open: CONTRIBUTING.md, "Changing a workflow".
package workflows
