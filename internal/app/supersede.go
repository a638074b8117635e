package app

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

// began remembers what a run began with, and forgets those that are over.
func (r *Runs) began(run string, with begun) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun == nil {
		r.begun = map[string]begun{}
	}
	for id := range r.begun {
		if known, err := r.verifier.Get(id); err != nil || known.State == verifier.StateDone {
			delete(r.begun, id)
		}
	}
	r.begun[run] = with
}

// supersede ends the runs whose documents are no longer what they began with:
// what they were testing is not there any more.
func (r *Runs) supersede(set *policies.Set) {
	r.mu.Lock()
	all := maps.Clone(r.begun)
	r.mu.Unlock()
	for id, was := range all {
		if was.documents == text(set, set.Trial(was.spec.Verification)) {
			continue
		}
		why := verifier.Stop{
			Reason: verifier.StopSuperseded,
			Text:   "The documents of the run were changed; what it was testing is not there any more.",
		}
		if err := r.verifier.Stop(id, why); err != nil {
			r.log.Debug("a run that would be superseded is forgotten", "run", id, "error", err)
		}
	}
}

// text returns the documents of a verification as one text: when it differs,
// something that matters to a run did.
func text(set *policies.Set, trial *policies.Trial) string {
	if trial == nil {
		return ""
	}
	var all []byte
	for _, d := range set.Documents() {
		if !concerns(d, trial) {
			continue
		}
		one, err := json.Marshal(d)
		if err != nil {
			return "" // a document that was read can be written
		}
		all = append(all, one...)
	}
	return string(all)
}

func concerns(d policies.Document, trial *policies.Trial) bool {
	name := d.Metadata.Name
	switch d.Kind {
	case policies.KindVerification:
		return name == trial.Name
	case policies.KindHypothesis:
		return name == trial.Belief.Name
	default:
		return slices.ContainsFunc(trial.Policies, func(p *policies.Policy) bool { return p.Name == name })
	}
}
