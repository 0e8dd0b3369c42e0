package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const whole = `{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "webhooks": {},
 "paths": {
  "/a": {"get": {"summary": "s", "tags": ["x"], "responses": {"200": {"description": "d", "content": {"application/json": {
     "schema": {"$ref": "#/components/schemas/tree"}, "examples": {"default": {"$ref": "#/components/examples/big"}}}}}}}},
  "/b": {"get": {"responses": {"200": {"$ref": "#/components/responses/other"}}}}},
 "components": {
  "schemas": {
   "tree": {"type": "object", "description": "d", "properties": {"tags": {"$ref": "#/components/schemas/tag"}, "description": {"type": "string", "example": "e"}}},
   "tag": {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/tree"}}},
   "unused": {"type": "string"}},
  "examples": {"big": {"value": 1}},
  "responses": {"other": {"description": "d"}}}}`

func TestCut(t *testing.T) {
	t.Parallel()
	text, err := Cut([]byte(whole), []string{"/a"})
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	const short = `{"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
 "paths": {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/tree"}}}}}}}},
 "components": {"schemas": {
   "tree": {"type": "object", "properties": {"tags": {"$ref": "#/components/schemas/tag"}, "description": {"type": "string"}}},
   "tag": {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/tree"}}}}}}`
	if err := json.Unmarshal([]byte(short), &want); err != nil {
		t.Fatal(err)
	}
	gotText, _ := json.MarshalIndent(got, "", " ")
	wantText, _ := json.MarshalIndent(want, "", " ")
	if string(gotText) != string(wantText) {
		t.Errorf("%s\nwant\n%s", gotText, wantText)
	}
}

func TestCutMisses(t *testing.T) {
	t.Parallel()
	for from, path := range map[string]string{whole: "/c", strings.ReplaceAll(whole, "schemas/tag", "schemas/none"): "/a", "{": "/a"} {
		if _, err := Cut([]byte(from), []string{path}); err == nil {
			t.Errorf("%s was found", path)
		}
	}
}

// The description that is kept has just the paths that are listed.
func TestKeptDescription(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("../../testdata/github/paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../testdata/github/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Cut(text, lines(list))
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(text) {
		t.Error("testdata/github/openapi.json is not what make openapi makes of paths.txt")
	}
}
