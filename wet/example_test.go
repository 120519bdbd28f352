package wet_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

// sample writes a small WET file.
func sample() []byte {
	var buf bytes.Buffer
	w := wet.NewWriter(&buf, wet.PerRecord)
	date := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	var about wet.Header
	about.Add("isPartOf", "EXAMPLE-2026-10")
	if err := w.WriteInfo("example-00000.warc.wet.gz", date, &about); err != nil {
		log.Fatal(err)
	}
	for _, page := range [][2]string{
		{"https://example.org/mill", "The mill\nA mill grinds grain to flour."},
		{"https://example.org/wheel", "The wheel\nWater turns it."},
	} {
		if err := w.WriteConversion(page[0], date, "", "eng", page[1]); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return buf.Bytes()
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "wet")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "example-00000.warc.wet.gz"), sample(), 0o666); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	src, err := wet.Open(ctx, []string{dir}, nil)
	if err != nil {
		log.Fatal(err)
	}
	var out textmill.Memory
	p := &textmill.Pipeline{Source: src, Sink: &out}
	if _, err := p.Run(ctx); err != nil {
		log.Fatal(err)
	}
	for _, doc := range out.Documents() {
		fmt.Println(doc.Shard, doc.Index, doc.URL, len(doc.Text))
	}
	// Output:
	// example-00000 0 https://example.org/mill 38
	// example-00000 1 https://example.org/wheel 25
}

func ExampleSource() {
	ctx := context.Background()
	var store storage.Memory
	w, err := store.Create(ctx, "crawl/example-00000.warc.wet.gz")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(sample()); err != nil {
		log.Fatal(err)
	}
	if err := w.Commit(ctx); err != nil {
		log.Fatal(err)
	}

	src := &wet.Source{Store: &store, Names: []string{"crawl/example-00000.warc.wet.gz"}}
	shards, err := src.Shards(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, shard := range shards {
		for doc, err := range src.Read(ctx, shard) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s %q\n", doc.URL, doc.Text)
		}
	}
	// Output:
	// https://example.org/mill "The mill\nA mill grinds grain to flour."
	// https://example.org/wheel "The wheel\nWater turns it."
}

func ExampleReader() {
	file := sample()
	file[len(file)/2] ^= 1 // damage the second record

	for rec, err := range wet.NewReader(bytes.NewReader(file), &wet.Options{Name: "example"}).Records() {
		if err != nil {
			fmt.Println("damaged:", err)
			continue
		}
		fmt.Println(rec.Type(), rec.TargetURI(), len(rec.Block))
	}
	// Output:
	// warcinfo  29
	// damaged: example#0 at byte 227: wet: checksum of the gzip member does not match
	// conversion https://example.org/wheel 25
}

func ExampleReadAt() {
	file := bytes.NewReader(sample())
	var offset, inMember int64
	for rec, err := range wet.NewReader(file, nil).Records() {
		if err != nil {
			log.Fatal(err)
		}
		if rec.TargetURI() == "https://example.org/wheel" {
			offset, inMember = rec.Offset, rec.InMember
		}
	}

	rec, err := wet.ReadAt(file, offset, inMember, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", rec.Block)
	// Output:
	// The wheel
	// Water turns it.
}

func ExampleWriter() {
	w := wet.NewWriter(os.Stdout, wet.Plain)
	date := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	if err := w.WriteConversion("https://example.org/", date, "urn:uuid:1", "eng", "Hello"); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	// It prints, with CRLF at the ends of lines:
	//
	//	WARC/1.0
	//	WARC-Type: conversion
	//	WARC-Target-URI: https://example.org/
	//	WARC-Date: 2026-03-04T05:06:07Z
	//	WARC-Record-ID: <urn:uuid:1>
	//	WARC-Block-Digest: sha1:675ZVHCSNYIMH63P5VPGO2HL4CKWNQBV
	//	WARC-Identified-Content-Language: eng
	//	Content-Type: text/plain
	//	Content-Length: 5
	//
	//	Hello
}
