// Package demo is the demonstration university: who is in it (University), how it is put into a database (Install), and the
// visits of its last five months (Seed). Everything in it is invented and the same every time.
package demo

import (
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
)

// since is the first day of every holding, long before any demonstrated visit.
const since = "2015-01-01"

// University gives the units, posts, persons and holdings. A person's id is the user name too. It is the same every time.
func University() store.University {
	u := &university{}
	u.Campuses = []store.Campus{{Code: store.MainCampus, NameZH: "九里校区", NameEN: "Jiuli campus"}, {Code: "xipu", NameZH: "犀浦校区", NameEN: "Xipu campus"}}
	u.leadership()
	for _, o := range offices {
		u.office(o)
	}
	for _, c := range colleges {
		u.college(c)
	}
	for _, leader := range []string{"pres", "psec"} {
		u.Assistants = append(u.Assistants, store.Assistant{Assistant: "puo", Leader: leader, From: since})
	}
	return u.University
}

// Colleges lists the codes of the colleges.
func Colleges() []string {
	codes := make([]string, len(colleges))
	for i, c := range colleges {
		codes[i] = c.code
	}
	return codes
}

type words struct{ zh, en string }

// seat is a person who holds one post of the university.
type seat struct {
	person, post string
	name, title  words
}

type office struct {
	code  string
	name  words
	head  policy.Rank // of the first seat; everybody else is staff
	seats []seat
}

// college lists its people in the order of collegeRoles.
type college struct {
	code, suffix string
	campus       string // the main one when empty
	name         words
	people       [8]words
}

var offices = []office{
	{"PUO", words{"党政办公室", "Party and University Office"}, policy.Division, []seat{
		{"puo", "PUO", words{"顾明远", "Gu Mingyuan"}, words{"党政办公室主任", "Director, Party and University Office"}},
		{"policy.publisher", "POLICY.PUBLISHER", words{"阮书宁", "Ruan Shuning"}, words{"规则发布人", "Policy publisher"}},
	}},
	{"ORG", words{"党委组织部", "Organisation Department"}, policy.Division, []seat{
		{"org", "ORG", words{"乔立诚", "Qiao Licheng"}, words{"组织部部长", "Head, Organisation Department"}},
	}},
	{"DIS", words{"纪委办公室、监察处", "Discipline Inspection and Supervision Office"}, policy.Division, []seat{
		{"dis", "DIS", words{"严守正", "Yan Shouzheng"}, words{"纪委办公室主任", "Head, Discipline Inspection Office"}},
	}},
	{"IO", words{"国际合作与交流处", "International Cooperation and Exchange Office"}, policy.Division, []seat{
		{"io.dir", "IO.DIR", words{"沈知行", "Shen Zhixing"}, words{"国际处处长", "Director, International Office"}},
		{"io.rev", "IO.REV", words{"林晓帆", "Lin Xiaofan"}, words{"国际处出访审核岗", "Outbound reviewer, International Office"}},
		{"passport", "PASSPORT", words{"邵雅琴", "Shao Yaqin"}, words{"因公证照管理岗", "Passport keeper"}},
		{"policy.editor", "POLICY.EDITOR", words{"骆文博", "Luo Wenbo"}, words{"规则编辑人", "Policy editor"}},
	}},
	{"HMT", words{"港澳台事务办公室", "Hong Kong, Macao and Taiwan Affairs Office"}, policy.Division, []seat{
		{"hmt.dir", "HMT.DIR", words{"温海澜", "Wen Hailan"}, words{"港澳台办主任", "Director, HK-Macao-Taiwan Office"}},
		{"hmt.rev", "HMT.REV", words{"陶静怡", "Tao Jingyi"}, words{"港澳台办审核岗", "Reviewer, HK-Macao-Taiwan Office"}},
	}},
	{"HR", words{"人事处、人才办", "Human Resources Office, Talent Office"}, policy.Division, []seat{
		{"hr", "HR", words{"贺英才", "He Yingcai"}, words{"人事处处长", "Head, Human Resources Office"}},
	}},
	{"FIN", words{"计划财务处", "Finance Office"}, policy.Division, []seat{
		{"fin", "FIN", words{"钱慎之", "Qian Shenzhi"}, words{"计划财务处处长", "Head, Finance Office"}},
	}},
	{"RES", words{"科学技术发展研究院、文科建设处", "Research Offices"}, policy.Division, []seat{
		{"res", "RES", words{"柯一鸣", "Ke Yiming"}, words{"科研院院长", "Head, Research Offices"}},
	}},
	{"SEC", words{"保密办公室", "Confidentiality Office"}, policy.Division, []seat{
		{"sec", "SEC", words{"闵思危", "Min Siwei"}, words{"保密办公室主任", "Head, Confidentiality Office"}},
	}},
	{"AAO", words{"教务处", "Academic Affairs Office"}, policy.Division, []seat{
		{"aao", "AAO", words{"孔令学", "Kong Lingxue"}, words{"教务处处长", "Head, Academic Affairs Office"}},
	}},
	{"GS", words{"研究生院", "Graduate School"}, policy.Division, []seat{
		{"gs", "GS", words{"薛怀瑾", "Xue Huaijin"}, words{"研究生院院长", "Head, Graduate School"}},
	}},
	{"SAO", words{"学生工作处、研工部", "Student Affairs Offices"}, policy.Division, []seat{
		{"sao", "SAO", words{"方朝晖", "Fang Zhaohui"}, words{"学生工作处处长", "Head, Student Affairs Offices"}},
	}},
	{"PSD", words{"保卫处", "Security Office"}, policy.Division, []seat{
		{"psd", "PSD", words{"武承安", "Wu Cheng'an"}, words{"保卫处处长", "Head, Security Office"}},
	}},
	{"AUD", words{"审计处", "Internal Audit Office"}, policy.Staff, []seat{
		{"auditor", "AUDITOR", words{"单明镜", "Shan Mingjing"}, words{"审计员", "Auditor"}},
	}},
	{"ARC", words{"档案馆", "University Archives"}, policy.Staff, []seat{
		{"archive", "ARCHIVE", words{"史存真", "Shi Cunzhen"}, words{"档案员", "Archivist"}},
	}},
	{"ITC", words{"信息化与网络管理处", "Information Technology Office"}, policy.Staff, []seat{
		{"admin", "ADMIN", words{"纪连线", "Ji Lianxian"}, words{"系统管理员", "System administrator"}},
	}},
	{"LEG", words{"法律事务室", "Legal Office"}, policy.Staff, nil},
}

