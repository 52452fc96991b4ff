package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/exeat/exeat/calendar"
	"github.com/exeat/exeat/document"
	"github.com/exeat/exeat/paper"
	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// Print is what papers need besides the record.
type Print struct {
	University document.Words
	// URL is the address at which this server is reached from outside, without a slash at its end; papers print it.
	URL string
	// Country names a country or region by its code.
	Country func(code string) document.Words
}

// Papers are the papers that a visit has, and those that can be made of it.
type Papers struct {
	Numbered []PaperState
	Forms    []document.Form
}

// PaperState is a numbered paper and how it stands today.
type PaperState struct {
	store.Paper
	State      PaperStanding
	ReturnDate string // until when it is valid
}

// PaperStanding is how a numbered paper stands on a day.
type PaperStanding string

// How a paper can stand. The day of return is the last on which it is valid (domain P.4).
const (
	PaperValid     PaperStanding = "valid"
	PaperExpired   PaperStanding = "expired"
	PaperCancelled PaperStanding = "cancelled"
	PaperReplaced  PaperStanding = "replaced" // the visit was approved once more and has a later paper
	PaperUnknown   PaperStanding = "unknown"
)

// PaperStandings lists every way in which a paper can stand.
var PaperStandings = []PaperStanding{PaperValid, PaperExpired, PaperCancelled, PaperReplaced, PaperUnknown}

// standingOf says how one of a visit's papers stands; all are the visit's papers, the last one first.
func standingOf(p store.Paper, all []store.Paper, state visit.State, returns, today string) PaperStanding {
	switch {
	case slices.Contains([]visit.State{visit.StateCancelled, visit.StateWithdrawn, visit.StateRejected}, state):
		return PaperCancelled
	case all[0].Seq != p.Seq:
		return PaperReplaced
	case today > returns:
		return PaperExpired
	default:
		return PaperValid
	}
}

// IssuePapers numbers the papers of approvals that were recorded before there were papers; it is done at every start.
func (s *Service) IssuePapers(ctx context.Context) error {
	n, err := s.Store.IssueMissingPapers(ctx)
	if n > 0 {
		s.Log.Info("papers of earlier approvals were numbered", "papers", n)
	}
	return err
}

// Papers lists the papers of a visit that the user may see, or of an own draft, which has no numbered one.
func (s *Service) Papers(ctx context.Context, u User, id string) (Papers, error) {
	ps := Papers{Forms: document.Forms}
	_, err := s.see(ctx, u, id)
	if visit.CodeOf(err) == visit.NotFound {
		if _, err := s.Draft(ctx, u, id); err != nil {
			return Papers{}, err
		}
		ps.Forms = slices.DeleteFunc(slices.Clone(ps.Forms), func(f document.Form) bool { return f == document.ApprovalSheet })
		return ps, nil
	}
	if err != nil {
		return Papers{}, err
	}
	row, err := s.Store.VisitRow(ctx, id)
	if err != nil {
		return Papers{}, err
	}
	all, err := s.Store.Papers(ctx, id)
	if err != nil {
		return Papers{}, err
	}
	for _, p := range all {
		returns, err := s.approvedReturn(ctx, p)
		if err != nil {
			return Papers{}, err
		}
		ps.Numbered = append(ps.Numbered, PaperState{p, standingOf(p, all, row.State, returns, u.Day()), returns})
	}
	return ps, nil
}

// approvedReturn is the return date that was approved.
func (s *Service) approvedReturn(ctx context.Context, p store.Paper) (string, error) {
	c, err := s.Store.Content(ctx, p.Visit, p.Version)
	return c.Draft.ReturnDate, err
}

// PaperFile is a paper as a file.
type PaperFile struct {
	Name    string // for the reader's disk, without folder
	Sha256  string
	Content []byte
}

// PaperPDF makes a paper of a visit that the user may see, or a form of an own draft. Name is a kind (mission, …), the code
// of a numbered paper, or a form (D2, …, request, sheet). Without the font it is refused (unavailable).
func (s *Service) PaperPDF(ctx context.Context, u User, id, name string) (PaperFile, error) {
	ps, err := s.Papers(ctx, u, id)
	if err != nil {
		return PaperFile{}, err
	}
	if i := slices.IndexFunc(ps.Numbered, func(p PaperState) bool { return string(p.Kind) == name || p.Code == name }); i >= 0 {
		return s.numbered(ctx, ps.Numbered[i].Paper)
	}
	form := document.Form(name)
	if !slices.Contains(ps.Forms, form) {
		return PaperFile{}, visit.Refuse(visit.NotFound, "not_found", "what", "paper", "id", name)
	}
	var content []byte
	if form == document.ApprovalSheet {
		content, err = s.sheet(ctx, u, id)
	} else {
		content, err = s.form(ctx, u, id, form)
	}
	return PaperFile{Name: fmt.Sprintf("%s-%s.pdf", id, name), Sha256: hashOf(content), Content: content}, err
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// numbered gives the file of a numbered paper: the one that was made first, or made again from what the paper says.
func (s *Service) numbered(ctx context.Context, p store.Paper) (PaperFile, error) {
	f := PaperFile{Name: fmt.Sprintf("%s-%s-%d-%d.pdf", p.Visit, p.Kind, p.Year, p.Number)}
	body, sum, err := s.Store.PaperFile(ctx, p.Visit, p.Seq)
	if err != nil {
		return f, err
	}
	if sum == "" {
		if body, sum, err = s.makePaper(ctx, p); err != nil {
			return f, err
		}
	}
	f.Sha256 = sum
	if f.Content, err = s.keptPaper(ctx, sum); err == nil {
		return f, nil
	}
	var a document.Approval
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		return f, fmt.Errorf("read paper %s: %w", p.Code, err)
	}
	if f.Content, err = a.PDF(); err != nil {
		return f, err
	}
	if hashOf(f.Content) != sum { // another font or another program; the file that was issued is not there
		return f, visit.Refuse(visit.Gone, "paper_lost", "number", paper.Number(p.Kind, p.Year, p.Number), "sha256", sum)
	}
	return f, nil
}

