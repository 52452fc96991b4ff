package policy

// Alternatives is how many routes Simpler tries for a visit.
func (p *Pack) Alternatives(f Facts) (int, error) {
	r, err := p.Route(f)
	return len(p.alternatives(f, r)), err
}
