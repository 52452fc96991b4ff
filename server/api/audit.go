package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Question is a standing question of auditors.
type Question struct {
	Number  int            `json:"number,omitempty" doc:"Its number among the standing questions; absent for the table of persons."`
	Name    string         `json:"name"`
	Title   string         `json:"title"`
	Params  []string       `json:"params" doc:"What may be asked besides: from, to, unit, person, policy, by, most, days."`
	Columns []store.Column `json:"columns"`
}

// TableAnswer is one page of the answer to a question.
type TableAnswer struct {
	Name    string             `json:"name"`
	Title   string             `json:"title"`
	Asked   any                `json:"asked" doc:"With what was filled in."`
	Columns []store.Column     `json:"columns"`
	Rows    [][]any            `json:"rows" doc:"A value for each column: a string, a number, true or false, or null."`
	Total   int                `json:"total" doc:"Rows altogether."`
	Sums    map[string]float64 `json:"sums,omitempty" doc:"Over all rows, by column."`
}

// QuestionQuery is what a question may be asked.
type QuestionQuery struct {
	Name   string `path:"name"`
	From   string `query:"from" format:"date" doc:"First day of the period: of the exit, or of the decision."`
	To     string `query:"to" format:"date"`
	Unit   string `query:"unit"`
	Person string `query:"person"`
	Policy string `query:"policy" doc:"Pack and version, for example cn-delegated 2026.1."`
	By     string `query:"by" enum:"country,category,funding,partner,organisation"`
	Most   int    `query:"most" minimum:"0"`
	Days   int    `query:"days" minimum:"0"`
}

func (q QuestionQuery) asking(who caller, page int) service.Asking {
	return service.Asking{Name: q.Name, Lang: who.lang, Page: page, Asked: store.Asked{
		From: q.From, To: q.To, Unit: q.Unit, Person: q.Person, Policy: q.Policy, By: q.By, Most: q.Most, Days: q.Days,
	}}
}

func (a *api) addSamples() {
	add(a, get("auditSamples", "/audit/samples", "Samples that were drawn (auditors only)"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.Sample]], error) {
			all, err := a.svc.Samples(ctx, who.user)
			return answer(list(all, ""), err)
		})
	add(a, post("auditDrawSample", "/audit/samples", "Draw a sample by a seed: the visits whose SHA-256 of seed, line end and number comes first (auditors only)"),
		func(ctx context.Context, who caller, in *struct{ Body service.NewSample }) (*body[store.Sample], error) {
			return answer(a.svc.DrawSample(ctx, who.user, in.Body))
		})
	add(a, get("auditSample", "/audit/samples/{id}", "A sample, and whether it is drawn the same again (auditors only)"),
		func(ctx context.Context, who caller, in *struct {
			ID int64 `path:"id"`
		}) (*body[service.Drawn], error) {
			return answer(a.svc.Sample(ctx, who.user, in.ID))
		})
}

func (a *api) addWorkplaceExports() {
	sample := get("auditSampleExport", "/audit/samples/{id}/export", "The visits of a sample as a file (auditors only)")
	sample.Responses = files
	add(a, sample, func(ctx context.Context, who caller, in *struct {
		ID     int64  `path:"id"`
		Format string `query:"format" required:"true" enum:"csv,xlsx,json,pdf"`
	}) (*huma.StreamResponse, error) {
		return sent(a.svc.ExportSample(ctx, who.user, in.ID, who.lang, in.Format))
	})
	findings := get("auditFindingsExport", "/audit/findings/export", "Findings with every step of their follow-up as a file (auditors only)")
	findings.Responses = files
	add(a, findings, func(ctx context.Context, who caller, in *struct {
		State  string `query:"state" enum:"open,answered,closed"`
		Visit  string `query:"visit"`
		Format string `query:"format" required:"true" enum:"csv,xlsx,json,pdf"`
	}) (*huma.StreamResponse, error) {
		return sent(a.svc.ExportAuditFindings(ctx, who.user, in.State, in.Visit, who.lang, in.Format))
	})
	bundle := post("auditSampleBundle", "/audit/samples/{id}/bundle", "Evidence of all visits of a sample in one file that proves itself (auditors only)")
	bundle.Responses = bundles
	add(a, bundle, func(ctx context.Context, who caller, in *struct {
		ID   int64 `path:"id"`
		Body KeptCheckpoint
	}) (*huma.StreamResponse, error) {
		b, err := a.svc.SampleBundle(ctx, who.user, in.ID, in.Body.Checkpoint)
		return sent(service.Export{Name: BundleName(who.user.Now), MediaType: "application/zip", Content: b}, err)
	})
}

// KeptCheckpoint is a checkpoint that the reader kept; empty for none.
type KeptCheckpoint struct {
	Checkpoint string `json:"checkpoint" doc:"The bundle then proves that nothing it covers was changed."`
}

