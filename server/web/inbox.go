package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// inInbox is how many lines a page of the inbox has at most.
const inInbox = 20

// savedViewDesk is what the pages ask of the service for filters that people keep.
type savedViewDesk interface {
	SavedViews(ctx context.Context, u service.User) ([]store.SavedView, error)
	SaveView(ctx context.Context, u service.User, list, name, query string) (store.SavedView, error)
	DeleteView(ctx context.Context, u service.User, list, name string) error
}

// inboxRoutes are the pages of this file.
func (p *Pages) inboxRoutes(r gin.IRouter) {
	r.GET("/inbox", p.signedIn(p.showInbox))
	r.POST("/inbox", p.signedIn(p.keepInbox))
	r.POST("/visits", p.signedIn(p.keepVisits))
}

// showInbox lists what waits: as a page, or the list alone for a script that brings it up to date.
func (p *Pages) showInbox(r request) error { return p.inboxPage(r, nil) }

// inboxPage shows the inbox; refused is why its filters were not kept, nil if nothing was asked.
func (p *Pages) inboxPage(r request, refused error) error {
	page, err := p.page(r, "inbox", "inbox.title")
	if err != nil {
		return err
	}
	v := view.Inbox{Page: page, Filter: inboxFilter(r)}
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
	status, err := p.savedViews(r, &v.Page, &v.Saved, "inbox", "/inbox?", view.InboxQuery(v.Filter), refused)
	if err != nil {
		return err
	}
	return render(r.Context, status, view.InboxPage(v))
}

func inboxFilter(r request) store.InboxFilter {
	return store.InboxFilter{
		Category: visit.Category(r.Query("category")), Unit: r.Query("unit"), SignOff: r.Query("sign_off"), Due: r.Query("due"), Kind: r.Query("kind"),
		Cursor: r.Query("cursor"), Limit: inInbox,
	}
}

// savedViews reads what the user keeps of a list, and gives the status of the page: that of the refusal, if there was one.
func (p *Pages) savedViews(r request, page *view.Page, v *view.SavedViews, list, path string, query url.Values, refused error) (status int, err error) {
	*v = view.SavedViews{Path: path, Query: query.Encode()}
	all, err := p.svc.SavedViews(r.ctx(), r.user)
	for _, x := range all {
		if x.List == list {
			v.List = append(v.List, x)
		}
	}
	if refused == nil {
		return http.StatusOK, err
	}
	v.Typed, page.Problems = text(r.Request.PostForm, "name"), problemsOf(*page, refused)
	return api.Status(api.Refusal(refused)), err
}

func (p *Pages) keepInbox(r request) error {
	return p.keepView(r, "inbox", "/inbox?", view.InboxQuery(inboxFilter(r)), p.inboxPage)
}

func (p *Pages) keepVisits(r request) error {
	return p.keepView(r, "visits", "/visits?all=1&", view.VisitsQuery(visitFilter(r)), p.visitsPage)
}

// keepView keeps the filters of the address under the name that was typed, or gives up those that are kept. again shows the
// page where that is refused.
func (p *Pages) keepView(r request, list, path string, query url.Values, again func(request, error) error) error {
	done, err := "view_saved", r.Request.ParseForm()
	if r.PostForm("do") == "delete" {
		done, err = "view_deleted", p.svc.DeleteView(r.ctx(), r.user, list, r.PostForm("was"))
	} else if err == nil {
		_, err = p.svc.SaveView(r.ctx(), r.user, list, r.PostForm("name"), query.Encode())
	}
	if visit.CodeOf(err) == visit.Invalid {
		return again(r, err)
	}
	if err != nil {
		return err
	}
	query.Set("done", done)
	return redirect(r.Context, path+query.Encode())
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
