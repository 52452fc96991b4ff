package web

import (
	"context"
	"fmt"
	"time"

	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func words(zh, en string) document.Words { return document.Words{ZH: zh, EN: en} }

// announced is a notice after the return, with an objection.
var announced = service.PublicNotice{
	Visit: "2026-00009", After: true, Unit: "CIV", Category: visit.Academic, Title: "Bridge monitoring", Purpose: "To read a paper.", Countries: []string{"JP"},
	People:   []service.NoticePerson{{Name: words("王伟", "Wang Wei"), Unit: words("土木学院", "Civil Engineering"), Post: words("教师", "Faculty"), Role: words("领队", "Leader")}},
	Stays:    []service.NoticeStay{{Country: "JP", City: "Kyoto", Host: "Kyoto University", Arrive: "2026-11-10", Depart: "2026-11-13"}},
	ExitDate: "2026-11-10", ReturnDate: "2026-11-13", Days: 4, Invitation: "Letter of 1 October",
	Funding: []service.NoticeFund{{Source: "Bridge project", Kind: visit.Research, Currency: "CNY", Amount: 1200000}},
	Opened:  monday, Closes: monday.AddDate(0, 0, 7), WorkingDays: 5, Disputed: true,
	Trips:   []service.NoticeTrip{{Name: words("王伟", "Wang Wei"), Left: "2026-11-10", Back: "2026-11-14", Late: 1}, {Name: words("李娜", "Li Na")}},
	Reports: []service.NoticeReport{{Summary: "The paper was read.", Results: []visit.Result{{Kind: visit.ResultTalk, Text: "One talk"}}}},
}

func (f *fake) Notices(_ context.Context, q store.NoticeFilter) (store.Page[service.PublicNotice], error) {
	f.did = append(f.did, fmt.Sprintf("notices %s %v", q.Unit, q.After != nil))
	return store.Page[service.PublicNotice]{Items: []service.PublicNotice{announced}, Next: "next"}, nil
}

func (f *fake) NoticeOf(_ context.Context, u service.User, id string) (service.NoticeCase, error) {
	if id != announced.Visit || f.closed {
		return service.NoticeCase{}, visit.Refuse(visit.NotFound, "not_found", "what", "notice", "id", id)
	}
	o := service.NoticeObjection{Objection: visit.Objection{ID: 1, After: true, By: visit.Actor{Person: "F1001"}, At: monday.Add(time.Hour), Reason: "n"}, Text: "It was a holiday."}
	n := service.NoticeCase{PublicNotice: announced, MayObject: true, Staff: true}
	switch u.Person {
	case "F1001":
		n.Mine = []service.NoticeObjection{o}
	case "I1001":
		n.ToResolve, n.MaySee, n.MayExempt = []service.NoticeObjection{o}, true, true
	}
	return n, nil
}

func (f *fake) noticeCommand(id, what string) (visit.Receipt, error) {
	if err := f.take(); err != nil {
		return visit.Receipt{}, err
	}
	f.did = append(f.did, what+" "+id)
	return visit.Receipt{Visit: id}, nil
}

func (f *fake) Object(_ context.Context, _ service.User, id, reason, _ string) (visit.Receipt, error) {
	return f.noticeCommand(id, "object "+reason)
}

func (f *fake) Resolve(_ context.Context, _ service.User, id string, n int, upheld bool, reason, _ string) (visit.Receipt, error) {
	return f.noticeCommand(id, fmt.Sprintf("resolve %d %v %s", n, upheld, reason))
}

func (f *fake) ExemptNotice(_ context.Context, _ service.User, id, reason, _ string) (visit.Receipt, error) {
	return f.noticeCommand(id, "exempt "+reason)
}

func (f *fake) PublishNotice(_ context.Context, _ service.User, id, reason, _ string) (visit.Receipt, error) {
	return f.noticeCommand(id, "publish "+reason)
}
