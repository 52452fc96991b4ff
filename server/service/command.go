package service

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Verdict is what a signer does with a task.
type Verdict string

// The verdicts of the API.
const (
	Approve  Verdict = "approve"
	Return   Verdict = "return"
	Reject   Verdict = "reject"
	Question Verdict = "question"
)

// Verdicts lists every verdict, in the order in which a form offers them.
var Verdicts = []Verdict{Approve, Return, Question, Reject}

// Decision is what a signer decides. Reason is needed for all but approve; it is the question for question.
type Decision struct {
	Task    string
	Verdict Verdict
	Reason  string
	Stage   int    // for return: 0 gives the case to the applicant, n to stage n
	Version string // the version the signer saw; checked when given
	Seen    int    // number of the last event the signer saw; the newest when 0
	// Outside is the paper of an authority outside, for its decision and no other.
	Outside *visit.OutsideDecision
}

// answerTime is how long a caller waits for a command; afterwards the outcome is not known and may be asked for again.
const answerTime = 15 * time.Second

// Decide signs, returns, rejects or asks. The user must be able to sign the task now, in own right or as a delegate; this
// is found here and checked again in the transaction that records it.
func (s *Service) Decide(ctx context.Context, u User, id string, d Decision, key string) (visit.Receipt, error) {
	if err := d.check(); err != nil {
		return visit.Receipt{}, err
	}
	mine, err := s.Store.InboxOf(ctx, u.Person, u.Day(), id)
	if err != nil {
		return visit.Receipt{}, err
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	i := slices.IndexFunc(mine, func(it store.InboxItem) bool { return it.Task == d.Task })
	if i < 0 {
		return s.repeated(ctx, u, id, d, c)
	}
	it := mine[i]
	if err := s.authorised(ctx, u, it.SignOff, d.Verdict); err != nil {
		return visit.Receipt{}, err
	}
	c.By = signing(c.By, it)
	if err := s.checkScan(ctx, d.Outside); err != nil {
		return visit.Receipt{}, err
	}
	if c.Do, err = s.action(ctx, id, c.ID, d); err != nil {
		return visit.Receipt{}, err
	}
	if c.Shown, err = s.shown(ctx, id, d, c.By, it.Seq); err != nil {
		return visit.Receipt{}, err
	}
	r, err := s.do(ctx, id, c, it.Seq)
	if err == nil && d.Verdict == Approve && it.Follows {
		return s.signOnce(ctx, u, id, d, key, r)
	}
	return r, err
}

// signOnce signs what the policy lets follow from an approval: a sign-off of the next stage that is marked so and that the
// same person may sign now. It is a decision of its own in the ledger. Should it not succeed, it waits in the inbox.
func (s *Service) signOnce(ctx context.Context, u User, id string, d Decision, key string, done visit.Receipt) (visit.Receipt, error) {
	mine, err := s.Store.InboxOf(ctx, u.Person, u.Day(), id)
	if err != nil {
		return done, err
	}
	i := slices.IndexFunc(mine, func(it store.InboxItem) bool { return it.Once && follows(d.Task, it.Task) })
	if i < 0 {
		return done, nil
	}
	next, err := s.Decide(ctx, u, id, Decision{Task: mine[i].Task, Verdict: Approve, Version: d.Version}, key+".once")
	if err != nil {
		s.Log.Warn("a sign-off that follows from the one before was not given", "visit", id, "task", mine[i].Task, "error", err)
		return done, nil
	}
	return next, nil
}

// follows tells that one task is of the stage after the other's, in the same round.
func follows(before, after string) bool {
	var r1, s1, r2, s2 int
	_, err1 := fmt.Sscanf(before, "%d.%d.", &r1, &s1)
	_, err2 := fmt.Sscanf(after, "%d.%d.", &r2, &s2)
	return err1 == nil && err2 == nil && r1 == r2 && s1+1 == s2
}

// checkScan refuses a scan that was never uploaded; what else a paper lacks the aggregate says.
func (s *Service) checkScan(ctx context.Context, o *visit.OutsideDecision) error {
	if o == nil || o.File == "" {
		return nil
	}
	known, err := s.Store.Files(ctx, []string{o.File})
	if _, ok := known[o.File]; err == nil && !ok {
		err = wrong("outside.file", "not_uploaded", "value", o.File)
	}
	return err
}

func (d Decision) check() error {
	var ps []visit.Problem
	if d.Task == "" {
		ps = append(ps, visit.Problem{Field: "task", Rule: "required"})
	}
	if !slices.Contains(Verdicts, d.Verdict) {
		ps = append(ps, visit.Problem{Field: "decision", Rule: "unknown_value", Args: map[string]string{"value": string(d.Verdict), "allowed": "approve, return, question, reject"}})
	}
	if d.Verdict != Approve && d.Reason == "" {
		ps = append(ps, visit.Problem{Field: "reason", Rule: "required"})
	}
	ps = append(ps, tooLong("reason", d.Reason)...)
	if len(ps) > 0 {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: ps}
	}
	return nil
}

