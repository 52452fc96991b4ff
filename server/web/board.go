package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// boardDesk is what the pages ask of the service about public notices.
type boardDesk interface {
	Notices(ctx context.Context, f store.NoticeFilter) (store.Page[service.PublicNotice], error)
	NoticeOf(ctx context.Context, u service.User, id string) (service.NoticeCase, error)
	Object(ctx context.Context, u service.User, id, reason, key string) (visit.Receipt, error)
	Resolve(ctx context.Context, u service.User, id string, objection int, upheld bool, reason, key string) (visit.Receipt, error)
	ExemptNotice(ctx context.Context, u service.User, id, reason, key string) (visit.Receipt, error)
	PublishNotice(ctx context.Context, u service.User, id, reason, key string) (visit.Receipt, error)
}

// Commands of the case page about its notice.
const (
	exemptNotice  = "exempt-notice"
	publishNotice = "publish-notice"
)

func (p *Pages) boardRoutes(r gin.IRouter) {
	r.GET("/notices", p.signedIn(p.listNotices))
	r.GET("/notices/print", p.signedIn(p.printNotices))
	r.GET("/notices/:id", p.signedIn(p.showNotice))
	r.POST("/notices/:id/object", p.signedIn(p.object))
	r.POST("/notices/:id/resolve", p.signedIn(p.resolveObjection))
	r.POST("/notices/:id/exempt", p.signedIn(p.exempt))
	r.POST("/visits/:id/"+exemptNotice, p.signedIn(p.act(exemptNotice, "exempted", func(r request, typed view.Typed, key string) (visit.Receipt, error) {
		return p.svc.ExemptNotice(r.ctx(), r.user, r.Param("id"), typed.Text, key)
	})))
	r.POST("/visits/:id/"+publishNotice, p.signedIn(p.act(publishNotice, "published", func(r request, typed view.Typed, key string) (visit.Receipt, error) {
		return p.svc.PublishNotice(r.ctx(), r.user, r.Param("id"), typed.Text, key)
	})))
}

// board reads the notices that the query asks for.
func (p *Pages) board(r request, limit int) (view.Board, error) {
	v := view.Board{Unit: r.Query("unit"), Kind: r.Query("kind")}
	f := store.NoticeFilter{Unit: v.Unit, Cursor: r.Query("cursor"), Limit: limit}
	if v.Kind != "" {
		after := v.Kind == view.NoticeAfter
		f.After = &after
	}
	found, err := p.svc.Notices(r.ctx(), f)
	if err != nil {
		return v, err
	}
	v.Rows, v.Next = found.Items, nextPage(r, found.Next)
	v.Page, err = p.page(r, "notices", "nav.notices")
	if err == nil {
		v.UnitCodes, err = p.unitCodes(r)
	}
	return v, err
}

func (p *Pages) listNotices(r request) error {
	v, err := p.board(r, 0)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.BoardPage(v))
}

// printed is how many notices are printed at once.
const printed = 200

func (p *Pages) printNotices(r request) error {
	v, err := p.board(r, printed)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.BoardPrintPage(v))
}

func (p *Pages) noticePage(r request) (view.Notice, error) {
	n, err := p.svc.NoticeOf(r.ctx(), r.user, r.Param("id"))
	if err != nil {
		return view.Notice{}, err
	}
	v := view.Notice{N: n, Key: rand.Text()}
	if v.Page, err = p.page(r, "notices", "nav.notices"); err != nil {
		return v, err
	}
	v.Title = n.Title
	var ids []string
	for _, o := range n.ToResolve {
		ids = append(ids, o.By.Person)
	}
	return v, p.know(r.ctx(), &v.Page, ids...)
}

func (p *Pages) showNotice(r request) error {
	v, err := p.noticePage(r)
	if err != nil {
		return err
	}
	return render(r.Context, http.StatusOK, view.NoticePage(v))
}

// noticeAgain shows the notice with what was typed and why it was refused. Where it has closed meanwhile, the text is given back.
func (p *Pages) noticeAgain(r request, form, typed string, err error) error {
	refusal := api.Refusal(err)
	if refusal.Code != visit.Invalid && refusal.Code != visit.Conflict && refusal.Code != visit.Unavailable {
		return err
	}
	v, pageErr := p.noticePage(r)
	if visit.CodeOf(pageErr) == visit.NotFound {
		if v.Page, pageErr = p.page(r, "notices", "nav.notices"); pageErr == nil {
			v.Gone = true
		}
	}
	if pageErr != nil {
		return pageErr
	}
	if refusal.Code == visit.Unavailable { // sent again as it is, it acts once
		v.Key = keyOf(r)
	}
	v.Form, v.Typed, v.Upheld = form, typed, r.PostForm("upheld")
	for _, q := range refusal.Problems {
		problem := v.Problem(q)
		problem.Field = form + "." + q.Field
		v.Problems = append(v.Problems, problem)
	}
	if len(v.Problems) == 0 {
		v.Problems = []view.Problem{{Text: v.Say(refusal.Rule, refusal.Args)}}
	}
	return render(r.Context, api.Status(refusal), view.NoticePage(v))
}

func noticePath(r request, done string) string {
	return "/notices/" + url.PathEscape(r.Param("id")) + "?done=" + done
}

func (p *Pages) object(r request) error {
	key := keyOf(r)
	said := text(r.Request.PostForm, "reason")
	if _, err := p.svc.Object(r.ctx(), r.user, r.Param("id"), said, key); err != nil {
		return p.noticeAgain(r, "object", said, err)
	}
	return redirect(r.Context, noticePath(r, "objected"))
}

// resolveObjection ends an objection; the notice may be closed by it, so the case is shown to who may see it.
func (p *Pages) resolveObjection(r request) error {
	key := keyOf(r)
	said := text(r.Request.PostForm, "reason")
	n, err := strconv.Atoi(r.PostForm("objection"))
	form := "resolve" + r.PostForm("objection")
	upheld := r.PostForm("upheld")
	switch {
	case err != nil:
		err = visit.Refuse(visit.NotFound, "no_such_objection", "objection", r.PostForm("objection"))
	case upheld != "yes" && upheld != "no":
		err = wrongIn("upheld", "required")
	default:
		_, err = p.svc.Resolve(r.ctx(), r.user, r.Param("id"), n, upheld == "yes", said, key)
	}
	if err != nil {
		return p.noticeAgain(r, form, said, err)
	}
	return redirect(r.Context, "/notices?done=objection_resolved")
}

func (p *Pages) exempt(r request) error {
	key := keyOf(r)
	said := text(r.Request.PostForm, "reason")
	if _, err := p.svc.ExemptNotice(r.ctx(), r.user, r.Param("id"), said, key); err != nil {
		return p.noticeAgain(r, "exempt", said, err)
	}
	return redirect(r.Context, "/notices?done=exempted")
}
