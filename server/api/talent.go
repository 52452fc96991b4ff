package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// TalentQuery says which persons met are asked for.
type TalentQuery struct {
	Year int    `query:"year" doc:"Of the acceptance of the reports; this year when absent."`
	Unit string `query:"unit" doc:"Of one unit; of all that the caller reads when absent."`
}

func (q TalentQuery) ask() service.TalentAsk { return service.TalentAsk{Year: q.Year, Unit: q.Unit} }

// TalentPath names a person met: the visit, the report, and which person of it.
type TalentPath struct {
	VisitPath
	Report int `path:"n"`
	N      int `path:"met" doc:"Which person of the report, from 1."`
}

// NewTalentWeights are the points of a person met, by the furthest that came of it, from a year on.
type NewTalentWeights struct {
	From      int    `json:"from" doc:"The first year, of the acceptance of reports; not one that has passed."`
	Met       int    `json:"met"`
	Contacted int    `json:"contacted"`
	Visited   int    `json:"visited"`
	Applied   int    `json:"applied"`
	Hired     int    `json:"hired"`
	Citation  string `json:"citation" doc:"Where the university says so."`
}

func (a *api) addTalents() {
	add(a, get("talents", "/talent", "What the accepted reports of a year say of talents, by unit"),
		func(ctx context.Context, who caller, in *TalentQuery) (*body[service.TalentYear], error) {
			return answer(a.svc.TalentYear(ctx, who.user, in.ask()))
		})
	add(a, get("talentLines", "/talent/lines", "The persons met, one line each"),
		func(ctx context.Context, who caller, in *TalentQuery) (*body[List[store.Talent]], error) {
			lines, err := a.svc.Talents(ctx, who.user, in.ask())
			return answer(list(lines, ""), err)
		})
	export := get("talentExport", "/talent/export", "The table of the units, or of the persons met, as a file")
	export.Responses = files
	add(a, export, func(ctx context.Context, who caller, in *struct {
		TalentQuery
		Table  string `query:"table" required:"true" enum:"talent_units,talent_lines"`
		Format string `query:"format" required:"true" enum:"csv,xlsx,json"`
	}) (*huma.StreamResponse, error) {
		return sent(a.svc.ExportTalents(ctx, who.user, in.Table, in.ask(), who.lang, in.Format, nil))
	})
	add(a, get("talentWeights", "/talent/weights", "What a person met counts for, the latest year first"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.TalentWeights]], error) {
			all, err := a.svc.TalentWeights(ctx, who.user)
			return answer(list(all, ""), err)
		})
	add(a, post("setTalentWeights", "/talent/weights", "Set what a person met counts for, from a year on"),
		func(ctx context.Context, who caller, in *struct{ Body NewTalentWeights }) (*struct{}, error) {
			b := in.Body
			return nil, a.svc.SetTalentWeights(ctx, who.user, store.TalentWeights{
				From: b.From, Met: b.Met, Contacted: b.Contacted, Visited: b.Visited, Applied: b.Applied, Hired: b.Hired, Citation: b.Citation,
			})
		})
	add(a, get("talent", "/visits/{id}/reports/{n}/met/{met}", "One person met, with the follow-up"),
		func(ctx context.Context, who caller, in *TalentPath) (*body[service.TalentCase], error) {
			return answer(a.svc.Talent(ctx, who.user, in.ID, in.Report, in.N))
		})
	add(a, post("followTalent", "/visits/{id}/reports/{n}/met/{met}/steps", "Add a step to the follow-up of a person met"),
		func(ctx context.Context, who caller, in *struct {
			TalentPath
			Body service.NewTalentStep
		}) (*struct{}, error) {
			return nil, a.svc.FollowTalent(ctx, who.user, in.ID, in.Report, in.N, in.Body)
		})
}

// PartnerBody is what the register says of a partner institution.
type PartnerBody struct {
	NameZH     string `json:"name_zh"`
	NameEN     string `json:"name_en"`
	Country    string `json:"country" doc:"ISO 3166-1 alpha-2."`
	Discipline string `json:"discipline" doc:"Disciplines of the partnership."`
	FirstClass bool   `json:"first_class" doc:"A partner of a first-class discipline."`
	Unit       string `json:"unit" doc:"That looks after the partnership."`
	Since      string `json:"since" doc:"First day of the agreement, YYYY-MM-DD."`
	EndedOn    string `json:"ended_on" doc:"Last day; empty for no end."`
}

func (a *api) addPartners() {
	add(a, get("partners", "/partners", "The partner institutions"),
		func(ctx context.Context, who caller, in *struct {
			Unit       string `query:"unit"`
			FirstClass bool   `query:"first_class" doc:"Only partners of first-class disciplines."`
		}) (*body[List[store.Partner]], error) {
			all, err := a.svc.Partners(ctx, store.PartnerFilter{Unit: in.Unit, FirstClass: in.FirstClass})
			return answer(list(all, ""), err)
		})
	add(a, get("partner", "/partners/{code}", "A partner institution with the visits that went there, as far as the caller may see them"),
		func(ctx context.Context, who caller, in *struct {
			Code string `path:"code"`
		}) (*body[service.PartnerCase], error) {
			return answer(a.svc.Partner(ctx, who.user, in.Code))
		})
	add(a, huma.Operation{OperationID: "putPartner", Method: http.MethodPut, Path: "/partners/{code}", Summary: "Add a partner institution, or replace what is said of it"},
		func(ctx context.Context, who caller, in *struct {
			Code string `path:"code"`
			Body PartnerBody
		}) (*struct{}, error) {
			b := in.Body
			return nil, a.svc.PutPartner(ctx, who.user, store.Partner{
				Code: in.Code, NameZH: b.NameZH, NameEN: b.NameEN, Country: b.Country, Discipline: b.Discipline, FirstClass: b.FirstClass,
				Unit: b.Unit, Since: b.Since, EndedOn: b.EndedOn,
			}, false)
		})
	add(a, get("duties", "/duties", "Visits for duty in an international organisation or for foreign aid, as far as the caller may see them"),
		func(ctx context.Context, who caller, in *struct {
			Year int `query:"year" doc:"Of the exit; this year when absent."`
		}) (*body[List[store.VisitTo]], error) {
			all, err := a.svc.Duties(ctx, who.user, in.Year)
			return answer(list(all, ""), err)
		})
}
