package proof

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// Credentials of the gateway. They are handed to jobs as credentials of AWS are.
const (
	storeKey    = "test"
	storeSecret = "testtest"
)

// gatewayVariable makes the test binary the gateway, over the directory that it names.
const gatewayVariable = "TEXTMILL_PROOF_GATEWAY"

// gateway is the S3 server of all tests: versitygw, in a process of its own, as it
// changes the directory of the one it is in.
var gateway struct {
	once     sync.Once
	endpoint string
	stop     func()
	err      error
}

// storeEndpoint returns the URL of the gateway, which it starts if need be.
func storeEndpoint(t *testing.T) string {
	t.Helper()
	gateway.once.Do(func() { gateway.err = startGateway() })
	if gateway.err != nil {
		t.Fatal(gateway.err)
	}
	return gateway.endpoint
}

func startGateway() error {
	dir, err := os.MkdirTemp("", "textmill-proof-")
	if err != nil {
		return err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), gatewayVariable+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe() // its end ends the gateway
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	gateway.stop = func() {
		in.Close()
		cmd.Wait()
		os.RemoveAll(dir)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("versitygw does not start: %w", err)
	}
	gateway.endpoint = "http://" + strings.TrimSpace(addr)
	return nil
}

// serveGateway is what the process of the gateway does.
func serveGateway(dir string) error {
	be, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{Concurrency: 64, CopyObjectThreshold: 5 << 30})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close()
	stdout := os.Stdout
	os.Stdout = os.Stderr // versitygw writes to it
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go func() {
		for ctx.Err() == nil {
			if c, err := net.Dial("tcp", addr); err == nil {
				c.Close()
				fmt.Fprintln(stdout, addr)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return embedgw.RunVersityGW(ctx, be, &embedgw.Config{
		RootUserAccess: storeKey, RootUserSecret: storeSecret, Ports: []string{addr},
		MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10000, Quiet: true, HealthPath: "/health",
	})
}

// awsConfig is that of clients of an endpoint.
func awsConfig(endpoint, key, secret, session string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, session),
	}
}