func tooLong(field, text string) []visit.Problem {
	if len([]rune(text)) <= 4000 {
		return nil
	}
	return []visit.Problem{{Field: field, Rule: "too_long", Args: map[string]string{"max": "4000"}}}
}

// action makes the command's action; its text becomes a note.
func (s *Service) action(ctx context.Context, id, command string, d Decision) (visit.Action, error) {
	note, err := s.Store.PutNote(ctx, id, command, d.Reason)
	if err != nil {
		return nil, err
	}
	switch d.Verdict {
	case Return:
		return visit.Return{Task: d.Task, Stage: d.Stage, Reason: note, Outside: d.Outside}, nil
	case Reject:
		return visit.Reject{Task: d.Task, Reason: note, Outside: d.Outside}, nil
	case Question:
		return visit.Ask{Task: d.Task, Question: note}, nil
	default:
		return visit.Approve{Task: d.Task, Version: d.Version, Reason: note, Outside: d.Outside}, nil
	}
}

// repeated answers for a task that the user cannot sign now. A command that was recorded before gets its receipt again;
// else it is a task that is closed (conflict), not his (forbidden), or not there (not_found).
func (s *Service) repeated(ctx context.Context, u User, id string, d Decision, c visit.Command) (visit.Receipt, error) {
	first, ok, err := s.Store.EventOf(ctx, id, c.ID)
	if err != nil {
		return visit.Receipt{}, err
	}
	if ok {
		c.By = first.By
		if c.Do, err = s.action(ctx, id, c.ID, d); err != nil {
			return visit.Receipt{}, err
		}
		return s.again(ctx, id, c, first.Digest)
	}
	return visit.Receipt{}, s.notMine(ctx, u, id, d.Task)
}

// notMine says why a user cannot sign a task now.
func (s *Service) notMine(ctx context.Context, u User, id, task string) error {
	v, err := s.Store.Visit(ctx, id)
	if err != nil {
		return err
	}
	t, found := v.Task(task)
	rights, err := s.see(ctx, u, id)
	switch {
	case err != nil:
		return err
	case !found:
		return visit.Refuse(visit.NotFound, "no_such_task", "task", task)
	case t.State != visit.TaskOpen && signsFor(rights, t):
		return visit.Refuse(visit.Conflict, "task_closed", "task", task, "state", string(t.State))
	default:
		return s.whyNot(ctx, u, id, t)
	}
}

// whyNot is the refusal of a decision on an open task: the conflict that stands against it, or that it is another's.
func (s *Service) whyNot(ctx context.Context, u User, id string, t visit.Task) error {
	reason, whose, err := s.Store.Conflict(ctx, id, t.ID, u.Person, u.Day())
	switch {
	case err != nil:
		return err
	case reason != "":
		return visit.Refuse(visit.Forbidden, reason, "person", whose)
	default:
		return visit.Refuse(visit.Forbidden, "not_your_sign_off", "sign_off", t.SignOff.Code)
	}
}

func signsFor(r Rights, t visit.Task) bool {
	return slices.ContainsFunc(r.Acting, func(a store.Acting) bool {
		return slices.Contains(append(slices.Clone(t.SignOff.Posts), t.SignOff.Fallback...), a.Post)
	})
}

