package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/schema/store"
	"github.com/exeat/exeat/visit"
)

// packs keeps the policies that were used, compiled. A version never changes, so it is read once. The zero value is empty.
type packs struct {
	mu     sync.Mutex
	byHash map[string]*policy.Pack
	sorted []*policy.Pack // the one that takes effect last first
}

func (p *packs) get(hash string) *policy.Pack {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byHash[hash]
}

func (p *packs) put(pack *policy.Pack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byHash == nil {
		p.byHash = map[string]*policy.Pack{}
	}
	if p.byHash[pack.Ref().Hash] != nil {
		return
	}
	p.byHash[pack.Ref().Hash] = pack
	p.sorted = append(slices.Clone(p.sorted), pack)
	slices.SortStableFunc(p.sorted, func(a, b *policy.Pack) int {
		return cmp.Or(cmp.Compare(b.EffectiveFrom.String(), a.EffectiveFrom.String()), cmp.Compare(a.Ref().Pack, b.Ref().Pack))
	})
}

func (p *packs) all() []*policy.Pack {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sorted
}

// InstallPolicies puts the packs that come with the program into the record, each as its first version. A pack that has a
// version stays as it is: from then on people publish.
func (s *Service) InstallPolicies(ctx context.Context) error {
	ids := policy.Packs()
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(extended(a), extended(b)) }) // what others extend comes first
	for _, id := range ids {
		text, err := policy.Shipped(id)
		if err != nil {
			return err
		}
		pack, base, err := s.load(ctx, id, text)
		if err != nil {
			return fmt.Errorf("policy %s: %w", id, err)
		}
		first := versionOf(pack, text, base, []string{visit.System.Person}, visit.System.Person, Keep, "")
		err = s.Store.As(ctx, visit.System, func(st *store.Store) error {
			_, err := st.AddPolicy(ctx, first)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func extended(id string) string {
	text, err := policy.Shipped(id)
	if err != nil {
		return ""
	}
	return policy.Extends(text)
}

// load compiles a text; what it extends is the version of that pack published last, whose hash is given too.
func (s *Service) load(ctx context.Context, name string, text []byte) (pack *policy.Pack, base string, err error) {
	pack, err = policy.LoadOver(name+".yaml", text, func(id string) ([]byte, error) {
		v, err := s.Store.NewestPolicy(ctx, id)
		base = v.Hash
		if visit.CodeOf(err) == visit.NotFound {
			err = fmt.Errorf("there is no pack %q", id)
		}
		return []byte(v.Body), err
	})
	return pack, base, err
}

func versionOf(p *policy.Pack, text []byte, base string, editors []string, publisher string, choice OpenVisits, note string) store.PolicyVersion {
	return store.PolicyVersion{
		Hash: p.Ref().Hash, Pack: p.Ref().Pack, Version: p.Ref().Version, Body: string(text), Base: base,
		EffectiveFrom: p.EffectiveFrom.String(), EditedBy: editors, PublishedBy: publisher, OpenVisits: string(choice), Note: note,
	}
}

// pack gives the policy that is in force for a unit today.
func (s *Service) pack(ctx context.Context, unit string) (*policy.Pack, error) {
	hash, err := s.Store.PolicyInForce(ctx, unit)
	if err != nil {
		return nil, err
	}
	return s.PolicyOf(ctx, hash)
}

// PolicyOf gives a published policy by its hash; not_found when there is none.
func (s *Service) PolicyOf(ctx context.Context, hash string) (*policy.Pack, error) {
	if p := s.packs.get(hash); p != nil {
		return p, nil
	}
	v, err := s.Store.PolicyVersion(ctx, hash)
	if err != nil {
		return nil, err
	}
	p, err := policy.LoadOver(v.Pack+".yaml", []byte(v.Body), func(string) ([]byte, error) {
		base, err := s.Store.PolicyVersion(ctx, v.Base)
		return []byte(base.Body), err
	})
	if err != nil {
		return nil, fmt.Errorf("policy %s %s: %w", v.Pack, v.Version, err)
	}
	if p.Ref().Hash != hash {
		return nil, fmt.Errorf("policy %s %s: its text has the hash %s, not %s", v.Pack, v.Version, p.Ref().Hash, hash)
	}
	s.packs.put(p)
	return p, nil
}

// PolicyName names a sign-off, gate or document by its code, as the newest policy in use has it.
func (s *Service) PolicyName(code string) (policy.Words, bool) {
	for _, p := range s.packs.all() {
		if w, ok := p.Name(code); ok {
			return w, true
		}
	}
	for _, id := range policy.Packs() { // before the first policy was used
		if p, err := policy.Embedded(id); err == nil {
			if w, ok := p.Name(code); ok {
				return w, true
			}
		}
	}
	return policy.Words{}, false
}

// standing is what an earlier submission has fixed for a draft; the zero value is that of a draft never submitted.
type standing struct {
	id       string // of the draft, "" for one that was never saved
	policy   visit.PolicyRef
	category visit.Category // set by the International Office, empty unless it was
	visit    visit.Visit    // without an id unless it was submitted
}

// standing reads what is fixed for a draft by its id, "" for one that was never saved.
func (s *Service) standing(ctx context.Context, id string) (standing, error) {
	if id == "" {
		return standing{}, nil
	}
	v, err := s.Store.Visit(ctx, id)
	if visit.CodeOf(err) == visit.NotFound {
		return standing{id: id}, nil
	}
	return standing{id, v.Route.Policy, v.Category, v}, err
}

// packFor gives the policy that decides on a draft: the pinned one once it was submitted, else the one in force.
func (s *Service) packFor(ctx context.Context, st standing, unit string) (*policy.Pack, error) {
	if st.policy.Hash == "" {
		return s.pack(ctx, unit)
	}
	return s.PolicyOf(ctx, st.policy.Hash)
}
