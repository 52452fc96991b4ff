package document_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/paper"
)

func words(zh, en string) document.Words { return document.Words{ZH: zh, EN: en} }

// sample is a visit of three, with a name that holds rare characters: 𬱟 lies beyond U+FFFF, 𠮷 is not in the font.
func sample() document.Visit {
	return document.Visit{
		ID: "2026-00042", University: words("演示大学", "Demonstration University"),
		Title:    "赴东京参加桥梁健康监测国际会议 / Conference on bridge health monitoring, Tokyo",
		Purpose:  "宣读大跨桥梁振动监测论文，商谈联合试验。 / To read a paper on the monitoring of long-span bridges and to agree on a joint test.",
		Category: words("学术交流", "Academic exchange"), Unit: words("土木工程学院", "School of Civil Engineering"), Applicant: words("石磊", "Shi Lei"),
		People: []document.Person{
			{Name: words("石磊", "Shi Lei"), Unit: words("土木工程学院", "School of Civil Engineering"), Post: words("教师", "Faculty"), Role: words("团长", "Leader")},
			{Name: words("陈𬱟", "Chen Yi"), Unit: words("土木工程学院", "School of Civil Engineering"), Post: words("研究生", "Graduate student"), Role: words("成员", "Member")},
			{Name: words("𠮷田", "Yoshida"), Unit: words("利兹学院", "SWJTU-Leeds Joint School"), Post: words("教师", "Faculty"), Role: words("成员", "Member")},
		},
		Stays: []document.Stay{
			{Country: words("日本", "Japan"), City: "Tokyo", Host: "Institute of Industrial Science, The University of Tokyo", Arrive: "2026-03-01", Depart: "2026-03-05"},
			{Country: words("韩国", "South Korea"), City: "Seoul", Host: "Seoul National University", Arrive: "2026-03-05", Depart: "2026-03-08"},
		},
		ExitDate: "2026-03-01", ReturnDate: "2026-03-08", Days: 8, Countries: []document.Words{words("日本", "Japan"), words("韩国", "South Korea")},
		Funding: []document.Fund{
			{Source: "桥梁监测课题", Kind: words("科研经费", "Research money"), Currency: "CNY", Amount: 4_800_000},
			{Source: "Organising committee", Kind: words("邀请方承担", "Host pays"), Currency: "JPY", Amount: 8_000_050},
		},
		Invitation: "会议组委会 2026 年 1 月 5 日邀请函", PlanItem: "CIV-03", TalentTask: "约见两位青年学者。", TalentContact: "H. Sato, Kyoto University",
		Flags: []document.Words{words("携带资料、样品或设备", "Takes papers, samples or equipment")}, Documents: []document.Words{words("邀请函及译文", "Invitation with translation")},
	}
}

// note is a checkpoint as the sealer signs it.
const note = "exeat.example.edu.cn/ledger\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\ntime 2026-02-03T09:30:00Z\n\n— exeat.example.edu.cn/ledger Az3grlgtzPICa5OS8npVmf1Myq==\n"

func approval() document.Approval {
	return document.Approval{
		Kind: paper.Mission, Year: 2026, Number: 12, Code: "7K4MZQ2XNB", Check: "https://exeat.example.edu.cn/check/7K4MZQ2XNB", Visit: sample(),
		Authority:  document.Authority{Name: words("教育部授权学校审批因公临时出国任务", "Delegation of the Ministry of Education"), Number: "教外厅〔2019〕9号", Article: "Art. 3"},
		Signed:     document.Signer{Name: words("沈知行", "Shen Zhixing"), Post: words("国际处处长", "Director, International Office")},
		ApprovedAt: time.Date(2026, 2, 3, 9, 30, 0, 0, time.UTC), Head: strings.Repeat("ab12", 16), Version: strings.Repeat("cd34", 16),
	}
}

func request() document.Request {
	return document.Request{
		Visit: sample(), Planned: true, Notice: words("公示已满五个工作日，无异议。", "The public notice ran for five working days without objection."),
		NoticeFrom: "2026-01-20", NoticeTo: "2026-01-27",
		History: []document.Trip{{Person: words("石磊", "Shi Lei"), Countries: []document.Words{words("德国", "Germany")}, From: "2025-05-01", To: "2025-05-06", Title: "德累斯顿学术访问", Category: words("学术交流", "Academic exchange")}},
		Budget: document.Budget{TotalCNY: 1_234_500, Open: []string{"KRW"}, Notes: []string{"示例标准 sample rates"}, Lines: []document.BudgetLine{
			{Kind: words("住宿费", "Hotel"), Place: "日本 Tokyo", Currency: "JPY", Amount: 2_100_000, People: 3, Days: 4, Total: 25_200_000, Standard: "JPY 20,000", Over: true},
		}},
		Travellers: []document.Record{{Number: "faculty.civ", Standing: words("教职工", "Staff"), Classified: words("无", "none"), Passports: []string{"因公护照 official E12****89 2029-01-01"}}},
	}
}

