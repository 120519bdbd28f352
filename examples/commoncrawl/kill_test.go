package main

import (
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"
)

// Killed at random points and started again, as often as it takes, the program
// publishes the same bytes as when it is left alone.
func TestKilledAndStartedAgain(t *testing.T) {
	whole := t.TempDir()
	began := time.Now()
	if out, err := program(t, "-lang", "all", "-workers", "2", "-out", whole).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	usual := time.Since(began)
	want := tree(t, whole)

	rng := rand.New(rand.NewPCG(1, uint64(began.UnixNano())))
	killed := 0
	for range 3 {
		dir := t.TempDir()
		for attempt := 0; ; attempt++ {
			cmd := program(t, "-lang", "all", "-workers", "2", "-out", dir)
			if attempt < 5 {
				if killAfter(t, cmd, time.Duration(rng.Int64N(int64(usual)))) {
					killed++
					continue
				}
			} else if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			break
		}
		if got := tree(t, dir); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if killed == 0 {
		t.Error("the program was never killed")
	}
	t.Logf("killed %d times", killed)
}

// killAfter reports whether the program was killed; it may have ended before.
func killAfter(t *testing.T, cmd *exec.Cmd, d time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(d, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait() != nil
}
