package web

import (
	"cmp"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/signin"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

const languageCookie = "exeat-language"

func (p *Pages) showLogin(c *gin.Context) error {
	if _, ok := p.auth.User(c); ok {
		return redirect(c, orDesk(local(c.Query("next"))))
	}
	v := view.Login{Next: local(c.Query("next")), Expired: c.Query("expired") != ""}
	for _, w := range p.auth.Providers() {
		if string(w.Way()) == c.Query("out") {
			v.Out, v.OutLabel = w.Leave(), label(p.bare(c, "login.title"), w)
		}
	}
	return p.loginPage(c, http.StatusOK, v)
}

func orDesk(address string) string {
	if address == "" {
		return "/"
	}
	return address
}

func (p *Pages) loginPage(c *gin.Context, status int, v view.Login) error {
	v.Page = p.bare(c, "login.title")
	v.URL, v.Ways = "/login", p.ways(c, v.Next)
	if v.Next != "" {
		v.URL += "?next=" + url.QueryEscape(v.Next)
	}
	c.Header("Cache-Control", "no-store")
	return render(c, status, view.LoginPage(v))
}

// notSignedIn shows the page again with what is wrong, and with whom to ask where only somebody else can help. Nothing typed is lost.
func (p *Pages) notSignedIn(c *gin.Context, v view.Login, err error) error {
	refusal := api.Refusal(err)
	if refusal.Code == visit.Internal || refusal.Code == visit.NotFound {
		return err
	}
	page := p.bare(c, "login.title")
	v.Refused = page.Say(refusal.Rule, refusal.Args)
	if slices.Contains([]string{"signin_unknown", "signin_left", "signin_no_name", "signin_denied"}, refusal.Rule) {
		v.Ask = page.T("login.ask", "whom", cmp.Or(page.Lang.Pick(p.help.ZH, p.help.EN), page.T("login.help_desk")))
	}
	if s := api.RetryAfter(err); s > 0 {
		c.Header("Retry-After", strconv.Itoa(s))
	}
	return p.loginPage(c, api.Status(refusal), v)
}

// login starts a session. Where a form was kept, its user is asked before it is sent: nothing is repeated by itself.
func (p *Pages) login(c *gin.Context) error {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxKept*2)
	if err := c.Request.ParseForm(); err != nil {
		return err
	}
	kept := keptFromLogin(c.Request.PostForm)
	v := view.Login{Username: c.PostForm("username"), Next: local(c.PostForm("next")), Kept: kept}
	if err := p.auth.SignIn(c, v.Username, c.PostForm("password")); err != nil {
		return p.notSignedIn(c, v, err)
	}
	if kept != nil {
		return render(c, http.StatusOK, view.ResumePage(view.Resume{Page: p.bare(c, "resume.title"), Kept: *kept}))
	}
	return redirect(c, orDesk(v.Next))
}

func (p *Pages) logout(c *gin.Context) error {
	if err := p.auth.SignOut(c); err != nil {
		return err
	}
	u, ok := p.auth.User(c)
	if ok && p.hub != nil { // the streams of other windows see that the session has ended
		p.hub.Wake(u.Person)
	}
	if ok && p.auth.LeaveProvider(signin.Way(u.Via)) != "" {
		return redirect(c, "/login?out="+url.QueryEscape(u.Via))
	}
	return redirect(c, "/login")
}

func (p *Pages) setLanguage(c *gin.Context) error {
	lang, ok := i18n.Parse(c.PostForm("language"))
	if !ok {
		return &visit.Error{Code: visit.Invalid, Rule: "invalid"}
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: languageCookie, Value: string(lang), Path: "/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	if u, ok := p.auth.User(c); ok {
		if err := p.record.SetLanguage(c.Request.Context(), u.Person, string(lang)); err != nil {
			return err
		}
	}
	return redirect(c, orDesk(local(c.PostForm("back"))))
}