// again gives the receipt of a command that was recorded before, or conflict when its id now carries something else.
func (s *Service) again(ctx context.Context, id string, c visit.Command, recorded string) (visit.Receipt, error) {
	digest, err := c.Digest()
	if err != nil {
		return visit.Receipt{}, err
	}
	if digest != recorded {
		return visit.Receipt{}, visit.Refuse(visit.Conflict, "command_reused", "command", c.ID)
	}
	v, err := s.Store.Visit(ctx, id)
	return receipt(v, c.ID), err
}

// Applicant's commands that carry a text.
const (
	CommandAnswer   = "answer"
	CommandWithdraw = "withdraw"
	CommandCancel   = "cancel"
)

// Do carries out a command that needs no task of one's own: answer (to the question of a task), withdraw, cancel.
func (s *Service) Do(ctx context.Context, u User, id, command, task, text, key string) (visit.Receipt, error) {
	field := "reason"
	if command == CommandAnswer {
		field = "answer"
	}
	problems := tooLong(field, text)
	if text == "" {
		problems = append(problems, visit.Problem{Field: field, Rule: "required"})
	}
	if len(problems) > 0 {
		return visit.Receipt{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: problems}
	}
	if command == CommandCancel {
		return s.Cancel(ctx, u, id, nil, text, key)
	}
	if _, err := s.see(ctx, u, id); err != nil {
		return visit.Receipt{}, err
	}
	row, err := s.Store.VisitRow(ctx, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	if row.Applicant != u.Person {
		return visit.Receipt{}, visit.Refuse(visit.Forbidden, "applicant_only")
	}
	c := visit.Command{ID: commandID(u, key), By: u.actor()}
	note, err := s.Store.PutNote(ctx, id, c.ID, text)
	if err != nil {
		return visit.Receipt{}, err
	}
	switch command {
	case CommandAnswer:
		c.Do = visit.Answer{Task: task, Answer: note}
	case CommandWithdraw:
		c.Do = visit.Withdraw{Reason: note}
	default:
		return visit.Receipt{}, visit.Refuse(visit.NotFound, "not_found", "what", "command", "id", command)
	}
	return s.do(ctx, id, c, row.Seq)
}

// do hands a command to the host and holds the answer against the command: a reused id gives the first receipt, which is a
// conflict when it was for something else.
func (s *Service) do(ctx context.Context, id string, c visit.Command, seen int) (visit.Receipt, error) {
	digest, err := c.Digest()
	if err != nil {
		return visit.Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	done, err := s.turns.take(ctx, id)
	if err != nil {
		return visit.Receipt{}, err
	}
	defer done()
	r, err := s.Host.Do(ctx, id, c, seen)
	if visit.CodeOf(err) == visit.NotFound {
		return s.unhosted(ctx, id, c, err)
	}
	if err != nil {
		return visit.Receipt{}, err
	}
	if r.Digest != digest {
		return visit.Receipt{}, visit.Refuse(visit.Conflict, "command_reused", "command", c.ID)
	}
	return r, nil
}

// unhosted answers when Temporal knows no running workflow: the visit has ended, or its workflow is not started yet.
func (s *Service) unhosted(ctx context.Context, id string, c visit.Command, cause error) (visit.Receipt, error) {
	if first, ok, err := s.Store.EventOf(ctx, id, c.ID); err != nil || ok {
		if err != nil {
			return visit.Receipt{}, err
		}
		return s.again(ctx, id, c, first.Digest)
	}
	row, err := s.Store.VisitRow(ctx, id)
	switch {
	case err != nil:
		return visit.Receipt{}, err
	case row.State.Final():
		return visit.Receipt{}, visit.Refuse(visit.Conflict, "visit_closed", "state", string(row.State))
	case visit.RuleOf(cause) == "not_hosted":
		if err := s.Host.Start(ctx, id); err != nil {
			return visit.Receipt{}, err
		}
		return visit.Receipt{}, visit.Refuse(visit.Unavailable, "not_decided_yet", "id", id)
	default:
		return visit.Receipt{}, cause
	}
}
