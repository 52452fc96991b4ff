package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Policy is the policy under which visits are routed today.
type Policy struct {
	Pack          string       `json:"pack"`
	Version       string       `json:"version"`
	Hash          string       `json:"hash" doc:"SHA-256 of the policy's text; every visit pins that of its submission."`
	Title         policy.Words `json:"title"`
	Issuer        policy.Words `json:"issuer"`
	EffectiveFrom string       `json:"effective_from" format:"date"`
}

// PolicyText is a version with its text and as a rule book.
type PolicyText struct {
	store.PolicyVersion
	Text string      `json:"text" doc:"YAML with CEL conditions."`
	Book policy.Book `json:"book"`
}

// PolicyCheck is what is wrong with a text; an empty list means that it could be published.
type PolicyCheck struct {
	Faults []policy.Fault `json:"faults"`
}

// PolicyDraftText is a text to keep; Revision is the one that was read.
type PolicyDraftText struct {
	Revision int    `json:"revision" minimum:"1"`
	Text     string `json:"text"`
}

// Published is a new version, with what it means for visits that are open.
type Published struct {
	Version store.PolicyVersion  `json:"version"`
	Effects []store.PolicyEffect `json:"effects" doc:"Open visits that the version would decide otherwise; empty for keep."`
}

// NewPolicyUse lets a pack decide for a unit.
type NewPolicyUse struct {
	Unit string `json:"unit" doc:"Empty for the university."`
	Pack string `json:"pack" doc:"Empty gives a unit back to the university's pack."`
	From string `json:"from" format:"date"`
}

// ReplayOf names the policy and the visits of a replay.
type ReplayOf struct {
	Draft int64  `json:"draft" doc:"Number of a draft."`
	Hash  string `json:"hash" doc:"Hash of a version; with neither, the policy in force."`
	From  string `json:"from" doc:"Submitted on this day or later, YYYY-MM-DD."`
	To    string `json:"to"`
	Open  bool   `json:"open" doc:"Only visits that are not decided yet."`
}

type policyHash struct {
	Hash string `path:"hash"`
}

// PolicyDraftPath is the number of a draft in a path.
type PolicyDraftPath struct {
	ID int64 `path:"id"`
}

func (a *api) addPolicies() {
	add(a, get("policy", "/policy", "The policy of today"),
		func(ctx context.Context, who caller, in *struct {
			Unit string `query:"unit" doc:"For this unit; the university when absent."`
		}) (*body[Policy], error) {
			hash, err := a.svc.Store.PolicyInForce(ctx, in.Unit)
			if err != nil {
				return nil, err
			}
			p, err := a.svc.PolicyOf(ctx, hash)
			if err != nil {
				return nil, err
			}
			ref := p.Ref()
			return answer(Policy{
				Pack: ref.Pack, Version: ref.Version, Hash: ref.Hash, Title: p.Title, Issuer: p.Issuer, EffectiveFrom: p.EffectiveFrom.String(),
			}, nil)
		})
	add(a, get("policies", "/policies", "Versions of the policies, which of them applies to whom, and open drafts"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[service.Policies], error) {
			return answer(a.svc.Policies(ctx, who.user))
		})
	add(a, get("policyVersion", "/policies/versions/{hash}", "One version: its text and its rule book"), a.policyVersion)
	add(a, get("policyEffects", "/policies/versions/{hash}/effects", "What publishing a version meant for visits that were open"),
		func(ctx context.Context, who caller, in *policyHash) (*body[List[store.PolicyEffect]], error) {
			effects, err := a.svc.Effects(ctx, who.user, in.Hash)
			return answer(list(effects, ""), err)
		})
	add(a, get("comparePolicies", "/policies/compare", "What changes from one version to another"),
		func(ctx context.Context, _ caller, in *struct {
			From string `query:"from" required:"true"`
			To   string `query:"to" required:"true"`
		}) (*body[policy.Comparison], error) {
			return answer(a.svc.ComparePolicies(ctx, in.From, in.To))
		})
	add(a, post("replayPolicy", "/policies/replay", "What a policy would have changed; nothing is changed"),
		func(ctx context.Context, who caller, in *struct{ Body ReplayOf }) (*body[replay.Report], error) {
			b := in.Body
			return answer(a.svc.Replay(ctx, who.user, service.Candidate{Draft: b.Draft, Hash: b.Hash}, store.CaseFilter{From: b.From, To: b.To, Open: b.Open}))
		})
	add(a, get("policyCoverage", "/policies/coverage", "How often each rule held over all visits, also those that never did"),
		func(ctx context.Context, who caller, in *struct {
			Hash string `query:"hash" doc:"A version of the pack; the one in force when absent."`
			From string `query:"from" format:"date" doc:"Submitted on this day or later."`
			To   string `query:"to" format:"date"`
			Unit string `query:"unit"`
			Rule string `query:"rule" doc:"Lists the visits for which this rule held."`
		}) (*body[replay.Coverage], error) {
			return answer(a.svc.Coverage(ctx, who.user, service.CoverageOf{Hash: in.Hash, From: in.From, To: in.To, Unit: in.Unit, Rule: in.Rule}))
		})
	add(a, huma.Operation{OperationID: "usePolicy", Method: http.MethodPut, Path: "/policies/use", Summary: "Let a pack decide for the university or for a unit"},
		func(ctx context.Context, who caller, in *struct{ Body NewPolicyUse }) (*struct{}, error) {
			return nil, a.svc.UsePolicy(ctx, who.user, in.Body.Unit, in.Body.Pack, in.Body.From)
		})
	a.addPolicyDrafts()
}

