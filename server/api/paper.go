package api

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/paper"
	"github.com/exeat/exeat/server/service"
)

// Papers are the papers of a visit.
type Papers struct {
	Numbered []NumberedPaper `json:"numbered" doc:"Of the approvals, the one in force first."`
	Forms    []PaperForm     `json:"forms" doc:"Made of the request whenever they are asked for."`
}

// NumberedPaper is the paper of an approval.
type NumberedPaper struct {
	Kind       paper.Kind            `json:"kind"`
	Name       Name                  `json:"name"`
	Number     string                `json:"number" example:"外任〔2026〕12号"`
	Code       string                `json:"code" doc:"Verification code; GET /check/{code} needs no sign-in."`
	State      service.PaperStanding `json:"state"`
	ValidUntil string                `json:"valid_until" format:"date"`
	ApprovedAt time.Time             `json:"approved_at"`
	Sha256     string                `json:"sha256,omitempty" doc:"Of the file; absent until it was made for the first time."`
	Path       string                `json:"path"`
}

// PaperForm is a paper that is made of the request.
type PaperForm struct {
	Kind document.Form `json:"kind"`
	Name Name          `json:"name"`
	Path string        `json:"path"`
}

// PaperCheck is what anybody learns of a paper by its code.
type PaperCheck struct {
	State      service.PaperStanding `json:"state" doc:"valid, expired, cancelled, replaced or unknown."`
	Number     string                `json:"number,omitempty"`
	Kind       paper.Kind            `json:"kind,omitempty"`
	Name       *Name                 `json:"name,omitempty"`
	Initials   []string              `json:"initials,omitempty"`
	ExitDate   string                `json:"exit_date,omitempty"`
	ReturnDate string                `json:"return_date,omitempty"`
	ApprovedOn string                `json:"approved_on,omitempty"`
	Sha256     string                `json:"sha256,omitempty"`
	Same       *bool                 `json:"same,omitempty" doc:"Whether the file asked for is the one that was issued."`
}

func paperPath(id, kind string) string { return Prefix + "/visits/" + id + "/papers/" + kind + ".pdf" }

func (a *api) addPapers() {
	add(a, get("papers", "/visits/{id}/papers", "The papers of a visit, or of a draft of one's own"),
		func(ctx context.Context, who caller, in *VisitPath) (*body[Papers], error) {
			ps, err := a.svc.Papers(ctx, who.user, in.ID)
			return answer(papersOf(in.ID, ps), err)
		})
	download := get("paper", "/visits/{id}/papers/{file}", "One paper as PDF")
	download.Responses = map[string]*huma.Response{"200": {
		Description: "The paper. Its ETag is the SHA-256 of the file.",
		Content:     map[string]*huma.MediaType{"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	add(a, download, func(ctx context.Context, who caller, in *struct {
		VisitPath
		File string `path:"file" example:"mission.pdf" doc:"A kind or the code of a numbered paper, or a form, followed by .pdf."`
	}) (*huma.StreamResponse, error) {
		f, err := a.svc.PaperPDF(ctx, who.user, in.ID, strings.TrimSuffix(in.File, ".pdf"))
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) { ServePaper(humagin.Unwrap(ctx).Writer, f) }}, nil
	})
	check := get("checkPaper", "/check/{code}", "Check a paper by its verification code; needs no sign-in")
	check.Security = public
	add(a, check, func(ctx context.Context, _ caller, in *struct {
		Code   string `path:"code" maxLength:"40"`
		Sha256 string `query:"sha256" maxLength:"64" doc:"Hash of a file to hold against the one that was issued."`
	}) (*body[PaperCheck], error) {
		c, err := a.svc.Check(ctx, in.Code, in.Sha256)
		return answer(checkOf(c), err)
	})
}

func papersOf(id string, ps service.Papers) Papers {
	return Papers{
		Numbered: collect(ps.Numbered, func(p service.PaperState) NumberedPaper {
			return NumberedPaper{
				Kind: p.Kind, Name: Name(document.KindName(p.Kind)), Number: paper.Number(p.Kind, p.Year, p.Number), Code: p.Code, State: p.State,
				ValidUntil: p.ReturnDate, ApprovedAt: p.ApprovedAt, Sha256: p.Sha256, Path: paperPath(id, p.Code),
			}
		}),
		Forms: collect(ps.Forms, func(f document.Form) PaperForm {
			name, _ := f.Name()
			return PaperForm{Kind: f, Name: Name(name), Path: paperPath(id, string(f))}
		}),
	}
}

func checkOf(c service.Check) PaperCheck {
	out := PaperCheck{
		State: c.State, Number: c.Number, Kind: c.Kind, Initials: c.Initials, ExitDate: c.ExitDate, ReturnDate: c.ReturnDate,
		ApprovedOn: c.ApprovedOn, Sha256: c.Sha256, Same: c.Same,
	}
	if c.Kind != "" {
		name := Name(document.KindName(c.Kind))
		out.Name = &name
	}
	return out
}

// ServePaper sends a paper as a file to be kept.
func ServePaper(w http.ResponseWriter, f service.PaperFile) {
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Length", strconv.Itoa(len(f.Content)))
	h.Set("ETag", `"`+f.Sha256+`"`)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(f.Content) // a reader who hangs up is nobody's error
}
