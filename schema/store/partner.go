package store

import (
	"context"
	"time"

	"github.com/lib/pq"

	"github.com/exeat/exeat/visit"
)

// Partner is an institution with which the university works. Unit looks after it; dates are YYYY-MM-DD.
type Partner struct {
	Code       string    `db:"code" json:"code"`
	NameZH     string    `db:"name_zh" json:"name_zh"`
	NameEN     string    `db:"name_en" json:"name_en"`
	Country    string    `db:"country" json:"country"`
	Discipline string    `db:"discipline" json:"discipline"`
	FirstClass bool      `db:"first_class" json:"first_class"` // a partner of a first-class discipline
	Unit       string    `db:"unit" json:"unit"`
	Since      string    `db:"since" json:"since"`
	EndedOn    string    `db:"ended_on" json:"ended_on,omitempty"`
	SetBy      string    `db:"set_by" json:"set_by"`
	SetAt      time.Time `db:"set_at" json:"set_at"`
}

// InForce tells whether the agreement stands on a day, YYYY-MM-DD.
func (p Partner) InForce(day string) bool {
	return p.Since <= day && (p.EndedOn == "" || p.EndedOn >= day)
}

// PartnerFilter chooses partners; zero fields choose all.
type PartnerFilter struct {
	Codes      []string
	Unit       string
	FirstClass bool
}

// Partners lists partner institutions by code.
func (s *Store) Partners(ctx context.Context, f PartnerFilter) ([]Partner, error) {
	w := where{}
	w.if_(f.Codes != nil, "code = ANY (?)", pq.Array(f.Codes))
	w.if_(f.Unit != "", "unit = ?", f.Unit)
	w.if_(f.FirstClass, "first_class")
	var ps []Partner
	err := s.db.SelectContext(ctx, &ps, s.db.Rebind(`
		SELECT code, name_zh, name_en, country, discipline, first_class, unit, to_char(since, 'YYYY-MM-DD') AS since,
		       coalesce(to_char(ended_on, 'YYYY-MM-DD'), '') AS ended_on, set_by, set_at
		  FROM partner`+w.sql()+` ORDER BY code`), w.args...)
	return ps, wrap(err, "read partners")
}

// PutPartner adds a partner institution or replaces what was said of it.
func (s *Store) PutPartner(ctx context.Context, p Partner) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO partner (code, name_zh, name_en, country, discipline, first_class, unit, since, ended_on, set_by, set_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, CAST($8 AS date), CAST(nullif($9, '') AS date), $10, clock_timestamp() + ahead
		  FROM clock
		ON CONFLICT (code) DO UPDATE
		   SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, country = EXCLUDED.country, discipline = EXCLUDED.discipline,
		       first_class = EXCLUDED.first_class, unit = EXCLUDED.unit, since = EXCLUDED.since, ended_on = EXCLUDED.ended_on,
		       set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at`,
		p.Code, p.NameZH, p.NameEN, p.Country, p.Discipline, p.FirstClass, p.Unit, p.Since, p.EndedOn, p.SetBy)
	if violates(err, "partner_unit_fkey") {
		return visit.Refuse(visit.NotFound, "not_found", "what", "unit", "id", p.Unit)
	}
	return wrap(err, "write partner "+p.Code)
}

// VisitTo is a visit as the pages of partners and of duties list it. Days are YYYY-MM-DD.
type VisitTo struct {
	Visit      string         `db:"id" json:"visit"`
	Title      string         `db:"title" json:"title"`
	Unit       string         `db:"unit" json:"unit"`
	Category   visit.Category `db:"category" json:"category"`
	State      visit.State    `db:"state" json:"state"`
	Countries  pq.StringArray `db:"countries" json:"countries"`
	ExitDate   string         `db:"exit_date" json:"exit_date"`
	ReturnDate string         `db:"return_date" json:"return_date"`
	// Organisation marks duty in an international organisation, ForeignAid training or teaching for foreign aid.
	Organisation bool `db:"is_organisation" json:"organisation"`
	ForeignAid   bool `db:"is_foreign_aid" json:"foreign_aid"`
	// Duty is what the last accepted report says of the duty.
	Duty visit.OrganisationDuty `json:"duty"`

	DutyOrganisation string `db:"duty_organisation" json:"-"`
	DutyOffice       string `db:"duty_office" json:"-"`
	DutyWork         string `db:"duty_work" json:"-"`
}

// VisitsToPartner lists the visits of a scope that went, or are to go, to a partner: a stay has it as its host, in either language,
// or an accepted report says that somebody met works there. The last exit comes first, at most 500.
func (s *Store) VisitsToPartner(ctx context.Context, scope Scope, p Partner) ([]VisitTo, error) {
	w := where{}
	scope.limit(&w)
	w.add(`v.id IN (SELECT visit FROM leg WHERE lower(host) = ANY (ARRAY[lower(CAST(? AS text)), lower(CAST(? AS text))])
		UNION SELECT visit FROM talent_met WHERE partner = ?)`, p.NameZH, p.NameEN, p.Code)
	return s.visitsTo(ctx, w)
}

// Duties lists the visits of a scope and of a year (of the exit) for duty in an international organisation or for foreign aid, the
// last exit first, at most 500.
func (s *Store) Duties(ctx context.Context, scope Scope, year int) ([]VisitTo, error) {
	w := where{}
	scope.limit(&w)
	w.add(`v.exit_date >= make_date(?, 1, 1) AND v.exit_date < make_date(?, 1, 1)`, year, year+1)
	w.add(`(f.flags @> '"organisation"' OR f.flags @> '"foreign_aid"')`)
	return s.visitsTo(ctx, w)
}

func (s *Store) visitsTo(ctx context.Context, w where) ([]VisitTo, error) {
	rows := []VisitTo{}
	err := s.db.SelectContext(ctx, &rows, s.db.Rebind(`
		SELECT v.id, v.title, v.unit, v.category, v.state, v.countries, to_char(v.exit_date, 'YYYY-MM-DD') AS exit_date,
		       to_char(v.return_date, 'YYYY-MM-DD') AS return_date,
		       coalesce(f.flags @> '"organisation"', false) AS is_organisation, coalesce(f.flags @> '"foreign_aid"', false) AS is_foreign_aid,
		       coalesce(d.duty ->> 'organisation', '') AS duty_organisation, coalesce(d.duty ->> 'office', '') AS duty_office,
		       coalesce(d.duty ->> 'work', '') AS duty_work
		  FROM visit v
		  LEFT JOIN LATERAL (SELECT CAST(nullif(b.body, '') AS jsonb) #> '{draft,flags}' AS flags FROM visit_version b WHERE b.visit = v.id AND b.hash = v.version) f ON true
		  LEFT JOIN LATERAL (
		       SELECT CAST(nullif(b.body, '') AS jsonb) -> 'duty' AS duty
		         FROM report r
		         JOIN report_version b ON b.visit = r.visit AND b.hash = r.content
		        WHERE r.visit = v.id AND r.state = 'accepted'
		        ORDER BY r.id DESC
		        LIMIT 1) d ON true`+w.sql()+`
		 ORDER BY v.exit_date DESC, v.id
		 LIMIT 500`), w.args...)
	for i, r := range rows {
		rows[i].Duty = visit.OrganisationDuty{Organisation: r.DutyOrganisation, Office: r.DutyOffice, Work: r.DutyWork}
	}
	return rows, wrap(err, "list visits")
}
