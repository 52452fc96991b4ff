package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/exeat/exeat/policy"
	"github.com/exeat/exeat/visit"
)

type policyCmd struct {
	Check   checkPolicyCmd   `cmd:"" help:"Find everything that is wrong with a pack."`
	Explain explainPolicyCmd `cmd:"" help:"Say how a visit would be decided, why, and what would make it simpler."`
	Compare comparePolicyCmd `cmd:"" help:"Say what changes from one pack to another."`
	Schema  schemaPolicyCmd  `cmd:"" help:"Print the JSON Schema of packs, for editors."`
}

type checkPolicyCmd struct {
	File string `arg:"" help:"A pack: a file, or the id of a pack that comes with the program."`
}

func (c checkPolicyCmd) Run(s std) error {
	p, err := loadPack(c.File)
	var faults policy.Faults
	if errors.As(err, &faults) {
		fmt.Fprintln(s.out, faults)
		return fmt.Errorf("%s: faults: %d", c.File, len(faults))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: nothing wrong: %s %s, sha256 %s\n", c.File, p.Ref().Pack, p.Ref().Version, p.Ref().Hash)
	return nil
}

type explainPolicyCmd struct {
	File   string `arg:"" help:"A pack: a file, or the id of a pack that comes with the program."`
	Visit  string `required:"" type:"existingfile" help:"The draft, a JSON file of the API's form."`
	People string `type:"existingfile" help:"The travellers, a JSON list of persons; without it they are taken as staff, or as undergraduates in a student category."`
	Known  string `type:"existingfile" help:"What the record says of the visit, a JSON file: other visits, marks, plan, risk levels; nothing is known without it."`
	Lang   string `default:"en" enum:"zh,en" help:"Language of the explanation."`
}

func (c explainPolicyCmd) Run(s std) error {
	p, err := loadPack(c.File)
	if err != nil {
		return err
	}
	var d visit.Draft
	if err := readJSON(c.Visit, &d); err != nil {
		return err
	}
	known, err := c.known(d)
	if err != nil {
		return err
	}
	facts, problems := policy.FactsOf(d, known)
	if len(problems) > 0 {
		return fmt.Errorf("%s: %s: the file of people has no %s", c.Visit, problems[0].Field, problems[0].Args["person"])
	}
	r, err := p.Route(facts)
	if err != nil {
		return err
	}
	simpler, err := p.Simpler(facts)
	if err != nil {
		return err
	}
	return policy.Explain(s.out, c.Lang, r, simpler)
}

// known is the file of what is known, with the people of theirs.
func (c explainPolicyCmd) known(d visit.Draft) (policy.Known, error) {
	var known policy.Known
	if c.Known != "" {
		if err := readJSON(c.Known, &known); err != nil {
			return known, err
		}
	}
	if len(known.People) > 0 && c.People == "" {
		return known, nil
	}
	var err error
	known.People, err = c.people(d)
	return known, err
}

func (c explainPolicyCmd) people(d visit.Draft) (map[string]policy.Person, error) {
	all := map[string]policy.Person{}
	if c.People == "" {
		for _, t := range d.Travellers {
			all[t.Person] = ordinary(t.Person, d.Category)
		}
		return all, nil
	}
	var list []policy.Person
	if err := readJSON(c.People, &list); err != nil {
		return nil, err
	}
	for i, p := range list {
		if !slices.Contains(policy.Ranks, p.Rank) {
			return nil, fmt.Errorf("%s: [%d].rank: %q is not one of %v", c.People, i, p.Rank, policy.Ranks)
		}
		all[p.ID] = p
	}
	return all, nil
}

// ordinary is the person whom a category sends most often.
func ordinary(id string, c visit.Category) policy.Person {
	if strings.HasPrefix(string(c), "STU_") {
		return policy.Person{ID: id, Rank: policy.Student, Student: "undergraduate"}
	}
	return policy.Person{ID: id, Rank: policy.Staff, Teaches: true}
}

type comparePolicyCmd struct {
	A   string `arg:"" help:"The pack as it is: a file, or the id of a pack that comes with the program."`
	B   string `arg:"" help:"The pack as it would be."`
	Max int    `default:"10" help:"Sample visits to list of those that are decided differently."`
}

func (c comparePolicyCmd) Run(s std) error {
	a, err := loadPack(c.A)
	if err != nil {
		return err
	}
	b, err := loadPack(c.B)
	if err != nil {
		return err
	}
	all, err := policy.Compare(a, b)
	if err != nil {
		return err
	}
	printComparison(s, all, c.Max)
	return nil
}

func printComparison(s std, c policy.Comparison, most int) {
	fmt.Fprintf(s.out, "%s %s → %s %s\n", c.From.Pack, c.From.Version, c.To.Pack, c.To.Version)
	for _, e := range c.Entries {
		fmt.Fprintln(s.out, strings.TrimSpace(strings.Join([]string{e.Kind, e.Section, e.Code}, " ")))
		for _, p := range e.Parts {
			fmt.Fprintf(s.out, "  %s\n  - %s\n  + %s\n", p.Key, p.From, p.To)
		}
	}
	fmt.Fprintf(s.out, "sample visits decided differently: %d of %d\n", len(c.Cases), c.Samples)
	for _, x := range c.Cases[:min(len(c.Cases), max(0, most))] {
		fmt.Fprintf(s.out, "  %s %s %s, days: %d\n  - %s\n  + %s\n", x.Category, x.Rank, x.Destination, x.Days, x.From, x.To)
	}
}

type schemaPolicyCmd struct{}

func (schemaPolicyCmd) Run(s std) error {
	schema, err := policy.JSONSchema()
	if err == nil {
		fmt.Fprintf(s.out, "%s\n", schema)
	}
	return err
}

// loadPack reads a pack that comes with the program, by its id, or else a file.
func loadPack(name string) (*policy.Pack, error) {
	if slices.Contains(policy.Packs(), name) {
		return policy.Embedded(name)
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is neither a file nor one of the packs %s", name, strings.Join(policy.Packs(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return policy.Load(name, text)
}

// readJSON refuses keys that the form does not have, since one that is misspelt would silently change the route.
func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
