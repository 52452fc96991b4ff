package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Visit is one visit as the caller may see it. A draft has only the fields up to Draft.
type Visit struct {
	ID        string      `json:"id" example:"2026-00042"`
	State     visit.State `json:"state"`
	Applicant string      `json:"applicant"`
	Unit      string      `json:"unit"`
	// Draft is the applicant's own working copy; Revision is what If-Match of the next PUT may name.
	Draft    *visit.Draft `json:"draft,omitempty"`
	Revision int          `json:"revision,omitempty"`
	// PreparedBy wrote the request for the applicant.
	PreparedBy []string `json:"prepared_by,omitempty"`

	Content     *visit.Draft       `json:"content,omitempty" doc:"What is being judged."`
	Travellers  []string           `json:"travellers,omitempty" doc:"Who of the content's travellers goes."`
	Declined    []Declined         `json:"declined,omitempty" doc:"Who does not."`
	Readers     []string           `json:"readers,omitempty" doc:"Who may see the visit besides."`
	Version     string             `json:"version,omitempty" doc:"SHA-256 of the content; a decision may name it."`
	Seq         int                `json:"seq,omitempty" doc:"Number of the last event."`
	Round       int                `json:"round,omitempty"`
	Stage       int                `json:"stage,omitempty"`
	Route       *policy.Route      `json:"route,omitempty" doc:"The pinned route, with the reasons its policy gives."`
	Facts       []policy.ShownFact `json:"facts,omitempty" doc:"What the policy was asked about, and where each fact came from."`
	Tasks       []Task             `json:"tasks,omitempty"`
	Holders     []Holder           `json:"holders,omitempty" doc:"Who has the visit now."`
	Notice      *Notice            `json:"notice,omitempty"`
	Amending    *Amending          `json:"amending,omitempty" doc:"Set while a change of the approved visit is being decided."`
	Trips       []Trip             `json:"trips,omitempty" doc:"The travellers of an approved visit, each with a state of his own."`
	Exempt      *Exemption         `json:"exempt,omitempty" doc:"Who decided that the visit is not announced, and why."`
	After       *Notice            `json:"after,omitempty" doc:"The public notice after the return."`
	Objections  []Objection        `json:"objections,omitempty"`
	Package     string             `json:"package,omitempty" doc:"SHA-256 of the archived package."`
	Spent       *Spent             `json:"spent,omitempty"`
	Costs       *money.Costs       `json:"costs,omitempty" doc:"What the reports say was spent, beside what was approved; absent while none says it."`
	May         *May               `json:"may,omitempty" doc:"What the caller may do now."`
	People      map[string]Name    `json:"people,omitempty" doc:"Everybody named, by id."`
	SubmittedAt *time.Time         `json:"submitted_at,omitempty"`
	ChangedAt   *time.Time         `json:"changed_at,omitempty"`
	// Delegations are those by which somebody decided or may.
	Delegations []store.Delegation `json:"delegations,omitempty"`
	Background  *Background        `json:"background,omitempty" doc:"For who may sign."`
	Comments    []Comment          `json:"comments,omitempty" doc:"Those that the caller may read."`
	Expected    *service.Expected  `json:"expected,omitempty" doc:"When a visit that is being decided will probably be approved."`
	NextDue     *time.Time         `json:"next_due,omitempty" doc:"When time itself acts next: a reminder, an escalation, the end of the notice or of a question."`
}

