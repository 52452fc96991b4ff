package web

import (
	"context"

	"github.com/exeat/exeat/schema/store"
)

// Partners are suggested as hosts of a leg.
func (f *fake) Partners(context.Context, store.PartnerFilter) ([]store.Partner, error) {
	return []store.Partner{{Code: "JP-KYOTO", NameZH: "京都大学", NameEN: "Kyoto University", Country: "JP", Unit: "CIV", Since: "2020-01-01"}}, nil
}
