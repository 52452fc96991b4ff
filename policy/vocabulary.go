package policy

import (
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/exeat/exeat/visit"
)

// fact is one word that a condition may use: `v.` words are of the visit, `t.` words of one traveller.
type fact struct {
	name   string
	words  Words // what it says
	kind   *cel.Type
	values []string // the only values there are, for words that have a closed list
	get    func(*scene) ref.Val
}

// scene is what one evaluation looks at.
type scene struct {
	facts     *Facts
	traveller *Traveller
	rule      string // base rule of the traveller, once it is known
	defined   map[string]defined
}

// vocabulary is the whole language of conditions: a fact that is not here cannot be asked for.
var vocabulary = []fact{
	{"v.category", Words{"类别", "category of the visit"}, cel.StringType, texts(visit.Categories),
		func(s *scene) ref.Val { return types.String(s.facts.Category) }},
	{"v.unit", Words{"申请单位", "code of the unit that applies"}, cel.StringType, nil,
		func(s *scene) ref.Val { return types.String(s.facts.Unit) }},
	{"v.days", Words{"在外天数", "days abroad by Beijing border dates, both days included; 0 while a date is missing"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.Days) }},
	{"v.exit_date", Words{"出境日期", "day of exit, YYYY-MM-DD"}, cel.StringType, nil,
		func(s *scene) ref.Val { return types.String(s.facts.ExitDate) }},
	{"v.return_date", Words{"入境日期", "day of return, YYYY-MM-DD"}, cel.StringType, nil,
		func(s *scene) ref.Val { return types.String(s.facts.ReturnDate) }},
	{"v.destination", Words{"目的地类别", "ABROAD; HKMO for Hong Kong and Macao only; TW if any leg is in Taiwan"}, cel.StringType, texts(Destinations),
		func(s *scene) ref.Val { return types.String(s.facts.Destination) }},
	{"v.countries", Words{"国家和地区", "countries and regions of the legs, ISO 3166-1 alpha-2, each once"}, stringList, nil,
		func(s *scene) ref.Val { return list(s.facts.Countries) }},
	{"v.country_count", Words{"国家数", "how many countries and regions"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(len(s.facts.Countries)) }},
	{"v.distant", Words{"拉美或非洲", "a leg is in Latin America or Africa"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.Distant) }},
	{"v.group_size", Words{"团组人数", "travellers of the group"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.GroupSize) }},
	{"v.students", Words{"学生人数", "travellers who are students"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.students()) }},
	{"v.staff", Words{"教职工人数", "travellers who are not students"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(len(s.facts.Travellers) - s.facts.students()) }},
	{"v.ranks", Words{"团组成员级别", "ranks in the group, each once"}, stringList, texts(Ranks),
		func(s *scene) ref.Val { return list(s.facts.ranks()) }},
	{"v.funding", Words{"经费来源", "kinds of money, each once"}, stringList, texts(visit.FundingKinds),
		func(s *scene) ref.Val { return list(texts(s.facts.Funding)) }},
	{"v.total_cny", Words{"经费总额（元）", "whole yuan of all money in CNY, rounded up"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.TotalCNY) }},
	{"v.per_head_cny", Words{"人均经费（元）", "the same for one traveller, rounded up"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.PerHeadCNY) }},
	{"v.foreign_currency", Words{"含外币", "part of the money is in another currency than CNY"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.ForeignCurrency) }},
	{"v.over_rate", Words{"超标预算项目", "kinds of budget lines above the standard, each once"}, stringList, texts(visit.BudgetKinds),
		func(s *scene) ref.Val { return list(s.facts.OverRate) }},
	{"v.outside_payer", Words{"外单位承担费用", "the flag is set, or a host or an enterprise pays"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.OutsidePayer) }},
	{"v.flags", Words{"特别事项", "flags of the draft"}, stringList, texts(visit.Flags),
		func(s *scene) ref.Val { return list(texts(s.facts.Flags)) }},
	{"v.planned", Words{"列入年度计划", "the draft names an entry of the annual plan: one that is in the unit's plan for the year of exit, if that is on record"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.Planned) }},
	{"v.plan_missing", Words{"所填计划项目不在计划内", "the draft names an entry that the unit's plan does not have"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.PlanMissing) }},
	{"v.has_plan", Words{"单位有年度计划", "the unit's plan for the year of exit is on record"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.HasPlan) }},
	{"v.quota", Words{"年度工作访问限额", "work visits that the unit's plan allows for the year of exit; 0 without a plan"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.Quota) }},
	{"v.quota_used", Words{"已用限额", "other work visits of the unit in the year of exit, submitted and not ended unmade; 0 without a plan"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.QuotaUsed) }},
	{"v.risk", Words{"目的地风险等级", "highest risk level of the countries on the way, transits included, as of the day of the request: 1 (low) to 4 (do not travel)"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.risk()) }},
	{"v.transits", Words{"转机次数", "changes of planes on the way, airside and landside"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.Transits) }},
	{"v.red_eye", Words{"红眼航班离境", "the border is left at 22:00 or later, so that a day counts of which nothing is spent abroad"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.RedEye) }},
	{"v.teaching_days", Words{"占用教学周天数", "days of the visit that lie in teaching weeks"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.TeachingDays) }},
	{"v.unit_passport_days", Words{"本单位证件最长逾期天数", "for how many days the most overdue passport of the unit has been so; 0 if there is none"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.facts.UnitPassportDays) }},
	{"v.talent", Words{"填写引才任务", "the draft has a talent task"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.Talent) }},
	{"v.talent_contact", Words{"引才任务写明联系人", "the talent task names whom to meet"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.facts.TalentContact) }},

	{"t.person", Words{"出访人", "staff or student number"}, cel.StringType, nil,
		func(s *scene) ref.Val { return types.String(s.traveller.Person) }},
	{"t.role", Words{"团组角色", "part in the group"}, cel.StringType, texts([]visit.Role{visit.Leader, visit.Member}),
		func(s *scene) ref.Val { return types.String(s.traveller.Role) }},
	{"t.rank", Words{"级别", "rank of the person"}, cel.StringType, texts(Ranks),
		func(s *scene) ref.Val { return types.String(s.traveller.Rank) }},
	{"t.teaches", Words{"教学科研人员", "is directly in teaching or research, whatever post is held besides"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.Teaches) }},
	{"t.student", Words{"学生层次", "level of a student; empty for others"}, cel.StringType, orNone(studentLevels),
		func(s *scene) ref.Val { return types.String(s.traveller.Student) }},
	{"t.graduate", Words{"研究生", "is a graduate student"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.graduate()) }},
	{"t.classified", Words{"涉密岗位", "degree of a classified post; empty if there is none"}, cel.StringType, orNone(classifiedPosts),
		func(s *scene) ref.Val { return types.String(s.traveller.Classified) }},
	{"t.retired", Words{"已退休", "is retired and not rehired"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.Retired) }},
	{"t.left", Words{"已离校", "will have left the university by the day of exit"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.Left) }},
	{"t.left_post", Words{"已离任", "held posts, and holds none of them any more on the day of exit"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.LeftPost) }},
	{"t.age", Words{"年龄", "age in whole years on the day of exit; 0 if it is not known"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.Age) }},
	{"t.minor", Words{"未成年", "is known to be under 18 on the day of exit"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.Age > 0 && s.traveller.Age < 18) }},
	{"t.visits", Words{"本年其他出访次数", "the person's other visits of the year of exit, submitted and not ended unmade"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.Visits) }},
	{"t.work_visits", Words{"本年其他工作访问次数", "those of them that are work visits"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.WorkVisits) }},
	{"t.days_abroad", Words{"本年其他出访天数", "border days of all of them"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.DaysAbroad) }},
	{"t.overdue_passport", Words{"证件逾期天数", "for how many days the person's passport is overdue; 0 if it is not"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.OverduePassport) }},
	{"t.overdue_report", Words{"总结逾期天数", "for how many days a report of the person is overdue; 0 if none is"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.OverdueReport) }},
	{"t.cooling_off", Words{"在脱密期内", "has left a classified post and may not leave the country yet"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.CoolingOff) }},
	{"t.fees_owed", Words{"欠缴学费", "owes fees"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.FeesOwed) }},
	{"t.discipline", Words{"有违纪处分未了结", "has a discipline case"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.Discipline) }},
	{"t.withdrew", Words{"提名后退出且未解除", "has withdrawn after a nomination, which was not lifted; on a first submission only"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.traveller.Withdrew) }},
	{"t.team_mates", Words{"同班子同团人数", "others of the group who belong to the same leading team"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.teamMates()) }},
	{"t.team_away", Words{"同班子同期在外人数", "others of the person's leading team who are away during the visit, outside this group"}, cel.IntType, nil,
		func(s *scene) ref.Val { return types.Int(s.traveller.TeamAway) }},
	{"t.head_away", Words{"党政正职同期在外", "the person heads a unit, and its other head is away at the same time"}, cel.BoolType, nil,
		func(s *scene) ref.Val { return types.Bool(s.headAway()) }},
	{"t.led_to", Words{"六个月内本单位另一负责人率团前往的国家", "the person heads a unit and leads this group: countries of the visit to which another head of the unit leads a group at most six months before or after"}, stringList, nil,
		func(s *scene) ref.Val { return list(s.traveller.LedTo) }},
	{"t.kin", Words{"亲属所任岗位", "posts that relatives of the person hold, and that may be asked to sign"}, stringList, nil,
		func(s *scene) ref.Val { return list(s.traveller.Kin) }},
}