func sheet() document.Sheet {
	at := time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC)
	s := document.Sheet{Visit: sample(), State: words("已批准", "Approved"), Rule: "R17 · cn-delegated 2026.1", Round: 2, Head: strings.Repeat("ef56", 16), Seq: 31, At: at, Number: "外任〔2026〕12号", Checkpoint: note}
	verdicts := []document.Words{words("退回", "Returned"), words("同意", "Approved")}
	for round := 1; round <= 2; round++ {
		for i, name := range []document.Words{words("学院院长/部门负责人", "Dean / head of unit"), words("学院党委书记", "Party secretary of the unit"), words("计划财务处", "Finance Office"), words("国际处审核岗", "International Office reviewer")} {
			s.Signs = append(s.Signs, document.Sign{
				Round: round, Stage: 1 + i/3, Name: name, Verdict: verdicts[round-1], Opened: at, Decided: at.Add(26 * time.Hour),
				By:     document.Signer{Name: words("安若琳", "An Ruolin"), Post: words("学院党委书记", "Party secretary of the school"), For: words("梁正平", "Liang Zhengping")},
				Reason: strings.Repeat("材料齐全，学术交流属实，同意。The papers are complete. ", 1+4*round), Question: "48000 元包含哪些费用？", Answer: "机票、住宿与注册费。",
			})
		}
	}
	s.Steps = []document.Words{words("2026-01-20 10:00 提交申请 石磊", "Submitted by Shi Lei")}
	return s
}

// papers draws every paper of the sample.
func papers(t testing.TB) map[string][]byte {
	t.Helper()
	if !document.Available() {
		t.Fatal("built without the font: run `make build`")
	}
	out := map[string][]byte{}
	var err error
	out["mission"], err = approval().PDF()
	require.NoError(t, err)
	for _, f := range document.Forms {
		if f == document.ApprovalSheet {
			out["sheet"], err = sheet().PDF()
		} else {
			out[string(f)], err = request().PDF(f)
		}
		require.NoError(t, err, f)
	}
	return out
}

// read gives the text of a PDF, as a reader who copies it gets it.
func read(t testing.TB, pdf []byte) string {
	t.Helper()
	return string(poppler(t, pdf, "pdftotext", "-raw", "-enc", "UTF-8", "%", "-"))
}

func poppler(t testing.TB, pdf []byte, name string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	require.NoError(t, os.WriteFile(file, pdf, 0o600))
	for i, a := range args {
		if a == "%" {
			args[i] = file
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	require.NoError(t, err, "%s is installed by `scripts/setup poppler`", name)
	return out
}

func sum(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

// flat is a text without spaces and line breaks, which a layout puts anywhere.
func flat(s string) string { return strings.Join(strings.Fields(s), "") }

func TestP31_TheSameRecordGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first, second := papers(t), papers(t)
	for name, pdf := range first {
		require.Equal(t, sum(pdf), sum(second[name]), name)
		if dir := os.Getenv("EXEAT_PAPERS"); dir != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o600))
		}
	}
	other := approval()
	other.Visit.Days++
	pdf, err := other.PDF()
	require.NoError(t, err)
	require.NotEqual(t, sum(first["mission"]), sum(pdf), "another record is another file")
}

// Every paper is read back as a person who copies text from it reads it: Chinese is right, also beyond U+FFFF, and Latin
// words are whole.
func TestP31_TheApprovalSaysWhatTheRulesAskFor(t *testing.T) {
	t.Parallel()
	got := read(t, papers(t)["mission"])
	for _, want := range []string{
		"因公临时出国（境）任务批件", "Mission approval", "外任〔2026〕12号", "教育部授权学校审批因公临时出国任务", "教外厅〔2019〕9号", "石磊 Shi Lei", "陈𬱟 Chen Yi",
		"日本 Japan", "韩国 South Korea", "8 天 days", "2026年3月1日 – 2026年3月8日", "CNY 48,000", "JPY 80,000.5", "有效期至", "沈知行 Shen Zhixing",
		"7K4MZ-Q2XNB", "https://exeat.example.edu.cn/check/7K4MZQ2XNB", "1 / 1", "ab12ab12",
	} {
		require.Contains(t, flat(got), flat(want))
	}
	require.Contains(t, flat(got), "〓田Yoshida")
	require.Contains(t, flat(got), flat("Characters that the font lacks: U+20BB7"))
	require.NotContains(t, got, "Sho\n", "no word is broken")
}

func TestP31_EveryKindHasItsName(t *testing.T) {
	t.Parallel()
	for _, k := range paper.Kinds {
		a := approval()
		a.Kind = k
		pdf, err := a.PDF()
		require.NoError(t, err)
		got := flat(read(t, pdf))
		require.Contains(t, got, flat(document.KindName(k).ZH))
		require.Contains(t, got, flat(document.KindName(k).EN))
		require.Contains(t, got, paper.Number(k, 2026, 12))
	}
}

