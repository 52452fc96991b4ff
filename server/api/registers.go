package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// NewPlan is the next revision of a unit's annual plan, as a whole.
type NewPlan struct {
	Revision int               `json:"revision" doc:"The one that was read; 0 for the first."`
	Quota    int               `json:"quota" doc:"Work visits of the year."`
	Entries  []store.PlanEntry `json:"entries"`
	Reason   string            `json:"reason" doc:"Needed but for the first."`
}

// NewMark marks a person, or a unit for an overdue passport.
type NewMark struct {
	Kind   policy.MarkKind `json:"kind" doc:"overdue_passport, overdue_report, cooling_off, fees_owed, discipline_case or withdrew; the last follows from a withdrawal by itself."`
	Person string          `json:"person"`
	Unit   string          `json:"unit"`
	Since  string          `json:"since" doc:"First day that it counts, YYYY-MM-DD."`
	Reason string          `json:"reason"`
}

// NewRisk gives a country a level from a day on.
type NewRisk struct {
	Country string `json:"country" doc:"ISO 3166-1 alpha-2."`
	Level   int    `json:"level" doc:"1 (low) to 4 (do not travel)."`
	From    string `json:"from" doc:"YYYY-MM-DD."`
	Source  string `json:"source" doc:"Who says so."`
	Note    string `json:"note"`
}

