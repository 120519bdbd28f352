package s3_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/storage/s3/internal/fakes3"
)

// testServer stands for a server of your own. On AWS, no endpoint is needed.
func testServer() (endpoint string, stop func()) {
	os.Setenv("AWS_ACCESS_KEY_ID", "id")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	s := &fakes3.Server{}
	s.AddBucket("my-bucket", false)
	server := httptest.NewServer(s)
	return server.URL, server.Close
}

// An object shows once it is committed.
func Example() {
	endpoint, stop := testServer()
	defer stop()

	ctx := context.Background()
	store, err := s3.Open(ctx, "s3://my-bucket/runs/2026-11", s3.Options{Endpoint: endpoint})
	if err != nil {
		log.Fatal(err)
	}
	w, err := store.Create(ctx, "part-00000.jsonl")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close() // discards what was not committed
	io.WriteString(w, "{\"text\":\"A sentence.\"}\n")
	if err := w.Commit(ctx); err != nil {
		log.Fatal(err)
	}
	for o, err := range store.List(ctx, "part-") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(o.Name, o.Size)
	}
	// Output: part-00000.jsonl 23
}

// Common Crawl's bucket can be read without an account, best from within its
// region.
func ExampleOpen_public() {
	crawl, err := s3.Open(context.Background(), "s3://commoncrawl", s3.Options{Anonymous: true})
	if err != nil {
		log.Fatal(err)
	}
	var store storage.Store = crawl
	fmt.Println(store)
	// Output: s3://commoncrawl
}
