package python_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/edgetoken/edgetoken/core/python"
)

func TestFloatRepr(t *testing.T) {
	for f, want := range map[float64]string{
		1e3: "1000.0", 0.1: "0.1", 1e15: "1000000000000000.0", 1e16: "1e+16",
		123456789012345680: "1.2345678901234568e+17",
		0.0001:             "0.0001", 0.00001: "1e-05", -1.5e-7: "-1.5e-07", 5e-324: "5e-324",
		1.7976931348623157e308: "1.7976931348623157e+308",
		math.Inf(1):            "inf", math.Inf(-1): "-inf",
	} {
		if got := python.FloatRepr(f); got != want {
			t.Errorf("FloatRepr(%s) = %s, want %s", strconv.FormatFloat(f, 'g', -1, 64), got, want)
		}
	}
	if got := python.FloatRepr(math.Copysign(0, -1)); got != "-0.0" {
		t.Errorf("FloatRepr(-0) = %s, want -0.0", got)
	}
	if got := python.FloatRepr(math.NaN()); got != "nan" {
		t.Errorf("FloatRepr(NaN) = %s, want nan", got)
	}
}
