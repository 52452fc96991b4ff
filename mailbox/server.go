// Package mailbox is the mail server of demonstrations and tests: it takes every mail and lays it into a folder, where it
// can be read. It sends nothing on.
package mailbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-smtp"
)

// Server takes mails by SMTP on a free port of this machine.
type Server struct {
	listener net.Listener
	smtp     *smtp.Server
	done     chan error
}

// Limits of what is taken.
const (
	maxMail       = 1 << 20 // bytes
	maxRecipients = 50
	ioTime        = 10 * time.Second
)

// Listen makes the folder if it is not there, and takes mails until Close.
func Listen(dir string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{dir: dir}, nil }))
	srv.Domain, srv.MaxMessageBytes, srv.MaxRecipients = "localhost", maxMail, maxRecipients
	srv.ReadTimeout, srv.WriteTimeout = ioTime, ioTime
	s := &Server{listener: listener, smtp: srv, done: make(chan error, 1)}
	go func() { s.done <- srv.Serve(listener) }()
	return s, nil
}

// Addr is host:port of the server.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close ends the server.
func (s *Server) Close() error {
	err := s.smtp.Close()
	if served := <-s.done; !errors.Is(served, smtp.ErrServerClosed) && !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// session is one connection.
type session struct{ dir string }

func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data writes the mail as it came, under a name that sorts by time.
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	name := filepath.Join(s.dir, time.Now().UTC().Format("20060102T150405.000000")+"-"+rand.Text()[:6])
	if err := os.WriteFile(name+".tmp", content, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name+suffix) // whole, or not there
}

const suffix = ".eml"
