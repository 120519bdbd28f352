package cost

import (
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{59 * time.Second, "59s"},
		{time.Minute, "1m"},
		{89 * time.Second, "1m"},
		{90 * time.Second, "2m"},
		{59*time.Minute + 29*time.Second, "59m"},
		{59*time.Minute + 30*time.Second, "1h 00m"},
		{61 * time.Minute, "1h 01m"},
		{47*time.Hour + 59*time.Minute, "47h 59m"},
		{48 * time.Hour, "2d 00h"},
		{71*time.Hour + 30*time.Minute, "3d 00h"},
		{100 * time.Hour, "4d 04h"},
	} {
		if got := duration(test.d); got != test.want {
			t.Errorf("duration(%v) = %q, want %q", test.d, got, test.want)
		}
	}
}

func TestSize(t *testing.T) {
	for _, test := range []struct {
		n    int64
		want string
	}{
		{0, ""},
		{1, "1 B"},
		{999, "999 B"},
		{1000, "1.00 kB"},
		{9994, "9.99 kB"},
		{9995, "10.0 kB"},
		{99_949, "99.9 kB"},
		{99_950, "100 kB"},
		{999_499, "999 kB"},
		{999_500, "1.00 MB"},
		{7_600_000_000_000, "7.60 TB"},
		{math.MaxInt64, "9.22 EB"},
	} {
		if got := size(test.n); got != test.want {
			t.Errorf("size(%d) = %q, want %q", test.n, got, test.want)
		}
	}
}

func TestDollars(t *testing.T) {
	for _, test := range []struct {
		f    float64
		want string
	}{{0, "0.00"}, {0.000001, "<0.01"}, {0.0049, "<0.01"}, {0.005, "0.01"}, {1.234, "1.23"}, {12345.678, "12345.68"}} {
		if got := dollars(test.f); got != test.want {
			t.Errorf("dollars(%v) = %q, want %q", test.f, got, test.want)
		}
	}
}
