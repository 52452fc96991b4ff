package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// policyDesk is what the pages ask of the service about policies.
type policyDesk interface {
	Policies(ctx context.Context, u service.User) (service.Policies, error)
	PolicyVersion(ctx context.Context, hash string) (store.PolicyVersion, *policy.Pack, error)
	ComparePolicies(ctx context.Context, from, to string) (policy.Comparison, error)
	Effects(ctx context.Context, u service.User, hash string) ([]store.PolicyEffect, error)
	UsePolicy(ctx context.Context, u service.User, unit, pack, from string) error
	PolicyDraft(ctx context.Context, u service.User, id int64) (store.PolicyDraft, error)
	OpenPolicyDraft(ctx context.Context, u service.User, from string) (store.PolicyDraft, error)
	SavePolicyDraft(ctx context.Context, u service.User, id int64, revision int, text string) (store.PolicyDraft, error)
	DropPolicyDraft(ctx context.Context, u service.User, id int64) error
	CheckPolicy(ctx context.Context, name, text string) (policy.Faults, error)
	Publish(ctx context.Context, u service.User, id int64, p service.Publication) (store.PolicyVersion, []store.PolicyEffect, error)
	Replay(ctx context.Context, u service.User, c service.Candidate, f store.CaseFilter) (replay.Report, error)
	Coverage(ctx context.Context, u service.User, of service.CoverageOf) (replay.Coverage, error)
}

func (p *Pages) showPolicies(r request) error { return p.policiesPage(r, http.StatusOK, nil) }

func (p *Pages) policiesPage(r request, status int, problems []visit.Problem) error {
	page, err := p.page(r, "policy", "policy.title")
	if err != nil {
		return err
	}
	v := view.Policies{Page: page, Right: r.rights, Today: r.user.Day()}
	if v.P, err = p.svc.Policies(r.ctx(), r.user); err != nil {
		return err
	}
	if v.Codes, err = p.unitCodes(r); err != nil {
		return err
	}
	var ids []string
	for _, x := range v.P.Versions {
		v.Packs = append(v.Packs, x.Pack)
		ids = append(append(ids, x.PublishedBy), x.EditedBy...)
	}
	slices.Sort(v.Packs)
	v.Packs = slices.Compact(v.Packs)
	for _, d := range v.P.Drafts {
		ids = append(ids, d.Editors...)
	}
	for _, x := range v.P.Uses {
		ids = append(ids, x.SetBy)
	}
	if err := p.know(r.ctx(), &v.Page, ids...); err != nil {
		return err
	}
	for _, q := range problems {
		v.Problems = append(v.Problems, v.Problem(q))
	}
	return render(r.Context, status, view.PoliciesPage(v))
}

func (p *Pages) usePolicy(r request) error {
	err := p.svc.UsePolicy(r.ctx(), r.user, r.PostForm("unit"), r.PostForm("pack"), r.PostForm("from"))
	if visit.CodeOf(err) == visit.Invalid {
		return p.policiesPage(r, http.StatusUnprocessableEntity, api.Refusal(err).Problems)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, "/policy?done=policy_use")
}

func (p *Pages) showPolicy(r request) error {
	page, err := p.page(r, "policy", "policy.book")
	if err != nil {
		return err
	}
	v := view.PolicyBook{Page: page, Query: r.Query("q"), Right: r.rights}
	version, pack, err := p.svc.PolicyVersion(r.ctx(), r.Param("hash"))
	if err != nil {
		return err
	}
	v.Version, v.Book = version, pack.Book()
	v.Page.Policy = pack.Name
	all, err := p.svc.Policies(r.ctx(), r.user)
	if err != nil {
		return err
	}
	v.Others = slices.DeleteFunc(all.Versions, func(o store.PolicyVersion) bool { return o.Hash == version.Hash })
	if r.rights.Replays {
		if v.Effects, err = p.svc.Effects(r.ctx(), r.user, version.Hash); err != nil {
			return err
		}
	}
	return render(r.Context, http.StatusOK, view.PolicyBookPage(v))
}

func (p *Pages) showPolicyText(r request) error {
	page, err := p.page(r, "policy", "policy.text")
	if err != nil {
		return err
	}
	version, _, err := p.svc.PolicyVersion(r.ctx(), r.Param("hash"))
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.PolicyTextPage(view.PolicyText{Page: page, Version: version}))
}

func (p *Pages) comparePolicies(r request) error {
	page, err := p.page(r, "policy", "policy.compare")
	if err != nil {
		return err
	}
	c, err := p.svc.ComparePolicies(r.ctx(), r.Query("from"), r.Query("to"))
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.PolicyComparisonPage(view.PolicyComparison{Page: page, C: c}))
}

func (p *Pages) openPolicyDraft(r request) error {
	d, err := p.svc.OpenPolicyDraft(r.ctx(), r.user, r.PostForm("from"))
	if err != nil {
		return err
	}
	return redirect(r.Context, draftPath(d.ID))
}

func draftPath(id int64) string { return "/policy/drafts/" + strconv.FormatInt(id, 10) }

func (p *Pages) showPolicyDraft(r request) error {
	d, err := p.policyDraft(r)
	if err != nil {
		return err
	}
	return p.draftPage(r, http.StatusOK, view.PolicyDraft{Draft: d, Text: d.Body, Choice: service.Keep}, nil)
}

