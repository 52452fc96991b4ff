package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Background is what an approver asks about the people of a visit.
type Background struct {
	Travellers []TravellerBackground `json:"travellers"`
	Away       []store.Journey       `json:"away" doc:"Other visits of the unit at the same time."`
	Limits     []LimitUse            `json:"limits" doc:"Of the visit as a whole."`
}

// TravellerBackground is what the record says of one traveller beside this visit.
type TravellerBackground struct {
	Person     string          `json:"person"`
	Prior      []store.Journey `json:"prior" doc:"Approved trips that begin in the two years before."`
	Open       []store.Journey `json:"open" doc:"Other requests that are being decided, and trips to come."`
	Year       string          `json:"year" doc:"Of the departure; trips, days and work visits are counted in it, without this visit."`
	Trips      int             `json:"trips"`
	Days       int             `json:"days"`
	WorkVisits int             `json:"work_visits"`
	Limits     []LimitUse      `json:"limits" doc:"Of the year."`
}

// LimitUse is a limit and what is used of it.
type LimitUse struct {
	ID    string `json:"id" doc:"days, countries, group_size, days_per_year or work_visits."`
	Used  int    `json:"used" doc:"Without this visit."`
	With  int    `json:"with" doc:"With this visit."`
	Limit int    `json:"limit" doc:"0 where the policy has none."`
	Over  bool   `json:"over"`
}

// Comment is a remark on a case.
type Comment struct {
	ID         int64               `json:"id"`
	Task       string              `json:"task,omitempty" doc:"The sign-off that it is about."`
	Author     string              `json:"author"`
	AuthorName Name                `json:"author_name" doc:"At that time."`
	At         time.Time           `json:"at"`
	Visibility store.Visibility    `json:"visibility" enum:"all,approvers,office"`
	Body       string              `json:"body"`
	Mentions   []string            `json:"mentions"`
	Files      []store.CommentFile `json:"files"`
}

// NewComment is what somebody remarks on a case.
type NewComment struct {
	Body       string              `json:"body" doc:"A person named as @number is mentioned."`
	Visibility store.Visibility    `json:"visibility" enum:"all,approvers,office" default:"all"`
	Task       string              `json:"task" doc:"The sign-off that it is about."`
	Files      []store.CommentFile `json:"files"`
}

// Together are sign-offs of low risk to approve.
type Together struct {
	Items []TogetherItem `json:"items" doc:"At most 100."`
}

// TogetherItem names a sign-off and the version whose key facts were read.
type TogetherItem struct {
	Visit   string `json:"visit" example:"2026-00042"`
	Task    string `json:"task" example:"1.1.COL.DEAN"`
	Version string `json:"version"`
}

