package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/exeat/exeat/client"
	"github.com/exeat/exeat/visit"
)

// server answers each request by the next of its answers, the last one for ever, and remembers what was asked.
type server struct {
	mu      sync.Mutex
	asked   []*http.Request
	answers []http.HandlerFunc
}

func serve(t *testing.T, answers ...http.HandlerFunc) (*server, *client.Client) {
	t.Helper()
	s := &server{answers: answers}
	h := httptest.NewServer(s)
	c := client.New(h.URL + "/")
	t.Cleanup(func() { c.Close(); h.Close() })
	return s, c
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	next := s.answers[min(len(s.asked), len(s.answers)-1)]
	s.asked = append(s.asked, r)
	s.mu.Unlock()
	next(w, r)
}

func (s *server) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, len(s.asked))
	for i, r := range s.asked {
		keys[i] = r.Header.Get("Idempotency-Key")
	}
	return keys
}

func fine(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(client.Receipt{Visit: "2026-00001", Seq: 4, State: visit.StateIO})
}

func problem(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

var away = problem(503, `{"code":"unavailable","rule":"not_decided_yet"}`)

func TestAnUncertainOutcomeIsAskedForAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"a key of the caller": "mine", "a key of its own": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, away, hangUp, fine)
			r, err := c.Decide(t.Context(), "2026-00001", client.Decision{Task: "1.1.FIN", Decision: "approve"}, key)
			require.NoError(t, err)
			require.Equal(t, client.Receipt{Visit: "2026-00001", Seq: 4, State: visit.StateIO}, r)
			keys := s.keys()
			require.Len(t, keys, 3)
			require.NotEmpty(t, keys[0])
			require.Equal(t, []string{keys[0], keys[0], keys[0]}, keys)
			if key != "" {
				require.Equal(t, key, keys[0])
			}
		})
	}
}

func TestTwoCallsHaveTwoKeys(t *testing.T) {
	t.Parallel()
	s, c := serve(t, fine)
	for range 2 {
		_, err := c.Submit(t.Context(), "2026-00001", "")
		require.NoError(t, err)
	}
	require.NotEqual(t, s.keys()[0], s.keys()[1])
}

func TestARefusalIsBelievedAtOnce(t *testing.T) {
	t.Parallel()
	s, c := serve(t, problem(422, `{"title":"Unprocessable Entity","status":422,"detail":"Something is wrong.","code":"invalid","rule":"invalid",
		"request_id":"r1","errors":[{"field":"legs[0].country","rule":"unknown_country","message":"XX is no country."}]}`))
	_, err := c.Submit(t.Context(), "2026-00001", "")
	var p *client.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, &client.Problem{
		Status: 422, Title: "Unprocessable Entity", Detail: "Something is wrong.", Code: visit.Invalid, Rule: "invalid", RequestID: "r1",
		Errors: []client.Fault{{Field: "legs[0].country", Rule: "unknown_country", Message: "XX is no country."}},
		Call:   "POST /visits/2026-00001/submit",
	}, p)
	require.Equal(t, []string{"legs[0].country"}, p.Fields())
	require.ErrorContains(t, err, "legs[0].country: unknown_country")
	require.Equal(t, 422, client.StatusOf(err))
	require.Len(t, s.keys(), 1)
}

func TestAnAnswerThatIsNoProblemDocument(t *testing.T) {
	t.Parallel()
	_, c := serve(t, problem(502, "Bad Gateway\nsecond line"))
	_, err := c.Visit(t.Context(), "2026-00001")
	var p *client.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, 502, p.Status)
	require.Equal(t, "Bad Gateway", p.Detail)
	_, c = serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	_, err = c.Visit(t.Context(), "2026-00001")
	require.ErrorContains(t, err, "not what was expected")
	require.Zero(t, client.StatusOf(err))
}

func TestItGivesUpInTheEnd(t *testing.T) {
	t.Parallel()
	s, c := serve(t, away)
	_, err := c.Withdraw(t.Context(), "2026-00001", "why", "")
	require.Equal(t, 503, client.StatusOf(err))
	require.Len(t, s.keys(), 6)
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, c := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(); away(w, r) })
	_, err := c.Cancel(ctx, "2026-00001", "why", "")
	require.True(t, errors.Is(err, context.Canceled), "%v", err)
	require.Len(t, s.keys(), 1)
}

// What has no key on the server is not sent twice: it might be done twice.
func TestWhatCannotBeRepeatedIsNot(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*client.Client) error{
		"a new delegation": func(c *client.Client) error {
			_, err := c.CreateDelegation(t.Context(), client.Delegation{})
			return err
		},
		"the clock": func(c *client.Client) error { _, err := c.AdvanceClock(t.Context(), time.Hour); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, away)
			require.Equal(t, 503, client.StatusOf(call(c)))
			require.Len(t, s.keys(), 1)
		})
	}
}

func TestEachPersonHasATokenOfHisOwn(t *testing.T) {
	t.Parallel()
	s, c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"token":"t1"}`)) }, fine)
	signedIn, err := c.Login(t.Context(), "fin", "secret")
	require.NoError(t, err)
	_, err = signedIn.InLanguage("zh").Submit(t.Context(), "2026-00001", "")
	require.NoError(t, err)
	_, err = c.Submit(t.Context(), "2026-00001", "")
	require.NoError(t, err)
	require.Equal(t, "Bearer t1", s.asked[1].Header.Get("Authorization"))
	require.Equal(t, "zh", s.asked[1].Header.Get("Accept-Language"))
	require.Empty(t, s.asked[2].Header.Get("Authorization"))
}