// NewTerm adds teaching weeks.
type NewTerm struct {
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// NewRelation says that two persons are related from a day on.
type NewRelation struct {
	Person   string `json:"person"`
	Relative string `json:"relative"`
	Kind     string `json:"kind" enum:"spouse,parent,child,sibling,other"`
	From     string `json:"from"`
}

// NewAuthority adds a power to the register.
type NewAuthority struct {
	Power      string `json:"power" example:"ISSUE" doc:"Code of the sign-off that is given under it."`
	NameZH     string `json:"name_zh"`
	NameEN     string `json:"name_en"`
	GrantedBy  string `json:"granted_by"`
	Document   string `json:"document" doc:"Number of the document."`
	From       string `json:"from"`
	To         string `json:"to" doc:"Last day; empty for no end."`
	Exceptions string `json:"exceptions"`
}

// EndOfAuthority names the last day of a power.
type EndOfAuthority struct {
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// NewOverride asks for a refusal to be lifted.
type NewOverride struct {
	Rule string `json:"rule" doc:"Code of the refusal."`
	Why  string `json:"why"`
}

// OverrideDecision lifts a refusal or declines to.
type OverrideDecision struct {
	Decision string `json:"decision" doc:"lift or decline."`
	Reason   string `json:"reason"`
}

// Found is how many findings are new.
type Found struct {
	New int `json:"new"`
}

// RegisterPath is the number of an entry in a path.
type RegisterPath struct {
	ID int64 `path:"id"`
}

// PlanPath names a plan.
type PlanPath struct {
	Unit string `path:"unit"`
	Year int    `path:"year"`
}

func created(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusCreated
	return op
}

func remove(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodDelete, Path: path, Summary: summary}
}

func (a *api) addRegisters() {
	a.addPlans()
	a.addMarks()
	a.addRisk()
	a.addTerms()
	a.addRelations()
	a.addAuthorities()
	a.addFindings()
	a.addOverrides()
}

func (a *api) addPlans() {
	add(a, get("plans", "/plans", "The annual plans of all units that the caller may read"),
		func(ctx context.Context, who caller, in *struct {
			Year int `query:"year" required:"true"`
		}) (*body[List[service.PlanRow]], error) {
			rows, err := a.svc.Plans(ctx, who.user, in.Year)
			return answer(list(rows, ""), err)
		})
	add(a, get("planSummary", "/plans/summary", "What became of the plans, in a half-year or in the year"),
		func(ctx context.Context, who caller, in *struct {
			Year int `query:"year" required:"true"`
			Half int `query:"half" minimum:"0" maximum:"2" doc:"1 or 2; 0 for the whole year."`
		}) (*body[List[service.PlanSummary]], error) {
			sums, err := a.svc.PlanSummary(ctx, who.user, in.Year, in.Half)
			return answer(list(sums, ""), err)
		})
	add(a, get("plan", "/plans/{unit}/{year}", "One unit's plan with its revisions, and the visits that count against it"),
		func(ctx context.Context, who caller, in *PlanPath) (*body[service.PlanOf], error) {
			return answer(a.svc.Plan(ctx, who.user, in.Unit, in.Year))
		})
	add(a, huma.Operation{OperationID: "putPlan", Method: http.MethodPut, Path: "/plans/{unit}/{year}", Summary: "Write the next revision; the International Office's is in force at once"},
		func(ctx context.Context, who caller, in *struct {
			PlanPath
			Body NewPlan
		}) (*body[store.Plan], error) {
			b := in.Body
			return answer(a.svc.PutPlan(ctx, who.user, store.Plan{Unit: in.Unit, Year: in.Year, Revision: b.Revision, Quota: b.Quota, Entries: b.Entries, Reason: b.Reason}))
		})
}

func (a *api) addMarks() {
	add(a, get("marks", "/marks", "The marks that the caller may read, open ones first"),
		func(ctx context.Context, who caller, in *struct {
			Lifted bool `query:"lifted" doc:"Those too that were lifted."`
		}) (*body[List[store.Mark]], error) {
			all, err := a.svc.Marks(ctx, who.user, in.Lifted)
			return answer(list(all, ""), err)
		})
	add(a, created(post("setMark", "/marks", "Mark a person, or a unit")),
		func(ctx context.Context, who caller, in *struct{ Body NewMark }) (*body[store.Mark], error) {
			b := in.Body
			return answer(a.svc.SetMark(ctx, who.user, store.Mark{Kind: b.Kind, Person: b.Person, Unit: b.Unit, Since: b.Since, Reason: b.Reason}))
		})
	add(a, post("liftMark", "/marks/{id}/lift", "Lift a mark"),
		func(ctx context.Context, who caller, in *struct {
			RegisterPath
			Body Reason
		}) (*struct{}, error) {
			return nil, a.svc.LiftMark(ctx, who.user, in.ID, in.Body.Reason)
		})
}

func (a *api) addRisk() {
	add(a, get("risk", "/risk", "The risk level of every country that has one, as of a day"),
		func(ctx context.Context, who caller, in *struct {
			Day string `query:"day" doc:"Today when absent."`
		}) (*body[List[store.RiskLevel]], error) {
			levels, err := a.svc.RiskLevels(ctx, who.user, in.Day)
			return answer(list(levels, ""), err)
		})
	add(a, get("riskHistory", "/risk/{country}", "Every risk level that a country had and will have, the newest first"),
		func(ctx context.Context, who caller, in *struct {
			Country string `path:"country"`
		}) (*body[List[store.RiskLevel]], error) {
			levels, err := a.svc.RiskHistory(ctx, in.Country)
			return answer(list(levels, ""), err)
		})
	add(a, post("setRisk", "/risk", "Give a country a level from a day on"),
		func(ctx context.Context, who caller, in *struct{ Body NewRisk }) (*struct{}, error) {
			b := in.Body
			return nil, a.svc.SetRisk(ctx, who.user, store.RiskLevel{Country: b.Country, Level: b.Level, From: b.From, Source: b.Source, Note: b.Note})
		})
}

func (a *api) addTerms() {
	add(a, get("terms", "/terms", "The teaching weeks"), func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.TeachingTerm]], error) {
		terms, err := a.svc.Terms(ctx)
		return answer(list(terms, ""), err)
	})
	add(a, created(post("addTerm", "/terms", "Add teaching weeks")),
		func(ctx context.Context, who caller, in *struct{ Body NewTerm }) (*body[RegisterEntry], error) {
			b := in.Body
			id, err := a.svc.AddTerm(ctx, who.user, store.TeachingTerm{NameZH: b.NameZH, NameEN: b.NameEN, From: b.From, To: b.To})
			return answer(RegisterEntry{id}, err)
		})
	add(a, remove("endTerm", "/terms/{id}", "Take teaching weeks out of the calendar"), func(ctx context.Context, who caller, in *RegisterPath) (*struct{}, error) {
		return nil, a.svc.EndTerm(ctx, who.user, in.ID)
	})
}

func (a *api) addRelations() {
	add(a, get("relations", "/relations", "Who is related to whom; relatives of a traveller do not decide on the visit"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.Relation]], error) {
			relations, err := a.svc.Relations(ctx, who.user)
			return answer(list(relations, ""), err)
		})
	add(a, created(post("addRelation", "/relations", "Add a relation")),
		func(ctx context.Context, who caller, in *struct{ Body NewRelation }) (*body[RegisterEntry], error) {
			b := in.Body
			id, err := a.svc.AddRelation(ctx, who.user, store.Relation{Person: b.Person, Relative: b.Relative, Kind: b.Kind, From: b.From})
			return answer(RegisterEntry{id}, err)
		})
	add(a, remove("endRelation", "/relations/{id}", "End a relation today"), func(ctx context.Context, who caller, in *RegisterPath) (*struct{}, error) {
		return nil, a.svc.EndRelation(ctx, who.user, in.ID)
	})
}