var leaders = []struct {
	seat
	rank policy.Rank
}{
	{seat{"psec", "PSEC", words{"高屹", "Gao Yi"}, words{"党委书记", "Party Secretary"}}, policy.Head},
	{seat{"pres", "PRES", words{"陆延川", "Lu Yanchuan"}, words{"校长", "President"}}, policy.Head},
	{seat{"vp.int", "VP.INT", words{"苏映雪", "Su Yingxue"}, words{"分管外事副校长", "Vice-president for international affairs"}}, policy.ViceHead},
	{seat{"vp.hr", "VP.HR", words{"江若谷", "Jiang Ruogu"}, words{"分管人事副校长", "Vice-president for personnel"}}, policy.ViceHead},
	{seat{"vp.line", "VP.LINE", words{"裴致远", "Pei Zhiyuan"}, words{"联系学院副校长", "Vice-president in charge of the unit"}}, policy.ViceHead},
	{seat{"vp.sec", "VP.SEC", words{"龚守一", "Gong Shouyi"}, words{"分管保密副书记", "Deputy Secretary for confidentiality"}}, policy.ViceHead},
}

var colleges = []college{
	{"CIV", "civ", "", words{"土木工程学院", "School of Civil Engineering"}, [8]words{
		{"桥远山", "Qiao Yuanshan"}, {"梁正平", "Liang Zhengping"}, {"施雨薇", "Shi Yuwei"}, {"安若琳", "An Ruolin"},
		{"石磊", "Shi Lei"}, {"涂静波", "Tu Jingbo"}, {"陈筑", "Chen Zhu"}, {"夏一桐", "Xia Yitong"},
	}},
	{"MECH", "mech", "", words{"机械工程学院", "School of Mechanical Engineering"}, [8]words{
		{"郭精工", "Guo Jinggong"}, {"冯毅", "Feng Yi"}, {"祝小满", "Zhu Xiaoman"}, {"谭思源", "Tan Siyuan"},
		{"罗启轮", "Luo Qilun"}, {"韦承轴", "Wei Chengzhou"}, {"丁以恒", "Ding Yiheng"}, {"唐可欣", "Tang Kexin"},
	}},
	{"INFO", "info", "", words{"信息科学与技术学院", "School of Information Science and Technology"}, [8]words{
		{"包文渊", "Bao Wenyuan"}, {"季望舒", "Ji Wangshu"}, {"柳青禾", "Liu Qinghe"}, {"许若愚", "Xu Ruoyu"},
		{"算与同", "Suan Yutong"}, {"左思敏", "Zuo Simin"}, {"蓝天一", "Lan Tianyi"}, {"云舒", "Yun Shu"},
	}},
	{"LEEDS", "leeds", "xipu", words{"利兹学院", "SWJTU-Leeds Joint School"}, [8]words{
		{"华西桥", "Hua Xiqiao"}, {"邓怀远", "Deng Huaiyuan"}, {"白雨晴", "Bai Yuqing"}, {"程牧之", "Cheng Muzhi"},
		{"艾琳·霍尔姆", "Erin Holm"}, {"欧阳朔", "Ouyang Shuo"}, {"金望北", "Jin Wangbei"}, {"俞佳宁", "Yu Jianing"},
	}},
}