// toLogin asks somebody to sign in who is not. A form that was being sent is kept in hidden fields of the sign-in page.
func (p *Pages) toLogin(c *gin.Context) error {
	v := view.Login{Expired: p.auth.Expired(c)}
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		return redirect(c, loginAddress(c.Request.URL.RequestURI(), v.Expired))
	}
	if partial(c) {
		c.Header("HX-Redirect", loginAddress(back(c), v.Expired))
		c.Status(http.StatusUnauthorized)
		return nil
	}
	v.Next, v.Kept = back(c), keep(c.Request) // also without a cookie: a browser drops it when its time is over
	return p.loginPage(c, http.StatusUnauthorized, v)
}

func loginAddress(next string, expired bool) string {
	q := url.Values{}
	if next != "" && next != "/" {
		q.Set("next", next)
	}
	if expired {
		q.Set("expired", "1")
	}
	if len(q) == 0 {
		return "/login"
	}
	return "/login?" + q.Encode()
}

// What is kept of a form at most, in bytes and in fields.
const (
	maxKept       = 256 << 10
	maxKeptFields = 500
)

// keep reads the text fields of a form that came too late. Files are passed over without being held anywhere. A form that
// is too large or cannot be read is not kept.
func keep(r *http.Request) *view.Kept {
	k := &view.Kept{Path: r.URL.Path}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	if mediaType != "multipart/form-data" {
		return keepForm(k, r)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil
	}
	left := int64(maxKept)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return k
		}
		if err != nil {
			return nil
		}
		if part.FileName() != "" || part.Header.Get("Content-Type") != "" {
			k.Files = k.Files || part.FileName() != ""
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(text)); err != nil || left < 0 || len(k.Fields) == maxKeptFields {
			return nil
		}
		add(k, part.FormName(), string(text))
	}
}

func keepForm(k *view.Kept, r *http.Request) *view.Kept {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxKept+1))
	if err != nil || len(body) > maxKept {
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	keepValues(k, form)
	return k
}

func keepValues(k *view.Kept, form url.Values) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			add(k, name, value)
		}
	}
}

// resume asks again for a form whose page belongs to an earlier session, as of a window that was open while its user signed in in another. It
// takes only what a browser says that this site's own page sent, and sends nothing by itself; ok is false where there is nothing to ask for.
func (p *Pages) resume(c *gin.Context, status int) (ok bool) {
	if _, in := p.auth.User(c); !in || partial(c) || !fromHere(c.Request) || c.Request.URL.Path == "/login" {
		return false
	}
	k := &view.Kept{Path: c.Request.URL.Path}
	keepValues(k, c.Request.PostForm)
	if m := c.Request.MultipartForm; m != nil {
		k.Files = len(m.File) > 0
	}
	if len(k.Fields) == 0 || len(k.Fields) > maxKeptFields {
		return false
	}
	return render(c, status, view.ResumePage(view.Resume{Page: p.bare(c, "resume.title"), Kept: *k})) == nil
}

// fromHere tells that the browser says the request comes from a page of this site.
func fromHere(r *http.Request) bool {
	origin, err := url.Parse(r.Header.Get("Origin"))
	return r.Header.Get("Sec-Fetch-Site") == "same-origin" || err == nil && origin.Host != "" && origin.Host == r.Host
}

func add(k *view.Kept, name, value string) {
	if name != "csrf" { // the new session has its own
		k.Fields = append(k.Fields, view.Field{Name: name, Value: value})
	}
}

// keptFromLogin finds the kept form among the fields of the sign-in; nil when there is none.
func keptFromLogin(form url.Values) *view.Kept {
	k := &view.Kept{Path: local(form.Get("kept")), Files: form.Get("kept-files") != ""}
	if k.Path == "" {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if field, ok := strings.CutPrefix(name, view.KeptPrefix); ok {
			for _, value := range form[name] {
				add(k, field, value)
			}
		}
	}
	return k
}
