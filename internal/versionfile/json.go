package versionfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// readJSON walks the token stream, whose offsets give the value's place.
func readJSON(data []byte, key []string) (*finder, error) {
	// The token stream alone is more lenient than the grammar.
	if !json.Valid(data) {
		return nil, jsonSyntaxError(data)
	}
	walk := jsonWalk{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	walk.decoder.UseNumber()
	if err := walk.value(key, true); err != nil {
		return nil, err
	}
	return &walk.finder, nil
}

func jsonSyntaxError(data []byte) error {
	var discard any
	err := json.Unmarshal(data, &discard)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %w", lineOf(data, int(syntax.Offset)), err)
	}
	return err
}

type jsonWalk struct {
	finder
	data    []byte
	decoder *json.Decoder
}

// value reads the next value. wanted says that it is on the way to the key, of
// which the given segments are left.
func (w *jsonWalk) value(key []string, wanted bool) error {
	start := w.skipTo(int(w.decoder.InputOffset()))
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	if wanted && len(key) == 0 {
		return w.found(token, span{start, int(w.decoder.InputOffset())})
	}
	w.rest = append(w.rest, fmt.Sprintf("%T %v", token, token))
	switch token {
	case json.Delim('{'):
		err = w.members(key, wanted)
	case json.Delim('['):
		err = w.elements()
	}
	return err
}

func (w *jsonWalk) members(key []string, wanted bool) error {
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		w.rest = append(w.rest, "key "+name)
		below, onWay := key, wanted && name == key[0]
		if onWay {
			below = key[1:]
		}
		if err := w.value(below, onWay); err != nil {
			return err
		}
	}
	return w.end()
}

func (w *jsonWalk) elements() error {
	for w.decoder.More() {
		if err := w.value(nil, false); err != nil {
			return err
		}
	}
	return w.end()
}

func (w *jsonWalk) end() error {
	token, err := w.decoder.Token()
	w.rest = append(w.rest, fmt.Sprint(token))
	return err
}

// skipTo passes over what may stand between two tokens.
func (w *jsonWalk) skipTo(offset int) int {
	for offset < len(w.data) && bytes.IndexByte([]byte(" \t\r\n:,"), w.data[offset]) >= 0 {
		offset++
	}
	return offset
}

func (w *jsonWalk) found(token json.Token, at span) error {
	text, isString := token.(string)
	if !isString {
		return &unusableError{at.start, "is not a string: put the version in quotes, or use pattern:"}
	}
	inner := span{at.start + 1, at.end - 1}
	if string(w.data[inner.start:inner.end]) != text {
		return &unusableError{at.start, `is written with escapes ("\"): write it plainly`}
	}
	w.rest = append(w.rest, "the value")
	w.add(inner)
	return nil
}
