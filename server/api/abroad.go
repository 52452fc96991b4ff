package api

import (
	"context"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

func (a *api) addAbroad() {
	add(a, get("abroad", "/abroad", "Who is where now, with contacts, those first about whom there is an alarm; that the caller looked is noted"),
		func(ctx context.Context, who caller, in *struct {
			Country string `query:"country" doc:"ISO 3166-1 alpha-2; all when absent."`
		}) (*body[service.AbroadList], error) {
			return answer(a.svc.Abroad(ctx, who.user, in.Country, service.AccessAPI))
		})
	add(a, get("contactAccesses", "/abroad/accesses", "Who looked at the contacts of people abroad (auditor and discipline inspection)"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.ContactAccess]], error) {
			rows, err := a.svc.ContactAccesses(ctx, who.user)
			return answer(list(rows, ""), err)
		})
	add(a, get("riskChanges", "/abroad/risk", "Changes of risk and what they set off, the newest first"),
		func(ctx context.Context, who caller, _ *struct{}) (*body[List[store.RiskChange]], error) {
			rows, err := a.svc.RiskChanges(ctx, who.user)
			return answer(list(rows, ""), err)
		})
	add(a, get("riskChange", "/abroad/risk/{id}", "A change of risk: how far its visits have been told, everybody who was there and everybody about to leave"),
		func(ctx context.Context, who caller, in *RegisterPath) (*body[service.RiskCase], error) {
			return answer(a.svc.RiskChange(ctx, who.user, in.ID))
		})
}
