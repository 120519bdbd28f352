package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A site is a server that speaks as much of S3's protocol as reading takes.
type site struct {
	objects map[string][]byte // by BUCKET/KEY

	mu       sync.Mutex
	requests []string // GET, HEAD or LIST, BUCKET/KEY, and the region it was signed for
}

// newSite starts a server and makes it that of S3 for this test and what it starts.
func newSite(t *testing.T, objects map[string][]byte) *site {
	t.Helper()
	s := &site{objects: objects}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": server.URL, "AWS_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	return s
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, method := strings.TrimPrefix(r.URL.Path, "/"), r.Method
	if strings.Trim(name, "/") == "bucket" {
		name, method = "bucket/"+r.URL.Query().Get("prefix"), "LIST"
	}
	s.note(method+" "+name, r.Header.Get("Authorization"))
	object, ok := s.objects[name]
	switch {
	case method == "LIST":
		s.list(w, name)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<Error><Code>NoSuchKey</Code></Error>")
	default:
		w.Header().Set("ETag", fmt.Sprintf("%q", name))
		http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(object))
	}
}

func (s *site) note(request, authorization string) {
	if scope := strings.Split(authorization, "/"); len(scope) > 2 {
		request += " " + scope[2]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
}

func (s *site) list(w http.ResponseWriter, prefix string) {
	type content struct {
		Key  string
		Size int
	}
	var result struct {
		XMLName      xml.Name `xml:"ListBucketResult"`
		EncodingType string
		Contents     []content
	}
	result.EncodingType = "url"
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.HasPrefix(name, prefix) {
			_, key, _ := strings.Cut(name, "/")
			result.Contents = append(result.Contents, content{url.QueryEscape(key), len(s.objects[name])})
		}
	}
	if err := xml.NewEncoder(w).Encode(result); err != nil {
		panic(err)
	}
}

// seen returns the requests since the last call.
func (s *site) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}
