// Package conformance tests package s3, and the fake server of its own tests,
// against a real server, versitygw. It is a module of its own because that
// server brings a hundred others with it.
package conformance
