package announcement

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strconv"
	"strings"
	texttemplate "text/template"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Message is an announcement in words.
type Message struct {
	Subject string
	Text    string
	HTML    string
}

// Templates are the train's own, by file name. They win over those of this package,
// block by block: a file that defines "subject" alone changes the subject alone.
type Templates map[string]string

// TextFile and HTMLFile are the names of an event's templates.
func TextFile(event ledger.Event) string { return string(event) + ".txt" }

// HTMLFile is the name of an event's template for HTML.
func HTMLFile(event ledger.Event) string { return string(event) + ".html" }

// The blocks that all templates of one kind may use.
const (
	textBlocks = "blocks.txt"
	htmlBlocks = "blocks.html"
)

// Files are the names that Render looks for among the train's own templates.
func Files(event ledger.Event) []string {
	return []string{textBlocks, htmlBlocks, TextFile(event), HTMLFile(event)}
}

//go:embed templates
var builtIn embed.FS

// TemplateError is a template of the train's own that cannot be used.
type TemplateError struct {
	File  string
	Cause error
}

func (e *TemplateError) Error() string {
	return fmt.Sprintf("the template %s: %v", e.File, e.Cause)
}

// Unwrap gives the cause.
func (e *TemplateError) Unwrap() error { return e.Cause }

// Hint says what to do.
func (e *TemplateError) Hint() string {
	return "correct it, and look at the result: looprel announce --preview"
}

const (
	maxSubject = 200     // bytes
	maxBody    = 1 << 20 // bytes
	subject    = "subject"
)

// Render words the facts.
func Render(facts Facts, own Templates) (Message, error) {
	facts = facts.clean()
	text, err := parse(texttemplate.New(TextFile(facts.Event)), own, textBlocks, TextFile(facts.Event),
		func(t *texttemplate.Template, content string) error { _, err := t.Parse(content); return err })
	if err != nil {
		return Message{}, err
	}
	html, err := parse(htmltemplate.New(HTMLFile(facts.Event)), own, htmlBlocks, HTMLFile(facts.Event),
		func(t *htmltemplate.Template, content string) error { _, err := t.Parse(content); return err })
	if err != nil {
		return Message{}, err
	}
	var message Message
	if message.Subject, err = execute(TextFile(facts.Event), func(w io.Writer) error { return text.ExecuteTemplate(w, subject, facts) }); err != nil {
		return message, err
	}
	message.Subject = strings.TrimSpace(printable.Bounded(strings.Join(strings.Fields(message.Subject), " "), maxSubject))
	if message.Subject == "" {
		return message, &TemplateError{File: TextFile(facts.Event), Cause: errors.New("the subject is empty")}
	}
	if message.Text, err = execute(TextFile(facts.Event), func(w io.Writer) error { return text.Execute(w, facts) }); err != nil {
		return message, err
	}
	message.HTML, err = execute(HTMLFile(facts.Event), func(w io.Writer) error { return html.Execute(w, facts) })
	message.Text, message.HTML = tidy(message.Text), tidy(message.HTML)
	return message, err
}

// parse reads the templates of this package, then the train's own over them.
func parse[T any](template T, own Templates, blocks, file string, add func(T, string) error) (T, error) {
	for _, name := range []string{blocks, file} {
		content, err := builtIn.ReadFile("templates/" + name)
		if err == nil {
			err = add(template, string(content))
		}
		if err != nil {
			return template, fmt.Errorf("template %s of this program: %w", name, err)
		}
	}
	for _, name := range []string{blocks, file} {
		content, given := own[name]
		if !given {
			continue
		}
		if err := add(template, content); err != nil {
			return template, &TemplateError{File: name, Cause: err}
		}
	}
	return template, nil
}

func execute(file string, run func(io.Writer) error) (string, error) {
	out := bounded{most: maxBody}
	if err := run(&out); err != nil {
		return "", &TemplateError{File: file, Cause: err}
	}
	return out.text.String(), nil
}

// bounded is a writer that ends what would write for ever.
type bounded struct {
	text strings.Builder
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > b.most {
		return 0, fmt.Errorf("it makes more than %d bytes", b.most)
	}
	return b.text.Write(p)
}

// tidy makes a body printable, without more than one empty line in a row.
func tidy(text string) string {
	text = printable.Lines(text)
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return strings.TrimSpace(text) + "\n"
}

func number(n int) string { return "#" + strconv.Itoa(n) }
