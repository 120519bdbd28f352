package awsrun

import (
	"context"
	"flag"
)

func (p *program) deployedStore(ctx context.Context) (string, error) {
	return "", usageError("not yet")
}
func (p *program) cost(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) synth(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) image(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) deploy(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) start(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) status(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) logs(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) doctor(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
func (p *program) destroy(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return usageError("not yet")
}
