-- Signing in by the university's own sign-in: a session says how it began, and which ticket of the provider ends it. An account need not
-- have a password of exeat ('').

-- +goose Up
ALTER TABLE session
  ADD COLUMN via text NOT NULL DEFAULT 'password' CONSTRAINT session_via CHECK (via IN ('password', 'ldap', 'oidc', 'cas')),
  ADD COLUMN ticket_hash bytea CONSTRAINT session_ticket UNIQUE;   -- SHA-256 of the ticket of CAS, which begins one session at most
