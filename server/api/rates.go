package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/service"
)

// Rates are the tables of money in force on a day.
type Rates struct {
	Rates     []money.Rate     `json:"rates" doc:"For one person and day. An empty city is every other city of the country."`
	Exchanges []money.Exchange `json:"exchanges" doc:"What one unit is worth in CNY."`
	Classes   []money.Class    `json:"classes" doc:"The highest class in which a rank may travel; economy where no row says more."`
}

// Imported is how many rows were added.
type Imported struct {
	Rows int `json:"rows"`
}

type tableFilter string

// Schema lists the tables.
func (tableFilter) Schema(huma.Registry) *huma.Schema { return oneOf(money.TableNames) }

func (a *api) addRates() {
	add(a, get("rates", "/rates", "Standards, exchange rates and classes of travel in force on a day"),
		func(ctx context.Context, who caller, in *struct {
			Country string `query:"country" doc:"ISO 3166-1 alpha-2; all when absent."`
			Day     string `query:"day" doc:"YYYY-MM-DD; today when absent."`
		}) (*body[Rates], error) {
			t, err := a.svc.RatesOn(ctx, who.user, in.Country, in.Day)
			return answer(Rates{append([]money.Rate{}, t.Rates...), append([]money.Exchange{}, t.Exchanges...), append([]money.Class{}, t.Classes...)}, err)
		})
	create := post("importRates", "/rates/{table}", "Add rows to a table from CSV (Finance); with one wrong cell nothing is added")
	create.DefaultStatus = http.StatusCreated
	create.MaxBodyBytes = service.MaxTable + 1
	create.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	add(a, create, func(ctx context.Context, who caller, in *struct {
		Table   tableFilter `path:"table"`
		RawBody []byte      `contentType:"text/csv"`
	}) (*body[Imported], error) {
		n, err := a.svc.ImportRates(ctx, who.user, money.Table(in.Table), bytes.NewReader(in.RawBody))
		return answer(Imported{n}, err)
	})
}