func (p *Pages) policyDraft(r request) (store.PolicyDraft, error) {
	id, err := strconv.ParseInt(r.Param("id"), 10, 64)
	if err != nil {
		return store.PolicyDraft{}, visit.Refuse(visit.NotFound, "not_found", "what", "policy_draft", "id", r.Param("id"))
	}
	return p.svc.PolicyDraft(r.ctx(), r.user, id)
}

// draftPage shows a draft with a text, which need not be the one that is kept, and with everything wrong in it.
func (p *Pages) draftPage(r request, status int, v view.PolicyDraft, refused error) error {
	page, err := p.page(r, "policy", "policy.draft", "id", strconv.FormatInt(v.Draft.ID, 10))
	if err != nil {
		return err
	}
	v.Page, v.Right = page, r.rights
	if v.Faults, err = p.svc.CheckPolicy(r.ctx(), v.Draft.Pack, v.Text); err != nil {
		return err
	}
	if err := p.know(r.ctx(), &v.Page, v.Draft.Editors...); err != nil {
		return err
	}
	if refused != nil {
		refusal := api.Refusal(refused)
		for _, q := range refusal.Problems {
			v.Problems = append(v.Problems, v.Problem(q))
		}
		if len(v.Problems) == 0 {
			v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
		}
		status = api.Status(refusal)
	}
	return render(r.Context, status, view.PolicyDraftPage(v))
}

// refusedOnPage tells that a refusal belongs on the page of the draft, with what was typed.
func refusedOnPage(err error) bool {
	code := visit.CodeOf(err)
	return code == visit.Invalid || code == visit.Conflict
}

func (p *Pages) savePolicyDraft(r request) error {
	d, err := p.policyDraft(r)
	if err != nil {
		return err
	}
	if r.PostForm("do") == "drop" {
		if err := p.svc.DropPolicyDraft(r.ctx(), r.user, d.ID); err != nil {
			return err
		}
		return redirect(r.Context, "/policy?done=policy_dropped")
	}
	text := strings.ReplaceAll(r.PostForm("text"), "\r\n", "\n")
	revision, _ := strconv.Atoi(r.PostForm("revision")) // a number that it is not is a revision that there is not
	_, err = p.svc.SavePolicyDraft(r.ctx(), r.user, d.ID, revision, text)
	if refusedOnPage(err) {
		return p.draftPage(r, http.StatusOK, view.PolicyDraft{Draft: d, Text: text, Choice: service.Keep}, err)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, draftPath(d.ID)+"?done=saved")
}

func (p *Pages) checkPolicyDraft(r request) error {
	d, err := p.policyDraft(r)
	if err != nil {
		return err
	}
	page, err := p.part(r, "policy.check")
	if err != nil {
		return err
	}
	v := view.PolicyDraft{Page: page, Draft: d}
	if v.Faults, err = p.svc.CheckPolicy(r.ctx(), d.Pack, strings.ReplaceAll(r.PostForm("text"), "\r\n", "\n")); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.FaultsPart(v))
}

func (p *Pages) publishPolicyDraft(r request) error {
	d, err := p.policyDraft(r)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(r.PostForm("revision"))
	pub := service.Publication{Revision: revision, OpenVisits: service.OpenVisits(r.PostForm("open_visits")), Note: text(r.Request.PostForm, "note")}
	v, _, err := p.svc.Publish(r.ctx(), r.user, d.ID, pub)
	if refusedOnPage(err) || api.Refusal(err) != nil && api.Refusal(err).Rule == "own_policy_edit" {
		return p.draftPage(r, http.StatusOK, view.PolicyDraft{Draft: d, Text: d.Body, Choice: pub.OpenVisits, Note: pub.Note}, err)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, "/policy/versions/"+v.Hash+"?done=policy_published")
}

func (p *Pages) showReplay(r request) error {
	v := view.Replay{Hash: r.Query("hash"), From: r.Query("from"), To: r.Query("to"), Open: r.Query("open") == "1", Rule: r.Query("rule")}
	v.Draft, _ = strconv.ParseInt(r.Query("draft"), 10, 64)
	var err error
	if v.R, err = p.svc.Replay(r.ctx(), r.user, service.Candidate{Draft: v.Draft, Hash: v.Hash}, store.CaseFilter{From: v.From, To: v.To, Open: v.Open}); err != nil {
		return err
	}
	if r.Query("format") == "csv" {
		return sendReplay(r, v.R)
	}
	query := url.Values{}
	for _, key := range []string{"draft", "hash", "from", "to", "open"} {
		if value := r.Query(key); value != "" {
			query.Set(key, value)
		}
	}
	v.Query = query.Encode()
	if v.Page, err = p.page(r, "policy", "replay.title"); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.ReplayPage(v))
}

// sendReplay writes every change as a row.
func sendReplay(r request, report replay.Report) error {
	rows := [][]string{{"visit", "title", "unit", "state", "rule_before", "rule_after", "drops", "adds", "refused", "days", "rules"}}
	for _, o := range report.Changes {
		rows = append(rows, []string{o.ID, sheet.Cell(o.Title), o.Unit, string(o.State), o.From, o.To, strings.Join(o.Drops, " "), strings.Join(o.Adds, " "),
			strings.Join(o.Refused, " "), strconv.Itoa(o.Days), strings.Join(o.Fired, " ")})
	}
	return sendCSV(r, "replay.csv", rows)
}
