package document

import (
	"fmt"
	"time"
)

// Sheet is the approval sheet (审批表): every sign-off of all rounds, as the ledger has it.
type Sheet struct {
	Visit Visit   `json:"visit"`
	State Words   `json:"state"`
	Rule  string  `json:"rule"` // base rule and policy of the route
	Round int     `json:"round"`
	Signs []Sign  `json:"signs"`
	Steps []Words `json:"steps"` // what else happened, in order, with its time
	// Head is the hash of the last event of the visit's ledger, Seq its number, At its time.
	Head string    `json:"head"`
	Seq  int       `json:"seq"`
	At   time.Time `json:"at"`
	// Checkpoint is the signed note of the newest checkpoint of the whole ledger; empty while there is none.
	Checkpoint string `json:"checkpoint,omitempty"`
	// Number of the paper that was issued, if one was.
	Number string `json:"number,omitempty"`
}

// Sign is one sign-off that was asked in one round.
type Sign struct {
	Round, Stage int
	Name         Words // of the sign-off
	Verdict      Words
	By           Signer // who decided; zero while nobody has
	Opened       time.Time
	Decided      time.Time // zero while nobody has
	Reason       string
	Question     string
	Answer       string
}

// PDF draws the sheet.
func (f Sheet) PDF() ([]byte, error) {
	name := Words{"因公临时出国（境）审批表", "Approval sheet of an outbound visit"}
	s, err := newSheet(name.both()+" "+f.Visit.ID, "")
	if err != nil {
		return nil, err
	}
	v := f.Visit
	s.title(v.University, name)
	s.pair(Words{"申请号", "Request"}, v.ID, Words{"状态", "State"}, f.State.both())
	if f.Number != "" {
		s.field(Words{"批件编号", "Number of the paper"}, f.Number)
	}
	s.field(Words{"任务", "Mission"}, v.Title)
	s.pair(Words{"申请人", "Applicant"}, v.Applicant.both(), Words{"派出单位", "Unit"}, v.Unit.both())
	s.pair(Words{"类别", "Category"}, v.Category.both(), Words{"适用规则", "Rule"}, f.Rule)
	s.pair(Words{"出入境日期", "Exit – return"}, days(v.ExitDate, v.ReturnDate), Words{"在外停留", "Days abroad"}, fmt.Sprintf("%d 天 days", v.Days))
	s.field(Words{"路线", "Route"}, v.route())
	s.field(Words{"经费", "Money"}, v.money())
	s.gap(6)
	s.people(v.People)
	round := 0
	for _, g := range f.Signs {
		if g.Round != round {
			round = g.Round
			s.section(Words{fmt.Sprintf("第 %d 轮审批意见", round), fmt.Sprintf("Sign-offs of round %d", round)})
		}
		s.sign(g)
	}
	if len(f.Steps) > 0 {
		s.section(Words{"其他经过", "What else happened"})
		for _, w := range f.Steps {
			s.row(wordsBox(1, w))
		}
	}
	s.checkpoint(Words{"打印时账本的检查点", "Checkpoint of the ledger when this was printed"}, f.Checkpoint)
	return s.end(fmt.Sprintf("%s · 台账第 %d 条 ledger event %d, %s · %s", v.ID, f.Seq, f.Seq, instant(f.At), f.Head))
}

// sign draws the box of one sign-off: what was asked, the verdict with its reason, and who gave it and when.
func (s *sheet) sign(g Sign) {
	verdict := g.Verdict.both()
	if g.Reason != "" {
		verdict += "\n" + g.Reason
	}
	if g.Question != "" {
		verdict += "\n问 Q: " + g.Question
	}
	if g.Answer != "" {
		verdict += "\n答 A: " + g.Answer
	}
	who := ""
	if g.By != (Signer{}) {
		who = g.By.text() + "\n" + g.By.Post.both()
	}
	at := "送达 asked " + instant(g.Opened)
	if !g.Decided.IsZero() {
		at += "\n签署 decided " + instant(g.Decided)
	}
	s.rowAtLeast(52,
		label(1.6, Words{g.Name.ZH, fmt.Sprintf("%s · 第 %d 环节 stage %d", g.Name.EN, g.Stage, g.Stage)}),
		value(3.2, verdict),
		box{share: 2.4, lines: func(s *sheet, width float64) []line {
			return append(s.wrap(who, width, plain), s.wrap(at, width, faint)...)
		}})
}
