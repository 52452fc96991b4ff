package web

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// inInbox is how many lines a page of the inbox has at most.
const inInbox = 20

// inboxRoutes are the pages of this file.
func (p *Pages) inboxRoutes(r gin.IRouter) {
	r.GET("/inbox", p.signedIn(p.showInbox))
}

// showInbox lists what waits: as a page, or the list alone for a script that brings it up to date.
func (p *Pages) showInbox(r request) error {
	page, err := p.page(r, "inbox", "inbox.title")
	if err != nil {
		return err
	}
	v := view.Inbox{Page: page, Filter: store.InboxFilter{
		Category: visit.Category(r.Query("category")), Unit: r.Query("unit"), SignOff: r.Query("sign_off"), Due: r.Query("due"), Kind: r.Query("kind"),
		Cursor: r.Query("cursor"), Limit: inInbox,
	}}
	found, err := p.svc.Inbox(r.ctx(), r.user, v.Filter)
	if err != nil {
		return err
	}
	v.Tasks, v.Next = found.Items, nextPage(r, found.Next)
	if err := p.offerFilters(r, &v); err != nil {
		return err
	}
	v.Bulk = slices.ContainsFunc(v.Tasks, func(it store.InboxItem) bool { return it.Bulk && !it.Waiting })
	for _, a := range r.rights.Acting {
		if a.OnBehalfOf != "" && !slices.Contains(v.For, a.OnBehalfOf) {
			v.For = append(v.For, a.OnBehalfOf)
		}
	}
	if err := p.know(r.ctx(), &v.Page, append(taskPeople(v.Tasks), v.For...)...); err != nil {
		return err
	}
	if partial(r.Context) {
		return render(r.Context, http.StatusOK, view.InboxList(v))
	}
	return render(r.Context, http.StatusOK, view.InboxPage(v))
}

// offerFilters finds what can be chosen: all units, and the sign-offs that the user gives by posts of his own or of those for
// whom he signs, besides those of the page.
func (p *Pages) offerFilters(r request, v *view.Inbox) (err error) {
	if v.UnitCodes, err = p.unitCodes(r); err != nil {
		return err
	}
	of := []string{r.user.Person}
	for _, a := range r.rights.Acting {
		of = append(of, a.OnBehalfOf)
	}
	slices.Sort(of)
	for _, person := range slices.DeleteFunc(slices.Compact(of), func(s string) bool { return s == "" }) {
		codes, err := p.svc.SignOffsOf(r.ctx(), r.user, person)
		if err != nil {
			return err
		}
		v.SignOffs = append(v.SignOffs, codes...)
	}
	for _, it := range v.Tasks {
		v.SignOffs = append(v.SignOffs, it.SignOff)
	}
	if v.Filter.SignOff != "" {
		v.SignOffs = append(v.SignOffs, v.Filter.SignOff)
	}
	slices.Sort(v.SignOffs)
	v.SignOffs = slices.Compact(v.SignOffs)
	return nil
}
