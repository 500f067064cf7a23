// What Ollama itself makes of a Modelfile: its own parser and its own template code.
//
// Standard input: {"modelfile": "text", "talks": [[{"role", "content"}, ...], ...]}. Standard
// output: {"commands": [[name, value], ...], "prompts": ["...", ...]}. Built beside a checkout of
// ollama/ollama (docs/targets.md); the tests run the program that WHET_OLLAMA_REFERENCE names.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/parser"
	"github.com/ollama/ollama/template"
)

type question struct {
	Modelfile string          `json:"modelfile"`
	Talks     [][]api.Message `json:"talks"`
}

func main() {
	var asked question
	check(json.NewDecoder(os.Stdin).Decode(&asked))
	file, err := parser.ParseFile(strings.NewReader(asked.Modelfile))
	check(err)
	commands := [][2]string{}
	source, system := "", ""
	for _, command := range file.Commands {
		commands = append(commands, [2]string{command.Name, command.Args})
		switch command.Name {
		case "template":
			source = command.Args
		case "system":
			system = command.Args
		case "model", "license":
		default:
			_, err := api.FormatParams(map[string][]string{command.Name: {command.Args}})
			check(err)
		}
	}
	written, err := template.Parse(source)
	check(err)
	prompts := []string{}
	for _, talk := range asked.Talks {
		// As ChatHandler does (server/routes.go).
		if talk[0].Role != "system" && system != "" {
			talk = append([]api.Message{{Role: "system", Content: system}}, talk...)
		}
		var out bytes.Buffer
		check(written.Execute(&out, template.Values{Messages: talk}))
		prompts = append(prompts, out.String())
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"commands": commands, "prompts": prompts}))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
