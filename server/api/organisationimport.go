package api

import (
	"bytes"
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/server/service"
)

// OrganisationImport is what a table would do to the organisation, or has done.
type OrganisationImport struct {
	Rows    int                    `json:"rows"`
	Same    int                    `json:"same" doc:"Rows that change nothing."`
	Changes []service.ImportChange `json:"changes" doc:"added, changed or ended, in the order of the lines."`
	Ignored []string               `json:"ignored" doc:"Heads of columns that are not read."`
	Digest  string                 `json:"digest" doc:"Of the changes; send it back as apply."`
	Applied bool                   `json:"applied"`
}

type importTable string

// Schema lists the tables.
func (importTable) Schema(huma.Registry) *huma.Schema { return oneOf(service.ImportTables) }

func (a *api) addOrganisationImport() {
	read := post("importOrganisation", "/organisation/imports/{table}", "Say what a table of units, posts, people or holdings (XLSX or CSV) would change, or change it (administrators). With one wrong row nothing is changed, and every wrong cell is named as rows[i].column, i+1 being the line")
	read.MaxBodyBytes = service.MaxImport + 1
	table := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	read.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": table}}
	add(a, read, func(ctx context.Context, who caller, in *struct {
		Table   importTable `path:"table"`
		Apply   string      `query:"apply" doc:"The digest of the changes that were looked at; nothing is changed when absent, and the conflict import_changed comes when they would be others now."`
		RawBody []byte      `contentType:"application/octet-stream"`
	}) (*body[OrganisationImport], error) {
		o, err := a.svc.ImportOrganisation(ctx, who.user, service.ImportTable(in.Table), bytes.NewReader(in.RawBody), in.Apply)
		return answer(OrganisationImport{
			Rows: o.Rows, Same: o.Same, Changes: append([]service.ImportChange{}, o.Changes...), Ignored: append([]string{}, o.Ignored...),
			Digest: o.Digest, Applied: o.Applied,
		}, err)
	})
}