// keptPaper reads the file from where uploaded files are.
func (s *Service) keptPaper(ctx context.Context, sum string) ([]byte, error) {
	r, err := s.Blobs.Open(ctx, sum)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // was only read
	content, err := io.ReadAll(r)
	if err == nil && hashOf(content) != sum {
		err = fmt.Errorf("the file %s was changed where it is kept", sum)
	}
	return content, err
}

// makePaper draws a paper for the first time and keeps the file, what it says, and the hash. Two at once keep one.
func (s *Service) makePaper(ctx context.Context, p store.Paper) (body, sum string, err error) {
	a, err := s.approval(ctx, p)
	if err != nil {
		return "", "", err
	}
	canonical, _, err := visit.Canonical(a)
	if err != nil {
		return "", "", err
	}
	content, err := a.PDF()
	if err != nil {
		return "", "", err
	}
	if _, _, err := s.Blobs.Put(ctx, bytes.NewReader(content), MaxFile); err != nil {
		return "", "", err
	}
	return s.Store.PutPaperFile(ctx, p.Visit, p.Seq, string(canonical), hashOf(content))
}

// approval is what a numbered paper says: the content that was approved, and who signed it under which authority.
func (s *Service) approval(ctx context.Context, p store.Paper) (document.Approval, error) {
	content, err := s.Store.Content(ctx, p.Visit, p.Version)
	if err != nil {
		return document.Approval{}, err
	}
	events, err := s.Store.Events(ctx, p.Visit, 0)
	if err != nil {
		return document.Approval{}, err
	}
	v, err := visit.Fold(events[:p.Seq])
	if err != nil {
		return document.Approval{}, err
	}
	day := User{Identity: store.Identity{Now: p.ApprovedAt}}.Day()
	a := document.Approval{
		Kind: p.Kind, Year: p.Year, Number: p.Number, Code: p.Code, Check: s.Print.URL + "/check/" + p.Code,
		ApprovedAt: p.ApprovedAt.UTC(), Head: p.Head, Version: p.Version,
	}
	if a.Visit, err = s.printed(ctx, p.Visit, content, day); err != nil {
		return a, err
	}
	head, err := s.Store.CheckpointAt(ctx, p.Visit, p.Seq)
	if err != nil && visit.CodeOf(err) != visit.NotFound {
		return a, err
	}
	a.Checkpoint = head.Body
	last, ok := lastSigned(v)
	if !ok {
		return a, nil
	}
	if a.Signed, err = s.signer(ctx, last.By, last.SignOff.Code, day); err != nil {
		return a, err
	}
	a.Authority, err = s.authority(ctx, v, last)
	return a, err
}

// lastSigned is the sign-off that decided: the last one that stands.
func lastSigned(v visit.Visit) (visit.Task, bool) {
	var last visit.Task
	for _, t := range v.Tasks {
		if t.State == visit.TaskApproved && (last.ID == "" || !t.Decided.Before(last.Decided)) {
			last = t
		}
	}
	return last, last.ID != ""
}

// authority is the right by which the last sign-off was given: for a decision from outside its number and date, otherwise what the
// register had in force on the day of the approval (domain P-32), and where it has nothing, what the pinned policy cites.
func (s *Service) authority(ctx context.Context, v visit.Visit, last visit.Task) (document.Authority, error) {
	if last.SignOff.Review == visit.Outside {
		return s.outsideAuthority(ctx, v, last)
	}
	pack, err := s.PolicyOf(ctx, v.Route.Policy.Hash)
	if err != nil {
		return document.Authority{}, err
	}
	var a document.Authority
	if c, ok := pack.SignOffCitation(last.SignOff.Code); ok {
		a = document.Authority{Name: document.Words(c.Words), Number: c.Number, Article: c.Article}
	}
	all, err := s.Store.Authorities(ctx)
	if err != nil {
		return a, err
	}
	under, _ := cited(all, visit.Route{Stages: [][]visit.SignOff{{last.SignOff}}}, calendar.DateOf(last.Decided).String())
	if len(under) == 0 {
		return a, nil
	}
	r := under[0]
	return document.Authority{Name: document.Words{ZH: r.NameZH, EN: r.NameEN}, Number: r.Document, GrantedBy: r.GrantedBy}, nil
}