func (a *api) policyVersion(ctx context.Context, _ caller, in *policyHash) (*body[PolicyText], error) {
	v, p, err := a.svc.PolicyVersion(ctx, in.Hash)
	if err != nil {
		return nil, err
	}
	return answer(PolicyText{v, v.Body, p.Book()}, nil)
}

func (a *api) addPolicyDrafts() {
	open := post("openPolicyDraft", "/policies/drafts", "Open a draft with the text of a version")
	open.DefaultStatus = http.StatusCreated
	add(a, open, func(ctx context.Context, who caller, in *struct {
		Body struct {
			From string `json:"from" doc:"Hash of the version."`
		}
	}) (*body[store.PolicyDraft], error) {
		return answer(a.svc.OpenPolicyDraft(ctx, who.user, in.Body.From))
	})
	add(a, get("policyDraft", "/policies/drafts/{id}", "One draft"), func(ctx context.Context, who caller, in *PolicyDraftPath) (*body[store.PolicyDraft], error) {
		return answer(a.svc.PolicyDraft(ctx, who.user, in.ID))
	})
	add(a, huma.Operation{OperationID: "savePolicyDraft", Method: http.MethodPut, Path: "/policies/drafts/{id}", Summary: "Keep the text of a draft, right or wrong", MaxBodyBytes: 2 << 20},
		func(ctx context.Context, who caller, in *struct {
			PolicyDraftPath
			Body PolicyDraftText
		}) (*body[store.PolicyDraft], error) {
			return answer(a.svc.SavePolicyDraft(ctx, who.user, in.ID, in.Body.Revision, in.Body.Text))
		})
	add(a, huma.Operation{OperationID: "dropPolicyDraft", Method: http.MethodDelete, Path: "/policies/drafts/{id}", Summary: "Give up a draft"},
		func(ctx context.Context, who caller, in *PolicyDraftPath) (*struct{}, error) {
			return nil, a.svc.DropPolicyDraft(ctx, who.user, in.ID)
		})
	add(a, post("checkPolicyDraft", "/policies/drafts/{id}/check", "Everything wrong with a draft, with line and column"),
		func(ctx context.Context, who caller, in *PolicyDraftPath) (*body[PolicyCheck], error) {
			d, err := a.svc.PolicyDraft(ctx, who.user, in.ID)
			if err != nil {
				return nil, err
			}
			faults, err := a.svc.CheckPolicy(ctx, d.Pack, d.Body)
			return answer(PolicyCheck{append([]policy.Fault{}, faults...)}, err)
		})
	add(a, post("publishPolicyDraft", "/policies/drafts/{id}/publish", "Publish a draft that somebody else has edited"),
		func(ctx context.Context, who caller, in *struct {
			PolicyDraftPath
			Body service.Publication
		}) (*body[Published], error) {
			v, effects, err := a.svc.Publish(ctx, who.user, in.ID, in.Body)
			return answer(Published{v, append([]store.PolicyEffect{}, effects...)}, err)
		})
}
