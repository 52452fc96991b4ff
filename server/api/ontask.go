package api

import (
	"context"

	"github.com/exeat/exeat/server/service"
)

// Decline leaves travellers at home.
type Decline struct {
	Task       string   `json:"task" example:"1.2.IO.REV" doc:"The caller's own open task."`
	Travellers []string `json:"travellers" doc:"Ids; at least one traveller remains."`
	Reason     string   `json:"reason"`
}

// AddSigner asks one more person to sign.
type AddSigner struct {
	Task   string `json:"task" example:"1.1.COL.DEAN" doc:"The caller's own open task."`
	Person string `json:"person"`
	Before bool   `json:"before" doc:"Before the caller's own approval; else after its stage."`
	Days   int    `json:"days" minimum:"1" maximum:"10" doc:"Working days to sign."`
	Reason string `json:"reason"`
}

// RemoveSigner takes back a sign-off that was added.
type RemoveSigner struct {
	SignOff string `json:"sign_off" example:"ADD.1"`
	Reason  string `json:"reason"`
}

// Transfer hands a task to somebody else.
type Transfer struct {
	Task   string `json:"task"`
	To     string `json:"to" doc:"Another holder who may sign the task; for one that was added, any person."`
	Reason string `json:"reason"`
}

// Reader is somebody who may see a visit besides.
type Reader struct {
	Task   string `json:"task" doc:"The caller's own open task."`
	Person string `json:"person"`
	Reason string `json:"reason"`
}

func (a *api) addOnTask() {
	type declineInput struct {
		Keyed
		Body Decline
	}
	add(a, post("decline", "/visits/{id}/decline", "Decline some of the travellers; the rest goes on"),
		func(ctx context.Context, who caller, in *declineInput) (*body[Receipt], error) {
			return received(a.svc.DeclineTravellers(ctx, who.user, in.ID, in.Body.Task, in.Body.Travellers, in.Body.Reason, in.Key))
		})
	type addInput struct {
		Keyed
		Body AddSigner
	}
	add(a, post("add_signer", "/visits/{id}/add-signer", "Ask one more person to sign, before or after one's own sign-off"),
		func(ctx context.Context, who caller, in *addInput) (*body[Receipt], error) {
			b := in.Body
			return received(a.svc.AddSignOff(ctx, who.user, in.ID, service.NewSignOff{
				Task: b.Task, Person: b.Person, Before: b.Before, Days: b.Days, Reason: b.Reason,
			}, in.Key))
		})
	type removeInput struct {
		Keyed
		Body RemoveSigner
	}
	add(a, post("remove_signer", "/visits/{id}/remove-signer", "Take back a sign-off that was added and is not given yet"),
		func(ctx context.Context, who caller, in *removeInput) (*body[Receipt], error) {
			return received(a.svc.RemoveSignOff(ctx, who.user, in.ID, in.Body.SignOff, in.Body.Reason, in.Key))
		})
	type transferInput struct {
		Keyed
		Body Transfer
	}
	add(a, post("transfer", "/visits/{id}/transfer", "Hand an open task to another holder"),
		func(ctx context.Context, who caller, in *transferInput) (*body[Receipt], error) {
			return received(a.svc.Transfer(ctx, who.user, in.ID, in.Body.Task, in.Body.To, in.Body.Reason, in.Key))
		})
	type readerInput struct {
		Keyed
		Body Reader
	}
	add(a, post("add_reader", "/visits/{id}/add-reader", "Let one more person see the visit"),
		func(ctx context.Context, who caller, in *readerInput) (*body[Receipt], error) {
			return received(a.svc.AddReader(ctx, who.user, in.ID, in.Body.Task, in.Body.Person, in.Body.Reason, in.Key))
		})
	add(a, post("remove_reader", "/visits/{id}/remove-reader", "Take that back"),
		func(ctx context.Context, who caller, in *readerInput) (*body[Receipt], error) {
			return received(a.svc.RemoveReader(ctx, who.user, in.ID, in.Body.Task, in.Body.Person, in.Body.Reason, in.Key))
		})
}