func TestP12_TheApprovalSheetHoldsEverySignOffOfAllRounds(t *testing.T) {
	t.Parallel()
	got := read(t, papers(t)["sheet"])
	for _, want := range []string{
		"因公临时出国（境）审批表", "第 1 轮审批意见", "第 2 轮审批意见", "安若琳 An Ruolin", "代 for 梁正平 Liang Zhengping", "退回 Returned", "同意 Approved",
		"48000 元包含哪些费用？", "机票、住宿与注册费。", "asked 2026-01-20 10:00 +08:00", "decided 2026-01-21 12:00 +08:00", "1 / 3", "3 / 3", "ef56ef56", "外任〔2026〕12号",
	} {
		require.Contains(t, flat(got), flat(want))
	}
	require.Equal(t, 8, strings.Count(flat(got), flat("Finance Office"))+strings.Count(flat(got), flat("Dean / head of unit"))+
		strings.Count(flat(got), flat("Party secretary of the unit"))+strings.Count(flat(got), flat("International Office reviewer")), "four sign-offs in two rounds")
}

func TestP41_OneEntryGivesEveryPaper(t *testing.T) {
	t.Parallel()
	all := papers(t)
	for form, wants := range map[document.Form][]string{
		document.ApplicationForm: {"申请表", "宣读大跨桥梁振动监测论文", "会议组委会 2026 年 1 月 5 日邀请函", "CIV-03", "约见两位青年学者。", "携带资料、样品或设备", "邀请函及译文"},
		document.ScheduleForm:    {"上午 a.m.", "下午 p.m.", "2026-03-01", "2026-03-08", "离境 exit", "入境 return", "Seoul National University"},
		document.BudgetForm:      {"预算财务审核意见", "住宿费 Hotel", "21,000", "252,000", "JPY 20,000", "超标 over", "12,345", "+ KRW"},
		document.NoticeForm:      {"公示表", "2026-01-20 – 2026-01-27", "公示不含证件号码"},
		document.PersonnelForm:   {"备案表", "E12****89", "faculty.civ", "人员 3 Person 3"},
		document.RequestLetter:   {"的请示", "拟派石磊、陈𬱟、〓田等 3 人", "该团组已列入年度出访计划", "公示已满五个工作日，无异议", "未通过中介机构购买", "德累斯顿学术访问", "2025-05-01 – 2025-05-06", "上午 a.m."},
	} {
		got := flat(read(t, all[string(form)]))
		for _, want := range wants {
			require.Contains(t, got, flat(want), form)
		}
		require.Contains(t, got, "2026-00042", form)
	}
}

func TestP41_ALongStayIsPlannedByWeeksAndAMonthByHalfDays(t *testing.T) {
	t.Parallel()
	lines := func(back string, days int) string {
		r := request()
		r.Visit.ReturnDate, r.Visit.Days = back, days
		pdf, err := r.PDF(document.ScheduleForm)
		require.NoError(t, err)
		return read(t, pdf)
	}
	month := lines("2026-03-30", 30)
	require.Equal(t, 30, strings.Count(month, "上午"))
	require.NotContains(t, month, "week")
	longer := lines("2026-03-31", 31)
	require.NotContains(t, longer, "上午")
	require.Equal(t, 5, strings.Count(longer, "week"))
}

func TestP41_ADraftIsMarked(t *testing.T) {
	t.Parallel()
	r := request()
	r.Visit.Draft = true
	pdf, err := r.PDF(document.ApplicationForm)
	require.NoError(t, err)
	require.Contains(t, flat(read(t, pdf)), "草稿DRAFT")
	require.NotContains(t, flat(read(t, papers(t)["D2"])), "DRAFT")
}

// A text longer than a page goes on, and nothing of it is lost.
func TestP41_ALongTextGoesOnOverPages(t *testing.T) {
	t.Parallel()
	r := request()
	r.Visit.Purpose = ""
	for i := range 400 {
		r.Visit.Purpose += "第" + strings.Repeat("一", i%7+1) + "实验室 laboratory" + strings.Repeat("x", i%5) + "，"
	}
	pdf, err := r.PDF(document.ApplicationForm)
	require.NoError(t, err)
	require.Equal(t, 400, strings.Count(flat(read(t, pdf)), "实验室"))
}

// Drawn to a picture, the page is not empty and its QR code is black on white.
func TestP31_ThePageIsDrawn(t *testing.T) {
	t.Parallel()
	ppm := poppler(t, papers(t)["mission"], "pdftoppm", "-r", "40", "-gray", "%")
	dark := 0
	for _, b := range ppm {
		if b < 100 {
			dark++
		}
	}
	require.Greater(t, dark, 2000)
	require.Less(t, dark, len(ppm)/4)
}

func TestP47_PapersAndSheetsPrintTheCheckpoint(t *testing.T) {
	t.Parallel()
	issued := approval()
	issued.Checkpoint = note
	for _, made := range []func() ([]byte, error){issued.PDF, sheet().PDF} {
		pdf, err := made()
		require.NoError(t, err)
		for _, line := range []string{"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "Az3grlgtzPICa5OS8npVmf1Myq=="} {
			require.Contains(t, read(t, pdf), line)
		}
	}
	s := sheet()
	s.Checkpoint = ""
	plain, err := s.PDF()
	require.NoError(t, err)
	require.NotContains(t, read(t, plain), "Checkpoint")
}
