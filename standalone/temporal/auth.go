package temporal

import (
	"crypto/subtle"
	"strings"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
)

// authorizer holds a caller's role against what the call does. The server's own worker goes through the
// internal frontend, which knows it; every other caller needs a token, also from this machine.
var authorizer = authorization.NewDefaultAuthorizer()

// claimMapper gives a role to the holder of a token and none to anyone else.
type claimMapper []tokenRole

type tokenRole struct {
	subject, token string
	role           authorization.Role
}

// tokenRoles lets exeat do everything, and the UI read.
func tokenRoles(exeat, ui string) claimMapper {
	return claimMapper{
		{subject: "exeat", token: exeat, role: authorization.RoleAdmin},
		{subject: "ui", token: ui, role: authorization.RoleReader},
	}
}

const bearer = "Bearer "

// GetClaims implements authorization.ClaimMapper. The word Bearer may be left out,
// so that the token fits into an environment variable without a space in it.
func (m claimMapper) GetClaims(info *authorization.AuthInfo) (*authorization.Claims, error) {
	presented := []byte(strings.TrimPrefix(info.AuthToken, bearer))
	claims := &authorization.Claims{}
	for _, t := range m {
		if subtle.ConstantTimeCompare(presented, []byte(t.token)) == 1 {
			claims.Subject, claims.System = t.subject, t.role
		}
	}
	return claims, nil
}

func (m claimMapper) provide(*config.Config) authorization.ClaimMapper { return m }
