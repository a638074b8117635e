package policies

import (
	"net/netip"
	"time"
)

// Duration is a Go duration such as "400ms" or "1h30m"; whole days ("30d") are
// understood too.
type Duration time.Duration

// Percent is a number from 0 to 100, held in millionths of a percent: Whole is
// all, 1 is one request in a hundred million.
type Percent uint32

// Whole is 100 percent, and the upper bound of a coin.
const Whole = 100_000_000

// Size is a number of bytes, written as "64KiB", "100KB" or "5B".
type Size int64

// Rate is a number of bytes per second, written as "100KiB/s".
type Rate int64

// Prefix is a range of addresses, written as CIDR or as a single address.
type Prefix struct{ netip.Prefix }

// GRPCCode is a gRPC status code, written by name ("UNAVAILABLE") or number.
type GRPCCode uint8

// StatusSet is a set of HTTP statuses, written as "<500" or as a list of codes
// and classes (["2xx", "404"]).
type StatusSet struct {
	text string
	bits [8]uint64 // status - 100, up to 599
}

// Assign is how requests are assigned to arms: "request", "header:NAME",
// "cookie:NAME", "source" or "baggage".
type Assign struct {
	By AssignBy `yaml:"by" required:"true" doc:"request | header:NAME | cookie:NAME | source | baggage. All but request are sticky."`
}

// AssignBy is the key of an assignment.
type AssignBy struct {
	Kind AssignKind
	Name string // of the header (canonical) or cookie
}

// AssignKind is the kind of key of an assignment.
type AssignKind uint8

// The kinds of key.
const (
	AssignRequest AssignKind = iota
	AssignHeader
	AssignCookie
	AssignSource
	AssignBaggage
)
