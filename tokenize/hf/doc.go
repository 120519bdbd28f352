// Package hf reads tokenizer.json files.
package hf