func (a *api) addAuditFindings() {
	add(a, get("auditFindings", "/audit/findings", "What auditors found (auditors only)"),
		func(ctx context.Context, who caller, in *struct {
			State string `query:"state" enum:"open,answered,closed"`
			Visit string `query:"visit"`
		}) (*body[List[store.AuditFinding]], error) {
			all, err := a.svc.AuditFindings(ctx, who.user, in.State, in.Visit)
			return answer(list(all, ""), err)
		})
	add(a, post("auditAddFinding", "/audit/findings", "Keep a finding (auditors only)"),
		func(ctx context.Context, who caller, in *struct{ Body service.NewAuditFinding }) (*body[service.Tracked], error) {
			id, err := a.svc.AddAuditFinding(ctx, who.user, in.Body)
			if err != nil {
				return nil, err
			}
			return answer(a.svc.AuditFinding(ctx, who.user, id))
		})
	add(a, get("auditFinding", "/audit/findings/{id}", "A finding with its follow-up (auditors only)"),
		func(ctx context.Context, who caller, in *struct {
			ID int64 `path:"id"`
		}) (*body[service.Tracked], error) {
			return answer(a.svc.AuditFinding(ctx, who.user, in.ID))
		})
	add(a, post("auditFollowUp", "/audit/findings/{id}/steps", "Add a step to a finding: answered, closed, or open again (auditors only)"),
		func(ctx context.Context, who caller, in *struct {
			ID   int64 `path:"id"`
			Body FindingStep
		}) (*body[service.Tracked], error) {
			if err := a.svc.FollowUpFinding(ctx, who.user, in.ID, in.Body.State, in.Body.Note); err != nil {
				return nil, err
			}
			return answer(a.svc.AuditFinding(ctx, who.user, in.ID))
		})
}

// FindingStep is a step after a finding.
type FindingStep struct {
	State string `json:"state" doc:"open, answered or closed: where the finding stands from then on."`
	Note  string `json:"note"`
}

func (a *api) addAudit() {
	a.addSamples()
	a.addAuditFindings()
	a.addHistoryExport()
	a.addWorkplaceExports()
	add(a, get("auditQuestions", "/audit/questions", "The standing questions of auditors (auditors only)"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[Question]], error) {
			all, err := a.svc.Questions(ctx, who.user)
			return answer(list(collect(all, func(q store.Question) Question {
				return Question{Number: q.Number, Name: q.Name, Title: service.Table{Name: q.Name, Lang: who.lang}.Title(), Params: q.Params, Columns: q.Columns}
			}), ""), err)
		})
	add(a, get("auditQuestion", "/audit/questions/{name}", "Ask a standing question, a page of 50 rows (auditors only)"),
		func(ctx context.Context, who caller, in *struct {
			QuestionQuery
			Page int `query:"page" minimum:"1" default:"1"`
		}) (*body[TableAnswer], error) {
			t, err := a.svc.Ask(ctx, who.user, in.asking(who, in.Page))
			return answerOf(t, err)
		})
	export := get("auditQuestionExport", "/audit/questions/{name}/export", "The whole answer to a question as a file (auditors only)")
	export.Responses = files
	add(a, export, func(ctx context.Context, who caller, in *struct {
		QuestionQuery
		Format string `query:"format" required:"true" enum:"csv,xlsx,json,pdf"`
	}) (*huma.StreamResponse, error) {
		return sent(a.svc.ExportQuestion(ctx, who.user, in.asking(who, 1), in.Format, nil))
	})
}

func (a *api) addHistoryExport() {
	export := get("auditEventsExport", "/audit/events/export", "Everything that a search of the events finds, as a file (auditors only)")
	export.Responses = files
	add(a, export, func(ctx context.Context, who caller, in *struct {
		EventFilter
		Format string `query:"format" required:"true" enum:"csv,xlsx,json,pdf"`
	}) (*huma.StreamResponse, error) {
		return sent(a.svc.ExportEvents(ctx, who.user, in.filter(), who.lang, in.Format))
	})
}

func answerOf(t service.Table, err error) (*body[TableAnswer], error) {
	if err != nil {
		return nil, err
	}
	return &body[TableAnswer]{tableOf(t)}, nil
}

func tableOf(t service.Table) TableAnswer {
	return TableAnswer{Name: t.Name, Title: t.Title(), Asked: t.Asked, Columns: t.Columns, Rows: t.Rows, Total: t.Total, Sums: t.Sums}
}

// files are the answers of an export.
var files = map[string]*huma.Response{"200": {
	Description: "The table as CSV (UTF-8), XLSX, JSON, or a PDF that proves itself (`exeat audit verify FILE`). Its SHA-256 is in the ledger.",
	Content: map[string]*huma.MediaType{
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString}},
		"application/json": {Schema: &huma.Schema{}},
		"application/pdf":  {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	},
}}

// sent gives a file.
func sent(e service.Export, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", e.MediaType)
		ctx.SetHeader("Content-Disposition", `attachment; filename="`+e.Name+`"`)
		_, _ = ctx.BodyWriter().Write(e.Content) // who hung up gets nothing
	}}, nil
}
