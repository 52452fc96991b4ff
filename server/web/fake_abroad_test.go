package web

import (
	"context"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/visit"
)

func (f *fake) Abroad(_ context.Context, _ service.User, country, what string) (service.AbroadList, error) {
	f.did = append(f.did, "abroad "+what+" "+country)
	at := monday.Add(-time.Hour)
	return service.AbroadList{
		People: []store.AbroadPerson{
			{Visit: "2026-00001", Unit: "CIV", Person: "F1001", State: visit.TripOverdue, Country: "JP", City: "Kyoto", Host: "京都大学", Risk: 3, LeftOn: "2026-11-10", ReturnDate: "2026-11-20", Missed: &at, Recalled: true},
			{Visit: "2026-00002", Unit: "CIV", Person: "F1002", State: visit.TripAbroad, Country: "DE", City: "=HYPERLINK(1)", Risk: 1, LeftOn: "2026-11-20", ReturnDate: "2026-11-30", CheckedIn: &at, CheckInDue: &at, Place: "Hotel", Contact: "+49 1", Mail: "a@b.cn"},
		},
		Countries: []service.CountryCount{{Country: "JP", People: 1, Alarms: 1, Risk: 3}, {Country: "DE", People: 1, Risk: 1}},
	}, nil
}

func (f *fake) ContactAccesses(context.Context, service.User) ([]store.ContactAccess, error) {
	return []store.ContactAccess{{ID: 1, Person: "I1001", At: monday, What: service.AccessExport, People: 2}}, nil
}

func (f *fake) RiskChanges(context.Context, service.User) ([]store.RiskChange, error) {
	return []store.RiskChange{risen}, nil
}

func (f *fake) RiskChange(context.Context, service.User, int64) (service.RiskCase, error) {
	return service.RiskCase{RiskChange: risen, People: []store.RiskPerson{
		{Visit: "2026-00001", Unit: "CIV", Person: "F1001", State: visit.TripAbroad, Outcome: store.RiskDone, CheckedIn: &monday},
		{Visit: "2026-00002", Unit: "CIV", Person: "F1002", State: visit.TripSuspended, Outcome: store.RiskFailed, Fault: "visit_closed"},
	}}, nil
}

var risen = store.RiskChange{ID: 7, Country: "JP", From: 2, To: 4, Reason: "MFA notice", SetBy: "I1001", SetAt: monday, Visits: 3, Pending: 1, Failed: 1, Suspended: 1, Asked: 1}
