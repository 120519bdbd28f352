package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/wet"
)

// open returns the source of all inputs. A file on S3 that is named by a listing is
// not looked at; what is given by itself has to be there.
func (s *settings) open(ctx context.Context) (textmill.Source, error) {
	if len(s.in) == 0 {
		return sampleCrawl(ctx)
	}
	var sources []textmill.Source
	var others []string
	for _, in := range s.in {
		if !isS3(in) {
			others = append(others, in)
			continue
		}
		src, err := s.openS3(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", in, err)
		}
		sources = append(sources, src)
	}
	if len(others) > 0 {
		src, err := wet.Open(ctx, others, nil)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	return textmill.Concat(sources...), nil
}

func isS3(location string) bool { return strings.HasPrefix(location, "s3://") }

// openS3 returns the source of what a URL of S3 names.
func (s *settings) openS3(ctx context.Context, url string) (textmill.Source, error) {
	bucket, key, err := s.bucket(ctx, url)
	if err != nil {
		return nil, err
	}
	switch name := strings.TrimSuffix(key, ".gz"); {
	case strings.HasSuffix(name, ".paths"):
		return listed(ctx, bucket, key)
	case strings.HasSuffix(name, ".wet"):
		return &wet.Source{Store: bucket, Names: []string{key}}, nil
	}
	return below(ctx, bucket, key)
}

// bucket returns the store of the bucket that a URL names, and the rest of the URL.
func (s *settings) bucket(ctx context.Context, url string) (store storage.Store, key string, err error) {
	name, key, _ := strings.Cut(strings.TrimPrefix(url, "s3://"), "/")
	o := s3.Options{Anonymous: s.anonymous}
	if name == "commoncrawl" {
		o.Region = "us-east-1" // wherever the jobs run
	}
	store, err = s3.Open(ctx, "s3://"+name, o)
	return store, key, err
}

// listed returns the files that a listing names, which are in the same bucket.
func listed(ctx context.Context, bucket storage.Store, listing string) (textmill.Source, error) {
	r, err := bucket.Open(ctx, listing)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	names, err := wet.ReadListing(r)
	if err != nil {
		return nil, err
	}
	// To ask for their sizes takes a request for each: minutes for a whole crawl.
	return &wet.Source{Store: bucket, Names: names, Unsized: true}, nil
}

// below returns the WET files below a prefix.
func below(ctx context.Context, bucket storage.Store, prefix string) (textmill.Source, error) {
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	src := &sizedSource{Source: wet.Source{Store: bucket, Unsized: true}}
	for info, err := range bucket.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(strings.TrimSuffix(info.Name, ".gz"), ".wet") {
			src.Names = append(src.Names, info.Name)
			src.sizes = append(src.sizes, info.Size)
		}
	}
	if len(src.Names) == 0 {
		return nil, errors.New("there are no *.wet or *.wet.gz files below this prefix")
	}
	return src, nil
}

// A sizedSource is a source of files whose sizes are known from a list.
type sizedSource struct {
	wet.Source
	sizes []int64
}

func (s *sizedSource) Shards(ctx context.Context) ([]textmill.Shard, error) {
	shards, err := s.Source.Shards(ctx)
	for i := range shards {
		shards[i].Size = s.sizes[i]
	}
	return shards, err
}

// sampleCrawl returns the two files of examples/commoncrawl/testdata.
func sampleCrawl(ctx context.Context) (textmill.Source, error) {
	store := new(storage.Memory)
	for i, name := range sample.Names() {
		b, err := sample.File(i)
		if err != nil {
			return nil, err
		}
		if err := storage.Put(ctx, store, name, b); err != nil {
			return nil, err
		}
	}
	return &wet.Source{Store: store, Names: sample.Names()}, nil
}
