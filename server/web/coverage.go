package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/exeat/exeat/replay"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/sheet"
	"github.com/exeat/exeat/server/web/view"
)

// showCoverage counts how often each rule held, as a page or as CSV.
func (p *Pages) showCoverage(r request) error {
	if err := days(r, "from", "to"); err != nil {
		return err
	}
	v := view.Coverage{Of: service.CoverageOf{Hash: r.Query("hash"), From: r.Query("from"), To: r.Query("to"), Unit: r.Query("unit"), Rule: r.Query("rule")}}
	var err error
	if v.C, err = p.svc.Coverage(r.ctx(), r.user, v.Of); err != nil {
		return err
	}
	if r.Query("format") == "csv" {
		return sendCoverage(r, v.C)
	}
	query := url.Values{}
	for _, key := range []string{"hash", "from", "to", "unit"} {
		if value := r.Query(key); value != "" {
			query.Set(key, value)
		}
	}
	v.Query = query.Encode()
	if v.Page, err = p.page(r, "policy", "policy.coverage"); err != nil {
		return err
	}
	if v.Codes, err = p.unitCodes(r); err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.CoveragePage(v))
}

func sendCoverage(r request, c replay.Coverage) error {
	rows := [][]string{{"rule", "zh", "en", "fired", "overridden", "last_visit", "gone"}}
	for _, x := range c.Rules {
		rows = append(rows, []string{x.Code, sheet.Cell(x.ZH), sheet.Cell(x.EN), strconv.Itoa(x.Fired), strconv.Itoa(x.Overridden), x.Last, strconv.FormatBool(x.Gone)})
	}
	return sendCSV(r, "coverage.csv", rows)
}
