package service

import (
	"regexp"
	"strings"
	"time"

	"github.com/exeat/exeat/schema/store"
)

// importSpec says how a table is read: its columns, those that name a thing, and the checks across the cells of a row.
type importSpec struct {
	columns []importColumn
	key     []string
	have    map[string]values // the record, by the key
	check   func(i *importing, line int, was, now values)
}

// importColumn is a column: its name, other heads that it may have, whether its cells must be filled, and how they are read.
type importColumn struct {
	name  string
	heads []string
	must  bool
	read  importReader
}

// importReader gives the value of a cell, or the rule against it with its arguments.
type importReader func(i *importing, cell string) (value string, rule []string)

var codeForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$`)

// The readers of cells.

func aCode(_ *importing, cell string) (string, []string) {
	if !codeForm.MatchString(cell) {
		return "", []string{"import_code"}
	}
	return cell, nil
}

func aName(_ *importing, cell string) (string, []string) {
	if len([]rune(cell)) > 200 {
		return "", []string{"too_long", "max", "200"}
	}
	return cell, nil
}

// oneOfWords reads a word, in either language, as the value that the record has for it.
func oneOfWords(words map[string]string) importReader {
	return func(_ *importing, cell string) (string, []string) {
		value, ok := words[strings.ToLower(cell)]
		if !ok {
			return "", []string{"unknown_value", "value", cell}
		}
		return value, nil
	}
}

// knownCode reads a code that must be in the record; an empty cell is the value that stands for none.
func knownCode(what, rule, none string) importReader {
	return func(i *importing, cell string) (string, []string) {
		if cell == "" {
			return none, nil
		}
		if !i.known[what][cell] {
			return "", []string{rule, "value", cell, "person", cell}
		}
		return cell, nil
	}
}

// anyDay reads a day as spreadsheet programs write it, and gives YYYY-MM-DD.
func anyDay(_ *importing, cell string) (string, []string) {
	if cell == "" {
		return "", nil
	}
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"} {
		if day, err := time.Parse(layout, cell); err == nil {
			return day.Format(time.DateOnly), nil
		}
	}
	return "", []string{"not_a_date", "value", cell}
}

var (
	aYes   = oneOfWords(map[string]string{"": "no", "no": "no", "n": "no", "false": "no", "0": "no", "否": "no", "yes": "yes", "y": "yes", "true": "yes", "1": "yes", "是": "yes"})
	aUnit  = knownCode("unit", "unknown_unit", "")
	person = importColumn{"person", []string{"学号", "工号", "学工号", "学号/工号", "编号", "number", "id"}, true, aCode}
	unit   = importColumn{"unit", []string{"单位", "单位代码", "部门"}, false, aUnit}
	nameZH = importColumn{"name_zh", []string{"中文名", "名称", "姓名"}, true, aName}
	nameEN = importColumn{"name_en", []string{"英文名", "英文名称", "英文姓名", "拼音"}, true, aName}
)

// importSpecs are the tables as offices of a university write them; heads are in lower case.
var importSpecs = map[ImportTable]importSpec{
	"units": {key: []string{"code"}, columns: []importColumn{
		{"code", []string{"代码", "单位代码", "编号"}, true, aCode},
		{"kind", []string{"类型", "类别"}, true, oneOfWords(map[string]string{
			"college": "college", "学院": "college", "office": "office", "部门": "office", "机关": "office", "leadership": "leadership", "校领导": "leadership",
		})},
		nameZH, nameEN, {"campus", []string{"校区"}, false, knownCode("campus", "unknown_value", store.MainCampus)},
	}},
	"posts": {key: []string{"code", "unit"}, columns: []importColumn{
		{"code", []string{"代码", "岗位", "岗位代码"}, true, aCode}, unit, nameZH, nameEN,
		{"team", []string{"班子", "班子成员"}, false, aYes}, {"heads", []string{"主要负责人", "正职"}, false, aYes},
	}},
	"people": {key: []string{"person"}, check: checkPerson, columns: []importColumn{
		person, nameZH, nameEN, {"unit", unit.heads, true, aUnit},
		{"rank", []string{"职级", "级别"}, true, oneOfWords(map[string]string{
			"staff": "STAFF", "教职工": "STAFF", "div": "DIV", "处级": "DIV", "处级干部": "DIV", "vice": "VICE", "副校级": "VICE", "head": "HEAD", "正校级": "HEAD",
			"student": "STUDENT", "学生": "STUDENT",
		})},
		{"teaches", []string{"教学科研", "教学科研人员"}, false, aYes},
		{"student", []string{"学生类别", "培养层次"}, false, oneOfWords(map[string]string{
			"": "", "undergraduate": "undergraduate", "本科生": "undergraduate", "graduate": "graduate", "研究生": "graduate",
		})},
		{"supervisor", []string{"导师", "导师工号"}, false, knownCode("person", "unknown_person", "")},
		{"classified", []string{"涉密", "涉密等级"}, false, oneOfWords(map[string]string{
			"": "", "无": "", "general": "general", "一般": "general", "important": "important", "重要": "important", "core": "core", "核心": "core",
		})},
		{"retired", []string{"退休"}, false, aYes}, {"rehired", []string{"返聘"}, false, aYes},
		{"born", []string{"出生日期"}, false, anyDay}, {"left", []string{"离校日期", "离职日期"}, false, anyDay},
	}},
	"holdings": {key: []string{"person", "post", "unit", "from"}, check: checkHolding, columns: []importColumn{
		{"person", person.heads, true, knownCode("person", "unknown_person", "")},
		{"post", []string{"岗位", "岗位代码"}, true, aCode}, unit,
		{"from", []string{"任职日期", "起"}, true, anyDay}, {"to", []string{"免职日期", "止"}, false, anyDay},
	}},
}

// ImportSample is a table of each kind as it may be sent, with rows of made-up things that fit together.
func ImportSample(table ImportTable) ([][]string, bool) {
	rows, ok := map[ImportTable][][]string{
		"units": {{"PHY", "college", "物理学院", "School of Physics", "main"}},
		"posts": {{"COL.DEAN", "PHY", "院长", "Dean", "yes", "yes"}, {"COL.PSEC", "PHY", "党委书记", "Party secretary", "yes", "yes"}},
		"people": {
			{"20261001", "顾晓宁", "Gu Xiaoning", "PHY", "DIV", "yes", "", "", "", "no", "no", "1976-05-02", ""},
			{"2026310077", "田野", "Tian Ye", "PHY", "STUDENT", "no", "graduate", "20261001", "", "no", "no", "2003-11-20", ""},
		},
		"holdings": {{"20261001", "COL.DEAN", "PHY", "2026-12-01", ""}},
	}[table]
	if !ok {
		return nil, false
	}
	var heads []string
	for _, c := range importSpecs[table].columns {
		heads = append(heads, c.name)
	}
	return append([][]string{heads}, rows...), true
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