// TogetherResult is what became of one of them: a receipt, or a problem.
type TogetherResult struct {
	TogetherItem
	Receipt *Receipt `json:"receipt,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// Day is a day on which something ends, the last day counted.
type Day struct {
	Day string `json:"day" example:"2026-12-31"`
}

// Ended says how many holdings ended.
type Ended struct {
	Ended int `json:"ended"`
}

// NewHolding lets a person hold a post.
type NewHolding struct {
	Person string `json:"person"`
	Post   string `json:"post"`
	Unit   string `json:"unit" doc:"Of a post that every unit has."`
	From   string `json:"from"`
	To     string `json:"to" doc:"Open when absent."`
}

// NewAssistant lets a person set delegations for a leader.
type NewAssistant struct {
	Assistant string `json:"assistant"`
	Leader    string `json:"leader"`
	From      string `json:"from"`
	To        string `json:"to" doc:"Open when absent."`
}

// PersonName is a person's name in both languages.
type PersonName struct {
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
}

// Organisation is who holds what.
type Organisation struct {
	Posts      []store.Post      `json:"posts"`
	Holdings   []store.Holding   `json:"holdings"`
	Assistants []store.Assistant `json:"assistants"`
}

// Watched says what a look for vacant sign-offs has found.
type Watched struct {
	Opened int `json:"opened"`
	Closed int `json:"closed"`
}

// WaitingReport is how long sign-offs wait.
type WaitingReport struct {
	Offices []store.WaitingOffice `json:"offices" doc:"By sign-off: what is open, and what was decided in the last 90 days."`
	Tasks   []store.WaitingTask   `json:"tasks" doc:"The open ones, those that wait longest first."`
}

// EntryPath is the number of a holding or an assistant in a path.
type EntryPath struct {
	ID int64 `path:"id"`
}

type endInput struct {
	EntryPath
	Body Day
}

// PersonPath is a person's number in a path.
type PersonPath struct {
	Person string `path:"id" doc:"Staff or student number."`
}

func (a *api) addAuthority() {
	a.addComments()
	a.addOrganisation()
	a.addOrganisationImport()
	add(a, post("approveTogether", "/decisions", "Approve sign-offs of low risk together; each has its own result"),
		func(ctx context.Context, who caller, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"64" pattern:"^[!-~]+$" patternDescription:"printable ASCII without spaces" doc:"With the same key each decision is made once."`
			Body Together
		}) (*body[List[TogetherResult]], error) {
			results, err := a.svc.ApproveTogether(ctx, who.user, collect(in.Body.Items, func(it TogetherItem) service.BulkItem { return service.BulkItem(it) }), in.Key)
			return answer(list(collect(results, func(r service.BulkResult) TogetherResult { return togetherResult(who, r) }), ""), err)
		})
	add(a, get("leaders", "/delegations/leaders", "Persons whose delegations the caller may set, as an assistant"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[string]], error) {
			leaders, err := a.svc.Leaders(ctx, who.user)
			return answer(list(leaders, ""), err)
		})
	add(a, get("vacancies", "/vacancies", "Sign-offs that nobody can give, or only a fallback (administrators, the International Office, auditors)"),
		func(ctx context.Context, who caller, in *struct {
			Closed bool `query:"closed" doc:"Those too that are over."`
		}) (*body[List[store.Vacancy]], error) {
			vs, err := a.svc.Vacancies(ctx, who.user, in.Closed)
			return answer(list(vs, ""), err)
		})
	add(a, post("checkVacancies", "/vacancies/check", "Look for vacant sign-offs now"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[Watched], error) {
			opened, closed, err := a.svc.CheckVacancies(ctx, who.user)
			return answer(Watched{opened, closed}, err)
		})
	add(a, get("waiting", "/reports/waiting", "How long sign-offs wait, of the visits that the caller may see"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[WaitingReport], error) {
			w, err := a.svc.Waiting(ctx, who.user)
			return answer(WaitingReport{append([]store.WaitingOffice{}, w.Offices...), append([]store.WaitingTask{}, w.Tasks...)}, err)
		})
}

func togetherResult(who caller, r service.BulkResult) TogetherResult {
	out := TogetherResult{TogetherItem: TogetherItem(r.BulkItem)}
	if r.Err != nil {
		out.Problem = problemOf(r.Err, who.lang, who.requestID)
		return out
	}
	out.Receipt = &Receipt{Visit: r.Receipt.Visit, Seq: r.Receipt.Seq, State: r.Receipt.State}
	return out
}

func (a *api) addComments() {
	add(a, get("comments", "/visits/{id}/comments", "The comments on a case that the caller may read, oldest first"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[List[Comment]], error) {
			cs, err := a.svc.Comments(ctx, who.user, in.ID)
			if err != nil {
				return nil, err
			}
			authors := collect(cs, func(c store.Comment) string { return c.Author })
			names, err := a.svc.Store.Names(ctx, authors)
			return answer(list(collect(cs, func(c store.Comment) Comment { return comment(c, names) }), ""), err)
		})
	create := post("comment", "/visits/{id}/comments", "Comment on a case")
	create.DefaultStatus = http.StatusCreated
	add(a, create, func(ctx context.Context, who caller, in *struct {
		Keyed
		Body NewComment
	}) (*body[Comment], error) {
		c, err := a.svc.Comment(ctx, who.user, in.ID, service.NewComment{
			Body: in.Body.Body, Visibility: in.Body.Visibility, Task: in.Body.Task, Files: in.Body.Files,
		}, in.Key)
		if err != nil {
			return nil, err
		}
		names, err := a.svc.Store.Names(ctx, []string{c.Author})
		return answer(comment(c, names), err)
	})
}

func comment(c store.Comment, names store.Names) Comment {
	return Comment{
		ID: c.ID, Task: c.Task, Author: c.Author, AuthorName: nameAt(names, c.Author, c.At), At: c.At, Visibility: c.Visibility, Body: c.Body,
		Mentions: append([]string{}, c.Mentions...), Files: append([]store.CommentFile{}, c.Files...),
	}
}