// Name is a person's or a thing's name in both languages.
type Name struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Task is one sign-off of one round.
type Task struct {
	ID          string                 `json:"id" example:"1.2.IO.REV"`
	SignOff     string                 `json:"sign_off"`
	Name        Name                   `json:"name"`
	Stage       int                    `json:"stage"`
	Round       int                    `json:"round"`
	State       visit.TaskState        `json:"state"`
	Version     string                 `json:"version" doc:"The content that was put before the signer."`
	Stands      string                 `json:"stands,omitempty" doc:"The newest content for which the approval counts without having been asked again."`
	Opened      time.Time              `json:"opened"`
	Due         time.Time              `json:"due"`
	Provisional bool                   `json:"provisional,omitempty" doc:"The holidays of the year are not published yet."`
	Added       *visit.Added           `json:"added,omitempty" doc:"Who asked for the sign-off, where the policy does not."`
	Assigned    string                 `json:"assigned,omitempty" doc:"The holder to whom the task was handed."`
	Decided     *time.Time             `json:"decided,omitempty"`
	By          *visit.Actor           `json:"by,omitempty"`
	Signed      string                 `json:"signed,omitempty" doc:"Who decided, in words and in the names of that time: Li for Wang, delegation 12, valid 1 to 15 Oct 2026."`
	Waited      int64                  `json:"waited_seconds" doc:"How long it has waited for its signers, or did until it was decided."`
	Reason      string                 `json:"reason,omitempty"`
	Outside     *visit.OutsideDecision `json:"outside,omitempty" doc:"The paper of a decision that was made outside."`
	Question    string                 `json:"question,omitempty"`
	Answer      string                 `json:"answer,omitempty"`
}

// Declined is a traveller of the request who does not go.
type Declined struct {
	Person  string         `json:"person"`
	Task    string         `json:"task"`
	By      visit.Actor    `json:"by"`
	Reason  string         `json:"reason"`
	Recheck *visit.Recheck `json:"recheck,omitempty" doc:"What the pinned policy makes of those who remain. The pinned route stays."`
}

// Holder is an open task: who may sign it, since when and until when. Without signers the post is empty.
type Holder struct {
	Task    string     `json:"task"`
	SignOff string     `json:"sign_off"`
	Name    Name       `json:"name"`
	Since   time.Time  `json:"since"`
	Due     time.Time  `json:"due"`
	Waiting bool       `json:"waiting" doc:"Waits for the applicant's answer."`
	Ends    *time.Time `json:"ends,omitempty" doc:"When the visit is withdrawn if the question has no answer."`
	// Reminders were given so far; Escalated is the level of the last escalation, 0 before the first.
	Reminders int            `json:"reminders"`
	Escalated int            `json:"escalated"`
	Signers   []store.Acting `json:"signers"`
	Waited    int64          `json:"waited_seconds" doc:"Without the time in which the applicant had the case."`
}

