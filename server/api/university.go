package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/service"
)

// Person is somebody who may be named in a draft.
type Person struct {
	ID     string `json:"id" doc:"Staff or student number."`
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
	Unit   string `json:"unit"`
}

// NewDelegation lets another person sign for the delegator, from day to day.
type NewDelegation struct {
	Delegator  string   `json:"delegator" doc:"Oneself when absent; an assistant names a leader, an administrator anybody."`
	Delegate   string   `json:"delegate"`
	Post       string   `json:"post" doc:"One post; every post of the delegator when absent."`
	From       string   `json:"from" doc:"First day."`
	To         string   `json:"to" doc:"Last day, a year after the first at most."`
	Reason     string   `json:"reason"`
	Categories []string `json:"categories" doc:"Only visits of these categories; all when empty."`
	Units      []string `json:"units" doc:"Only visits of these units; all when empty."`
	SignOffs   []string `json:"sign_offs" doc:"Only these sign-offs; all when empty."`
}

type whose struct {
	Delegator string `query:"delegator" doc:"Oneself when absent; assistants name a leader, administrators anybody, auditors to read."`
}

// Clock is the university's time.
type Clock struct {
	Now time.Time `json:"now"`
}

// Advance is how far to move the clock.
type Advance struct {
	Advance string `json:"advance" example:"P7D" doc:"ISO 8601, for example P7D, P1W or PT36H; at most P366D."`
}

func (a *api) addUniversity() {
	add(a, get("people", "/people", "Find persons by number or name; at most 20"),
		func(ctx context.Context, _ caller, in *struct {
			Q string `query:"q" required:"true" minLength:"1" maxLength:"100"`
		}) (*body[List[Person]], error) {
			people, err := a.svc.Store.FindPeople(ctx, in.Q)
			return answer(list(collect(people, func(p policy.Person) Person {
				return Person{ID: p.ID, NameZH: p.NameZH, NameEN: p.NameEN, Unit: p.Unit}
			}), ""), err)
		})
	add(a, get("units", "/units", "List the units"), func(ctx context.Context, _ caller, _ *struct{}) (*body[List[store.Unit]], error) {
		units, err := a.svc.Store.Units(ctx)
		return answer(list(units, ""), err)
	})
	a.addDelegations()
}

func (a *api) addDelegations() {
	add(a, get("delegations", "/delegations", "Delegations given by or to the caller, newest first"),
		func(ctx context.Context, who caller, in *whose) (*body[List[store.Delegation]], error) {
			ds, err := a.svc.Delegations(ctx, who.user, in.Delegator)
			return answer(list(ds, ""), err)
		})
	create := post("createDelegation", "/delegations", "Let another person sign")
	create.DefaultStatus = http.StatusCreated
	add(a, create, func(ctx context.Context, who caller, in *struct{ Body NewDelegation }) (*body[store.Delegation], error) {
		d := in.Body
		return answer(a.svc.CreateDelegation(ctx, who.user, service.NewDelegation{
			Delegator: d.Delegator, Delegate: d.Delegate, Post: d.Post, From: d.From, To: d.To, Reason: d.Reason,
			Categories: d.Categories, Units: d.Units, SignOffs: d.SignOffs,
		}))
	})
	end := huma.Operation{OperationID: "endDelegation", Method: http.MethodDelete, Path: "/delegations/{id}", Summary: "End a delegation at once"}
	add(a, end, func(ctx context.Context, who caller, in *struct {
		ID        int64  `path:"id"`
		Delegator string `query:"delegator" doc:"Oneself when absent; assistants name a leader, administrators anybody, auditors to read."`
	}) (*struct{}, error) {
		return nil, a.svc.EndDelegation(ctx, who.user, in.Delegator, in.ID)
	})
}

// addDemo adds what only a demonstration has; in production the path does not exist.
func (a *api) addDemo() {
	add(a, post("advanceClock", "/demo/clock", "Move the university's clock (administrators, in a demonstration only)"),
		func(ctx context.Context, who caller, in *struct{ Body Advance }) (*body[Clock], error) {
			by, err := service.ParseDuration(in.Body.Advance)
			if err != nil {
				return nil, err
			}
			now, err := a.svc.AdvanceClock(ctx, who.user, by)
			return answer(Clock{Now: now}, err)
		})
}
