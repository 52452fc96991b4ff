package mailbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Mail is a mail that was taken. Text and HTML are its parts, decoded.
type Mail struct {
	Name    string // of its file, without the ending
	From    string
	To      string
	Subject string
	Date    time.Time
	Header  mail.Header
	Text    string
	HTML    string
	Raw     []byte
}

// ErrNotFound says that there is no such mail.
var ErrNotFound = errors.New("mailbox: there is no such mail")

// List reads the newest mails, at most limit, the newest first. A folder that is not there has none.
func List(dir string, limit int) ([]Mail, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	slices.Sort(files)
	slices.Reverse(files)
	mails := []Mail{}
	for _, f := range files[:min(limit, len(files))] {
		m, err := Read(dir, strings.TrimSuffix(filepath.Base(f), suffix))
		if err != nil {
			return nil, err
		}
		mails = append(mails, m)
	}
	return mails, nil
}

// Read gives a mail by its name; ErrNotFound if there is none.
func Read(dir, name string) (Mail, error) {
	if name == "" || name != filepath.Base(name) {
		return Mail{}, ErrNotFound
	}
	raw, err := os.ReadFile(filepath.Join(dir, name+suffix))
	if errors.Is(err, fs.ErrNotExist) {
		return Mail{}, ErrNotFound
	}
	if err != nil {
		return Mail{}, fmt.Errorf("mailbox: %w", err)
	}
	m, err := parse(raw)
	m.Name = name
	return m, err
}

var words = new(mime.WordDecoder)

func parse(raw []byte) (Mail, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("mailbox: %w", err)
	}
	m := Mail{Header: msg.Header, Raw: raw, From: decoded(msg.Header, "From"), To: decoded(msg.Header, "To"), Subject: decoded(msg.Header, "Subject")}
	m.Date, _ = msg.Header.Date() // the zero time where there is none
	err = m.read(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	return m, err
}

func decoded(h mail.Header, name string) string {
	s, err := words.DecodeHeader(h.Get(name))
	if err != nil {
		return h.Get(name)
	}
	return s
}

// read takes the first plain and the first HTML part, however deep.
func (m *Mail) read(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.readParts(multipart.NewReader(body, params["boundary"]))
	}
	content, err := io.ReadAll(decoder(encoding, body))
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	}
	return nil
}

func (m *Mail) readParts(r *multipart.Reader) error {
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mailbox: %w", err)
		}
		if err := m.read(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return err
		}
	}
}

func decoder(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	default:
		return r
	}
}