// ruleFact names the traveller's base rule. Overlays may ask for it; rules may not, since it is what they decide.
var ruleFact = fact{"t.rule", Words{"所适用的基本规则", "the traveller's base rule; not in rules, which decide it"}, cel.StringType, nil, func(s *scene) ref.Val { return types.String(s.rule) }}

var stringList = cel.ListType(cel.StringType)

var factByName = func() map[string]fact {
	m := map[string]fact{ruleFact.name: ruleFact}
	for _, f := range vocabulary {
		m[f.name] = f
	}
	return m
}()

// ResolveName gives the value of a fact, limit or table to CEL.
func (s *scene) ResolveName(name string) (any, bool) {
	if f, ok := factByName[name]; ok {
		return f.get(s), true
	}
	if d, ok := s.defined[name]; ok {
		return d.of(s.facts), true
	}
	return nil, false
}

// Parent is nil: there is nothing behind a scene.
func (s *scene) Parent() cel.Activation { return nil }

func (f *Facts) students() int {
	n := 0
	for _, t := range f.Travellers {
		if t.Rank == Student {
			n++
		}
	}
	return n
}

func (f *Facts) ranks() []string {
	var all []string
	for _, t := range f.Travellers {
		if !slices.Contains(all, string(t.Rank)) {
			all = append(all, string(t.Rank))
		}
	}
	return all
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

func orNone(values []string) []string { return append([]string{""}, values...) }

func list(values []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, values) }

// show writes a value as a person reads it: lists with commas, nothing as a dash.
func show(v any) string {
	switch v := v.(type) {
	case types.String:
		if v == "" {
			return "—"
		}
		return string(v)
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case ref.Val:
		return showList(v)
	default:
		return "—"
	}
}

func showList(v ref.Val) string {
	l, ok := v.(interface {
		Get(ref.Val) ref.Val
		Size() ref.Val
	})
	if !ok {
		return "—"
	}
	n, _ := l.Size().(types.Int)
	items := make([]string, n)
	for i := range items {
		items[i] = show(l.Get(types.Int(i)))
	}
	if len(items) == 0 {
		return "—"
	}
	return strings.Join(items, ", ")
}
