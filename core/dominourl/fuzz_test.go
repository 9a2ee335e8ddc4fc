// SPDX-License-Identifier: Apache-2.0

package dominourl_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"ndoap/core/dominourl"
)

// respell writes a resource as a target in its plainest form.
func respell(resource dominourl.Resource) string {
	segments := strings.Split(resource.Path, "/")
	for i, segment := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(segment), "+", "%2B")
	}
	target := strings.Join(segments, "/")
	if !strings.HasPrefix(resource.Command, "/") {
		target += "?" + resource.Command
	}
	return target
}

// reads is how a server finds a path that decodes once and then resolves dots, with other people's code for both.
func reads(target string) (string, bool) {
	if _, rest, absolute := strings.Cut(target, "://"); absolute && !strings.HasPrefix(target, "/") {
		_, rest, _ = strings.Cut(rest, "/")
		target = "/" + rest
	}
	target = target[:strings.IndexAny(target+"?", "?!")]
	decoded, err := url.PathUnescape(target)
	return path.Clean(decoded), err == nil
}

// What is read is read in the same way however it is spelled, and is what another server would serve (B13). In names
// of design elements a plus sign is a space, which other servers do not know.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/sales.nsf/By+Salesperson?OpenView&Count=10", "/SALES.nsf/0/" + unid, "/x/%2e%2e/s%61les.nsf!OpenDatabase", "/apps//./a.nsf/api/data/documents?x=1",
		"/__852562F3007ABFD6.nsf", "/sales.nsf%00", "/sales.nsf/..%2fnames.nsf", "/sales.nsf;x", `/a\b`, "/%EF%BC%8E%EF%BC%8E/", "https://h/a/../b.css",
		"/%C4%B0.nsf", "/%E2%84%AA", "/sales.nsf/%C3%9F?Open", "/%CF%82.nsf", "//h/x", "/sales~1.nsf", "/x.nsf/home.xsp?OpenXPage", "/sales.nsf::$DATA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		resource, err := dominourl.Parse(target)
		if err != nil {
			return
		}
		again, err := dominourl.Parse(respell(resource))
		if err != nil || again != resource {
			t.Fatalf("%q is %+v, and written plainly, %q, it is %+v (%v)", target, resource, respell(resource), again, err)
		}
		served, ok := reads(target)
		if strings.Contains(served, "+") {
			return
		}
		if plain, _ := reads(respell(resource)); !ok || !strings.EqualFold(served, plain) {
			t.Fatalf("%q is %+v, another server would serve %q", target, resource, served)
		}
		if resource.Database != "" && !strings.HasPrefix(resource.Path+"/", resource.Database+"/") {
			t.Fatalf("%q is %+v", target, resource)
		}
	})
}
