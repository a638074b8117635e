package policies

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// Sticky tells whether requests with the same key share their fate. Only
// assignment by request tosses a coin for each.
func (a AssignBy) Sticky() bool { return a.Kind != AssignRequest }

// keyed tells whether the request has the key that the policy assigns by. One
// without it is not eligible.
func (p *Policy) keyed(r *Request) bool {
	switch p.Assign.Kind {
	case AssignRequest:
		return true
	case AssignHeader:
		_, ok := r.first(inHeader, p.Assign.Name)
		return ok
	case AssignCookie:
		_, ok := r.first(inCookie, p.Assign.Name)
		return ok
	case AssignSource:
		return r.Source.IsValid()
	default:
		return false
	}
}

// stickyCoin returns the draw of the request's key, uniform over keys in
// [0, Whole). A share of 20% draws a part of what one of 40% draws. Of a
// header or cookie sent twice the first value is the key; the peer's key is
// its address, without zone.
func (p *Policy) stickyCoin(r *Request) uint32 {
	var sum uint64
	switch p.Assign.Kind {
	case AssignHeader:
		value, _ := r.first(inHeader, p.Assign.Name)
		sum = hash(p.Seed, value)
	case AssignCookie:
		value, _ := r.first(inCookie, p.Assign.Name)
		sum = hash(p.Seed, value)
	case AssignSource:
		address := r.peer().As16()
		sum = hash(p.Seed, address[:])
	default:
		return Whole - 1
	}
	return coin(sum)
}

// SeededCoin returns the n-th draw of a seeded policy, uniform in [0, Whole).
// It depends on the seed, the policy's name and n alone, so that decisions
// repeat, and policies with the same seed do not share their luck.
func (p *Policy) SeededCoin(n uint64) uint32 {
	return coin(mix(p.stream + (n+1)*golden))
}

// SeededRand returns the chance of the n-th fault of a seeded policy: how long
// it delays, which bytes it corrupts. It is not for use by several goroutines at
// a time.
func (p *Policy) SeededRand(n uint64) Rand { return rand.New(rand.NewPCG(p.stream, mix(n))) }

// coin maps 64 random bits to [0, Whole) by multiplication (Lemire, "Fast
// random integer generation in an interval", 2019); the bias is below 2⁻³⁷.
func coin(random uint64) uint32 {
	high, _ := bits.Mul64(random, Whole)
	return uint32(high) //nolint:gosec // high < Whole
}

// golden is 2⁶⁴ divided by the golden ratio: the step of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", 2014; constants by Stafford): a bijection in
// which each input bit changes each output bit with probability near one half.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash returns 64 bits that depend on every bit of seed and text. It is part of
// what documents mean: the same seed and key fall into the same arm in every
// process and every version. It chains mix over words of 8 bytes, little
// endian, the last one filled with zeros; the length goes in first, so that
// the filling tells.
func hash[T string | []byte](seed uint64, text T) uint64 {
	sum := mix(seed + golden*uint64(len(text)+1))
	for len(text) > 0 {
		var word [8]byte
		text = text[copy(word[:], text):]
		sum = mix(sum ^ binary.LittleEndian.Uint64(word[:]))
	}
	return sum
}
