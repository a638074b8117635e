package policies

import (
	"fmt"
	"math/bits"
	"testing"
)

// The first numbers of SplitMix64 from the seed 1234567, as published with its
// reference implementation.
func TestMixIsThatOfSplitMix64(t *testing.T) {
	for n, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		if got := mix(1234567 + uint64(n+1)*golden); got != want {
			t.Errorf("number %d is %d, want %d", n, got, want)
		}
	}
}

// These numbers are what documents mean: a change moves people between arms.
func TestHashIsForEver(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		text string
		want uint64
	}{
		{0, "", 0xe220a8397b1dcdaf},
		{7, "", 0x63cbe1e459320dd7},
		{7, "alice", 0x2611737358ba940f},
		{7, "alice\x00", 0x547b053fa7643bc0},
		{7, "a user id of more than one word", 0x5ea3f2a287d53271},
	} {
		if got := hash(c.seed, c.text); got != c.want {
			t.Errorf("hash(%d, %q) = %#x, want %#x", c.seed, c.text, got, c.want)
		}
		if hash(c.seed, []byte(c.text)) != hash(c.seed, c.text) {
			t.Errorf("%q has another hash as bytes", c.text)
		}
	}
}

// Each bit of key and seed should change each bit of the hash half of the time.
// Over 512 keys the share of changes has a standard deviation of 0.022; six of
// them are allowed.
func TestEveryBitOfKeyAndSeedCounts(t *testing.T) {
	const keys = 512
	for bit := range 8 * 11 {
		var flips [64]int
		for i := range keys {
			text := fmt.Appendf(nil, "user-%06d", i)
			before := hash(7, text)
			text[bit/8] ^= 1 << (bit % 8)
			count(&flips, before^hash(7, text))
		}
		balanced(t, fmt.Sprintf("key bit %d", bit), flips, keys)
	}
	for bit := range 64 {
		var flips [64]int
		for i := range keys {
			text := fmt.Sprintf("user-%d", i)
			count(&flips, hash(7, text)^hash(7^1<<bit, text))
		}
		balanced(t, fmt.Sprintf("seed bit %d", bit), flips, keys)
	}
}

// count adds up which bits are set.
func count(flips *[64]int, changed uint64) {
	for ; changed != 0; changed &= changed - 1 {
		flips[bits.TrailingZeros64(changed)]++
	}
}

func balanced(t *testing.T, name string, flips [64]int, of int) {
	t.Helper()
	for bit, n := range flips {
		if share := float64(n) / float64(of); share < 0.5-0.133 || share > 0.5+0.133 {
			t.Errorf("%s changes bit %d in %.3f of the keys", name, bit, share)
		}
	}
}
