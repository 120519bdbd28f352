//go:build !unix

package infra

import (
	"os"
	"os/exec"
)

// alone does nothing where there are no process groups.
func alone(*exec.Cmd) {}

// interrupt does nothing: there is no way to ask. The Ctrl-C of the terminal comes to
// terraform by itself; otherwise it is killed when its time is up.
func interrupt(*os.Process) error { return nil }
