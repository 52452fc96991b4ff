package view

import (
	"strings"

	"github.com/exeat/exeat/money"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

// CostRow is a line of what was spent, as it was typed; On is the day of payment.
type CostRow struct {
	BudgetRow
	On string
}

// CostRows shows costs as rows of a form.
func CostRows(costs []visit.Cost) []CostRow {
	rows := make([]CostRow, len(costs))
	for i, c := range costs {
		l := c.Line()
		l.Amount = c.Amount
		rows[i] = CostRow{budgetRow(l), c.On}
	}
	return rows
}

// BudgetedRows are rows for what was budgeted, without amounts.
func BudgetedRows(lines []visit.BudgetLine) []CostRow {
	rows := make([]CostRow, len(lines))
	for i, l := range lines {
		rows[i] = CostRow{BudgetRow: budgetRow(l)}
		rows[i].Amount = ""
	}
	return rows
}

// line is the i-th row with its price; the reports that were filed come before it.
func (v WriteReport) line(i int) money.CostLine {
	return v.Spent.Lines[len(v.Spent.Lines)-len(v.Costs)+i]
}

// others tells that other reports of the visit say what was spent.
func (v WriteReport) others() bool { return len(v.Spent.Lines) > len(v.Costs) }

// budgeted says what was budgeted for the kind and place of a row; "" in a visit without a budget.
func (v WriteReport) budgeted(i int) string {
	k := v.Spent.Of(v.line(i))
	switch {
	case !v.Budgeted || k == nil:
		return ""
	case k.Budget == 0:
		return v.T("costs.not_budgeted")
	default:
		return v.T("costs.budgeted") + v.T("common.colon") + yuan(k.Budget)
	}
}

// yuan shows an amount in CNY.
func yuan(m visit.Money) string { return "CNY " + grouped(m.String()) }

// priceOf says what a cost is in CNY, and by which rate of which day; "" for one in CNY, without an amount or without a rate.
func (p Page) priceOf(l money.CostLine) string {
	if l.CNY == nil || l.Exchange == nil || l.Amount == 0 {
		return ""
	}
	return p.T("costs.rate", "cny", yuan(*l.CNY), "rate", l.Exchange.CNY.String(), "from", l.Exchange.From)
}

// standardOf says the standard of a cost; "" where there is none.
func (p Page) standardOf(l money.CostLine) string {
	switch {
	case l.Rate != nil:
		said := p.T("budget.standard") + p.T("common.colon") + l.Rate.Currency + " " + grouped(l.Standard.String())
		if l.Rate.Sample {
			said += " " + p.T("rates.sample")
		}
		return said
	case l.Allowed != "":
		return p.T("budget.standard") + p.T("common.colon") + p.T("class."+string(l.Allowed))
	default:
		return ""
	}
}

// costPlace names a kind of cost in its place.
func (p Page) costPlace(k money.KindCost) string {
	return strings.TrimSpace(p.T("budget_kind."+string(k.Kind)) + " " + k.City)
}

// saysCosts is what a report says was spent, in one line.
func (v Case) saysCosts(r service.FiledReport) string {
	switch {
	case r.Spent == nil:
		return v.T("costs.not_stated")
	case len(r.Text.Costs) == 0 && r.Text.NoCosts:
		return v.T("field.no_costs")
	default:
		return yuan(r.Spent.CNY)
	}
}