// Exemption says who decided that a visit is not announced, when and why.
type Exemption struct {
	By     string    `json:"by"`
	Post   string    `json:"post"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Notice is the public notice.
type Notice struct {
	State       visit.NoticeState `json:"state"`
	Opened      *time.Time        `json:"opened,omitempty"`
	Closes      *time.Time        `json:"closes,omitempty"`
	Provisional bool              `json:"provisional,omitempty"`
}

// Spent is the time since the submission, by who had the case.
type Spent struct {
	ActiveSeconds int64 `json:"active_seconds" doc:"The approvers."`
	PausedSeconds int64 `json:"paused_seconds" doc:"The applicant, or an authority outside."`
}

// May is what the caller may do with the visit now.
type May struct {
	Sign     []string `json:"sign" doc:"Tasks that the caller may decide."`
	Answer   bool     `json:"answer"`
	Edit     bool     `json:"edit"`
	Withdraw bool     `json:"withdraw"`
	Cancel   bool     `json:"cancel"`
	Amend    bool     `json:"amend"`
	// RemoveSigner are codes of added sign-offs that the caller may take back.
	RemoveSigner []string `json:"remove_signer"`
}

// Summary is a visit as lists show it; a draft has no field that comes with the submission.
type Summary struct {
	ID           string            `json:"id"`
	State        visit.State       `json:"state"`
	Title        string            `json:"title"`
	Category     visit.Category    `json:"category"`
	Unit         string            `json:"unit"`
	Applicant    string            `json:"applicant"`
	Travellers   []string          `json:"travellers"`
	Countries    []string          `json:"countries"`
	ExitDate     string            `json:"exit_date"`
	ReturnDate   string            `json:"return_date"`
	Rule         string            `json:"rule,omitempty"`
	Round        int               `json:"round,omitempty"`
	Stage        int               `json:"stage,omitempty"`
	Stages       int               `json:"stages,omitempty"`
	Seq          int               `json:"seq,omitempty"`
	Notice       visit.NoticeState `json:"notice,omitempty"`
	NoticeCloses *time.Time        `json:"notice_closes,omitempty"`
	SubmittedAt  *time.Time        `json:"submitted_at,omitempty"`
	ChangedAt    time.Time         `json:"changed_at"`
}

// Preview is what a draft would meet.
type Preview struct {
	*policy.Route
	Problems []PreviewProblem `json:"problems" doc:"What is wrong with the draft, or still missing before it can be submitted."`
	Simpler  []policy.Change  `json:"simpler" doc:"Single changes that would leave fewer sign-offs or refusals."`
	Reask    *policy.Reask    `json:"reask,omitempty" doc:"What the changes of a visit that was submitted before ask again."`
	// Facts are what the rules know.
	Facts  []policy.ShownFact `json:"facts" doc:"What the rules know of the visit, and where each fact comes from; empty while there is no route."`
	Budget money.Budget       `json:"budget" doc:"The lines of money with the standard beside each."`
	// Expected is for a draft that was never submitted.
	Expected *service.Expected `json:"expected,omitempty" doc:"When it would be approved if it were submitted now, from what the record measured; absent without a route."`
}

// PreviewProblem is one thing wrong with, or missing from, a draft.
type PreviewProblem struct {
	FieldProblem
	Missing bool `json:"missing" doc:"A draft may lack it, a submission may not."`
}

type previewInput struct {
	Visit string `query:"visit" doc:"Number of one's own draft that this is: its overrides count, and it does not count itself."`
	Body  visit.Draft
}

type newDraft struct {
	Key       string `header:"Idempotency-Key" maxLength:"128" pattern:"^[!-~]*$" patternDescription:"printable ASCII without spaces" doc:"With the same key a draft is made once; without one, each call makes a draft."`
	Applicant string `query:"applicant" doc:"For whom it is prepared, by the foreign-affairs secretary of the unit; oneself when absent."`
	Body      visit.Draft
}

// VisitPath is the number of a visit in a path.
type VisitPath struct {
	ID string `path:"id" example:"2026-00042"`
}

type saveDraft struct {
	VisitPath
	IfMatch string `header:"If-Match" doc:"The revision that was read, as its ETag; without it the draft is replaced whatever it says now."`
	Body    visit.Draft
}

// oneVisit is a visit with the ETag of its working copy.
type oneVisit struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Visit
}

type visitFilter struct {
	State    stateFilter    `query:"state" doc:"draft gives the caller's own drafts."`
	Category categoryFilter `query:"category"`
	Unit     string         `query:"unit"`
	Person   string         `query:"person" doc:"Applicant or traveller."`
	Country  string         `query:"country" doc:"ISO 3166-1 alpha-2."`
	From     string         `query:"from" format:"date" doc:"Away on this day or later."`
	To       string         `query:"to" format:"date" doc:"Away on this day or earlier."`
	Text     string         `query:"text" doc:"In title, hosts, cities and names."`
	Rule     string         `query:"rule" doc:"The base rule of the route."`
	Signer   string         `query:"signer" doc:"Who decided, or for whom it was decided."`
	Cursor   string         `query:"cursor" doc:"next of the page before."`
	Limit    int            `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type stateFilter string

// Schema lists the states.
func (stateFilter) Schema(huma.Registry) *huma.Schema { return oneOf(visit.States) }

type categoryFilter string

// Schema lists the categories.
func (categoryFilter) Schema(huma.Registry) *huma.Schema { return oneOf(visit.Categories) }

func oneOf[T ~string](values []T) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: collect(values, func(v T) any { return string(v) })}
}

