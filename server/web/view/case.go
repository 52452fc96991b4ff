package view

import (
	"slices"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Case is the page of one submitted visit.
type Case struct {
	Page
	C      service.Case
	Papers service.Papers
	Life   CaseLife
	Key    string // makes what is sent from this page act once, however often it is sent
	// Task is the one whose decide box is open; "" is the user's first.
	Task string
	// Story is the chapter that the story is filtered by, "" for all of it; Filtered says that it can be.
	Story    string
	Filtered bool
	// Typed is what was typed into the form that was refused, by the name of its form (decide, answer, withdraw, cancel, decline, …).
	Typed map[string]Typed
}

// Typed are the values of a form that was refused.
type Typed struct {
	Verdict, Text, Stage string
	Person, Days, Where  string
	Ticked               string // values of the boxes that were ticked, with commas between
	Outside              visit.OutsideDecision
	Life                 *LifeTyped // of the life after the approval
}

// Progress says how far a stage or a sign-off is.
type Progress string

// The ways a stage or a sign-off can stand.
const (
	Done    Progress = "done"
	Current Progress = "now"
	Waiting Progress = "waiting" // for the applicant's answer
	Coming  Progress = "next"
	Spared  Progress = "spared"   // not needed: others of the stage were enough
	Heard   Progress = "answered" // with return or reject, and the others of the stage are heard too
)

// Stage is one step of the track: sign-offs that are asked at the same time.
type Stage struct {
	N        int
	Progress Progress
	Term     visit.Term
	SignOffs []StageSignOff
}

// StageSignOff is a sign-off of a stage with its latest task, nil while it was never asked.
type StageSignOff struct {
	visit.SignOff
	Progress Progress
	Task     *visit.Task
}

// Track lays out the pinned route and how far it is.
func Track(v visit.Visit) []Stage {
	out := make([]Stage, len(v.Route.Stages))
	for i, signOffs := range v.Route.Stages {
		s := Stage{N: i + 1, Term: v.Route.Term(i + 1)}
		for _, so := range signOffs {
			s.SignOffs = append(s.SignOffs, stageSignOff(v, i+1, so))
		}
		s.Progress = progressOf(s.SignOffs)
		out[i] = s
	}
	return out
}

func stageSignOff(v visit.Visit, stage int, so visit.SignOff) StageSignOff {
	out := StageSignOff{SignOff: so, Progress: Coming}
	for i := range v.Tasks {
		if t := &v.Tasks[i]; t.Stage == stage && t.SignOff.Code == so.Code {
			out.Task = t
		}
	}
	switch t := out.Task; {
	case t == nil:
	case t.Waiting():
		out.Progress = Waiting
	case t.State == visit.TaskOpen:
		out.Progress = Current
	case t.StandsFor(v.Version):
		out.Progress = Done
	case v.Met(stage):
		out.Progress = Spared
	case stage == v.Stage && t.Round == v.Round && (t.State == visit.TaskReturned || t.State == visit.TaskRejected):
		out.Progress = Heard
	}
	return out
}

func progressOf(signOffs []StageSignOff) Progress {
	is := func(ps ...Progress) func(StageSignOff) bool {
		return func(s StageSignOff) bool { return slices.Contains(ps, s.Progress) }
	}
	switch {
	case slices.ContainsFunc(signOffs, is(Current, Waiting, Heard)):
		return Current
	case slices.ContainsFunc(signOffs, is(Coming)):
		return Coming
	default:
		return Done
	}
}

// Holding says who has the visit. By is tasks, applicant, notice, or "" when nobody has.
type Holding struct {
	By     string
	Since  time.Time
	Until  time.Time // of the notice
	Person string    // the applicant
	Tasks  []Held
	Next   []string // codes of the sign-offs that come after, nil when the approval does
}

// Held is one open sign-off and who may sign it today.
type Held struct {
	SignOff     string
	Signers     []store.Acting
	Since, Due  time.Time
	Provisional bool
	Waiting     bool
	Reminders   int // given so far
	Level       int // of the last escalation
	Waited      time.Duration
}

// HoldingOf finds who has a visit and what comes next.
func HoldingOf(v visit.Visit, signers map[string][]store.Acting, now time.Time) Holding {
	h := Holding{Person: v.Applicant, Since: v.Spent.Until, Next: nextOf(Track(v))}
	switch {
	case v.State.Paused():
		h.By, h.Since = "applicant", v.Spent.Stopped
	case v.AwaitsNotice():
		h.By, h.Until = "notice", v.Notice.Closes
	case v.State.Open():
		h.By = "tasks"
	default:
		return h
	}
	for _, t := range v.OpenTasks() {
		h.Tasks = append(h.Tasks, Held{
			SignOff: t.SignOff.Code, Signers: signers[t.ID], Since: t.Opened, Due: t.Due, Provisional: t.Provisional, Waiting: t.Waiting(),
			Reminders: t.Reminders, Level: t.Level, Waited: v.Waited(t, now),
		})
	}
	return h
}

func nextOf(track []Stage) []string {
	for _, s := range track {
		if s.Progress == Coming {
			var codes []string
			for _, so := range s.SignOffs {
				codes = append(codes, so.Code)
			}
			return codes
		}
	}
	return nil
}

// Step is one line of the timeline.
type Step struct {
	Seq     int
	At      time.Time
	Kind    string
	By      visit.Actor
	Stage   int      // of a stage that was opened or that it was returned to
	Round   int      // from 2 on, shown where a round begins
	Codes   []string // sign-offs
	Until   time.Time
	Note    visit.Note
	Changed bool // content changed with a resubmission
	Changes []visit.Change
	Reask   *visit.Reask // nil: everything is asked again
	// From, To and Incomplete tell of a change of category, Policy of a new route.
	From, To   visit.Category
	Incomplete bool
	Policy     visit.PolicyRef
	Waits      bool            // a contrary answer that waits for the others of its stage
	Outcome    visit.TaskState // of a stage in which answers waited
	Reminder   visit.Reminder
	Number     int      // of a warning
	Posts      []string // that a late sign-off is told to
	People     []string // who is declined, may read, or has the task now
	Before     bool     // an added sign-off comes first
	Paper      *visit.OutsideDecision
	Proof      visit.Proof   // of a preparation
	Repair     *store.Repair // that the step tells of, beside the ledger of the visit
}

// Timeline tells every event of all rounds.
func Timeline(events []visit.Event) []Step {
	steps := make([]Step, len(events))
	version := ""
	for i, e := range events {
		s := Step{Seq: e.Seq, At: e.At, Kind: e.Kind(), By: e.By}
		switch f := e.Fact.(type) {
		case visit.Submitted:
			version = f.Version
		case visit.Resubmitted:
			s.Changed, s.Changes, s.Reask, version = f.Version != version, f.Changes, f.Reask, f.Version
		case visit.CategoryChanged:
			s.From, s.To, s.Incomplete, s.Note, version = f.From, f.Category, f.Incomplete, f.Reason, f.Version
		case visit.Rerouted:
			s.Policy = f.Route.Policy
		case visit.NoticeOpened:
			s.Until, s.Note = f.Closes, f.Reason
		case visit.NoticeExempted:
			s.Note = f.Reason
		case visit.Objected:
			s.Note = f.Reason
		case visit.ObjectionResolved:
			s.Note = f.Reason
		case visit.StageOpened:
			s.Stage, s.Round = f.Stage, f.Round
			for _, t := range f.Tasks {
				s.Codes = append(s.Codes, t.SignOff)
				s.Until = t.Due
			}
		case visit.SignedOff:
			s.Codes, s.Note, s.Paper = []string{codeOf(f.Task)}, f.Reason, f.Outside
		case visit.Returned:
			s.Codes, s.Note, s.Stage, s.Waits, s.Paper = []string{codeOf(f.Task)}, f.Reason, f.Stage, f.Waits, f.Outside
		case visit.Rejected:
			s.Codes, s.Note, s.Waits, s.Paper = []string{codeOf(f.Task)}, f.Reason, f.Waits, f.Outside
		case visit.StageSettled:
			s.Codes, s.Stage, s.Outcome = []string{codeOf(f.Task)}, f.BackTo, f.Outcome
		case visit.Asked:
			s.Codes, s.Note = []string{codeOf(f.Task)}, f.Question
		case visit.Answered:
			s.Codes, s.Note = []string{codeOf(f.Task)}, f.Answer
		case visit.TravellersDeclined:
			s.Codes, s.People, s.Note = []string{codeOf(f.Task)}, f.Travellers, f.Reason
		case visit.SignOffAdded:
			s.Codes, s.Note, s.Before = []string{codeOf(f.Task), f.SignOff.Code}, f.Reason, f.SignOff.Added.Before
		case visit.SignOffRemoved:
			s.Codes, s.Note = []string{f.SignOff}, f.Reason
		case visit.Transferred:
			s.Codes, s.People, s.Note = []string{codeOf(f.Task)}, []string{f.To}, f.Reason
		case visit.Reassigned:
			s.Codes, s.People, s.Note = []string{codeOf(f.Task)}, []string{f.To}, f.Reason
		case visit.ReaderAdded:
			s.People, s.Note = []string{f.Person}, f.Reason
		case visit.ReaderRemoved:
			s.People, s.Note = []string{f.Person}, f.Reason
		case visit.AmendmentSubmitted:
			s.Changed, s.Changes, s.Reask, s.Note, version = true, f.Changes, &f.Reask, f.Reason, f.Version
		case visit.Amended:
			version = f.Version
		case visit.AmendmentRejected:
			if s.Note = f.Reason; f.Task != "" {
				s.Codes = []string{codeOf(f.Task)}
			}
		case visit.AmendmentWithdrawn:
			if s.Note = f.Reason; f.Task != "" {
				s.Codes = []string{codeOf(f.Task)}
			}
		case visit.Reminded:
			s.Codes, s.Reminder = []string{codeOf(f.Task)}, f.Of
		case visit.Escalated:
			s.Codes, s.Posts = []string{codeOf(f.Task)}, f.Posts
		case visit.Warned:
			s.Codes, s.Number, s.Until = []string{codeOf(f.Task)}, f.Number, f.Ends
		case visit.Deferred:
			s.Until = f.Until
		case visit.Withdrawn:
			if s.Note = f.Reason; f.Task != "" {
				s.Codes = []string{codeOf(f.Task)}
			}
		case visit.Cancelled:
			s.Note, s.People = f.Reason, f.Travellers
		default:
			s.live(f)
		}
		steps[i] = s
	}
	return steps
}

// byPerson tells that somebody did it, and that it did not just follow from what somebody did.
func (s Step) byPerson() bool {
	return (s.Kind != "notice_opened" || s.Note != "") && !slices.Contains([]string{"notice_held", "notice_closed", "stage_opened", "stage_settled", "approved", "amended", "amendment_rejected", "reminded", "escalated", "warned", "deferred"}, s.Kind)
}

// codeOf is the sign-off in the id of a task: 1.2.COL.DEAN is COL.DEAN.
func codeOf(task string) string {
	if parts := strings.SplitN(task, ".", 3); len(parts) == 3 {
		return parts[2]
	}
	return task
}

// events are those of the ledger.
func (v Case) events() []visit.Event {
	out := make([]visit.Event, len(v.C.Entries))
	for i, e := range v.C.Entries {
		out[i] = e.Event
	}
	return out
}

// questions are the open tasks with a question, answered or not.
func (v Case) questions() []visit.Task {
	return slices.DeleteFunc(slices.Clone(v.C.Visit.Tasks), func(t visit.Task) bool { return t.Question == "" })
}

// deciding is the task of the decide box.
func (v Case) deciding() (store.InboxItem, visit.Task, bool) {
	items := slices.DeleteFunc(slices.Clone(v.C.Mine), func(it store.InboxItem) bool { return it.Waiting })
	if len(items) == 0 {
		return store.InboxItem{}, visit.Task{}, false
	}
	i := max(0, slices.IndexFunc(items, func(it store.InboxItem) bool { return it.Task == v.Task }))
	t, ok := v.C.Visit.Task(items[i].Task)
	return items[i], t, ok
}

// todo is what waits for the user on this page: the id of its place and the key of its name, both empty if nothing does.
func (v Case) todo() (target, key string) {
	_, _, signs := v.deciding()
	switch {
	case signs:
		return "decide", "decide.title"
	case v.C.MayAnswer:
		return "answer", "answer.title"
	case v.C.MayEdit:
		return "returned", "case.edit"
	case v.lifeWaits():
		return "life", "life.title"
	default:
		return "", ""
	}
}

// otherTasks are the user's other tasks here.
func (v Case) otherTasks(now string) []store.InboxItem {
	return slices.DeleteFunc(slices.Clone(v.C.Mine), func(it store.InboxItem) bool { return it.Task == now || it.Waiting })
}

func (v Case) note(n visit.Note) string {
	if text, ok := v.C.Notes[n]; ok {
		return text
	}
	return v.T("case.erased")
}

// file describes an attachment: its size, or nothing when the file is not known.
func (v Case) file(hash string) string {
	if f, ok := v.C.Files[hash]; ok {
		return kilobytes(f.Size)
	}
	return ""
}

// costs lists the money by currency, largest part first as written.
func costs(d visit.Draft) string {
	var order []string
	sums := map[string]visit.Money{}
	for _, m := range d.Funding {
		if _, ok := sums[m.Currency]; !ok {
			order = append(order, m.Currency)
		}
		sums[m.Currency] += m.Amount
	}
	parts := make([]string, len(order))
	for i, c := range order {
		parts[i] = c + " " + grouped(sums[c].String())
	}
	return strings.Join(parts, " + ")
}

// grouped sets a comma between thousands.
func grouped(amount string) string {
	whole, cents, has := strings.Cut(amount, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if has {
		return whole + "." + cents
	}
	return whole
}

func accent(h Holding, p Page) string {
	late := slices.ContainsFunc(h.Tasks, func(t Held) bool { return p.Late(t.Due) })
	switch {
	case h.By == "applicant":
		return "card accent warn"
	case h.By == "tasks" && late:
		return "card accent late"
	default:
		return "card accent"
	}
}

func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.Round(time.Second).String()
}
