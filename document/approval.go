package document

import (
	"fmt"
	"strings"
	"time"

	"github.com/exeat/exeat/paper"
)

var kindNames = map[paper.Kind]Words{
	paper.Mission:      {"因公临时出国（境）任务批件", "Mission approval"},
	paper.Confirmation: {"因公临时出国（境）任务确认件", "Mission confirmation (cross-unit group)"},
	paper.Taiwan:       {"赴台湾地区任务备案件", "Record of a mission to Taiwan"},
	paper.Outside:      {"因公临时出国（境）校外批准登记件", "Record of an outside approval"},
	paper.Internal:     {"出国（境）校内批件", "Internal approval"},
}

// KindName is the name of a kind of numbered paper.
func KindName(k paper.Kind) Words { return kindNames[k] }

// Approval is a numbered paper as it was issued (domain P-31). It is kept as canonical JSON beside the hash of its PDF, so
// that the same bytes can be made again.
type Approval struct {
	Kind   paper.Kind `json:"kind"`
	Year   int        `json:"year"`
	Number int        `json:"number"`
	Code   string     `json:"code"`
	// Check is the address at which anybody can check the paper.
	Check     string    `json:"check"`
	Visit     Visit     `json:"visit"`
	Authority Authority `json:"authority"`
	// Signed is who signed last: for the university, or for the office that entered the decision from outside.
	Signed     Signer    `json:"signed"`
	ApprovedAt time.Time `json:"approved_at"`
	// Head is the hash of the ledger's event that approved the visit, Version the hash of the content that was approved.
	Head    string `json:"head"`
	Version string `json:"version"`
	// Checkpoint is the signed note of the ledger's newest checkpoint when it was issued; empty on papers that were issued without.
	Checkpoint string `json:"checkpoint,omitempty"`
}

// Authority is the right by which a paper was issued.
type Authority struct {
	Name    Words  `json:"name"`
	Number  string `json:"number"` // of the document that grants it; may be empty
	Article string `json:"article,omitempty"`
	// GrantedBy is who has granted the power, as the register of authorities says.
	GrantedBy string `json:"granted_by,omitempty"`
	// Decision is the number and date of a decision from outside, as it was entered.
	Decision string `json:"decision,omitempty"`
}

func (a Authority) text() string {
	cited := strings.TrimSpace(a.GrantedBy + " " + strings.TrimSpace(a.Number+" "+a.Article))
	text := a.Name.both()
	if cited != "" {
		text += "（" + cited + "）"
	}
	if a.Decision != "" {
		text += "\n" + a.Decision
	}
	return text
}

// Signer is a person who signed, and for what.
type Signer struct {
	Name Words `json:"name"`
	Post Words `json:"post"`
	// For is the holder for whom a delegate signed.
	For Words `json:"for,omitzero"`
}

func (g Signer) text() string {
	text := g.Name.both()
	if g.For != (Words{}) {
		text += "\n代 for " + g.For.both()
	}
	return text
}

// PDF draws the paper.
func (a Approval) PDF() ([]byte, error) {
	number := paper.Number(a.Kind, a.Year, a.Number)
	s, err := newSheet(KindName(a.Kind).both()+" "+number, "")
	if err != nil {
		return nil, err
	}
	v := a.Visit
	s.title(v.University, KindName(a.Kind))
	s.pair(Words{"编号", "Number"}, number, Words{"申请号", "Request"}, v.ID)
	s.field(Words{"审批依据", "Authority"}, a.Authority.text())
	s.field(Words{"团组", "Group"}, v.leader().both()+fmt.Sprintf("（%d 人 / %d in all）", len(v.People), len(v.People)))
	s.field(Words{"任务", "Mission"}, v.Title)
	s.pair(Words{"类别", "Category"}, v.Category.both(), Words{"派出单位", "Unit"}, v.Unit.both())
	s.field(Words{"国家（地区）", "Countries or regions"}, v.countries())
	s.field(Words{"路线", "Route"}, v.route())
	s.pair(Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate), Words{"在外停留", "Days abroad"}, fmt.Sprintf("%d 天 days", v.Days))
	s.field(Words{"经费", "Money"}, v.money())
	s.gap(6)
	s.people(v.People)
	s.gap(6)
	s.stays(v.Stays)
	s.gap(6)
	s.pair(Words{"批准日期", "Approved"}, instant(a.ApprovedAt), Words{"有效期至", "Valid until"}, day(v.ReturnDate))
	s.pair(Words{"签发", "Signed"}, a.Signed.text(), Words{"岗位", "Post"}, a.Signed.Post.both())
	a.verification(s)
	return s.end(number + " · " + v.ID + " · 台账 ledger " + a.Head)
}

const codeSize = 72.0

// verification is the box by which a stranger checks the paper.
func (a Approval) verification(s *sheet) {
	if s.y+codeSize+2*padding+6 > s.bottom() {
		s.page()
	}
	s.gap(6)
	top := s.y
	text := fmt.Sprintf("校验码 Verification code  %s\n%s\n在此网址可查验本件是否有效、是否为原件；涂改、过期或取消的，均视为无效。\n"+
		"This address tells whether the paper is valid and whether the file is the one that was issued. "+
		"An altered, expired or cancelled paper is void.", paper.ShownCode(a.Code), a.Check)
	s.rowAtLeast(codeSize+2*padding, styled(s.full()-codeSize-2*padding, text, plain), value(codeSize+2*padding, ""))
	s.code(a.Check, s.wide-margin-padding-codeSize, top+padding, codeSize)
	s.checkpoint(Words{"签发时账本的检查点", "Checkpoint of the ledger at the time of issue"}, a.Checkpoint)
}

// checkpoint prints a signed note of the ledger; an empty one is none.
func (s *sheet) checkpoint(title Words, note string) {
	if note == "" {
		return
	}
	s.gap(4)
	s.para(title.ZH+"（名称、树叶数、树根、时间、签名） "+title.EN+" (origin, leaves, root, time, signature)", tiny)
	s.para(strings.TrimSpace(strings.ReplaceAll(note, "\n\n", "\n")), tiny)
}
