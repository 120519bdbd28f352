package proof

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/wet"
)

const crawl = "crawl" // the bucket of the inputs

// putCrawl puts the sample crawl, dealt out to n files, into a bucket, with a listing of
// them. One of the files is garbage.
func putCrawl(t *testing.T, client *s3.Client, n, garbage int) {
	t.Helper()
	put := func(key string, body []byte) {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: ptr(crawl), Key: &key, Body: bytes.NewReader(body)})
		must(t, err)
	}
	must(t, createBucket(t, client, crawl))
	var listing bytes.Buffer
	z := gzip.NewWriter(&listing)
	for i, file := range deal(t, n) {
		if i == garbage {
			file = bytes.Repeat([]byte("no gzip, no WARC "), 1000)
		}
		key := fmt.Sprintf("crawl-data/wet/%05d.warc.wet.gz", i)
		put(key, file)
		fmt.Fprintln(z, key)
	}
	must(t, z.Close())
	put("crawl-data/wet.paths.gz", listing.Bytes())
}

// deal returns the records of the sample crawl in n files.
func deal(t *testing.T, n int) (files [][]byte) {
	t.Helper()
	buffers, writers := make([]bytes.Buffer, n), make([]*wet.Writer, n)
	for i := range buffers {
		writers[i] = wet.NewWriter(&buffers[i], wet.PerRecord)
	}
	i := 0
	for k := range sample.Names() {
		file, err := sample.File(k)
		must(t, err)
		for record, err := range wet.NewReader(bytes.NewReader(file), nil).Records() {
			if err != nil {
				continue // the damaged one
			}
			must(t, writers[i%n].WriteRecord(record))
			i++
		}
	}
	for i, w := range writers {
		must(t, w.Close())
		files = append(files, buffers[i].Bytes())
	}
	return files
}

// The main job of this project runs as it is deployed: what its own command writes is what
// Terraform makes, its jobs read a crawl in a bucket, and whatever goes wrong, it leaves
// what one process leaves.
func TestMainJob(t *testing.T) {
	m := newMoto(t, storeEndpoint(t), 8)
	const shards, garbage = 24, 13
	putCrawl(t, m.s3(t), shards, garbage)
	c := m.commands(t, "../../../examples/awsbatch", "-in", "s3://"+crawl+"/crawl-data/wet.paths.gz")
	d := c.deploy(t, "webtext")
	clean := d.Name + "-" + spec.StepJob("clean")
	publish := d.Name + "-" + spec.StepJob("publish")
	m.inject(t,
		fault{Definition: clean, Shard: ptr(1), Attempt: 1, Kind: "host"},
		fault{Definition: clean, Shard: ptr(5), Attempt: 1, Kind: "host"},
		fault{Definition: clean, Shard: ptr(5), Attempt: 2, Kind: "crash"},
		fault{Definition: clean, Shard: ptr(9), Kind: "oom"},
		fault{Definition: clean, Shard: ptr(20), Attempt: 1, Kind: "spot"},
		// It is told to stop, and has the time to end what it has begun.
		fault{Definition: clean, Shard: ptr(21), Attempt: 1, Kind: "spot", Line: `"begin"`},
		fault{Definition: publish, Shard: ptr(3), Attempt: 1, Kind: "spot"},
	)
	// As if "cost -save" had measured that a file takes as long as a job should.
	_, err := d.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &d.bucket, Key: ptr(spec.Work + "/rates.json"), Body: strings.NewReader(`{"clean": {"shards": 1, "core_seconds": 900}}`),
	})
	must(t, err)
	began := time.Now()
	run := c.start(t)
	if out := d.wait(t, run); out.Status != succeeded {
		d.explain(t, run)
		t.Fatalf("the run ended with %s: %s", out.Status, str(out.Cause))
	}
	jobs := d.jobs(t)
	t.Logf("%d jobs in %v", len(jobs), time.Since(began).Round(time.Millisecond))
	for _, want := range []struct {
		key, shards string
		attempts    int
		status      batchtypes.JobStatus
	}{
		{spec.StepJob("clean"), "0..0", 1, batchtypes.JobStatusSucceeded},
		{spec.StepJob("clean"), "1..1", 2, batchtypes.JobStatusSucceeded},
		{spec.StepJob("clean"), "5..5", 3, batchtypes.JobStatusSucceeded},
		{spec.StepJob("clean"), "9..9", 1, batchtypes.JobStatusFailed},
		{spec.LargeJob("clean"), "9..9", 1, batchtypes.JobStatusSucceeded},
		{spec.StepJob("clean"), "13..13", 1, batchtypes.JobStatusFailed}, // garbage
		{spec.StepJob("clean"), "20..20", 2, batchtypes.JobStatusSucceeded},
		{spec.StepJob("clean"), "21..21", 1, batchtypes.JobStatusSucceeded},
	} {
		found := false
		for _, j := range d.of(jobs, want.key) {
			if j.Parameters["shards"] == want.shards {
				found = true
				if len(j.Attempts) != want.attempts || j.Status != want.status {
					t.Errorf("%s %s: %d attempts, %s", want.key, want.shards, len(j.Attempts), j.Status)
				}
			}
		}
		if !found {
			t.Errorf("there was no job %s for %s", want.key, want.shards)
		}
	}

	here := t.TempDir()
	c.run(t, spec.ExitData, "-store", here, "run")
	same(t, here, d)
}
