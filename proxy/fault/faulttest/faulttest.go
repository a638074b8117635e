// Package faulttest is what tests of the fault engine, and of the adapters that
// feed it, share.
package faulttest

import (
	"sync"
	"testing"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// Compile returns the set of some documents.
func Compile(t *testing.T, yaml string) *policies.Set {
	t.Helper()
	docs, err := policies.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	set, err := policies.Compile(docs)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Policy returns a FaultPolicy document with this spec.
func Policy(name, spec string) string {
	return "---\napiVersion: poise.dev/v1alpha1\nkind: FaultPolicy\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// Permit is a [fault.Permit] that people in a test switch on and off.
type Permit struct {
	mu       sync.Mutex
	released map[string]chan struct{}
	faults   map[string]int
}

// NewPermit returns a Permit that lets these policies act.
func NewPermit(policies ...string) *Permit {
	p := &Permit{released: map[string]chan struct{}{}, faults: map[string]int{}}
	for _, name := range policies {
		p.Grant(name)
	}
	return p
}

// Grant lets a policy act.
func (p *Permit) Grant(policy string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.released[policy] = make(chan struct{})
}

// Revoke ends that, and lets go who is held.
func (p *Permit) Revoke(policy string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.released[policy])
	delete(p.released, policy)
}

// Allow bounds the number of faults of a policy.
func (p *Permit) Allow(policy string, faults int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[policy] = faults
}

// Live implements [fault.Permit].
func (p *Permit) Live(policy string) (<-chan struct{}, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	released, ok := p.released[policy]
	return released, ok
}

// Spend implements [fault.Permit].
func (p *Permit) Spend(policy string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left, bounded := p.faults[policy]
	if !bounded {
		return true
	}
	p.faults[policy] = left - 1
	return left > 0
}

// Always is a coin that falls on fault whatever the percentage, but for 0.
func Always() uint32 { return 0 }

// Engine returns an engine with documents, a permit and a coin.
func Engine(t *testing.T, set *policies.Set, p fault.Permit, coin func() uint32) *fault.Engine {
	t.Helper()
	e := fault.New(fault.Options{Permit: p, Coin: coin})
	e.Load(set)
	return e
}
