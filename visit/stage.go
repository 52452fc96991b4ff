package visit

import (
	"fmt"
	"slices"
)

// conclude goes on after an answer: where nothing of the stage is open any more, with the strictest of the contrary answers
// that waited for the others, or with the next stage.
func (d *decider) conclude() error {
	if !d.State.Open() || d.State.Paused() || len(d.OpenTasks()) > 0 {
		return nil
	}
	if t, ok := d.strictest(); ok && !d.Met(d.Stage) {
		var settled Fact = StageSettled{Stage: d.Stage, Task: t.ID, Outcome: t.State, BackTo: t.BackTo}
		if t.State == TaskRejected && d.Amending() {
			settled = AmendmentRejected{Task: t.ID}
		}
		if err := d.emit(settled); err != nil {
			return err
		}
	}
	if !d.State.Open() || d.State.Paused() {
		return nil
	}
	return d.advance()
}

// advance opens the next stage, or approves, once every sign-off of the current one is given. Before an issue or an
// outside decision, and before the approval, the public notice must be closed (domain P.4, G3).
func (d *decider) advance() error {
	if len(d.OpenTasks()) > 0 {
		return nil
	}
	next := max(1, d.Stage)
	for next <= len(d.Route.Stages) && len(d.lacking(next)) == 0 {
		next++
	}
	if next > len(d.Route.Stages) {
		if d.Notice.Pending() {
			return nil
		}
		var yes Fact = Approved{}
		if d.Amending() {
			yes = Amended{Version: d.Version}
		}
		if err := d.emit(yes); err != nil {
			return err
		}
		return d.liveOn()
	}
	first := d.Route.Stages[next-1][0].Review
	if d.Notice.Pending() && (first == Issue || first == Outside) {
		return nil
	}
	return d.emit(d.stage(next))
}

// lacking lists the sign-offs of a stage that do not stand for the content being judged, none where the stage has what it needs.
func (d *decider) lacking(stage int) []SignOff {
	if d.Met(stage) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Route.Stages[stage-1]), func(s SignOff) bool { return d.approvedHere(s.Code) })
}

func (d *decider) stage(n int) StageOpened {
	f := StageOpened{Stage: n, Round: d.Round}
	for _, s := range d.lacking(n) {
		f.Tasks = append(f.Tasks, d.limit(fmt.Sprintf("%d.%d.%s", d.Round, n, s.Code), s, s.Limit))
	}
	return f
}