func (a *api) addVisits() {
	add(a, post("preview", "/visits/preview", "Route a draft without keeping it"), a.preview)
	create := post("createVisit", "/visits", "Keep a new draft")
	create.DefaultStatus = http.StatusCreated
	add(a, create, a.createVisit)
	add(a, get("copyVisit", "/visits/{id}/copy", "A draft to begin another visit with, from one of one's own; nothing is kept"), a.copyVisit)
	save := huma.Operation{OperationID: "saveVisit", Method: http.MethodPut, Path: "/visits/{id}", Summary: "Replace a draft, or the working copy of a returned visit"}
	add(a, save, a.saveVisit)
	add(a, get("visits", "/visits", "List the visits that the caller may see"), a.visits)
	add(a, get("visit", "/visits/{id}", "One visit: a draft of one's own, or a case"), a.visit)
}

func (a *api) preview(ctx context.Context, who caller, in *previewInput) (*body[Preview], error) {
	if in.Visit != "" {
		if _, err := a.svc.Draft(ctx, who.user, in.Visit); err != nil {
			return nil, err
		}
	}
	p, err := a.svc.Preview(ctx, in.Visit, in.Body)
	if err != nil {
		return nil, err
	}
	return answer(previewOf(who, p), nil)
}

func previewOf(who caller, p service.Preview) Preview {
	return Preview{Route: p.Route, Reask: p.Reask, Budget: p.Budget, Expected: p.Expected, Facts: append([]policy.ShownFact{}, p.Facts...), Simpler: append([]policy.Change{}, p.Simpler...), Problems: collect(p.Problems, func(q visit.Problem) PreviewProblem {
		return PreviewProblem{
			FieldProblem: FieldProblem{Field: q.Field, Rule: q.Rule, Message: i18n.Text(who.lang, "rule."+q.Rule, q.Args)}, Missing: q.Missing,
		}
	})}
}

func (a *api) createVisit(ctx context.Context, who caller, in *newDraft) (*oneVisit, error) {
	d, err := a.svc.PrepareDraft(ctx, who.user, in.Applicant, in.Key, in.Body)
	if err != nil {
		return nil, err
	}
	out := draftVisit(d)
	out.Location = Prefix + "/visits/" + d.ID
	return out, nil
}

func (a *api) copyVisit(ctx context.Context, who caller, in *VisitPath) (*body[visit.Draft], error) {
	return answer(a.svc.Copy(ctx, who.user, in.ID))
}

func (a *api) saveVisit(ctx context.Context, who caller, in *saveDraft) (*oneVisit, error) {
	revision, err := revisionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	d, err := a.svc.SaveDraft(ctx, who.user, in.ID, revision, in.Body)
	if err != nil {
		return nil, err
	}
	return draftVisit(d), nil
}

