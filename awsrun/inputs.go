package awsrun

import (
	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// Inputs marks src as the source whose shards are the inputs of the plan: what the
// steps are about, under the same names in all of them. A plan should use what it
// returns wherever it would use src.
//
// It makes two things possible. A shard that cannot be done, because its data is bad,
// goes to quarantine: the steps after that do without it, and the run goes on.
// Without Inputs such a shard fails its step. And the command cost measures the plan
// with a few of its inputs.
//
// All steps see the inputs that the first step has listed, whatever comes or goes while
// the run is under way.
//
// What a step has left of each input is as well read through Inputs, where its shards
// have the inputs' names: so the steps after know what to do without. Inputs goes around
// sources that are put together, as in Inputs(textmill.Concat(a, b)), since Concat asks
// for the shards of its parts only once.
//
// Outside of the commands of this package the result is no different from src.
func Inputs(src textmill.Source) textmill.Source { return work.Inputs(src) }
