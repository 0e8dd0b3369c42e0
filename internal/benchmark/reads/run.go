package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"
)

func epoch() time.Time { return time.Date(2014, time.July, 1, 12, 0, 0, 0, time.UTC) }

func run(ctx context.Context, arguments []string, out, progress io.Writer) error {
	if len(arguments) < 2 {
		return errors.New("usage")
	}
	if p := os.Getenv("PROF"); p != "" {
		f, _ := os.Create(p)
		_ = pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	if os.Getenv("PROF") != "" {
		for range 30 {
			_ = operate(ctx, arguments[0], arguments[1], arguments[2:], io.Discard)
		}
		return nil
	}
	if _, ok := operations[arguments[0]]; ok {
		return operate(ctx, arguments[0], arguments[1], arguments[2:], out)
	}
	return fmt.Errorf("unknown %q", arguments[0])
}
