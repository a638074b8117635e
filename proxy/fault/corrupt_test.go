package fault_test

import (
	"bytes"
	"io"
	"math"
	"testing"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// corrupted passes zeros through a fault and returns what arrives.
func corrupted(t *testing.T, lane *fault.Lane, size int) []byte {
	t.Helper()
	p := lane.Enter(get("/"))
	defer p.Leave(ok())
	p.Inject(nil)
	p.Respond(plainHead(int64(size)), nil)
	got, err := io.ReadAll(p.Download(bytes.NewReader(make([]byte, size))))
	if err != nil || len(got) != size {
		t.Fatalf("%d bytes, %v; want %d", len(got), err, size)
	}
	return got
}

func TestBytesAreCorruptedAtTheRateToAnyValue(t *testing.T) {
	const size = 1 << 20
	for spec, share := range map[string]float64{"0.01": 0.0001, "1": 0.01, "50": 0.5, "100": 1} {
		o := newFault(t, "{response: {corrupt: {percentage: "+spec+"}}}")
		changed, values := 0, map[byte]bool{}
		for _, b := range corrupted(t, o.lane, size) {
			if b != 0 {
				changed++
				values[b] = true
			}
		}
		// Five standard deviations: one wrong alarm in two million runs.
		bound := 5 * math.Sqrt(size*share*(1-share))
		if diff := math.Abs(float64(changed) - size*share); diff > bound {
			t.Errorf("%s%%: %d of %d bytes changed, %g away from the rate", spec, changed, size, diff)
		}
		if share >= 0.5 && len(values) != 255 {
			t.Errorf("%s%%: %d values, want every one but the byte's own", spec, len(values))
		}
	}
}

func TestASeedRepeatsWhatIsCorrupted(t *testing.T) {
	set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, seed: 7, fault: {response: {corrupt: {percentage: 5}}}}"))
	run := func() (all [][]byte) {
		lane := faulttest.Engine(t, set, faulttest.NewPermit("p"), nil).Lane("default")
		for range 3 {
			all = append(all, corrupted(t, lane, 1000))
		}
		return all
	}
	first, second := run(), run()
	for i := range first {
		if !bytes.Equal(first[i], second[i]) {
			t.Errorf("request %d differs between two runs of one seed", i)
		}
	}
	if bytes.Equal(first[0], first[1]) {
		t.Error("two requests of one run are corrupted alike")
	}
}
