package api

import (
	"context"
	"time"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/auth"
)

// Credentials are what a person signs in with.
type Credentials struct {
	Username string `json:"username" required:"true"`
	Password string `json:"password" required:"true" format:"password"`
}

// Token is a bearer token.
type Token struct {
	Token     string `json:"token" doc:"Send it as Authorization: Bearer …"`
	ExpiresIn int    `json:"expires_in" doc:"Seconds."`
}

// Me is the person who is signed in, and what the posts held today allow.
type Me struct {
	Person   string         `json:"person"`
	Username string         `json:"username"`
	NameZH   string         `json:"name_zh"`
	NameEN   string         `json:"name_en"`
	Unit     string         `json:"unit"`
	Language string         `json:"language"`
	Now      time.Time      `json:"now" doc:"The university's time."`
	Today    string         `json:"today" format:"date" doc:"The university's day."`
	Acting   []store.Acting `json:"acting" doc:"Posts that may be acted for today, in own right or by a delegation."`
	Audit    bool           `json:"audit" doc:"May search all cases and events."`
	Admin    bool           `json:"admin" doc:"May administer the organisation."`
	Office   bool           `json:"office" doc:"Belongs to the International Office."`
	Signs    bool           `json:"signs" doc:"Holds a post that signs."`
}

func (a *api) addSession() {
	login := post("login", "/login", "Sign in and get a bearer token")
	login.Security = public
	add(a, login, func(ctx context.Context, who caller, in *struct{ Body Credentials }) (*body[Token], error) {
		token, err := a.auth.SignInForToken(ctx, in.Body.Username, in.Body.Password, who.address)
		return answer(Token{Token: token, ExpiresIn: int(auth.TokenTime.Seconds())}, err)
	})
	add(a, get("me", "/me", "Who is signed in"), func(ctx context.Context, who caller, _ *struct{}) (*body[Me], error) {
		u := who.user
		r, err := a.svc.Rights(ctx, u)
		return answer(Me{
			Person: u.Person, Username: u.Username, NameZH: u.NameZH, NameEN: u.NameEN, Unit: u.Unit, Language: u.Language,
			Now: u.Now.UTC(), Today: u.Day(), Acting: append([]store.Acting{}, r.Acting...),
			Audit: r.Audit, Admin: r.Admin, Office: r.Office, Signs: r.Signs,
		}, err)
	})
}
