package document

import "github.com/exeat/exeat/visit"

// Budget is the financial part of the task-and-budget form.
type Budget struct {
	Lines []BudgetLine `json:"lines"`
	// TotalCNY is the sum of what could be converted; Open lists the currencies for which there is no exchange rate.
	TotalCNY visit.Money `json:"total_cny"`
	Open     []string    `json:"open,omitempty"`
	// Notes say which tables the standards come from.
	Notes []string `json:"notes,omitempty"`
}

// BudgetLine is one line of money with the standard beside it.
type BudgetLine struct {
	Kind     Words       `json:"kind"`
	Place    string      `json:"place"`
	Currency string      `json:"currency"`
	Amount   visit.Money `json:"amount"` // for one person and day
	People   int         `json:"people"`
	Days     int         `json:"days"`
	Total    visit.Money `json:"total"`
	Standard string      `json:"standard"`
	Over     bool        `json:"over"`
}

func (r Request) budget(s *sheet) {
	v := r.Visit
	s.pair(Words{"团组名称", "Group"}, v.Title, Words{"申请号", "Request"}, v.ID)
	s.pair(Words{"派出单位", "Unit"}, v.Unit.both(), Words{"团长及人数", "Leader and size"}, v.leader().both()+" · "+count(len(v.People)))
	s.field(Words{"国家（地区）", "Countries or regions"}, v.countries())
	s.pair(Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate), Words{"在外停留", "Days abroad"}, count(v.Days)+" 天 days")
	s.section(Words{"出国任务审核意见（外事部门）", "Foreign-affairs part"})
	s.field(Words{"是否列入计划", "In the annual plan"}, yesNo(r.Planned)+" "+v.PlanItem)
	s.field(Words{"目的与必要性", "Purpose"}, v.Purpose)
	s.field(Words{"时间、国家、路线、人数", "Time, countries, route, size"}, v.route())
	s.rowAtLeast(50, label(1.25, Words{"审核意见", "Opinion"}), value(3, ""), label(0.9, Words{"签章", "Seal"}), value(1.1, ""))
	s.section(Words{"预算财务审核意见（财务部门）", "Financial part"})
	s.field(Words{"经费来源", "Sources of money"}, v.money())
	if len(r.Budget.Lines) > 0 {
		s.budgetTable(r.Budget)
	}
	s.rowAtLeast(50, label(1.25, Words{"审核意见", "Opinion"}), value(3, ""), label(0.9, Words{"签章", "Seal"}), value(1.1, ""))
	for _, n := range r.Budget.Notes {
		s.para(n, faint)
	}
}

func (s *sheet) budgetTable(b Budget) {
	rows := make([][]string, 0, len(b.Lines)+1)
	for _, l := range b.Lines {
		standard := l.Standard
		if l.Over {
			standard += "\n超标 over"
		}
		rows = append(rows, []string{l.Kind.both() + "\n" + l.Place, l.Currency, grouped(l.Amount), count(l.People), count(l.Days), grouped(l.Total), standard})
	}
	total := grouped(b.TotalCNY)
	for _, c := range b.Open {
		total += "\n+ " + c
	}
	rows = append(rows, []string{"合计 Total", "CNY", "", "", "", total, ""})
	s.table([]float64{2.4, 0.9, 1.3, 0.8, 0.8, 1.5, 2.2}, []Words{
		{"项目", "Item"}, {"币种", "Currency"}, {"单价", "Unit"}, {"人数", "People"}, {"天数", "Days"}, {"金额", "Amount"}, {"标准", "Standard"},
	}, rows)
}

func yesNo(b bool) string {
	if b {
		return "是 yes"
	}
	return "否 no"
}