// collegeRoles are the people that every college has. Deans teach, as they do everywhere; a student's supervisor is the
// first member of faculty.
var collegeRoles = []struct {
	role, post string
	title      words
	person     policy.Person
}{
	{"dean", "COL.DEAN", words{"院长", "Dean"}, policy.Person{Rank: policy.Division, Teaches: true}},
	{"psec", "COL.PSEC", words{"学院党委书记", "Party secretary of the school"}, policy.Person{Rank: policy.Division}},
	{"sec", "COL.SEC", words{"学院外事秘书", "Foreign-affairs secretary of the school"}, policy.Person{Rank: policy.Staff}},
	{"vds", "COL.VDS", words{"学院分管学生工作副书记", "Deputy secretary for students of the school"}, policy.Person{Rank: policy.Division}},
	{"faculty", "", words{}, policy.Person{Rank: policy.Staff, Teaches: true}},
	{"faculty2", "", words{}, policy.Person{Rank: policy.Staff, Teaches: true}},
	{"student", "", words{}, policy.Person{Rank: policy.Student, Student: "graduate"}},
	{"student2", "", words{}, policy.Person{Rank: policy.Student, Student: "undergraduate"}},
}

// classified is a member of faculty on an important classified post.
var classified = policy.Person{
	ID: "faculty3.mech", NameZH: "贾密之", NameEN: "Jia Mizhi", Unit: "MECH", Rank: policy.Staff, Teaches: true, Classified: "important",
}

// university collects what is put into the database.
type university struct{ store.University }

func (u *university) unit(code, kind, campus string, name words) {
	u.Units = append(u.Units, store.Unit{Code: code, Kind: kind, NameZH: name.zh, NameEN: name.en, Campus: campus})
}

// teams are the posts of leading teams (班子), of a college and of the university; true for those of heads.
var teams = map[string]bool{
	"COL.DEAN": true, "COL.PSEC": true, "COL.VDS": false,
	"PRES": true, "PSEC": true, "VP.INT": false, "VP.HR": false, "VP.LINE": false, "VP.SEC": false,
}

func (u *university) hold(person, post, unit string, title words) {
	heads, team := teams[post]
	u.Posts = append(u.Posts, store.Post{Code: post, Unit: unit, NameZH: title.zh, NameEN: title.en, Team: team, Heads: heads})
	u.Holdings = append(u.Holdings, store.Holding{Person: person, Post: post, Unit: unit, From: since})
}

func (u *university) sit(s seat, unit string, rank policy.Rank) {
	u.People = append(u.People, policy.Person{ID: s.person, NameZH: s.name.zh, NameEN: s.name.en, Unit: unit, Rank: rank})
	u.hold(s.person, s.post, "", s.title)
}

func (u *university) leadership() {
	u.unit("PC", "leadership", "", words{"党委、校领导", "Party Committee and University Leaders"})
	for _, l := range leaders {
		u.sit(l.seat, "PC", l.rank)
	}
}

func (u *university) office(o office) {
	u.unit(o.code, "office", "", o.name)
	for i, s := range o.seats {
		rank := policy.Staff
		if i == 0 {
			rank = o.head
		}
		u.sit(s, o.code, rank)
	}
}

func (u *university) college(c college) {
	u.unit(c.code, "college", c.campus, c.name)
	for i, r := range collegeRoles {
		p := r.person
		p.ID, p.Unit, p.NameZH, p.NameEN = r.role+"."+c.suffix, c.code, c.people[i].zh, c.people[i].en
		if p.Student != "" {
			p.Supervisor = "faculty." + c.suffix
		}
		u.People = append(u.People, p)
		if r.post != "" {
			u.hold(p.ID, r.post, c.code, words{r.title.zh, r.title.en})
		}
	}
	if classified.Unit == c.code {
		u.People = append(u.People, classified)
	}
}
