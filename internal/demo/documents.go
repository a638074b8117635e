package demo

import _ "embed" // the documents of the demo

// Verification is the name of the demo's verification.
const Verification = "checkout-slow-payment"

// The listeners the documents speak of.
const (
	Ingress = "ingress"        // where people reach checkout
	Egress  = "egress-payment" // where checkout reaches payment
)

//go:embed belief.yaml
var documents []byte

// Documents returns the belief the demo tests, and how, as people would write
// it.
func Documents() []byte { return documents }
