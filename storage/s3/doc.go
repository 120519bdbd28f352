// Package s3 stores objects in Amazon S3, or in what speaks its protocol.
//
//	store, err := s3.Open(ctx, "s3://bucket/prefix", s3.Options{})
//
// [Open] returns a [storage.Store], to be used wherever a directory would do:
// programs differ in the line that opens the store and in nothing else.
//
// # Writing
//
// An object that fits into one part is put when it is committed. A larger one is
// a multipart upload: parts are sent while it is being written, up to
// [Options].Uploads at a time, and Commit puts them together. Until then nothing
// can be seen of it. Close without Commit aborts the upload; what killed runs
// leave is removed by [Store.RemoveLeftovers] or by a lifecycle rule of the
// bucket, which should have one.
//
// Each part carries a CRC-32, and so does the whole: the server puts an object
// together only if its length and checksum are those of what was written.
// Objects have the metadata x-amz-meta-textmill-attempt, by which a writer whose
// commit seems to have failed finds out that it did not: when the answer got
// lost, the next attempt is told of a precondition that failed or of an upload
// that is gone.
//
// # Reading
//
// Open asks for the first MiB, so a small object costs one request. Readers are
// also [io.Seeker]s, and a seek never downloads what it skips. One that goes on
// reading past the first MiB is given pieces of [Options].ReadSize, the next
// ones fetched while it reads the one before, so long as there are slots
// ([Options].ReadAhead); without a slot it reads straight from the network. A
// connection that breaks is made anew where it broke.
//
// # Memory
//
// Buffers of an object being written begin small and grow to PartSize, so
//
//	writing: (objects being written + Uploads) × PartSize
//	reading: ReadAhead × ReadSize
//
// is the most that all writers and readers of a store hold: with the default
// settings and one writer, 80 MiB and 64 MiB. Programs that write hundreds of
// large objects at a time should choose a smaller PartSize.
//
// # Consistency
//
// What is committed is read by whoever asks later, listed, and removed; so says
// Amazon. There are these limits:
//
//   - Other requests to S3 for the bytes of an object name the version that was
//     opened. When it has been replaced or removed meanwhile, a reader goes on
//     with the older one if the bucket keeps versions and s3:GetObjectVersion is
//     granted. Otherwise reading fails with [storage.ErrChanged], never with a
//     mixture. Objects of at most a MiB come in one answer and are not
//     affected, unless the connection breaks.
//   - Of two writers of one object, the one whose commit is answered last stays.
//     Amazon has it that in a bucket without versions a multipart upload may
//     count from when it began: an object that another writer put, or removed,
//     between the beginning and the commit may then stay so. Writers of the same
//     name are safe if they write the same, as attempts of one shard do, or if
//     the bucket keeps versions, or with [Store.CreateNew].
//   - Directory buckets do not list in order of name, so List fails there.
//
// # Failures
//
// Network errors, time-outs and the statuses 408, 425, 429 and 5xx (SlowDown
// among them) are tried again: after the time Retry-After asks for, and a random
// time below 1 s, 2 s, 4 s and so on up to a minute. AWS_RETRY_MODE=adaptive
// makes the SDK limit its own rate when it is told to slow down. Status 404 is
// [fs.ErrNotExist], 401 and 403 [fs.ErrPermission].
//
// # Requests
//
//	Open, read to the end    1 GET, and 1 for each ReadSize after the first MiB;
//	                         an empty object: 1 GET, 1 HEAD
//	Create … Commit          1 PUT; more than PartSize: 2, and 1 for each part
//	Stat                     1 HEAD
//	Remove                   1 DELETE
//	List                     1 LIST for each thousand keys
//	RemoveLeftovers          1 LIST for each thousand uploads, 1 DELETE for each
//
// A shard of 100 MB is read by 13 requests and written by 8.
//
// # Permissions
//
// The least that a role needs, with BUCKET and PREFIX those of the store:
//
//	on arn:aws:s3:::BUCKET           s3:ListBucket, with a condition on s3:prefix of
//	                                 PREFIX/*; without it, objects that do not exist
//	                                 look as if access was denied
//	on arn:aws:s3:::BUCKET/PREFIX/*  s3:GetObject      to read, and for commits that
//	                                                   are in doubt
//	                                 s3:PutObject      to write
//	                                 s3:AbortMultipartUpload  to write
//	                                 s3:DeleteObject   for Remove
//	                                 s3:GetObjectVersion  to go on reading what is
//	                                                   replaced in a bucket with versions
//	on arn:aws:s3:::BUCKET           s3:ListBucketMultipartUploads  for RemoveLeftovers
//	on the key of KMSKey             kms:GenerateDataKey to write; kms:Decrypt to read
//	                                 and for multipart uploads
//
// # What has been tried
//
// The tests run against a server in memory through every kind of failure, and,
// in a module of their own under internal/conformance, against versitygw. Real
// Amazon S3 was not in reach of them: its encryption, storage classes, rates and
// policies have not been proved.
package s3
