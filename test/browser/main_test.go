// Package browser_test uses the pages as people do: in a real Chromium, in Chinese and in English, on a desk and on a phone.
// All tests share one demonstration, run by exeat-standalone from the folder EXEAT_BIN, and one browser; each has a window
// of its own that shares nothing with the others. Every page that any test comes by is looked at: see tab.look.
package browser_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/test/process"
)

var (
	screenshots = flag.String("screenshots", "", "folder for TestScreenshots, which is skipped without it")
	running     = flag.String("url", "", "a running demonstration to use instead of one of its own")
)

// site is the demonstration that all tests share.
var site struct {
	url     string          // http://host:port
	api     *client.Client  // not signed in
	browser context.Context // of the Chromium in which tests open their windows
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runWith(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWith(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "exeat-browser-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	site.url = *running
	if site.url == "" {
		demo, err := startDemo(dir)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, demo.Stop()) }()
	}
	site.api = client.New(site.url)
	defer site.api.Close()

	allocator, free := chromedp.NewExecAllocator(context.Background(), chromium(filepath.Join(dir, "chromium"))...)
	defer free()
	site.browser, _ = chromedp.NewContext(allocator)
	defer func() { err = errors.Join(err, chromedp.Cancel(site.browser)) }()
	if err := chromedp.Run(site.browser); err != nil {
		return 0, fmt.Errorf("start Chromium: %w", err)
	}
	return m.Run(), nil
}

// startDemo starts everything with the demonstration university and its visits, and returns when pages are served.
func startDemo(dir string) (*process.Process, error) {
	bin := os.Getenv("EXEAT_BIN")
	if bin == "" {
		return nil, errors.New("EXEAT_BIN, the folder of exeat-standalone, is not set: run `make test`")
	}
	if err := os.Chmod(dir, 0o755); err != nil { // started by root, PostgreSQL runs as another user
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	demo, lines, err := process.Launch(filepath.Join(dir, "demo.log"), nil, "ready http",
		filepath.Join(bin, "exeat-standalone"), "--data", filepath.Join(dir, "data"), "--addr", addr, "--no-fsync")
	if err != nil {
		return nil, err
	}
	site.url = strings.TrimPrefix(lines[len(lines)-1], "ready ")
	return demo, nil
}

// chromium are the options of a browser that does nothing by itself and keeps what it knows in one folder.
func chromium(profile string) []chromedp.ExecAllocatorOption {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(profile),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	return options
}
