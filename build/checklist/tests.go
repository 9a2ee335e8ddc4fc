// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// scope is the test files of one package: all that they declare, by name. Methods are there by their own name, so that
// what calls one of that name reaches all of them.
type scope map[string][]ast.Node

// findTests returns the tests by the ids in their names and in those of their subtests.
func findTests(scopes map[string]scope) map[string][]string {
	found := map[string][]string{}
	for place, scope := range scopes {
		folder, _, _ := strings.Cut(place, " ")
		for name, nodes := range scope {
			for _, node := range nodes {
				function, is := node.(*ast.FuncDecl)
				if !is || !isTest(function) {
					continue
				}
				reached := scope.reach(function)
				if skips(reached) {
					continue
				}
				for part := range strings.SplitSeq(name, "_") {
					if isID.MatchString(part) {
						found[part] = append(found[part], folder+" "+name)
					}
				}
				for _, subtest := range subtests(reached) {
					for _, id := range leadingIDs(subtest) {
						found[id] = append(found[id], folder+" "+name+"/"+subtest)
					}
				}
			}
		}
	}
	for id, tests := range found {
		slices.Sort(tests)
		found[id] = slices.Compact(tests)
	}
	return found
}

// parse reads the test files below root, by folder and package name.
func parse(root string) (map[string]scope, error) {
	scopes := map[string]scope{}
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && leftOut(name, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if neverBuilt(file) {
			return nil
		}
		place := path.Dir(name) + " " + file.Name.Name
		if scopes[place] == nil {
			scopes[place] = scope{}
		}
		scopes[place].add(file)
		return nil
	})
	return scopes, err
}

// leftOut tells the folders without tests of this module, as the go command does, and what is built or fetched.
func leftOut(name, base string) bool {
	return base == "testdata" || base == "node_modules" || base[0] == '.' || base[0] == '_' || name == "bin" || name == "dist"
}

// neverBuilt tells files that no ordinary build takes: //go:build ignore.
func neverBuilt(file *ast.File) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, comment := range group.List {
			if expression, err := constraint.Parse(comment.Text); err == nil && expression.String() == "ignore" {
				return true
			}
		}
	}
	return false
}

// add takes up what a file declares.
func (s scope) add(file *ast.File) {
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			s[declaration.Name.Name] = append(s[declaration.Name.Name], declaration)
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				if value, is := spec.(*ast.ValueSpec); is {
					for _, name := range value.Names {
						s[name.Name] = append(s[name.Name], value)
					}
				}
			}
		}
	}
}

// isTest tells a function that the go command runs.
func isTest(function *ast.FuncDecl) bool {
	name := function.Name.Name
	return function.Recv == nil && len(function.Type.Params.List) == 1 &&
		(strings.HasPrefix(name, "Test") && name != "TestMain" || strings.HasPrefix(name, "Fuzz"))
}

// reach returns a function with all of its package's test files that it uses, other tests apart.
func (s scope) reach(function *ast.FuncDecl) []ast.Node {
	reached := []ast.Node{function}
	seen := map[ast.Node]bool{function: true}
	for i := 0; i < len(reached); i++ {
		ast.Inspect(reached[i], func(node ast.Node) bool {
			name, is := node.(*ast.Ident)
			if !is {
				return true
			}
			for _, used := range s[name.Name] {
				if test, is := used.(*ast.FuncDecl); !seen[used] && (!is || !isTest(test)) {
					seen[used] = true
					reached = append(reached, used)
				}
			}
			return true
		})
	}
	return reached
}

// skips tells a test that may pass without having been run.
func skips(reached []ast.Node) bool {
	return slices.ContainsFunc(reached, func(within ast.Node) (found bool) {
		ast.Inspect(within, func(node ast.Node) bool {
			call, is := node.(*ast.CallExpr)
			found = found || is && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, method(call))
			return true
		})
		return found
	})
}

// method is the name of what is called on something.
func method(call *ast.CallExpr) string {
	if selector, is := call.Fun.(*ast.SelectorExpr); is {
		return selector.Sel.Name
	}
	return ""
}

// subtests are the names that t.Run is called with: as they stand in the call, and, where a call has a variable, those of
// the tables: keys of maps, fields called name, and texts that stand first in a row.
func subtests(reached []ast.Node) (names []string) {
	var tables []string
	variable := false
	for _, within := range reached {
		ast.Inspect(within, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CallExpr:
				if method(node) == "Run" && len(node.Args) == 2 {
					if name, is := text(node.Args[0]); is {
						names = append(names, name)
					} else {
						variable = true
					}
				}
			case *ast.CompositeLit:
				tables = append(tables, rowNames(node)...)
			}
			return true
		})
	}
	if variable {
		names = append(names, tables...)
	}
	return names
}

// rowNames are the names in one composite literal: a table that is a map, or one row.
func rowNames(literal *ast.CompositeLit) (names []string) {
	_, isMap := literal.Type.(*ast.MapType)
	for i, element := range literal.Elts {
		named := element
		if pair, is := element.(*ast.KeyValueExpr); is {
			key, isField := pair.Key.(*ast.Ident)
			switch {
			case isMap:
				named = pair.Key
			case isField && key.Name == "name":
				named = pair.Value
			default:
				continue
			}
		} else if i > 0 {
			break
		}
		if name, is := text(named); is {
			names = append(names, name)
		}
	}
	return names
}

// text is the value of a string in the source, or how it begins when something is added to it.
func text(expression ast.Expr) (string, bool) {
	switch expression := expression.(type) {
	case *ast.BinaryExpr:
		return text(expression.X)
	case *ast.BasicLit:
		value, err := strconv.Unquote(expression.Value)
		return value, err == nil && expression.Kind == token.STRING
	}
	return "", false
}
