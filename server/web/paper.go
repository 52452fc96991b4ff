package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/server/api"
	"github.com/exeat/exeat/server/i18n"
	"github.com/exeat/exeat/server/service"
	"github.com/exeat/exeat/server/web/view"
	"github.com/exeat/exeat/visit"
)

// paperDesk is what the pages ask of the service about papers.
type paperDesk interface {
	Papers(ctx context.Context, u service.User, id string) (service.Papers, error)
	PaperPDF(ctx context.Context, u service.User, id, name string) (service.PaperFile, error)
	Check(ctx context.Context, code, sha256 string) (service.Check, error)
}

// CountryWords names a country or region in both languages, for papers.
func CountryWords(code string) document.Words {
	return document.Words{ZH: countryName(i18n.ZH, code), EN: countryName(i18n.EN, code)}
}

func (p *Pages) paper(r request) error {
	f, err := p.svc.PaperPDF(r.ctx(), r.user, r.Param("id"), strings.TrimSuffix(r.Param("file"), ".pdf"))
	if err != nil {
		return err
	}
	api.ServePaper(r.Writer, f)
	return nil
}

// findCheck is the page on which a code is typed; a form without script brings the code as a query.
func (p *Pages) findCheck(c *gin.Context) error {
	if code := strings.TrimSpace(c.Query("code")); code != "" {
		return redirect(c, "/check/"+url.PathEscape(code))
	}
	return render(c, http.StatusOK, view.CheckPage(view.Check{Page: p.bare(c, "check.title")}))
}

// check shows a paper to anybody. A hash comes as a query; a file is sent, hashed and forgotten.
func (p *Pages) check(c *gin.Context) error {
	v := view.Check{Page: p.bare(c, "check.title"), Code: c.Param("code"), Hash: strings.TrimSpace(c.Query("sha256"))}
	v.URL = "/check/" + url.PathEscape(v.Code)
	sum, err := v.Hash, error(nil)
	if c.Request.Method == http.MethodPost {
		sum, err = hashOfUpload(c)
	}
	status := http.StatusOK
	if err == nil {
		v.C, err = p.svc.Check(c.Request.Context(), v.Code, sum)
	}
	if visit.CodeOf(err) == visit.Invalid {
		for _, q := range api.Refusal(err).Problems {
			v.Problems = append(v.Problems, v.Problem(q))
		}
		status = http.StatusUnprocessableEntity
		v.C, err = p.svc.Check(c.Request.Context(), v.Code, "")
	}
	if err != nil {
		return err
	}
	return render(c, status, view.CheckPage(v))
}

func hashOfUpload(c *gin.Context) (string, error) {
	file, _, err := c.Request.FormFile("file")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", err
	case err != nil:
		return "", wrongIn("file", "required")
	}
	defer func() { _ = file.Close() }() // was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
