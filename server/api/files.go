package api

import (
	"context"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/exeat/exeat/server/service"
)

// File is an uploaded file; a draft names it by File.
type File struct {
	File      string `json:"file" doc:"SHA-256 of the content."`
	Name      string `json:"name"`
	Size      int64  `json:"size"`
	MediaType string `json:"media_type"`
}

type upload struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true" doc:"PDF, PNG, JPEG, WebP, DOCX, XLSX, ODT or plain text, 20 MiB at most."`
	}]
}

func (a *api) addFiles() {
	create := post("upload", "/files", "Upload a document")
	create.DefaultStatus = http.StatusCreated
	add(a, create, func(ctx context.Context, who caller, in *upload) (*body[File], error) {
		sent := in.RawBody.Data().File
		defer func() { _ = sent.Close() }() // was only read
		f, err := a.svc.Upload(ctx, who.user, sent)
		return answer(File{File: f.Hash, Name: sent.Filename, Size: f.Size, MediaType: f.MediaType}, err)
	})
	download := get("download", "/visits/{id}/files/{hash}", "A document of a visit")
	download.Responses = map[string]*huma.Response{"200": {
		Description: "The content of the file.",
		Content:     map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	add(a, download, func(ctx context.Context, who caller, in *struct {
		VisitPath
		Hash string `path:"hash" doc:"SHA-256 of the content."`
	}) (*huma.StreamResponse, error) {
		d, err := a.svc.OpenFile(ctx, who.user, in.ID, in.Hash)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			c := humagin.Unwrap(ctx)
			ServeFile(c.Writer, c.Request, d)
		}}, nil
	})
}

// ServeFile sends a document and closes it. Pictures and PDFs are shown, without any right of this site; everything else is
// saved, since it comes from a user and would run in its name.
func ServeFile(w http.ResponseWriter, r *http.Request, d service.Download) {
	defer func() { _ = d.Content.Close() }() // was only read
	h := w.Header()
	h.Set("Content-Type", d.MediaType)
	h.Set("Content-Disposition", disposition(d))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+d.Hash+`"`)
	http.ServeContent(w, r, "", d.CreatedAt, d.Content)
}

func disposition(d service.Download) string {
	kind := "attachment"
	if d.Shown() {
		kind = "inline"
	}
	if s := mime.FormatMediaType(kind, map[string]string{"filename": d.Name}); d.Name != "" && s != "" {
		return s
	}
	return kind
}
