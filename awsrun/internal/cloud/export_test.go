package cloud

var Difference = difference

// Shorten returns what is told of the cause of a failure, whose job it was and its log.
func Shorten(cause string) (short, job, log string) {
	f := (&Client{name: "demo"}).newFailure("", "", cause)
	return f.Cause, f.Job, f.Log
}
