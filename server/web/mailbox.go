package web

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/mailbox"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// mailsOnPage is how many mails the demonstration's mailbox lists.
const mailsOnPage = 200

// mailHeader lets a mail bring its own styles and nothing else, apart from the site's session.
const mailHeader = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation"

// addMailbox adds the pages of the demonstration's mails; in production there are none. Everybody may read there what
// anybody is sent: the accounts of a demonstration are as open.
func (p *Pages) addMailbox(r gin.IRouter) {
	r.GET("/dev/mail", p.wrap(p.listMails))
	r.GET("/dev/mail/:name", p.wrap(p.withMail(func(c *gin.Context, m mailbox.Mail) error {
		v := view.Mail{Page: p.bare(c, "mailbox.title"), M: m}
		v.Title = m.Subject
		return render(c, http.StatusOK, view.MailPage(v))
	})))
	r.GET("/dev/mail/:name/html", p.wrap(p.withMail(func(c *gin.Context, m mailbox.Mail) error {
		c.Header("Content-Security-Policy", mailHeader)
		c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(m.HTML))
		return nil
	})))
	r.GET("/dev/mail/:name/raw", p.wrap(p.withMail(func(c *gin.Context, m mailbox.Mail) error {
		c.Data(http.StatusOK, "text/plain; charset=utf-8", m.Raw)
		return nil
	})))
}

func (p *Pages) listMails(c *gin.Context) error {
	mails, err := mailbox.List(p.mailbox, mailsOnPage)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, view.MailboxPage(view.Mailbox{Page: p.bare(c, "mailbox.title"), Mails: mails}))
}

func (p *Pages) withMail(show func(*gin.Context, mailbox.Mail) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		m, err := mailbox.Read(p.mailbox, c.Param("name"))
		if errors.Is(err, mailbox.ErrNotFound) {
			return visit.Refuse(visit.NotFound, "not_found", "what", "page", "id", c.Request.URL.Path)
		}
		if err != nil {
			return err
		}
		return show(c, m)
	}
}