func nameAt(names store.Names, person string, at time.Time) Name {
	w, ok := names.At(person, at)
	if !ok {
		w = policy.Words{ZH: person, EN: person}
	}
	return Name{ZH: w.ZH, EN: w.EN}
}

func (a *api) addOrganisation() {
	add(a, get("organisation", "/organisation", "Who holds which post, and who assists whom (administrators)"),
		func(ctx context.Context, who caller, in *struct {
			Person string `query:"person" doc:"All that this person holds or has held."`
		}) (*body[Organisation], error) {
			o, err := a.svc.Organisation(ctx, who.user, in.Person)
			return answer(Organisation{
				append([]store.Post{}, o.Posts...), append([]store.Holding{}, o.Holdings...),
				append([]store.Assistant{}, o.Assistants...),
			}, err)
		})
	add(a, created(post("startHolding", "/holdings", "Let a person hold a post from a day on (administrators)")),
		func(ctx context.Context, who caller, in *struct{ Body NewHolding }) (*struct{}, error) {
			h := in.Body
			return nil, a.svc.StartHolding(ctx, who.user, store.Holding{Person: h.Person, Post: h.Post, Unit: h.Unit, From: h.From, To: h.To})
		})
	add(a, post("endHolding", "/holdings/{id}/end", "Make a day the last of a holding (administrators)"),
		func(ctx context.Context, who caller, in *endInput) (*struct{}, error) {
			return nil, a.svc.EndHolding(ctx, who.user, in.ID, in.Body.Day)
		})
	add(a, post("leave", "/people/{id}/leave", "Make a day a person's last, and of all that he or she holds (administrators)"),
		func(ctx context.Context, who caller, in *struct {
			PersonPath
			Body Day
		}) (*body[Ended], error) {
			n, err := a.svc.Leave(ctx, who.user, in.Person, in.Body.Day)
			return answer(Ended{n}, err)
		})
	rename := huma.Operation{OperationID: "rename", Method: http.MethodPut, Path: "/people/{id}/name", Summary: "Give a person another name from now on (administrators)"}
	add(a, rename, func(ctx context.Context, who caller, in *struct {
		PersonPath
		Body PersonName
	}) (*struct{}, error) {
		return nil, a.svc.Rename(ctx, who.user, in.Person, in.Body.NameZH, in.Body.NameEN)
	})
	add(a, created(post("startAssistant", "/assistants", "Let a person set delegations for a leader (administrators)")),
		func(ctx context.Context, who caller, in *struct{ Body NewAssistant }) (*struct{}, error) {
			n := in.Body
			return nil, a.svc.StartAssistant(ctx, who.user, store.Assistant{Assistant: n.Assistant, Leader: n.Leader, From: n.From, To: n.To})
		})
	add(a, post("endAssistant", "/assistants/{id}/end", "Make a day the last of an assistant (administrators)"),
		func(ctx context.Context, who caller, in *endInput) (*struct{}, error) {
			return nil, a.svc.EndAssistant(ctx, who.user, in.ID, in.Body.Day)
		})
}

// backgroundOf is absent for who may not sign.
func backgroundOf(c service.Case) *Background {
	if len(c.Mine) == 0 {
		return nil
	}
	b := &Background{Away: append([]store.Journey{}, c.Background.Away...), Limits: collect(c.Background.Limits, limitUse)}
	for _, t := range c.Background.Travellers {
		b.Travellers = append(b.Travellers, TravellerBackground{
			Person: t.Person, Prior: append([]store.Journey{}, t.Prior...), Open: append([]store.Journey{}, t.Open...), Year: t.Year,
			Trips: t.Trips, Days: t.Days, WorkVisits: t.WorkVisits, Limits: collect(t.Limits, limitUse),
		})
	}
	return b
}

func limitUse(l service.LimitUse) LimitUse {
	return LimitUse{ID: l.ID, Used: l.Used, With: l.With, Limit: l.Limit, Over: l.Over()}
}

// signed says in words who decided a task, in the names of that time.
func signed(lang i18n.Lang, c service.Case, by visit.Actor, at time.Time) string {
	pick := func(id string) string {
		if id == "" {
			return ""
		}
		n := nameAt(c.Names, id, at)
		return lang.Pick(n.ZH, n.EN)
	}
	d := c.Delegations[by.Delegation]
	return i18n.Signed(lang, pick(by.Person), pick(by.OnBehalfOf), by.Delegation, d.From, d.To)
}