func revisionOf(etag string) (int, error) {
	if etag == "" || etag == "*" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`))
	if err != nil || n < 1 {
		return 0, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
			Field: "If-Match", Rule: "unknown_value", Args: map[string]string{"value": etag},
		}}}
	}
	return n, nil
}

func (a *api) visits(ctx context.Context, who caller, in *visitFilter) (*body[List[Summary]], error) {
	if in.State == stateFilter(visit.StateDraft) {
		drafts, _, err := a.svc.Mine(ctx, who.user)
		return answer(list(collect(drafts, draftSummary), ""), err)
	}
	page, err := a.svc.Visits(ctx, who.user, store.VisitFilter{
		State: visit.State(in.State), Category: visit.Category(in.Category), Unit: in.Unit, Person: in.Person, Country: in.Country,
		From: in.From, To: in.To, Text: in.Text, Rule: in.Rule, Signer: in.Signer, Cursor: in.Cursor, Limit: in.Limit,
	})
	return answer(list(collect(page.Items, summary), page.Next), err)
}

func (a *api) visit(ctx context.Context, who caller, in *VisitPath) (*oneVisit, error) {
	draft, err := a.svc.Draft(ctx, who.user, in.ID)
	own := err == nil
	if err != nil && visit.CodeOf(err) != visit.NotFound {
		return nil, err
	}
	c, err := a.svc.Case(ctx, who.user, in.ID)
	switch {
	case own && visit.CodeOf(err) == visit.NotFound:
		return draftVisit(draft), nil
	case err != nil:
		return nil, err
	}
	out := &oneVisit{Body: caseVisit(c, who, SignOffNames(c, a.svc.PolicyName))}
	if own {
		out.Body.Draft, out.Body.Revision, out.ETag = &draft.Draft, draft.Revision, etag(draft.Revision)
	}
	return out, nil
}

func etag(revision int) string { return `"` + strconv.Itoa(revision) + `"` }

func draftVisit(d store.DraftRow) *oneVisit {
	content := d.Draft.Normal()
	return &oneVisit{ETag: etag(d.Revision), Body: Visit{
		ID: d.ID, State: visit.StateDraft, Applicant: d.Applicant, Unit: d.Draft.Unit, Draft: &content, Revision: d.Revision, PreparedBy: d.PreparedBy,
	}}
}

func caseVisit(c service.Case, who caller, names func(code string) (policy.Words, bool)) Visit {
	name := func(code string) Name {
		if n, ok := names(code); ok {
			return Name{ZH: n.ZH, EN: n.EN}
		}
		return Name{ZH: code, EN: code}
	}
	v, content := c.Visit, c.Content.Draft.Normal()
	out := Visit{
		ID: v.ID, State: v.State, Applicant: v.Applicant, Unit: v.Unit, Content: &content, Version: v.Version, Seq: v.Seq, Travellers: v.Travellers, Readers: v.Readers,
		Round: v.Round, Stage: v.Stage, Route: pinned(v.Route, c.Route), Facts: c.Facts, Notice: notice(v.Notice), Exempt: exemption(c),
		Spent:       &Spent{ActiveSeconds: int64(v.Spent.Active.Seconds()), PausedSeconds: int64(v.Spent.Paused.Seconds())},
		May:         &May{Sign: []string{}, Answer: c.MayAnswer, Edit: c.MayEdit, Withdraw: c.MayWithdraw, Cancel: c.MayCancel, Amend: c.MayAmend, RemoveSigner: append([]string{}, c.Removable...)},
		People:      map[string]Name{},
		SubmittedAt: some(v.Spent.Since), ChangedAt: some(v.Spent.Until), NextDue: c.Row.DueAt, Expected: c.Expected,
		Trips: tripsOf(v), Objections: objectionsOf(c), Package: v.Package, Costs: c.Costs,
	}
	if v.After.State != "" {
		out.After = notice(v.After)
	}
	for _, d := range v.Declined {
		out.Declined = append(out.Declined, Declined{Person: d.Person, Task: d.Task, By: d.By, Reason: c.Notes[d.Reason], Recheck: c.Rechecked(d)})
	}
	for _, t := range v.Tasks {
		shown := task(t, c.Notes, name(t.SignOff.Code))
		shown.Waited = int64(v.Waited(t, who.user.Now).Seconds())
		if t.By != (visit.Actor{}) {
			shown.Signed = signed(who.lang, c, t.By, t.Decided)
		}
		out.Tasks = append(out.Tasks, shown)
	}
	for _, t := range v.OpenTasks() {
		out.Holders = append(out.Holders, Holder{
			Task: t.ID, SignOff: t.SignOff.Code, Name: name(t.SignOff.Code), Since: t.Opened, Due: t.Due, Waiting: t.Waiting(),
			Ends: some(t.Ends), Reminders: t.Reminders, Escalated: t.Level,
			Signers: append([]store.Acting{}, c.Signers[t.ID]...), Waited: int64(v.Waited(t, who.user.Now).Seconds()),
		})
	}
	if c.Approved != nil {
		out.Amending = &Amending{Valid: v.Valid(), Differences: append([]visit.Difference{}, c.Amends...)}
	}
	for _, it := range c.Mine {
		out.May.Sign = append(out.May.Sign, it.Task)
	}
	for id := range c.Names { // those too who are no longer there
		w, _ := c.Names.Last(id)
		out.People[id] = Name{ZH: w.ZH, EN: w.EN}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Delegations)) {
		out.Delegations = append(out.Delegations, c.Delegations[id])
	}
	out.PreparedBy, out.Background = v.PreparedBy, backgroundOf(c)
	out.Comments = collect(c.Comments, func(m store.Comment) Comment { return comment(m, c.Names) })
	return out
}

// pinned is the route that decides, with the reasons that its policy gives. Where the policy of today is another text, its
// reasons are not those of the route, and are left out.
func pinned(route visit.Route, explained policy.Route) *policy.Route {
	if explained.Policy.Hash != route.Policy.Hash {
		explained = policy.Route{}
	}
	explained.Rule, explained.Policy, explained.NoticeDays, explained.Terms, explained.Life = route.Rule, route.Policy, route.NoticeDays, route.Terms, route.Life
	explained.Stages = collect(route.Stages, func(stage []visit.SignOff) []string {
		return collect(stage, func(s visit.SignOff) string { return s.Code })
	})
	return &explained
}

func task(t visit.Task, notes map[visit.Note]string, name Name) Task {
	out := Task{
		ID: t.ID, SignOff: t.SignOff.Code, Name: name, Stage: t.Stage, Round: t.Round, State: t.State, Version: t.Version, Stands: t.Stands,
		Added: t.SignOff.Added, Assigned: t.Assigned, Opened: t.Opened, Due: t.Due, Provisional: t.Provisional, Decided: some(t.Decided),
		Outside: t.Outside, Reason: notes[t.Reason], Question: notes[t.Question], Answer: notes[t.Answer],
	}
	if t.By != (visit.Actor{}) {
		out.By = &t.By
	}
	return out
}

func notice(n visit.Notice) *Notice {
	return &Notice{State: n.State, Opened: some(n.Opened), Closes: some(n.Closes), Provisional: n.Provisional}
}

// some leaves out an instant that there is not.
func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func summary(r store.VisitRow) Summary {
	return Summary{
		ID: r.ID, State: r.State, Title: r.Title, Category: r.Category, Unit: r.Unit, Applicant: r.Applicant,
		Travellers: append([]string{}, r.Going()...), Countries: append([]string{}, r.Countries...),
		ExitDate: r.ExitDate, ReturnDate: r.ReturnDate, Rule: r.Rule, Round: r.Round, Stage: r.Stage, Stages: r.Stages, Seq: r.Seq,
		Notice: r.Notice, NoticeCloses: r.NoticeCloses, SubmittedAt: some(r.SubmittedAt), ChangedAt: r.ChangedAt,
	}
}

func draftSummary(d store.DraftRow) Summary {
	s := Summary{
		ID: d.ID, State: visit.StateDraft, Title: d.Draft.Title, Category: d.Draft.Category, Unit: d.Draft.Unit, Applicant: d.Applicant,
		Travellers: collect(d.Draft.Travellers, func(t visit.Traveller) string { return t.Person }), Countries: []string{},
		ExitDate: d.Draft.ExitDate, ReturnDate: d.Draft.ReturnDate, ChangedAt: d.UpdatedAt,
	}
	for _, l := range d.Draft.Legs {
		s.Countries = append(s.Countries, l.Country)
	}
	return s
}
