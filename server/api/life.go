package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Who names travellers; without any, all for whom the caller may speak.
type Who struct {
	Travellers []string `json:"travellers" doc:"Persons; all for whom the caller may speak where absent."`
}

// PreparationProof proves something that is to be done before leaving.
type PreparationProof struct {
	Who
	Preparation string `json:"preparation" example:"INSURANCE"`
	File        string `json:"file" doc:"SHA-256 of an uploaded file, where one is the proof."`
	Date        string `json:"date" doc:"Day on which it took place, where that is the proof."`
	Text        string `json:"text" doc:"A note, where that is the proof."`
}

// Departure records the day of exit.
type Departure struct {
	Who
	On string `json:"on" example:"2026-10-01"`
}

// CheckIn is a sign of life.
type CheckIn struct {
	Who
	Place string `json:"place" doc:"Where the travellers are, in their own words."`
}

// ReturnChange moves the planned return by force majeure.
type ReturnChange struct {
	Who
	Return string `json:"return"`
	Reason string `json:"reason"`
	Proof  string `json:"proof" doc:"SHA-256 of an uploaded file."`
}

// Arrival records the border stamps.
type Arrival struct {
	Who
	Left string `json:"left" doc:"Day of exit; the one recorded at the departure where absent."`
	Back string `json:"back" doc:"Day of entry."`
}

// Ordered is a reason, for some travellers.
type Ordered struct {
	Who
	Reason string `json:"reason"`
}

// PassportIn records that passports are handed in.
type PassportIn struct {
	Who
	On string `json:"on"`
}

// ReportBody is a report for some travellers.
type ReportBody struct {
	Who
	visit.Report
}

// Resolution ends an objection.
type Resolution struct {
	Upheld bool   `json:"upheld"`
	Reason string `json:"reason"`
}

// Trip is one traveller of an approved visit.
type Trip struct {
	visit.Trip
	Lacking []string `json:"lacking" doc:"Preparations that are still to be proved."`
	Payable bool     `json:"payable" doc:"Finance may refund."`
}

// FiledReport is a report with what became of it.
type FiledReport struct {
	visit.Filed
	Text    visit.Report `json:"report"`
	Comment string       `json:"comment,omitempty" doc:"Of who judged it."`
}

// Objection is an objection to a public notice.
type Objection struct {
	ID       int        `json:"id"`
	After    bool       `json:"after" doc:"Against the notice after the return."`
	By       string     `json:"by"`
	At       time.Time  `json:"at"`
	Reason   string     `json:"reason"`
	Upheld   bool       `json:"upheld"`
	Answer   string     `json:"answer,omitempty"`
	Resolver string     `json:"resolver,omitempty"`
	Resolved *time.Time `json:"resolved,omitempty"`
}

// Numbered is a Keyed call about one of several things of a visit.
type Numbered struct {
	Keyed
	N int `path:"n" minimum:"1"`
}

