package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/web/view"
)

// showComponents shows everything pages are made of, to whoever works on them.
func (p *Pages) showComponents(c *gin.Context) error {
	v, err := view.NewComponents(p.bare(c, "components.title"))
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, view.ComponentsPage(v))
}
