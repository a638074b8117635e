package policies

import (
	"fmt"

	"github.com/poise-dev/poise/policies/strict"
)

// MarshalJSON writes the document as [Parse] reads it back. Fields that hold
// nothing are left out, so equal documents give equal text.
func (d Document) MarshalJSON() ([]byte, error) {
	switch {
	case d.Policy != nil:
		return seal(d, *d.Policy)
	case d.Hypothesis != nil:
		return seal(d, *d.Hypothesis)
	case d.Verification != nil:
		return seal(d, *d.Verification)
	default:
		return nil, fmt.Errorf("write document %q: it has no spec", d.Metadata.Name)
	}
}

// seal puts a document back in its envelope.
func seal[T any](d Document, spec T) ([]byte, error) {
	return strict.Encode(envelope[T]{APIVersion: APIVersion, Kind: string(d.Kind), Metadata: d.Metadata, Spec: spec})
}
