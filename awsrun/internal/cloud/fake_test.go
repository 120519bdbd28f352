package cloud_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cloud"
)

const (
	account = "123456789012"
	machine = "arn:aws:states:us-east-1:" + account + ":stateMachine:demo"
	runs    = "arn:aws:states:us-east-1:" + account + ":execution:demo:"
)

// A fake stands for AWS: it understands requests as the services' protocols have
// them, and answers from a table. An operation is called by the service and what it
// has in place of a name: states:StartExecution, batch:/v1/describejobqueues,
// s3:GET /bucket?versioning.
type fake struct {
	t testing.TB

	mu      sync.Mutex
	answers map[string][]answer
	log     []request
}

// A request is one that was made.
type request struct {
	op string
	in map[string]any
}

// An answer makes the body of a response, or returns a fault.
type answer func(in map[string]any) (any, *fault)

type fault struct {
	Status  int
	Code    string
	Message string
	Header  map[string]string
	Err     error `json:"-"` // of the network, instead of a response
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, answers: map[string][]answer{}}
	f.on("sts:GetCallerIdentity", says(xmlText(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::`+account+`:user/ada</Arn><Account>`+account+`</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)))
	return f
}

// on sets the answers to an operation, one after the other; the last is given again
// and again.
func (f *fake) on(op string, answers ...answer) { f.answers[op] = answers }

// says is always the same answer.
func says(body any) answer { return func(map[string]any) (any, *fault) { return body, nil } }

// fails is the answer that there was an error.
func fails(status int, code, message string) answer {
	return func(map[string]any) (any, *fault) {
		return nil, &fault{Status: status, Code: code, Message: message}
	}
}

// breaks is no answer.
func breaks(err error) answer {
	return func(map[string]any) (any, *fault) { return nil, &fault{Err: err} }
}

type xmlText string

// ops returns the operations that were asked for, without those of the identity.
func (f *fake) ops() []string {
	var ops []string
	for _, r := range f.log {
		if r.op != "sts:GetCallerIdentity" {
			ops = append(ops, r.op)
		}
	}
	return ops
}

// inputs returns those of all requests for an operation.
func (f *fake) inputs(op string) []map[string]any {
	var in []map[string]any
	for _, r := range f.log {
		if r.op == op {
			in = append(in, r.in)
		}
	}
	return in
}

var credential = regexp.MustCompile(`Credential=AKID/\d{8}/([a-z0-9-]+)/([a-z0-9]+)/aws4_request`)

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if err := f.serve(w, r); err != nil {
		return nil, err
	}
	response := w.Result()
	response.Request = r
	return response, nil
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := f.serve(w, r); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) error {
	if err := r.Context().Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	signed := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		f.t.Errorf("request is not signed: %s %s %v", r.Method, r.URL, r.Header)
		return http.ErrAbortHandler
	}
	service := signed[2]
	name, in := f.parse(service, r)
	op := service + ":" + name
	f.log = append(f.log, request{op, in})
	answers := f.answers[op]
	if len(answers) == 0 {
		f.t.Errorf("unexpected request: %s %v", op, in)
		write(w, service, nil, &fault{Status: 400, Code: "Unexpected", Message: op})
		return nil
	}
	if len(answers) > 1 {
		f.answers[op] = answers[1:]
	}
	body, bad := answers[0](in)
	if bad != nil && bad.Err != nil {
		return bad.Err
	}
	write(w, service, body, bad)
	return nil
}

// parse returns the name and the input of a request.
func (f *fake) parse(service string, r *http.Request) (string, map[string]any) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	in := map[string]any{}
	switch service {
	case "states", "logs", "ecr":
		prefix := map[string]string{"states": "AWSStepFunctions", "logs": "Logs_20140328", "ecr": "AmazonEC2ContainerRegistry_V20150921"}[service]
		got, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if err := json.Unmarshal(body, &in); err != nil || got != prefix {
			f.t.Errorf("X-Amz-Target %s, body %s: %v", r.Header.Get("X-Amz-Target"), body, err)
		}
		return name, in
	case "batch":
		if err := json.Unmarshal(body, &in); err != nil {
			f.t.Errorf("%s: body %s: %v", r.URL, body, err)
		}
		return r.URL.Path, in
	case "sts", "sns":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			f.t.Errorf("body %s: %v", body, err)
		}
		for k, v := range form {
			in[k] = v[0]
		}
		return form.Get("Action"), in
	}
	path := r.URL.Path
	if bucket, _, ok := strings.Cut(r.URL.Host, ".s3."); ok {
		path = strings.TrimSuffix("/"+bucket+path, "/")
	}
	for k, v := range r.URL.Query() {
		in[k] = v[0]
	}
	if _, ok := in["versioning"]; ok {
		path += "?versioning"
	}
	return r.Method + " " + path, in
}

// write answers as the service does.
func write(w http.ResponseWriter, service string, body any, bad *fault) {
	if bad == nil {
		if text, ok := body.(xmlText); ok {
			io.WriteString(w, string(text))
			return
		}
		json.NewEncoder(w).Encode(body)
		return
	}
	for k, v := range bad.Header {
		w.Header().Set(k, v)
	}
	switch service {
	case "sts", "sns":
		w.WriteHeader(bad.Status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", bad.Code, bad.Message)
	case "s3":
		w.WriteHeader(bad.Status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", bad.Code, bad.Message)
	default:
		w.Header().Set("X-Amzn-Errortype", bad.Code)
		w.WriteHeader(bad.Status)
		json.NewEncoder(w).Encode(map[string]string{"__type": bad.Code, "message": bad.Message})
	}
}

// setEnv keeps the machine's own settings of AWS out of tests.
func setEnv(t *testing.T) {
	for k, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_MAX_ATTEMPTS": "", "AWS_RETRY_MODE": "",
	} {
		t.Setenv(k, v)
	}
}

// bubble runs a test with a fake, at the beginning of the year 2000 and as fast as
// nothing but waiting allows.
func bubble(t *testing.T, test func(t *testing.T, f *fake, c *cloud.Client)) {
	t.Helper()
	setEnv(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		test(t, f, open(t, f))
	})
}

func open(t *testing.T, f *fake) *cloud.Client {
	t.Helper()
	c, err := cloud.Open(t.Context(), cloud.Options{Name: "demo", Region: "us-east-1", Client: &http.Client{Transport: f}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// y2k is when bubbles begin.
var y2k = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
