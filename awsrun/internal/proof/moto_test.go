package proof

import (
	"bufio"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// motoVariable names the Python interpreter that has moto. moto/setup prints it.
const motoVariable = "TEXTMILL_MOTO"

// A moto is a running server that stands for AWS. See moto/launch.py.
type moto struct {
	endpoint string
	store    string // URL of the S3 that it reads and writes
	key      string // of the tests, with its secret
	secret   string
	batch    *batch.Client
	logs     *cloudwatchlogs.Client
	sfn      *sfn.Client
	sns      *sns.Client
	sqs      *sqs.Client

	settings      settings
	subnet, group string // made when first needed
	dir           string // of the file with the settings
	cmd           *exec.Cmd
}

// settings are what moto/launch.py reads for each attempt at a job.
type settings struct {
	Programs    map[string]string `json:"programs"` // by deployment
	Environment map[string]string `json:"environment"`
	Faults      []fault           `json:"faults"`
}

// A fault is something that goes wrong with jobs. See moto/fixes/faults.py.
type fault struct {
	Definition string `json:"definition"`
	Shard      *int   `json:"shard,omitempty"`
	Attempt    int    `json:"attempt,omitempty"`
	Kind       string `json:"kind"`
	Line       string `json:"line,omitempty"`
}

// python returns the interpreter that has moto. Without one it skips the test, or fails
// it in CI.
func python(t *testing.T) string {
	t.Helper()
	path := os.Getenv(motoVariable)
	if path == "" {
		const needs = "needs " + motoVariable + ": set it to what awsrun/internal/proof/moto/setup prints"
		if os.Getenv("CI") == "true" {
			t.Fatal(needs)
		}
		t.Skip(needs)
	}
	return path
}

// shared is the server of most tests.
var shared struct {
	once sync.Once
	moto *moto
	err  error
}

// sharedMoto returns a server that other tests use too, before and after.
func sharedMoto(t *testing.T) *moto {
	t.Helper()
	path, store := python(t), storeEndpoint(t)
	shared.once.Do(func() { shared.moto, shared.err = launch(path, store, 8) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.moto
}

// newMoto starts a server, which the end of the test ends, and its jobs with it. It runs
// so many jobs at once. Its state machines read and write the S3 at store, or if that is
// "", the server's own.
func newMoto(t *testing.T, store string, jobs int) *moto {
	t.Helper()
	m, err := launch(python(t), store, jobs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.end)
	return m
}

func launch(python, store string, jobs int) (*moto, error) {
	dir, err := os.MkdirTemp("", "textmill-moto-")
	if err != nil {
		return nil, err
	}
	m := &moto{dir: dir, key: "tests", secret: "tests", settings: settings{Programs: map[string]string{}}}
	if err := m.save(); err != nil {
		return nil, err
	}
	// Nothing of the user's is read, and nothing is left in the checkout.
	args := []string{"-s", "-E", "-B", "moto/launch.py", "--settings", m.file(), "--jobs", fmt.Sprint(jobs), "--waits", "0.01"}
	if store != "" {
		args = append(args, "--store", store)
		m.settings.Environment = map[string]string{
			"AWS_ENDPOINT_URL_S3": store, "AWS_REGION": region,
			"AWS_ACCESS_KEY_ID": storeKey, "AWS_SECRET_ACCESS_KEY": storeSecret,
		}
	}
	m.cmd = exec.Command(python, args...)
	m.cmd.Env = append(os.Environ(), "STORE_KEY="+storeKey, "STORE_SECRET="+storeSecret, "TMPDIR="+dir)
	m.cmd.Stderr = os.Stderr // where it prints what is wrong with itself
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, err := m.cmd.StdinPipe(); err != nil { // its end ends the server
		return nil, err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("moto does not start: %w", err)
	}
	m.endpoint = "http://127.0.0.1:" + strings.TrimSpace(port)
	m.store = cmp.Or(store, m.endpoint)
	m.connect()
	return m, nil
}

// end ends the server and its jobs.
func (m *moto) end() {
	syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
	m.cmd.Wait()
	os.RemoveAll(m.dir)
}

// config is that of the tests' clients.
func (m *moto) config() aws.Config { return awsConfig(m.endpoint, m.key, m.secret, "") }

func (m *moto) connect() {
	c := m.config()
	m.batch, m.logs, m.sfn, m.sns, m.sqs = batch.NewFromConfig(c), cloudwatchlogs.NewFromConfig(c), sfn.NewFromConfig(c), sns.NewFromConfig(c), sqs.NewFromConfig(c)
}

func (m *moto) file() string { return filepath.Join(m.dir, "settings.json") }

// save writes the settings, which hold from the next attempt at a job on.
func (m *moto) save() error {
	b, err := json.Marshal(m.settings)
	if err != nil {
		return err
	}
	if err := os.WriteFile(m.file()+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(m.file()+".new", m.file())
}

// inject makes the faults go wrong, in the place of those before.
func (m *moto) inject(t *testing.T, faults ...fault) {
	t.Helper()
	m.settings.Faults = faults
	must(t, m.save())
}

// query calls a service that has XML for an answer, and returns the first element of the
// given name in it.
func (m *moto) query(t *testing.T, service, version, action string, params map[string]string, element string) string {
	t.Helper()
	return elementOf(m.answer(t, service, version, action, params), element)
}

// answer calls a service that has XML for an answer.
func (m *moto) answer(t *testing.T, service, version, action string, params map[string]string) string {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {version}}
	for k, v := range params {
		form.Set(k, v)
	}
	r, err := http.NewRequest("POST", m.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The server reads from this whom the request is for.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=tests/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %v\n%s", service, action, resp.Status, err, body)
	}
	return string(body)
}

// elementOf returns the text of the first element of the given name.
func elementOf(document, name string) string {
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			var text string
			if d.DecodeElement(&text, &start) != nil {
				return ""
			}
			return text
		}
	}
}

// s3 returns a client of the S3 that the state machines read and write.
func (m *moto) s3(t *testing.T) *s3.Client {
	c := awsConfig(m.store, storeKey, storeSecret, "")
	if m.store == m.endpoint {
		c = m.config()
	}
	return s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
}

func ptr[T any](v T) *T { return &v }
