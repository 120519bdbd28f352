package proof

import (
	"fmt"
	"os"
	"testing"
)

// Where everything is said to be.
const (
	region  = "us-east-1"
	account = "123456789012" // moto's
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(gatewayVariable); dir != "" {
		if err := serveGateway(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if image := os.Getenv(containerVariable); image != "" {
		fmt.Fprintln(os.Stderr, runContainer(image, os.Args[1:]))
		os.Exit(125) // as docker does
	}
	status := m.Run()
	if shared.moto != nil {
		shared.moto.end()
	}
	if gateway.stop != nil {
		gateway.stop()
	}
	if programs.dir != "" {
		os.RemoveAll(programs.dir)
	}
	os.Exit(status)
}
