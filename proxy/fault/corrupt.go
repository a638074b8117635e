package fault

import (
	"io"
	"math"

	"github.com/poise-dev/poise/policies"
)

// corrupted changes each byte of a body with the same chance, to any other
// value. Its header fields stay: a digest is how a caller may notice.
type corrupted struct {
	body   io.Reader
	chance float64 // that a byte is changed, in (0, 1]
	spare  float64 // bytes to pass before the next one that is changed
	ordeal *ordeal
}

func newCorrupted(body io.Reader, share policies.Percent, o *ordeal) *corrupted {
	c := &corrupted{body: body, chance: share.Ratio(), ordeal: o}
	c.spare = c.gap()
	return c
}

// Read implements io.Reader.
func (c *corrupted) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	if n > 0 && !c.ordeal.lapsed() {
		c.damage(p[:n])
	}
	return n, err
}

// damage changes the bytes whose turn it is.
func (c *corrupted) damage(p []byte) {
	for c.spare < float64(len(p)) {
		p = p[int(c.spare):]
		p[0] ^= 1 + byte(255*c.draw())
		p = p[1:]
		c.spare = c.gap()
		c.ordeal.apply(kindResponse)
	}
	c.spare -= float64(len(p))
}

// gap draws how many bytes pass before the next is changed: geometric, so that
// chance is asked once for each change and not once for each byte.
func (c *corrupted) gap() float64 {
	if c.chance >= 1 {
		return 0
	}
	return math.Floor(math.Log1p(-c.draw()) / math.Log1p(-c.chance))
}

// draw returns a number uniform in [0, 1).
func (c *corrupted) draw() float64 {
	c.ordeal.mu.Lock()
	defer c.ordeal.mu.Unlock()
	return c.ordeal.rand.Float64()
}
