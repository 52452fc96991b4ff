package demo

import "github.com/exeat/exeat/visit"

// plan names an entry of the annual plan.
const plan = "年度计划 / Annual plan, "

// stories are the twenty visits, oldest first. Titles are in both languages, so that either reader can follow.
func stories() []story {
	return []story{
		{
			applicant: "faculty.civ", ago: 104, lead: 40,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "CIV", Travellers: group("faculty.civ"),
				Title:      "东京桥梁健康监测国际会议 / Conference on bridge health monitoring, Tokyo",
				Purpose:    "宣读大跨桥梁振动监测论文，商谈联合试验。 / To read a paper on the monitoring of long-span bridges and to agree on a joint test.",
				TalentTask: "约见两位桥梁监测方向的青年学者。 / Two meetings with young researchers in bridge monitoring.",
				Invitation: "会议组委会邀请函 / Letter of the organising committee",
				Funding:    yuan("桥梁监测课题 / Bridge monitoring project", visit.Research, 18000),
				Budget:     journey("JPY", 4200, 24000, 10000, 5000, 60000, 5),
			},
			stays: []stay{{"JP", "Tokyo", "Institute of Industrial Science, Tokyo", 5}},
			turns: map[string]turn{"IO.REV": {do: comment, says: "学术交流属实，材料齐全。 / Academic exchange confirmed, papers complete."}},
		},
		{
			applicant: "dean.mech", ago: 98, lead: 75,
			draft: visit.Draft{
				Category: visit.Work, Unit: "MECH", Travellers: group("dean.mech", "faculty2.mech"),
				Title:      "赴德国商签联合培养协议 / Signing a joint programme in Germany",
				Purpose:    "续签轨道车辆方向联合培养协议并考察实验平台。 / To renew the joint programme in rail vehicles and to see the test rigs.",
				PlanItem:   plan + "MECH-03",
				TalentTask: "在合作方实验室作引才宣讲一次。 / One recruitment talk at the partner's laboratory.",
				Invitation: "合作大学校长邀请函 / Letter of the partner's president",
				Funding:    yuan("学院国际合作经费 / School fund for cooperation", visit.UnitFund, 62000),
			},
			stays: []stay{{"DE", "Dresden", "Faculty of Transport and Traffic Sciences, Dresden", 4}},
			turns: map[string]turn{"COL.PSEC": {do: deputise, by: "vds.mech"}, "DIS": {do: comment, says: "未发现影响出访的情况。 / Nothing known that stands against the visit."}},
		},
		{
			applicant: "student.info", ago: 92, lead: 30,
			draft: visit.Draft{
				Category: visit.StudentConference, Unit: "INFO", Travellers: group("student.info"),
				Title:      "新加坡计算机视觉会议 / Computer vision conference, Singapore",
				Purpose:    "宣读录用论文。 / To present an accepted paper.",
				Invitation: "会议注册确认 / Confirmation of the conference",
				Funding:    yuan("导师课题 / Supervisor's project", visit.Research, 12000),
			},
			stays: []stay{{"SG", "Singapore", "Conference office, Singapore", 5}},
		},
		{
			applicant: "student2.leeds", ago: 88, lead: 70,
			draft: visit.Draft{
				Category: visit.StudentExchange, Unit: "LEEDS", Travellers: group("student2.leeds"),
				Title:      "利兹大学一学期交换 / One semester of exchange at Leeds",
				Purpose:    "按联合培养方案修读一学期课程。 / One semester of courses under the joint programme.",
				Invitation: "利兹大学录取函 / Offer of the University of Leeds",
				Funding:    yuan("家庭 / Family", visit.Personal, 45000),
			},
			stays: []stay{{"GB", "Leeds", "University of Leeds", 130}},
			turns: map[string]turn{"AAO": {do: question, says: "学分转换表中两门课程未填写，请补充。 / Two courses are missing from the credit plan, please add them.",
				reply: "已补充，两门课程各3学分。 / Added: both courses give three credits."}},
		},
		{
			applicant: "faculty2.info", ago: 84, lead: 90,
			draft: visit.Draft{
				Category: visit.LongStay, Unit: "INFO", Travellers: group("faculty2.info"),
				Title:      "赴加拿大访问学者一年 / Visiting scholar in Canada, one year",
				Purpose:    "开展列车通信网络安全合作研究。 / Joint research on the security of train networks.",
				TalentTask: "提供至少两位海外优秀学者的信息。 / Names of at least two outstanding scholars.",
				Invitation: "合作导师邀请函 / Letter of the host professor",
				Funding:    yuan("国家留学基金 / China Scholarship Council", visit.CSC, 48000),
			},
			stays: []stay{{"CA", "Waterloo", "Department of Electrical and Computer Engineering, Waterloo", 364}},
		},
		{
			applicant: "dean.info", ago: 76, lead: 35,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "INFO", Travellers: group("dean.info"),
				Title:      "香港智能交通论坛 / Forum on intelligent transport, Hong Kong",
				Purpose:    "作特邀报告。 / To give an invited talk.",
				TalentTask: "与两位在港博士后面谈。 / Talks with two postdoctoral researchers in Hong Kong.",
				Invitation: "论坛主席邀请函 / Letter of the chair of the forum",
				Funding:    yuan("智能交通课题 / Intelligent transport project", visit.Research, 6000),
			},
			stays: []stay{{"HK", "Hong Kong", "Forum office, Hong Kong", 2}}, unreported: true,
		},
		{
			applicant: "faculty.mech", ago: 70, lead: 60, end: cancel,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "MECH", Travellers: group("faculty.mech"),
				Title:      "米兰轮轨动力学研讨会 / Workshop on wheel-rail dynamics, Milan",
				Purpose:    "参加研讨会并讨论联合论文。 / To take part and to discuss a joint paper.",
				TalentTask: "联系一位轮轨接触方向的博士。 / One contact with a doctor in wheel-rail contact.",
				Invitation: "研讨会组委会邀请函 / Letter of the workshop",
				Funding:    yuan("轮轨关系课题 / Wheel-rail project", visit.Research, 24000),
			},
			stays: []stay{{"IT", "Milan", "Department of Mechanical Engineering, Milan", 6}},
		},
		{
			applicant: "faculty3.mech", ago: 60, lead: 60,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "MECH", Travellers: group("faculty3.mech"),
				Title:      "首尔材料疲劳会议 / Conference on material fatigue, Seoul",
				Purpose:    "宣读论文并携带试验数据样例。 / To read a paper, with samples of test data.",
				TalentTask: "约见一位疲劳方向的学者。 / One meeting with a scholar in fatigue.",
				Invitation: "会议组委会邀请函 / Letter of the organising committee",
				Funding:    yuan("材料疲劳课题 / Material fatigue project", visit.Research, 15000),
				Flags:      []visit.Flag{visit.TakesGoods},
			},
			stays: []stay{{"KR", "Seoul", "Conference office, Seoul", 4}},
			turns: map[string]turn{"SEC": {do: reject, says: "拟携带的数据属受限范围，不同意出境。 / The data are restricted and may not leave the country."}},
		},
		{
			applicant: "sec.leeds", ago: 50, lead: 70, end: withdraw,
			draft: visit.Draft{
				Category: visit.StudentTour, Unit: "LEEDS", Travellers: group("vds.leeds", "student.leeds", "student2.leeds"),
				Title:      "寒假英国高校游学 / Winter study tour to British universities",
				Purpose:    "两周课程与校园体验。 / Two weeks of courses and campus life.",
				PlanItem:   plan + "LEEDS-07",
				Invitation: "利兹大学邀请函 / Letter of the University of Leeds",
				Funding:    yuan("学院游学经费 / School fund for study tours", visit.UnitFund, 90000),
			},
			stays: []stay{{"GB", "Leeds", "University of Leeds", 10}, {"GB", "York", "University of York", 4}},
			turns: map[string]turn{"IO.DIR": {}},
		},
		{
			applicant: "faculty2.mech", ago: 30, lead: 65,
			draft: visit.Draft{
				Category: visit.Work, Unit: "MECH", Travellers: group("faculty2.mech"),
				Title:      "赴泰国轨道交通展 / Rail fair in Bangkok",
				Purpose:    "展示学院成果并洽谈留学生招生。 / To show the school's work and to recruit students.",
				PlanItem:   plan + "MECH-05",
				TalentTask: "在展会设引才咨询台。 / A recruitment desk at the fair.",
				Invitation: "展会组委会邀请函 / Letter of the fair",
				Funding:    yuan("学院国际合作经费 / School fund for cooperation", visit.UnitFund, 16000),
			},
			stays: []stay{{"TH", "Bangkok", "Office of the rail fair, Bangkok", 4}},
			turns: map[string]turn{"IO.REV": {do: return_, says: "日程未按半天填写，请修改后重新提交。 / The schedule is not by half-days, please mend it and submit again."}},
		},
		{
			applicant: "pres", ago: 24, lead: 70,
			draft: visit.Draft{
				Category: visit.Work, Unit: "PC", Travellers: group("pres"),
				Title:      "出席国际铁路联盟高校大会 / Assembly of railway universities, Paris",
				Purpose:    "代表学校出席大会并签署合作备忘录。 / To represent the university and to sign a memorandum.",
				PlanItem:   plan + "PC-01",
				TalentTask: "会见三位拟聘讲座教授。 / Meetings with three candidates for chairs.",
				Invitation: "国际铁路联盟邀请函 / Letter of the International Union of Railways",
				Funding:    yuan("学校外事经费 / University fund for foreign affairs", visit.School, 48000),
				Flags:      []visit.Flag{visit.Organisation},
			},
			stays: []stay{{"FR", "Paris", "International Union of Railways (UIC)", 4}},
			turns: map[string]turn{"X.MOE": {}},
		},
		{
			applicant: "faculty2.leeds", ago: 18, lead: 80,
			draft: visit.Draft{
				Category: visit.Training, Unit: "LEEDS", Travellers: group("faculty2.leeds", "faculty.leeds"),
				Title:      "英国全英文教学能力培训 / Training in teaching in English, United Kingdom",
				Purpose:    "参加为期三周的教学能力培训。 / Three weeks of training for teachers.",
				PlanItem:   plan + "LEEDS-02",
				TalentTask: "了解两位外籍教师的应聘意向。 / To learn whether two teachers would apply.",
				Invitation: "利兹大学邀请函 / Letter of the University of Leeds",
				Funding:    yuan("学院师资经费 / School fund for teachers", visit.UnitFund, 96000),
			},
			stays: []stay{{"GB", "Leeds", "University of Leeds", 20}},
			turns: map[string]turn{"IO.DIR": {}},
		},
		{
			applicant: "vp.hr", ago: 13, lead: 62,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "PC", Travellers: group("vp.hr"),
				Title:      "斯图加特结构工程年会 / Annual meeting on structural engineering, Stuttgart",
				Purpose:    "作大会报告。 / To give a plenary talk.",
				TalentTask: "会见海外校友中的青年学者。 / To meet young scholars among the alumni.",
				Invitation: "年会主席邀请函 / Letter of the chair of the meeting",
				Funding:    yuan("结构工程课题 / Structural engineering project", visit.Research, 32000),
			},
			stays: []stay{{"DE", "Stuttgart", "Institute for Lightweight Structures, Stuttgart", 5}},
			turns: map[string]turn{"HEAD1": {}},
		},
		{
			applicant: "student.civ", ago: 11, lead: 120,
			draft: visit.Draft{
				Category: visit.StudentCSC, Unit: "CIV", Travellers: group("student.civ"),
				Title:      "国家公派联合培养博士 / CSC joint doctorate, Delft",
				Purpose:    "赴代尔夫特开展一年联合培养。 / One year of joint doctoral training at Delft.",
				Invitation: "外方导师邀请函 / Letter of the host supervisor",
				Funding:    yuan("国家留学基金 / China Scholarship Council", visit.CSC, 120000),
			},
			stays: []stay{{"NL", "Delft", "Faculty of Civil Engineering, Delft", 364}},
			turns: map[string]turn{"GS": {}},
		},
		{
			applicant: "faculty.info", ago: 9, lead: 60,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "INFO", Travellers: group("faculty.info"),
				Title:      "巴塞罗那列车控制学术会议 / Conference on train control, Barcelona",
				Purpose:    "宣读论文两篇。 / To read two papers.",
				TalentTask: "与一位列控方向学者商谈来校讲学。 / To invite a scholar in train control for lectures.",
				Invitation: "会议组委会邀请函 / Letter of the organising committee",
				Funding:    yuan("列控课题 / Train control project", visit.Research, 28000),
			},
			stays: []stay{{"ES", "Barcelona", "Conference office, Barcelona", 5}},
			turns: map[string]turn{
				"FIN":   {do: return_, says: "预算未列会议注册费，请补充。 / The fee of the conference is missing from the budget.", reply: "宣读论文两篇；注册费已列入预算。 / To read two papers; the fee is now in the budget."},
				"ISSUE": {},
			},
		},
		{
			applicant: "faculty2.civ", ago: 5, lead: 60,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "CIV", Travellers: group("faculty2.civ"),
				Title:      "悉尼隧道工程合作研究 / Joint research on tunnelling, Sydney",
				Purpose:    "开展为期三周的合作试验。 / Three weeks of joint tests.",
				TalentTask: "约见一位隧道方向的博士后。 / One meeting with a postdoctoral researcher in tunnelling.",
				Invitation: "合作方教授邀请函 / Letter of the host professor",
				Funding:    yuan("隧道工程课题 / Tunnelling project", visit.Research, 38000),
			},
			stays: []stay{{"AU", "Sydney", "School of Civil Engineering, Sydney", 20}},
			turns: map[string]turn{"FIN": {do: question, says: "住宿标准超出所在城市限额吗？请说明。 / Is the hotel above the rate of the city? Please explain."}},
		},
		{
			applicant: "faculty.leeds", ago: 3, lead: 60,
			draft: visit.Draft{
				Category: visit.Academic, Unit: "LEEDS", Travellers: group("faculty.leeds"),
				Title:      "利兹大学合作研究 / Joint research at Leeds",
				Purpose:    "整理联合课题的试验结果。 / To write up the results of the joint project.",
				TalentTask: "推荐一位青年学者来校。 / To recommend one young scholar.",
				Invitation: "利兹大学邀请函 / Letter of the University of Leeds",
				Funding:    yuan("联合课题 / Joint project", visit.Research, 22000),
			},
			stays: []stay{{"GB", "Leeds", "University of Leeds", 9}},
		},
		{
			applicant: "sec.civ", ago: 2, lead: 65,
			draft: visit.Draft{
				Category: visit.StudentTour, Unit: "CIV", Travellers: group("vds.civ", "student.civ", "student2.civ"),
				Title:      "寒假新加坡城市更新游学 / Winter study tour on urban renewal, Singapore",
				Purpose:    "一周课程与工地参观。 / A week of courses and site visits.",
				PlanItem:   plan + "CIV-09",
				Invitation: "接待大学邀请函 / Letter of the host university",
				Funding:    yuan("学院游学经费 / School fund for study tours", visit.UnitFund, 45000),
			},
			stays: []stay{{"SG", "Singapore", "Department of Building, Singapore", 7}},
			turns: map[string]turn{"COL.DEAN": {}},
		},
		{
			applicant: "dean.civ", ago: 2, lead: 80, end: keepDraft,
			draft: visit.Draft{
				Category: visit.Work, Unit: "CIV", Travellers: group("dean.civ", "faculty.civ"),
				Title:    "赴肯尼亚援建铁路培训考察 / Railway training in Kenya",
				Purpose:  "商谈铁路人才培训项目。 / To discuss training for railway staff.",
				PlanItem: plan + "CIV-02",
			},
			stays: []stay{{"KE", "Nairobi", "", 5}},
		},
		{
			applicant: "faculty.info", ago: 1, end: keepDraft,
			draft: visit.Draft{Category: visit.Academic, Title: "明年夏天的国际会议 / Conference next summer", Unit: "INFO", Travellers: group("faculty.info")},
		},
	}
}