// RegisterEntry names a new entry.
type RegisterEntry struct {
	ID int64 `json:"id"`
}

func (a *api) addAuthorities() {
	add(a, get("authorities", "/authorities", "The powers under which the university decides"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.Authority]], error) {
			all, err := a.svc.Authorities(ctx)
			return answer(list(all, ""), err)
		})
	add(a, created(post("addAuthority", "/authorities", "Add a power to the register")),
		func(ctx context.Context, who caller, in *struct{ Body NewAuthority }) (*body[RegisterEntry], error) {
			b := in.Body
			id, err := a.svc.AddAuthority(ctx, who.user, store.Authority{
				Power: b.Power, NameZH: b.NameZH, NameEN: b.NameEN, GrantedBy: b.GrantedBy, Document: b.Document, From: b.From, To: b.To, Exceptions: b.Exceptions,
			})
			return answer(RegisterEntry{id}, err)
		})
	add(a, post("endAuthority", "/authorities/{id}/end", "Name the last day of a power"),
		func(ctx context.Context, who caller, in *struct {
			RegisterPath
			Body EndOfAuthority
		}) (*struct{}, error) {
			return nil, a.svc.EndAuthority(ctx, who.user, in.ID, in.Body.To, in.Body.Reason)
		})
}

func (a *api) addFindings() {
	add(a, get("findings", "/findings", "What the International Office is to look at"),
		func(ctx context.Context, who caller, in *struct {
			Resolved bool `query:"resolved" doc:"What was looked at before, instead."`
		}) (*body[List[store.Finding]], error) {
			all, err := a.svc.Findings(ctx, who.user, in.Resolved)
			return answer(list(all, ""), err)
		})
	add(a, post("findSplits", "/findings/look", "Look through the work visits again for groups that look split"),
		func(ctx context.Context, who caller, in *struct {
			Body struct {
				Days int `json:"days" doc:"So many days back and ahead."`
			}
		}) (*body[Found], error) {
			n, err := a.svc.FindSplits(ctx, who.user, in.Body.Days)
			return answer(Found{n}, err)
		})
	add(a, post("resolveFinding", "/findings/{id}/resolve", "Close a finding, with what came of it"),
		func(ctx context.Context, who caller, in *struct {
			RegisterPath
			Body Reason
		}) (*struct{}, error) {
			return nil, a.svc.ResolveFinding(ctx, who.user, in.ID, in.Body.Reason)
		})
}

func (a *api) addOverrides() {
	add(a, created(post("askOverride", "/visits/{id}/overrides", "Ask for a refusal of one's own draft to be lifted")),
		func(ctx context.Context, who caller, in *struct {
			VisitPath
			Body NewOverride
		}) (*body[store.Override], error) {
			return answer(a.svc.AskOverride(ctx, who.user, in.ID, in.Body.Rule, in.Body.Why))
		})
	add(a, get("visitOverrides", "/visits/{id}/overrides", "What was asked to be lifted for one's own draft, and decided"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[List[store.Override]], error) {
			all, err := a.svc.OverridesOf(ctx, who.user, in.ID)
			return answer(list(all, ""), err)
		})
	add(a, get("overrides", "/overrides", "What the caller may lift, the oldest first"),
		func(ctx context.Context, who caller, in *struct {
			Decided bool `query:"decided" doc:"What was decided before, instead."`
		}) (*body[List[store.Override]], error) {
			all, err := a.svc.Overrides(ctx, who.user, in.Decided)
			return answer(list(all, ""), err)
		})
	add(a, get("override", "/overrides/{id}", "One of them with its draft as it is now"),
		func(ctx context.Context, who caller, in *RegisterPath) (*body[service.OverrideCase], error) {
			return answer(a.svc.OverrideCase(ctx, who.user, in.ID))
		})
	add(a, post("decideOverride", "/overrides/{id}/decision", "Lift a refusal, or decline to"),
		func(ctx context.Context, who caller, in *struct {
			RegisterPath
			Body OverrideDecision
		}) (*struct{}, error) {
			d := in.Body
			if d.Decision != "lift" && d.Decision != "decline" {
				return nil, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{
					Field: "decision", Rule: "unknown_value", Args: map[string]string{"value": d.Decision, "allowed": "lift, decline"},
				}}}
			}
			return nil, a.svc.DecideOverride(ctx, who.user, in.ID, d.Decision == "lift", d.Reason)
		})
}
