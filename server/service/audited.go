package service

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/exeat/exeat/visit"
)

// AuditRead is the kind of the office's event that says what an auditor read.
const AuditRead = "audit_read"

// Read is what an auditor read: a page of one visit, or a search.
type Read struct {
	Page  string `json:"page"` // case, ledger, history, as_of, file, visits, events, office, heads, verification
	Visit string `json:"visit,omitempty"`
	File  string `json:"file,omitempty"`  // SHA-256
	Event int    `json:"event,omitempty"` // of an as-of view
	// Filter are the conditions of a search. A free text is not repeated: names may stand in it.
	Filter map[string]any `json:"filter,omitempty"`
}

// audited records that an auditor reads something (domain P-48). What cannot be recorded is not shown.
func (s *Service) audited(ctx context.Context, u User, r Rights, what Read) error {
	if !r.Audit {
		return nil
	}
	_, err := s.Store.AddOffice(ctx, u.actor(), AuditRead, what.Visit, what)
	return err
}

// auditorOnly refuses everybody but auditors and records what an auditor reads.
func (s *Service) auditorOnly(ctx context.Context, u User, what Read) error {
	r, err := s.Rights(ctx, u)
	if err == nil && !r.Audit {
		err = visit.Refuse(visit.Forbidden, "auditors_only")
	}
	if err != nil {
		return err
	}
	return s.audited(ctx, u, r, what)
}

// given lists the conditions of a filter that are set.
func given(filter any) map[string]any {
	b, err := json.Marshal(filter)
	if err != nil {
		return nil
	}
	fields, set := map[string]any{}, map[string]any{}
	if json.Unmarshal(b, &fields) != nil {
		return nil
	}
	for name, v := range fields {
		switch name = strings.ToLower(name); {
		case v == "" || v == false || name == "limit" || name == "cursor":
		case name == "text":
			set[name] = true
		default:
			set[name] = v
		}
	}
	return set
}
