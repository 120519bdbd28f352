// Package fakes3 is a server in memory that speaks as much of the protocol of
// Amazon S3 as package s3 needs: objects whole and by ranges, multipart uploads,
// lists by pages, conditions, versions, and CRC-32 checksums in headers and
// trailers. Signatures are not verified. Package s3test says what it has in
// common with a real server, and is run against both.
package fakes3

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Server holds buckets. Requests name them in the path.
type Server struct {
	// PageSize is how many objects or uploads a list shows at once. If 0, it is
	// a thousand.
	PageSize int

	// MinPart is the least size of a part but the last. If 0, it is 5 MiB.
	MinPart int

	mu      sync.Mutex
	buckets map[string]*bucket
	calls   map[string]int
	serial  int
}

type bucket struct {
	versioned bool
	public    bool
	objects   map[string][]*object // versions, the latest one last
	uploads   map[string]*upload
}

// AddBucket makes a bucket.
func (s *Server) AddBucket(name string, versioned bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets == nil {
		s.buckets = map[string]*bucket{}
	}
	s.buckets[name] = &bucket{versioned: versioned, objects: map[string][]*object{}, uploads: map[string]*upload{}}
}

// Publish lets requests without a signature read a bucket.
func (s *Server) Publish(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[name].public = true
}

// Uploads returns how many multipart uploads of a bucket are under way.
func (s *Server) Uploads(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buckets[name].uploads)
}

// Calls returns how often an operation was called, such as GetObject, since the
// last call of Calls for it.
func (s *Server) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.calls[operation]
	delete(s.calls, operation)
	return n
}

// A failure is an error in the protocol.
type failure struct {
	XMLName xml.Name `xml:"Error"`
	status  int
	Code    string
	Message string
}

func fail(status int, code string) *failure {
	return &failure{status: status, Code: code, Message: "as the fake has it"}
}

// A request is one whose operation is known.
type request struct {
	*http.Request
	s    *Server
	b    *bucket
	key  string
	body []byte
	out  http.ResponseWriter
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, f := readBody(r)
	if f == nil {
		s.mu.Lock()
		var reply func()
		if reply, f = s.handle(&request{Request: r, s: s, body: body, out: w}); f == nil {
			s.mu.Unlock()
			reply() // without the lock: the client may be slow
			return
		}
		s.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead {
		xml.NewEncoder(w).Encode(f)
	}
}

// handle does what is asked for, and returns what writes the answer.
func (s *Server) handle(r *request) (reply func(), f *failure) {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.b, r.key = s.buckets[name], key; r.b == nil {
		return nil, fail(http.StatusNotFound, "NoSuchBucket")
	}
	operation, do := r.operation()
	if do == nil {
		return nil, fail(http.StatusNotImplemented, "NotImplemented")
	}
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[operation]++
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") && !(r.b.public && reading) {
		return nil, fail(http.StatusForbidden, "AccessDenied")
	}
	if len(r.key) > 1024 {
		return nil, fail(http.StatusBadRequest, "KeyTooLongError")
	}
	return do()
}

// operation tells what is asked for.
func (r *request) operation() (string, func() (func(), *failure)) {
	q := r.URL.Query()
	switch {
	case r.key == "" && r.Method == http.MethodGet && q.Get("list-type") == "2":
		return "ListObjectsV2", r.listObjects
	case r.key == "" && r.Method == http.MethodGet && q.Has("uploads"):
		return "ListMultipartUploads", r.listUploads
	case r.key == "":
		return "", nil
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "CreateMultipartUpload", r.createUpload
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "CompleteMultipartUpload", r.completeUpload
	case r.Method == http.MethodPut && q.Has("uploadId"):
		return "UploadPart", r.uploadPart
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return "AbortMultipartUpload", r.abortUpload
	case r.Method == http.MethodPut:
		return "PutObject", r.putObject
	case r.Method == http.MethodGet:
		return "GetObject", r.getObject
	case r.Method == http.MethodHead:
		return "HeadObject", r.getObject
	case r.Method == http.MethodDelete:
		return "DeleteObject", r.deleteObject
	}
	return "", nil
}

// id returns a new ID, of which later ones are greater.
func (s *Server) id(kind string) string {
	s.serial++
	return fmt.Sprintf("%s%08d", kind, s.serial)
}

func (r *request) xml(v any) func() {
	return func() {
		r.out.Header().Set("Content-Type", "application/xml")
		r.out.Write([]byte(xml.Header))
		xml.NewEncoder(r.out).Encode(v)
	}
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// sorted returns the keys of m that are greater than after, in order.
func sorted[V any](m map[string]V, prefix, after string) []string {
	var keys []string
	for k := range m {
		if strings.HasPrefix(k, prefix) && k > after {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
