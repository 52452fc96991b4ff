package demo

import (
	"context"
	"fmt"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/client"
)

// partners are examples; the hosts of some stories are among them.
var partners = []struct {
	code string
	client.Partner
}{
	{"JP-IIS", client.Partner{NameZH: "东京工业科学研究所（示例）", NameEN: "Institute of Industrial Science, Tokyo", Country: "JP", Discipline: "土木工程 / Civil engineering", FirstClass: true, Unit: "CIV", Since: "2018-04-01"}},
	{"DE-VERKEHR", client.Partner{NameZH: "德累斯顿交通学院（示例）", NameEN: "Faculty of Transport and Traffic Sciences, Dresden", Country: "DE", Discipline: "交通运输工程 / Transport engineering", FirstClass: true, Unit: "MECH", Since: "2016-09-01"}},
	{"GB-LEEDS", client.Partner{NameZH: "利兹大学", NameEN: "University of Leeds", Country: "GB", Discipline: "工学 / Engineering", Unit: "LEEDS", Since: "2015-06-01"}},
	{"IT-MILANO", client.Partner{NameZH: "米兰机械工程系（示例）", NameEN: "Department of Mechanical Engineering, Milan", Country: "IT", Discipline: "机械工程 / Mechanical engineering", FirstClass: true, Unit: "MECH", Since: "2019-03-01"}},
	{"SG-INFO", client.Partner{NameZH: "新加坡信息学院（示例）", NameEN: "School of Information, Singapore", Country: "SG", Discipline: "计算机科学 / Computer science", Unit: "INFO", Since: "2012-01-01", EndedOn: "2021-12-31"}},
}

// partnerships are registered by the International Office before the first story begins.
func (p *player) partnerships(ctx context.Context, _ calendar.Date) error {
	reviewer, err := p.as(ctx, "io.rev")
	if err != nil {
		return err
	}
	for _, x := range partners {
		if err := reviewer.PutPartner(ctx, x.code, x.Partner); err != nil {
			return fmt.Errorf("partner %s: %w", x.code, err)
		}
	}
	return nil
}

// scholar is whom a story's traveller met.
type scholar struct{ name, field string }

// scholars are met one after the other; the names are made up.
var scholars = []scholar{
	{"S. Mori", "桥梁监测 / Bridge monitoring"}, {"H. Krause", "轨道车辆 / Rail vehicles"}, {"L. Bianchi", "轮轨接触 / Wheel-rail contact"},
	{"J. Park", "结构疲劳 / Structural fatigue"}, {"E. Whitby", "隧道工程 / Tunnelling"}, {"A. Fournier", "铁路标准 / Railway standards"},
}

// contacts are the scholars of whom the report of a story tells.
func (s *part) contacts() []map[string]any {
	who, host := scholars[s.index%len(scholars)], s.stays[0].host
	code := ""
	for _, x := range partners {
		if x.NameEN == host {
			code = x.code
		}
	}
	met := func(name, next string) map[string]any {
		return map[string]any{"name": name, "institution": host, "country": s.stays[0].country, "field": who.field, "follow_up": next, "partner": code}
	}
	all := []map[string]any{met(who.name, "邀请来校访问 / Invited to visit")}
	if s.index%2 == 0 {
		all = append(all, met("M. Example", ""))
	}
	return all
}

// followUps are what the units and the Talent Office did about the persons met, the last ones first.
func (p *player) followUps(ctx context.Context, today calendar.Date) error {
	office, err := p.as(ctx, "hr")
	if err != nil {
		return err
	}
	var met []client.Talent
	for _, year := range []int{today.Year(), today.Year() - 1} {
		lines, err := office.Talents(ctx, year, "")
		if err != nil {
			return err
		}
		met = append(met, lines...)
	}
	steps := []struct{ state, note string }{
		{"contacted", "已发邮件并寄送学校人才政策。 / Wrote a mail with the university's offers."},
		{"visited", "来校作学术报告一场。 / Gave a talk here."},
		{"applied", "已提交应聘材料。 / Sent in an application."},
		{"hired", "签订聘用协议。 / Signed the contract."},
	}
	for i, t := range met {
		for n, step := range steps[:min(len(steps), (len(met)-i)%6)] {
			if err := office.FollowTalent(ctx, t, step.state, today.AddDays(n-4).String(), step.note); err != nil {
				return fmt.Errorf("talent %s: %w", t.Name, err)
			}
		}
	}
	return nil
}
