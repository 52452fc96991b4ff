package api

import (
	"bytes"
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// Roster is a list of travellers that was read.
type Roster struct {
	Travellers []visit.Traveller `json:"travellers" doc:"In the order of the list."`
}

func (a *api) addRoster() {
	read := post("readRoster", "/rosters", "Read a list of travellers (XLSX or CSV) for a draft; nothing is kept. With one wrong row nothing is given, and every wrong cell is named as rows[i].column, i+1 being the line")
	read.MaxBodyBytes = service.MaxRoster + 1
	table := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	read.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": table}}
	add(a, read, func(ctx context.Context, _ caller, in *struct {
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*body[Roster], error) {
		ts, err := a.svc.Roster(ctx, bytes.NewReader(in.RawBody))
		return answer(Roster{ts}, err)
	})
}
