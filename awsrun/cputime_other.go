//go:build !unix

package awsrun

import "time"

var began = time.Now()

// cpuTime returns for how long this process has been there, as what it has computed is
// not to be known here.
func cpuTime() time.Duration { return time.Since(began) }