func (a *api) addLife() {
	act(a, "prepare", "prepare", "Prove something that is to be done before leaving", func(in PreparationProof) service.Act {
		return service.Act{Text: in.Text, Files: map[string]string{"file": in.File}, Do: func(text visit.Note) visit.Action {
			return visit.Prepare{Preparation: in.Preparation, Travellers: in.Travellers, Proof: visit.Proof{File: in.File, Date: in.Date, Text: text}}
		}}
	})
	act(a, "depart", "depart", "Record a departure", func(in Departure) service.Act {
		return service.Act{Do: func(visit.Note) visit.Action { return visit.Depart{Travellers: in.Travellers, On: in.On} }}
	})
	act(a, "checkIn", "check-in", "Give a sign of life", func(in CheckIn) service.Act {
		return service.Act{Text: in.Place, Do: func(text visit.Note) visit.Action {
			return visit.CheckIn{Travellers: in.Travellers, Place: text}
		}}
	})
	act(a, "changeReturn", "change-return", "Move the planned return by force majeure", func(in ReturnChange) service.Act {
		return service.Act{Text: in.Reason, Files: map[string]string{"proof": in.Proof}, Do: func(text visit.Note) visit.Action {
			return visit.ChangeReturn{Travellers: in.Travellers, Return: in.Return, Reason: text, Proof: in.Proof}
		}}
	})
	act(a, "arrive", "arrive", "Record that travellers are back", func(in Arrival) service.Act {
		return service.Act{Do: func(visit.Note) visit.Action {
			return visit.Arrive{Travellers: in.Travellers, Left: in.Left, Back: in.Back}
		}}
	})
	ordered(a, "recall", "Order travellers home", func(who []string, text visit.Note) visit.Action {
		return visit.Recall{Travellers: who, Reason: text}
	})
	ordered(a, "suspend", "Keep travellers from leaving", func(who []string, text visit.Note) visit.Action {
		return visit.Suspend{Travellers: who, Reason: text}
	})
	ordered(a, "lift", "End a suspension", func(who []string, text visit.Note) visit.Action {
		return visit.Lift{Travellers: who, Reason: text}
	})
	act(a, "passportIn", "passport-in", "Record that passports or passes are handed in", func(in PassportIn) service.Act {
		return service.Act{Do: func(visit.Note) visit.Action { return visit.PassportIn{Travellers: in.Travellers, On: in.On} }}
	})
	add(a, post("archive", "/visits/{id}/archive", "Build the package of a closed visit and archive it (archives only)"),
		func(ctx context.Context, who caller, in *struct{ Keyed }) (*body[Receipt], error) {
			return received(a.svc.Archive(ctx, who.user, in.ID, in.Key))
		})
	download := get("package", "/visits/{id}/package", "The archived package of a visit: a ZIP file that verifies by itself")
	download.Responses = map[string]*huma.Response{"200": {
		Description: "The package.",
		Content:     map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	add(a, download, func(ctx context.Context, who caller, in *VisitPath) (*huma.StreamResponse, error) {
		content, v, err := a.svc.Package(ctx, who.user, in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			c := humagin.Unwrap(ctx)
			ServePackage(c.Writer, c.Request, content, v)
		}}, nil
	})
	a.addReports()
	a.addObjections()
}

// ServePackage sends an archived package and closes it.
func ServePackage(w http.ResponseWriter, r *http.Request, content io.ReadSeekCloser, v visit.Visit) {
	defer func() { _ = content.Close() }() // was only read
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+v.ID+`.zip"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+v.Package+`"`)
	http.ServeContent(w, r, "", v.Spent.Until, content)
}

// act adds a command with a body of its own.
func act[B any](a *api, id, path, summary string, make func(B) service.Act) {
	add(a, post(id, "/visits/{id}/"+path, summary), func(ctx context.Context, who caller, in *struct {
		Keyed
		Body B
	}) (*body[Receipt], error) {
		return received(a.svc.Act(ctx, who.user, in.ID, make(in.Body), in.Key))
	})
}

func ordered(a *api, id, summary string, do func(who []string, text visit.Note) visit.Action) {
	act(a, id, id, summary, func(in Ordered) service.Act {
		return service.Act{Text: in.Reason, Do: func(text visit.Note) visit.Action { return do(in.Travellers, text) }}
	})
}

func (a *api) addReports() {
	add(a, post("report", "/visits/{id}/reports", "File a report for travellers who are back"), func(ctx context.Context, who caller, in *struct {
		Keyed
		Body ReportBody
	}) (*body[Receipt], error) {
		return received(a.svc.FileReport(ctx, who.user, in.ID, in.Body.Travellers, in.Body.Report, in.Key))
	})
	add(a, get("reports", "/visits/{id}/reports", "The reports of a visit"), func(ctx context.Context, who caller, in *VisitPath) (*body[List[FiledReport]], error) {
		reports, err := a.svc.Reports(ctx, who.user, in.ID)
		return answer(list(collect(reports, func(r service.FiledReport) FiledReport { return FiledReport(r) }), ""), err)
	})
	judge := func(id, path, summary string, do func(n int, text visit.Note) visit.Action) {
		add(a, post(id, "/visits/{id}/reports/{n}/"+path, summary), func(ctx context.Context, who caller, in *struct {
			Numbered
			Body Reason
		}) (*body[Receipt], error) {
			return received(a.svc.Act(ctx, who.user, in.ID, service.Act{Text: in.Body.Reason, Do: func(text visit.Note) visit.Action {
				return do(in.N, text)
			}}, in.Key))
		})
	}
	judge("acceptReport", "accept", "Accept a report", func(n int, text visit.Note) visit.Action { return visit.AcceptReport{Report: n, Reason: text} })
	judge("returnReport", "return", "Give a report back to be mended", func(n int, text visit.Note) visit.Action {
		return visit.ReturnReport{Report: n, Reason: text}
	})
}

func (a *api) addObjections() {
	add(a, post("object", "/visits/{id}/objections", "Object to the public notice that is open"), func(ctx context.Context, who caller, in *reasonInput) (*body[Receipt], error) {
		return received(a.svc.Object(ctx, who.user, in.ID, in.Body.Reason, in.Key))
	})
	add(a, post("resolveObjection", "/visits/{id}/objections/{n}/resolve", "Dismiss or uphold an objection"), func(ctx context.Context, who caller, in *struct {
		Numbered
		Body Resolution
	}) (*body[Receipt], error) {
		return received(a.svc.Act(ctx, who.user, in.ID, service.Act{Text: in.Body.Reason, Do: func(text visit.Note) visit.Action {
			return visit.Resolve{Objection: in.N, Upheld: in.Body.Upheld, Reason: text}
		}}, in.Key))
	})
}

// tripsOf shows the travellers of an approved visit.
func tripsOf(v visit.Visit) []Trip {
	return collect(v.Trips, func(t visit.Trip) Trip {
		return Trip{Trip: t, Payable: t.Payable(), Lacking: collect(v.Lacking(t), func(p visit.Preparation) string { return p.Code })}
	})
}

func objectionsOf(c service.Case) []Objection {
	return collect(c.Visit.Objections, func(o visit.Objection) Objection {
		out := Objection{ID: o.ID, After: o.After, By: o.By.Person, At: o.At, Reason: c.Notes[o.Reason], Upheld: o.Upheld, Answer: c.Notes[o.Answer], Resolver: o.Resolver.Person}
		if !o.Open() {
			out.Resolved = &o.Resolved
		}
		return out
	})
}
