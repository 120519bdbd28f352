//go:build unix

package infra

import (
	"os"
	"os/exec"
	"syscall"
)

// alone keeps the terminal's Ctrl-C from a command: it would come to it twice, from the
// terminal and from us, and the second one makes terraform drop everything.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks terraform to stop as soon as it can without leaving a mess.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }
