package demo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// registers fills the registers as they stood when the first story begins, by the people who keep them.
func (p *player) registers(ctx context.Context, today calendar.Date) error {
	for _, step := range []func(context.Context, calendar.Date) error{p.authority, p.terms, p.risk, p.plans, p.partnerships} {
		if err := step(ctx, today); err != nil {
			return fmt.Errorf("registers: %w", err)
		}
	}
	return nil
}

func (p *player) authority(ctx context.Context, _ calendar.Date) error {
	director, err := p.as(ctx, "io.dir")
	if err != nil {
		return err
	}
	return director.AddAuthority(ctx, client.Authority{
		Power: "ISSUE", NameZH: "因公临时出国（境）审批权", NameEN: "Power to approve official visits", GrantedBy: "教育部 / Ministry of Education",
		Document: "教外授权〔2019〕示例号 / sample number", From: "2020-01-01",
		Exceptions: "党委书记、校长的出访；学生赴台；敏感议题和组织；超过30天的赴港澳。 / Visits of the Party Secretary and the President; students to Taiwan; sensitive subjects and organisations; Hong Kong and Macao for more than 30 days.",
	})
}

func (p *player) terms(ctx context.Context, today calendar.Date) error {
	office, err := p.as(ctx, "aao")
	if err != nil {
		return err
	}
	for year := today.Year(); year <= today.Year()+1; year++ {
		for _, t := range []client.Term{
			{NameZH: fmt.Sprintf("%d年春季学期", year), NameEN: fmt.Sprintf("Spring term of %d", year), From: fmt.Sprintf("%d-03-01", year), To: fmt.Sprintf("%d-07-05", year)},
			{NameZH: fmt.Sprintf("%d年秋季学期", year), NameEN: fmt.Sprintf("Autumn term of %d", year), From: fmt.Sprintf("%d-09-01", year), To: fmt.Sprintf("%d-01-15", year+1)},
		} {
			if err := office.AddTerm(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// risks are examples, not an assessment.
var risks = []struct {
	country string
	levels  []int // the first when the stories begin, each other two months later
}{
	{"AF", []int{4}}, {"SY", []int{4}}, {"YE", []int{4}}, {"IQ", []int{3, 4}}, {"PK", []int{3}}, {"NG", []int{3}}, {"ET", []int{3, 2}},
	{"IN", []int{2}}, {"KE", []int{2}}, {"TH", []int{2}}, {"TR", []int{2}}, {"ZA", []int{2}},
}

func (p *player) risk(ctx context.Context, today calendar.Date) error {
	reviewer, err := p.as(ctx, "io.rev")
	if err != nil {
		return err
	}
	for _, r := range risks {
		for i, level := range r.levels {
			err := reviewer.SetRisk(ctx, client.Risk{
				Country: r.country, Level: level, From: today.AddDays(60 * i).String(), Source: "外交部领事提醒（示例） / Consular notice (an example)",
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// yearOf is the plan of one unit for one year.
type yearOf struct {
	unit string
	year int
}

// plans lets units propose and the International Office adopt what the stories will name, and a visit more.
func (p *player) plans(ctx context.Context, today calendar.Date) error {
	reviewer, err := p.as(ctx, "io.rev")
	if err != nil {
		return err
	}
	all := map[yearOf]*client.Plan{}
	for _, s := range p.parts {
		addToPlan(all, s.dated(calendar.DateOf(s.at)))
	}
	for _, of := range slices.SortedFunc(maps.Keys(all), func(a, b yearOf) int { return cmp.Or(cmp.Compare(a.unit, b.unit), a.year-b.year) }) {
		plan := *all[of]
		plan.Quota++ // one that is not planned yet
		if of.unit == "MECH" {
			secretary, err := p.as(ctx, "sec.mech")
			if err != nil {
				return err
			}
			if plan.Revision, err = secretary.PutPlan(ctx, of.unit, of.year, plan); err != nil {
				return err
			}
			plan.Reason = "按学院申报审定。 / Adopted as proposed by the school."
		}
		if _, err := reviewer.PutPlan(ctx, of.unit, of.year, plan); err != nil {
			return err
		}
	}
	return nil
}

func addToPlan(all map[yearOf]*client.Plan, d visit.Draft) {
	exit, err := calendar.ParseDate(d.ExitDate)
	if err != nil || d.PlanItem == "" {
		return
	}
	of := yearOf{d.Unit, exit.Year()}
	if all[of] == nil {
		all[of] = &client.Plan{}
	}
	e := client.PlanEntry{Item: d.PlanItem, Category: d.Category, Title: d.Title, People: len(d.Travellers)}
	for _, l := range d.Legs {
		if !slices.Contains(e.Countries, l.Country) {
			e.Countries = append(e.Countries, l.Country)
		}
	}
	back, err := calendar.ParseDate(d.ReturnDate)
	if err != nil {
		return
	}
	e.Days = back.Sub(exit) + 1
	all[of].Entries = append(all[of].Entries, e)
	if d.Category == visit.Work {
		all[of].Quota++
	}
}

// latest is what the offices have noted in the last days: marks, a plan that waits to be adopted, a refusal that the President
// is asked to lift.
func (p *player) latest(ctx context.Context, now time.Time) error {
	today := calendar.DateOf(now)
	for _, m := range []struct {
		by   string
		mark client.Mark
		lift string
	}{
		{"passport", client.Mark{Kind: "overdue_passport", Person: "archive", Since: today.AddDays(-8).String(), Reason: "护照未交回，已催两次。 / The passport is not back after two reminders."}, ""},
		{"passport", client.Mark{Kind: "overdue_passport", Person: "sec.leeds", Since: today.AddDays(-20).String(), Reason: "护照未交回。 / The passport is not back."}, "已交回。 / Handed in."},
		{"sao", client.Mark{Kind: "fees_owed", Person: "student2.info", Since: today.AddDays(-30).String(), Reason: "本学年学费未缴。 / The fees of the year are not paid."}, ""},
		{"sec", client.Mark{Kind: "cooling_off", Person: "faculty3.mech", Since: today.AddDays(-10).String(), Reason: "调离涉密岗位，脱密期一年。 / Left a classified post, one year."}, ""},
	} {
		keeper, err := p.as(ctx, m.by)
		if err != nil {
			return err
		}
		set, err := keeper.SetMark(ctx, m.mark)
		if err == nil && m.lift != "" {
			err = keeper.LiftMark(ctx, set.ID, m.lift)
		}
		if err != nil {
			return fmt.Errorf("mark %s of %s: %w", m.mark.Kind, m.mark.Person, err)
		}
	}
	if err := p.followUps(ctx, today); err != nil {
		return err
	}
	return p.asking(ctx, today)
}

func (p *player) asking(ctx context.Context, today calendar.Date) error {
	secretary, err := p.as(ctx, "sec.leeds")
	if err != nil {
		return err
	}
	if _, err := secretary.PutPlan(ctx, "LEEDS", today.Year()+2, client.Plan{Quota: 2, Entries: []client.PlanEntry{
		{Item: "LEEDS-01", Category: visit.Work, Title: "联合学院理事会 / Board of the joint school", Countries: []string{"GB"}, Days: 5, People: 4},
		{Item: "LEEDS-02", Category: visit.StudentTour, Title: "暑期游学 / Summer study tour", Countries: []string{"GB"}, Days: 14, People: 20},
	}}); err != nil {
		return err
	}
	teacher, err := p.as(ctx, "faculty2.info")
	if err != nil {
		return err
	}
	exit := today.AddDays(70)
	v, err := teacher.CreateVisit(ctx, visit.Draft{
		Category: visit.Academic, Unit: "INFO", Travellers: group("faculty2.info"), ExitDate: exit.String(), ReturnDate: exit.AddDays(5).String(),
		Title:      "巴士拉港铁路信号调试 / Commissioning of railway signals, Basra",
		Purpose:    "合作项目现场调试五天，项目营地有安保。 / Five days of commissioning at the site of the joint project, whose camp is guarded.",
		TalentTask: "约见一位信号方向的工程师。 / One meeting with an engineer in signalling.",
		Legs:       []visit.Leg{{Country: "IQ", City: "Basra", Host: "Railway project, Basra", Arrive: exit.String(), Depart: exit.AddDays(5).String()}},
		Funding:    yuan("信号课题 / Signalling project", visit.Research, 30000),
	})
	if err != nil {
		return err
	}
	return teacher.AskOverride(ctx, v.ID, "O03R", "项目营地在使馆安全名单内，全程有安保。 / The camp is on the embassy's list of safe places, with guards all the time.")
}
