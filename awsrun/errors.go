package awsrun

import (
	"fmt"

	"github.com/textmill/textmill/awsrun/internal/work"
)

// BadSettings marks err as one that will be the same however often the run is tried:
// the run is stopped at once. BadSettings(nil) is nil.
//
// Without a mark these count as such: an error of building the plan that is
// [io/fs.ErrInvalid] or [io/fs.ErrPermission], access that is denied in a shard,
// and the errors of package checkpoint.
func BadSettings(err error) error { return work.BadSettings(err) }

// BadData marks err as the fault of the data of the shard: the shard goes to quarantine
// and the run goes on. BadData(nil) is nil.
//
// Without a mark these count as such: [textmill.ErrTooManyErrors], and the error of a
// stage or of the source about one document or record, unless it is of the network
// or marked by [textmill.Fatal].
func BadData(err error) error { return work.BadData(err) }

// usageError is a command that makes no sense.
func usageError(format string, args ...any) error {
	return work.BadSettings(fmt.Errorf(format, args...))
}
