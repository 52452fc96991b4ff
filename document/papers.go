package document

import (
	"fmt"
	"strings"
	"time"
)

// Request is everything that the generated papers of a visit say (domain P-41): one entry, and no field is typed twice.
type Request struct {
	Visit Visit `json:"visit"`
	// Notice says how the public notice stands.
	Notice Words `json:"notice"`
	// Planned says whether an entry of the annual plan was named.
	Planned bool `json:"planned"`
	// History are the visits of every member in the two years before the exit date, oldest first.
	History []Trip `json:"history"`
	// Budget is empty where no line was entered.
	Budget Budget `json:"budget"`
	// Travellers are the members in the order of Visit.People.
	Travellers []Record `json:"travellers"`
	// NoticeFrom and NoticeTo are the days of the public notice, empty before it was opened.
	NoticeFrom string `json:"notice_from,omitempty"`
	NoticeTo   string `json:"notice_to,omitempty"`
}

// Trip is an earlier visit of one person.
type Trip struct {
	Person    Words   `json:"person"`
	Countries []Words `json:"countries"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	Title     string  `json:"title"`
	Category  Words   `json:"category"`
}

// Record is what the personnel record form says of one member.
type Record struct {
	Number     string   `json:"number"` // staff or student number
	Standing   Words    `json:"standing"`
	Classified Words    `json:"classified"`
	Passports  []string `json:"passports"` // kind, number with its middle hidden, day of expiry
}

// Form is a generated paper, by the code of the document that it is (D2 to D6), or request and sheet.
type Form string

// The generated papers.
const (
	ApplicationForm Form = "D2"
	ScheduleForm    Form = "D3"
	BudgetForm      Form = "D4"
	NoticeForm      Form = "D5"
	PersonnelForm   Form = "D6"
	RequestLetter   Form = "request" // 请示 to the authority
	ApprovalSheet   Form = "sheet"   // 审批表
)

// Forms lists the generated papers, in the order in which a page offers them.
var Forms = []Form{ApplicationForm, ScheduleForm, BudgetForm, NoticeForm, PersonnelForm, RequestLetter, ApprovalSheet}

var formNames = map[Form]Words{
	ApplicationForm: {"因公临时出国（境）申请表", "Application for an outbound visit"},
	ScheduleForm:    {"出访日程安排（按半天）", "Schedule by half-days"},
	BudgetForm:      {"因公临时出国任务和预算审批意见表", "Task-and-budget form"},
	NoticeForm:      {"因公临时出国（境）公示表", "Notice sheet of an outbound visit"},
	PersonnelForm:   {"因公临时出国（境）人员备案表", "Personnel record form"},
	RequestLetter:   {"关于因公临时出国（境）任务的请示", "Request to the authority for approval of a mission"},
	ApprovalSheet:   {"因公临时出国（境）审批表", "Approval sheet"},
}

// Name is the name of a form; ok is false where there is no such form.
func (f Form) Name() (w Words, ok bool) { w, ok = formNames[f]; return w, ok }

// PDF draws one of the forms but the approval sheet, which says what was signed and is drawn from Sheet.
func (r Request) PDF(f Form) ([]byte, error) {
	name := formNames[f]
	s, err := newSheet(name.both()+" "+r.Visit.ID, r.Visit.mark())
	if err != nil {
		return nil, err
	}
	s.title(r.Visit.University, name)
	switch f {
	case ApplicationForm:
		r.application(s)
	case ScheduleForm:
		r.schedule(s)
	case BudgetForm:
		r.budget(s)
	case NoticeForm:
		r.notice(s)
	case PersonnelForm:
		r.personnel(s)
	case RequestLetter:
		r.letter(s)
	default:
		return nil, fmt.Errorf("no form %q", f)
	}
	return s.end(name.both() + " · " + r.Visit.ID)
}

func (r Request) application(s *sheet) {
	v := r.Visit
	s.pair(Words{"申请号", "Request"}, v.ID, Words{"类别", "Category"}, v.Category.both())
	s.pair(Words{"申请人", "Applicant"}, v.Applicant.both(), Words{"派出单位", "Unit"}, v.Unit.both())
	s.field(Words{"任务名称", "Title"}, v.Title)
	s.field(Words{"出访任务", "Purpose"}, v.Purpose)
	s.pair(Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate), Words{"在外停留", "Days abroad"}, fmt.Sprintf("%d 天 days", v.Days))
	s.field(Words{"邀请情况", "Invitation"}, v.Invitation)
	s.field(Words{"年度计划", "Annual plan"}, v.PlanItem)
	s.field(Words{"引才任务", "Talent task"}, v.TalentTask)
	if v.TalentContact != "" {
		s.field(Words{"引才联系人", "Talent contact"}, v.TalentContact)
	}
	s.field(Words{"经费", "Money"}, v.money())
	s.field(Words{"特殊情形", "Special circumstances"}, joined(v.Flags))
	s.field(Words{"材料", "Documents"}, joined(v.Documents))
	s.section(Words{"出访人员", "Travellers"})
	s.people(v.People)
	s.section(Words{"行程", "Journey"})
	s.stays(v.Stays)
	s.gap(6)
	s.rowAtLeast(46, label(1, Words{"申请人签字", "Applicant's signature"}), value(2, ""), label(1, Words{"日期", "Date"}), value(1.4, ""))
}

// halves is up to which length of stay a schedule has two lines for each day; a longer one has one line for each week [S53].
const halves = 30

func (r Request) schedule(s *sheet) {
	v := r.Visit
	s.pair(Words{"申请号", "Request"}, v.ID, Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate))
	s.gap(6)
	s.days(v)
}

// days is the skeleton of the schedule: what the journey already says is filled in, the rest is left to be written.
func (s *sheet) days(v Visit) {
	shares := []float64{1.5, 1.2, 2, 5.3}
	heads := []Words{{"日期", "Date"}, {"时段", "Part"}, {"地点", "Place"}, {"活动与接待单位", "Activity and host"}}
	var rows [][]string
	exit, err := time.Parse(time.DateOnly, v.ExitDate)
	back, err2 := time.Parse(time.DateOnly, v.ReturnDate)
	if err != nil || err2 != nil || back.Before(exit) {
		s.table(shares, heads, [][]string{{"", "", "", ""}})
		return
	}
	step := 1
	if v.Days > halves {
		step = 7
	}
	for d := exit; !d.After(back); d = d.AddDate(0, 0, step) {
		if step == 1 {
			for _, part := range []string{"上午 a.m.", "下午 p.m."} {
				place, what := v.at(d.Format(time.DateOnly), part[:6] == "上午")
				rows = append(rows, []string{d.Format(time.DateOnly), part, place, what})
			}
			continue
		}
		last := d.AddDate(0, 0, step-1)
		if last.After(back) {
			last = back
		}
		place, what := v.at(d.Format(time.DateOnly), false)
		rows = append(rows, []string{d.Format(time.DateOnly) + "\n– " + last.Format(time.DateOnly), "一周 week", place, what})
	}
	s.table(shares, heads, rows)
}

// at says where a half-day is spent, as far as the journey tells.
func (v Visit) at(day string, morning bool) (place, what string) {
	for _, l := range v.Stays {
		if l.Arrive <= day && day <= l.Depart {
			place = l.Country.ZH + " " + l.City
			if l.Arrive < day && day < l.Depart {
				what = l.Host
			}
		}
	}
	switch {
	case day == v.ExitDate && morning:
		what = "离境 exit"
	case day == v.ReturnDate && !morning:
		what = "入境 return"
	}
	return place, what
}

func (r Request) notice(s *sheet) {
	v := r.Visit
	s.pair(Words{"申请号", "Request"}, v.ID, Words{"公示期", "Notice"}, strings.Trim(r.NoticeFrom+" – "+r.NoticeTo, " –"))
	s.field(Words{"团组名称", "Group"}, v.Title)
	s.field(Words{"出访任务", "Mission"}, v.Purpose)
	s.field(Words{"国家（地区）", "Countries or regions"}, v.countries())
	s.field(Words{"路线", "Route"}, v.route())
	s.pair(Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate), Words{"在外停留", "Days abroad"}, fmt.Sprintf("%d 天 days", v.Days))
	s.field(Words{"邀请单位", "Invitation"}, v.Invitation)
	s.field(Words{"经费来源与预算", "Money"}, v.money())
	s.section(Words{"出访人员", "Travellers"})
	s.people(v.People)
	s.section(Words{"日程", "Schedule"})
	s.days(v)
	s.gap(6)
	s.para("对以上内容有异议的，请在公示期内向国际合作与交流处或纪委办公室反映。公示不含证件号码。", plain)
	s.para("Objections may be raised with the International Office or the Discipline Inspection Office while the notice is open. "+
		"The notice holds no passport or identity numbers.", faint)
}

func (r Request) personnel(s *sheet) {
	v := r.Visit
	s.pair(Words{"申请号", "Request"}, v.ID, Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate))
	s.field(Words{"任务", "Mission"}, v.Title)
	s.field(Words{"国家（地区）", "Countries or regions"}, v.countries())
	for i, p := range v.People {
		rec := Record{}
		if i < len(r.Travellers) {
			rec = r.Travellers[i]
		}
		s.section(Words{fmt.Sprintf("人员 %d", i+1), fmt.Sprintf("Person %d", i+1)})
		s.pair(Words{"姓名", "Name"}, p.Name.both(), Words{"编号", "Number"}, rec.Number)
		s.pair(Words{"单位", "Unit"}, p.Unit.both(), Words{"职务", "Post"}, p.Post.both())
		s.pair(Words{"身份", "Standing"}, rec.Standing.both(), Words{"团内职务", "Role"}, p.Role.both())
		s.pair(Words{"涉密岗位", "Classified post"}, rec.Classified.both(), Words{"证件", "Passports"}, strings.Join(rec.Passports, "\n"))
		s.rowAtLeast(44, label(1, Words{"所在单位意见", "Opinion of the unit"}), value(2, ""), label(1, Words{"组织（人事）部门意见", "Opinion of Organisation or HR"}), value(2, ""))
	}
}

// letter is the request to the authority. It says what the rules ask for [S53]: plan, notice, invitation, every member's
// visits of two years, and the schedule.
func (r Request) letter(s *sheet) {
	v := r.Visit
	s.pair(Words{"申请号", "Request"}, v.ID, Words{"派出单位", "Unit"}, v.Unit.both())
	s.gap(6)
	planned := Words{"该团组未列入年度出访计划。", "The group is not in the annual plan."}
	if r.Planned {
		planned = Words{"该团组已列入年度出访计划（" + v.PlanItem + "）。", "The group is in the annual plan (" + v.PlanItem + ")."}
	}
	people := make([]string, len(v.People))
	for i, p := range v.People {
		people[i] = p.Name.ZH
	}
	for _, w := range []Words{
		{fmt.Sprintf("兹因“%s”，拟派%s等 %d 人于%s至%s赴%s，在外停留 %d 天（含离、抵境当日）。", v.Title, strings.Join(people, "、"), len(v.People),
			day(v.ExitDate), day(v.ReturnDate), zh(v.Countries), v.Days),
			fmt.Sprintf("For %q we ask for approval to send %d person(s) to %s from %s to %s, %d days with both border days.", v.Title, len(v.People),
				en(v.Countries), v.ExitDate, v.ReturnDate, v.Days)},
		{"出访任务：" + v.Purpose, ""},
		planned,
		r.Notice,
		{"邀请函由外方接待单位直接发出，未通过中介机构购买。邀请情况：" + v.Invitation,
			"The invitation comes from the host itself and was not bought through an agent."},
		{"经费：" + strings.ReplaceAll(v.money(), "\n", "；"), ""},
		{"妥否，请批示。", "We ask for your decision."},
	} {
		s.para("　　"+w.ZH, style{size: 10.5})
		if w.EN != "" {
			s.para(w.EN, faint)
		}
		s.gap(4)
	}
	s.section(Words{"团组成员", "Members"})
	s.people(v.People)
	s.section(Words{"成员近两年因公出访情况", "Visits of every member in the last two years"})
	s.history(r.History)
	s.section(Words{"日程安排", "Schedule"})
	s.days(v)
}

func zh(ws []Words) string {
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = w.ZH
	}
	return strings.Join(parts, "、")
}

func en(ws []Words) string {
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = w.EN
	}
	return strings.Join(parts, ", ")
}

func (s *sheet) history(trips []Trip) {
	if len(trips) == 0 {
		s.row(value(1, "无 none"))
		return
	}
	rows := make([][]string, len(trips))
	for i, t := range trips {
		rows[i] = []string{t.Person.both(), t.From + " – " + t.To, joined(t.Countries), t.Title + "（" + t.Category.both() + "）"}
	}
	s.table([]float64{1.6, 2.2, 1.8, 4.2}, []Words{{"姓名", "Name"}, {"时间", "When"}, {"国家/地区", "Where"}, {"任务", "Mission"}}, rows)
}
