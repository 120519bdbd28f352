package awsrun

import (
	"fmt"

	"github.com/textmill/textmill/awsrun/internal/work"
)

// BadSettings marks err as one that will be the same however often the run is tried:
// the run is stopped at once, whatever [textmill.Pipeline.MaxErrors] allows.
// BadSettings(nil) is nil.
//
// Without a mark these count as such: what is [io/fs.ErrInvalid] or
// [io/fs.ErrPermission], in building the plan or in a shard; bad data in building the
// plan or in listing shards; the errors of package checkpoint; a report that does not add
// up; and a step all of whose shards are in quarantine.
func BadSettings(err error) error { return work.BadSettings(err) }

// BadData marks err as the fault of the data of the shard: the shard goes to quarantine,
// whatever [textmill.Pipeline.MaxErrors] allows, and the run goes on. BadData(nil) is nil.
//
// Without a mark these count as such: a [textmill.BadInput];
// [textmill.ErrTooManyErrors]; and the error of a stage or of the source about one
// document or record, unless it is of the network or marked by [textmill.Fatal]. An input
// that is not there is not among them.
func BadData(err error) error { return work.BadData(err) }

// usageError is a command that makes no sense.
func usageError(format string, args ...any) error {
	return work.BadSettings(fmt.Errorf(format, args...))
}
