package web

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// rateDesk is what the pages ask of the service about tables of rates.
type rateDesk interface {
	RatesOn(ctx context.Context, u service.User, country, day string) (money.Tables, error)
	ImportRates(ctx context.Context, u service.User, t money.Table, r io.Reader) (int, error)
}

func (p *Pages) showRates(r request) error {
	return p.ratesPage(r, http.StatusOK, view.Rates{Country: r.Query("country"), Day: r.Query("day")})
}

func (p *Pages) ratesPage(r request, status int, v view.Rates) error {
	problems := v.Problems
	page, err := p.page(r, "rates", "nav.rates")
	if err != nil {
		return err
	}
	v.Page = page
	v.Problems = problems
	if v.Day == "" {
		v.Day = r.user.Day()
	}
	v.Keeps, v.Lands = r.rights.KeepsRates(), countryCodes(v.Lang)
	if v.Tables, err = p.svc.RatesOn(r.ctx(), r.user, v.Country, v.Day); err != nil {
		return err
	}
	return render(r.Context, status, view.RatesPage(v))
}

// importRates takes a file, or text that was pasted.
func (p *Pages) importRates(r request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := view.Rates{Typed: r.PostForm("text"), Table: money.Table(r.Param("table"))}
	content := io.Reader(strings.NewReader(v.Typed))
	if file, _, err := r.Request.FormFile("file"); err == nil {
		defer func() { _ = file.Close() }() // was only read
		content = file
	}
	_, err := p.svc.ImportRates(r.ctx(), r.user, v.Table, content)
	if visit.CodeOf(err) == visit.Invalid {
		page := p.bare(r.Context, "nav.rates")
		for _, q := range api.Refusal(err).Problems {
			v.Problems = append(v.Problems, page.Problem(q))
		}
		return p.ratesPage(r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return redirect(r.Context, "/rates?done=rates_imported")
}

func (p *Pages) sampleRates(r request) error {
	table := money.Table(r.Param("table"))
	if !slices.Contains(money.TableNames, table) {
		return visit.Refuse(visit.NotFound, "not_found", "what", "table", "id", string(table))
	}
	content, err := money.Sample(table)
	if err != nil {
		return err
	}
	attach(r, string(table)+"-sample.csv", "text/csv; charset=utf-8", append([]byte("\ufeff"), content...))
	return nil
}