// outsideAuthority is the authority outside with its decision. Decisions of before they had a number of their own have it in the reason.
func (s *Service) outsideAuthority(ctx context.Context, v visit.Visit, last visit.Task) (document.Authority, error) {
	a := document.Authority{Name: s.signOffName(last.SignOff.Code)}
	if o := last.Outside; o != nil {
		a.Decision = o.Number + "，" + o.Date
		return a, nil
	}
	notes, err := s.Store.Notes(ctx, v.ID)
	a.Decision = notes[last.Reason]
	return a, err
}

func (s *Service) signOffName(code string) document.Words {
	w, ok := s.PolicyName(code)
	if !ok {
		return document.Words{ZH: code, EN: code}
	}
	return document.Words(w)
}

// signer names who signed, and the post for which.
func (s *Service) signer(ctx context.Context, by visit.Actor, signOff, day string) (document.Signer, error) {
	people, err := s.Store.People(ctx, by.Person, by.OnBehalfOf)
	if err != nil {
		return document.Signer{}, err
	}
	g := document.Signer{Name: nameOf(people, by.Person), Post: s.signOffName(signOff)}
	holder := by.Person
	if by.OnBehalfOf != "" {
		g.For, holder = nameOf(people, by.OnBehalfOf), by.OnBehalfOf
	}
	posts, err := s.Store.PostsOf(ctx, []string{holder}, day)
	if i := slices.IndexFunc(posts[holder], func(p store.Post) bool { return p.Code == by.Post }); i >= 0 {
		g.Post = document.Words{ZH: posts[holder][i].NameZH, EN: posts[holder][i].NameEN}
	}
	return g, err
}

func nameOf(people map[string]policy.Person, id string) document.Words {
	p, ok := people[id]
	if !ok {
		return document.Words{ZH: id, EN: id}
	}
	return document.Words{ZH: p.NameZH, EN: p.NameEN}
}

// Check is what a stranger learns of a paper by its code: nothing of persons but initials (domain P-31, P-56).
type Check struct {
	State      PaperStanding
	Number     string
	Kind       paper.Kind
	Initials   []string
	ExitDate   string
	ReturnDate string
	ApprovedOn string // day in Beijing
	Sha256     string // of the file that was issued; empty while none was made
	// Same says whether the file asked for is the one that was issued; nil when none was asked for.
	Same *bool
}

// Check looks a paper up by its verification code, for anybody. The hash is that of a file to hold against it, "" for none.
// A code that is not there, or cannot be one, gives PaperUnknown.
func (s *Service) Check(ctx context.Context, typed, sum string) (Check, error) {
	code, ok := paper.CleanCode(typed)
	if !ok {
		return Check{State: PaperUnknown}, nil
	}
	p, ok, err := s.Store.PaperByCode(ctx, code)
	if err != nil || !ok {
		return Check{State: PaperUnknown}, err
	}
	row, err := s.Store.VisitRow(ctx, p.Visit)
	if err != nil {
		return Check{}, err
	}
	all, err := s.Store.Papers(ctx, p.Visit)
	if err != nil {
		return Check{}, err
	}
	content, err := s.Store.Content(ctx, p.Visit, p.Version)
	if err != nil {
		return Check{}, err
	}
	now, err := s.Store.Now(ctx)
	if err != nil {
		return Check{}, err
	}
	if p.Sha256 == "" && document.Available() {
		if _, p.Sha256, err = s.makePaper(ctx, p); err != nil {
			return Check{}, err
		}
	}
	c := Check{
		State:  standingOf(p, all, row.State, content.Draft.ReturnDate, dayOf(now)),
		Number: paper.Number(p.Kind, p.Year, p.Number), Kind: p.Kind, ExitDate: content.Draft.ExitDate, ReturnDate: content.Draft.ReturnDate,
		ApprovedOn: dayOf(p.ApprovedAt), Sha256: p.Sha256,
	}
	for _, who := range content.People {
		c.Initials = append(c.Initials, initials(who.NameEN))
	}
	if sum = strings.ToLower(strings.TrimSpace(sum)); sum != "" {
		if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
			return Check{}, &visit.Error{Code: visit.Invalid, Rule: "invalid", Problems: []visit.Problem{{Field: "sha256", Rule: "not_a_hash"}}}
		}
		same := p.Sha256 != "" && sum == p.Sha256
		c.Same = &same
	}
	return c, nil
}

// initials are the first letters of the parts of a Latin name: Shi Lei is S. L.
func initials(name string) string {
	parts := strings.Fields(name)
	for i, p := range parts {
		parts[i] = string([]rune(p)[:1]) + "."
	}
	return strings.Join(parts, " ")
}
