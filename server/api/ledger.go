package api

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Checkpoint is a signed head of the ledger's tree.
type Checkpoint struct {
	Size int64     `json:"size" doc:"Leaves of the tree."`
	Note string    `json:"note" doc:"The checkpoint as it is signed: C2SP tlog-checkpoint with an Ed25519 signature. Keep it elsewhere."`
	At   time.Time `json:"at"`
}

// AsOf is a case as it stood at an event.
type AsOf struct {
	Event    int             `json:"event"`
	View     json.RawMessage `json:"view" doc:"Canonical JSON: the request, the route with the policy's hash, limits, what was decided, the right and the delegation by which the decider signed."`
	Hash     string          `json:"hash" doc:"SHA-256 of view."`
	Recorded string          `json:"recorded,omitempty" doc:"The hash that the event of a decision has of what was shown."`
	Holds    bool            `json:"holds" doc:"The view that was made again has the recorded hash."`
}

// BundleOrder asks for a bundle of evidence.
type BundleOrder struct {
	Visits     []string `json:"visits" doc:"Numbers of visits, 200 at most."`
	Checkpoint string   `json:"checkpoint" doc:"A checkpoint that the reader kept: the bundle proves that nothing it covers was changed."`
}

type officeFilter struct {
	Kind   string `query:"kind"`
	Actor  string `query:"actor"`
	About  string `query:"about" doc:"table/key of a row, or a visit."`
	From   string `query:"from" format:"date"`
	To     string `query:"to" format:"date"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type verifyBundle struct {
	RawBody huma.MultipartFormFiles[struct {
		File       huma.FormFile `form:"file" required:"true" doc:"The bundle."`
		Checkpoint string        `form:"checkpoint" doc:"A checkpoint that was kept; the bundle must have a proof from it."`
	}]
}

func (a *api) addLedger() {
	add(a, get("asOf", "/visits/{id}/as-of", "A case as it stood at an event, as its decider saw it"),
		func(ctx context.Context, who caller, in *struct {
			VisitPath
			Event int `query:"event" required:"true" minimum:"1"`
		}) (*body[AsOf], error) {
			v, err := a.svc.AsOf(ctx, who.user, in.ID, in.Event)
			return answer(AsOf{Event: in.Event, View: v.Body, Hash: v.Hash, Recorded: v.Recorded, Holds: v.Holds}, err)
		})
	add(a, get("eventProof", "/visits/{id}/events/{seq}/proof", "Proof that an event is a leaf of the signed tree"),
		func(ctx context.Context, who caller, in *struct {
			VisitPath
			Seq int `path:"seq" minimum:"1"`
		}) (*body[service.LeafProof], error) {
			return answer(a.svc.LeafProof(ctx, who.user, in.ID, in.Seq))
		})
	add(a, get("checkpoint", "/checkpoints/{size}", "A signed checkpoint of the ledger; size 0 is the newest"),
		func(ctx context.Context, _ caller, in *struct {
			Size int64 `path:"size" minimum:"0"`
		}) (*body[Checkpoint], error) {
			c, err := a.svc.Checkpoint(ctx, in.Size)
			return answer(Checkpoint{Size: c.Size, Note: c.Body, At: c.At}, err)
		})
	add(a, get("auditHeads", "/audit/heads", "Checkpoints, keys and the last verification of the ledger (auditors only)"),
		func(ctx context.Context, who caller, in *struct {
			Below int64 `query:"below" minimum:"0" doc:"next of the page before."`
		}) (*body[service.Heads], error) {
			return answer(a.svc.Heads(ctx, who.user, in.Below))
		})
	add(a, get("auditOffice", "/audit/office", "Search the events that belong to no visit (auditors only)"),
		func(ctx context.Context, who caller, in *officeFilter) (*body[List[store.OfficeRow]], error) {
			page, err := a.svc.SearchOffice(ctx, who.user, store.OfficeFilter(*in))
			return answer(list(page.Items, page.Next), err)
		})
	a.addBundles()
}

func (a *api) addBundles() {
	bundle := post("auditBundle", "/audit/bundle", "Evidence of some visits in one file that proves itself (auditors only)")
	bundle.Responses = bundles
	add(a, bundle, func(ctx context.Context, who caller, in *struct{ Body BundleOrder }) (*huma.StreamResponse, error) {
		b, err := a.svc.Bundle(ctx, who.user, in.Body.Visits, in.Body.Checkpoint)
		return sent(service.Export{Name: BundleName(who.user.Now), MediaType: "application/zip", Content: b}, err)
	})
	verify := post("auditVerify", "/audit/verify", "Verify a bundle, or a table as PDF (auditors only)")
	add(a, verify, func(ctx context.Context, who caller, in *verifyBundle) (*body[service.Verification], error) {
		sent := in.RawBody.Data()
		defer func() { _ = sent.File.Close() }() // was only read
		b, err := ReadBundle(sent.File)
		if err != nil {
			return nil, err
		}
		return answer(a.svc.VerifyBundle(ctx, who.user, b, sent.Checkpoint))
	})
}

// bundles are the answers that are one.
var bundles = map[string]*huma.Response{"200": {
	Description: "A zip file; `exeat audit verify FILE` verifies it without network.",
	Content:     map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
}}

// BundleName is the file name of a bundle.
func BundleName(now time.Time) string { return "exeat-" + now.UTC().Format("20060102-150405") + ".zip" }

// maxPackedBundle bounds a bundle that is sent, in bytes.
const maxPackedBundle = 60 << 20

// ReadBundle reads a bundle that was sent; one that is too large is refused.
func ReadBundle(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxPackedBundle+1))
	if err == nil && len(b) > maxPackedBundle {
		err = visit.Refuse(visit.Invalid, "body_too_large", "limit", "60 MiB")
	}
	return b, err
}
