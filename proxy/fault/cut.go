package fault

import "io"

// cut passes so many bytes of a body, and then ends with an error. A body that
// ends before is not touched, and counted as skipped.
type cut struct {
	body   io.Reader
	left   int64
	err    error
	ordeal *ordeal
}

// Read implements io.Reader.
func (c *cut) Read(p []byte) (int, error) {
	if c.ordeal.lapsed() {
		return c.body.Read(p)
	}
	if c.left == 0 {
		c.ordeal.apply(kindResponse)
		return 0, c.err
	}
	n, err := c.body.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF && c.left > 0 {
		c.ordeal.skip()
	}
	if c.left == 0 {
		err = nil // the next call tells
	}
	return n, err
}
