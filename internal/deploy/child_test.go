package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"
)

// childMode is the variable that makes the test binary play a deploy command.
const childMode = "LOOPREL_TEST_CHILD"

// patience is how long a child waits for a signal that does not come.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if mode, ok := os.LookupEnv(childMode); ok {
		os.Exit(play(mode, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// play is the deploy command, and returns its exit code.
func play(mode string, arguments []string) int {
	switch mode {
	case "succeed":
		fmt.Println("deploying", strings.Join(arguments, " "))
		fmt.Fprintln(os.Stderr, "a warning")
		fmt.Println("done")
	case "fail":
		fmt.Println("no space left")
		return 3
	case "print":
		for _, piece := range arguments {
			fmt.Print(piece)
		}
	case "many":
		for line := range 1000 {
			fmt.Printf("line %d\n", line)
		}
	case "describe":
		return describe()
	case "wait":
		fmt.Println("ready")
		time.Sleep(patience)
	case "end well":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals)
		fmt.Println("ready")
		fmt.Println("got", <-signals)
	case "ignore":
		signal.Ignore()
		fmt.Println("ready")
		time.Sleep(patience)
	case "leave behind":
		return leaveBehind("babble")
	case "wait with another":
		leaveBehind("ignore")
		time.Sleep(patience)
	case "babble":
		// Until nobody listens any more.
		for range int(patience / (20 * time.Millisecond)) {
			if _, err := fmt.Println("still here"); err != nil {
				return 1
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return 0
}

// describe prints what the command was given.
func describe() int {
	directory, err := os.Getwd()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("directory", directory)
	for _, name := range []string{"VERSION", "TAG", "COMMIT", "ENVIRONMENT", "COMPONENT", "ATTEMPT"} {
		fmt.Println(name, os.Getenv("LOOPREL_"+name))
	}
	fmt.Println("operator", os.Getenv("OPERATOR"))
	if size, err := os.Stdin.Read(make([]byte, 1)); size != 0 || err == nil {
		fmt.Println("standard input is not empty")
		return 1
	}
	return 0
}

// leaveBehind starts another child that holds the same output.
func leaveBehind(mode string) int {
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), childMode+"="+mode)
	other.Stdout = os.Stdout
	if err := other.Start(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}
