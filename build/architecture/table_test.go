// SPDX-License-Identifier: Apache-2.0

package architecture

// layer is what a package is for; it decides what the package may import.
type layer string

const (
	vocabulary layer = "vocabulary"   // words and values of the protocol, and settings
	records    layer = "records"      // what is stored, and the interface to it
	service    layer = "services"     // one thing owned: clients, keys, tokens, names, pages
	handler    layer = "handlers"     // one endpoint, or one use of a token
	heart      layer = "core"         // the table of routes over the handlers
	guard      layer = "protection"   // who may read what is stored: rights of files, sealed keys
	backend    layer = "store"        // an implementation of the records' interface
	crossing   layer = "C shim"       // Domino's interface in C
	bridge     layer = "bridge"       // the exports in plain Go
	library    layer = "filter"       // wiring and exports
	program    layer = "programs"     // what people start
	standin    layer = "stand-in"     // what takes Domino's place
	build      layer = "build"        // version, checks and tools of the build
	double     layer = "test doubles" // stand-ins and suites for tests of other packages
)

// mayImport is the direction of every arrow. Handlers do not import handlers; nothing imports programs or the
// stand-in; test doubles are for tests.
var mayImport = map[layer][]layer{
	vocabulary: {vocabulary},
	records:    {},
	service:    {vocabulary, records, service},
	handler:    {vocabulary, records, service},
	heart:      {vocabulary, records, service, handler},
	guard:      {guard},
	backend:    {records, guard},
	crossing:   {},
	bridge:     {heart, vocabulary, records, backend, build},
	library:    {crossing, bridge, heart, vocabulary, records, service, backend, build},
	program:    {vocabulary, records, service, guard, backend, build},
	standin:    {standin},
	build:      {},
	double:     {vocabulary, records, heart, double},
}

// testsMayImport comes on top for the tests of every package, whatever its layer.
var testsMayImport = []layer{vocabulary, records, service, backend, double}

// row is one package: its layer, and the third-party modules that it needs.
type row struct {
	layer   layer
	modules []string
}

// packages holds every package of this module, by its path below the root.
var packages = map[string]row{
	"core":            {layer: heart},
	"core/account":    {layer: handler},
	"core/apikey":     {layer: service},
	"core/audit":      {layer: service},
	"core/authorize":  {layer: handler},
	"core/background": {layer: vocabulary},
	"core/bearer":     {layer: service},
	"core/browser":    {layer: service},
	"core/client":     {layer: service, modules: []string{"github.com/golang-jwt/jwt/v5"}},
	"core/config":     {layer: vocabulary},
	"core/coretest":   {layer: double},
	"core/directory":  {layer: vocabulary},
	"core/dominoname": {layer: vocabulary},
	"core/dominourl":  {layer: vocabulary},
	"core/explain":    {layer: vocabulary},
	"core/fetch":      {layer: service},
	"core/grant":      {layer: handler},
	"core/introspect": {layer: handler},
	"core/issuer":     {layer: service, modules: []string{"github.com/golang-jwt/jwt/v5"}},
	"core/jws":        {layer: vocabulary},
	"core/jwk":        {layer: service, modules: []string{"github.com/go-jose/go-jose/v4"}},
	"core/jwks":       {layer: handler},
	"core/key":        {layer: service, modules: []string{"github.com/go-jose/go-jose/v4"}},
	"core/limit":      {layer: service},
	"core/lockout":    {layer: service},
	"core/login":      {layer: handler},
	"core/logintoken": {layer: service, modules: []string{"github.com/golang-jwt/jwt/v5"}},
	"core/metadata":   {layer: handler},
	"core/oauth":      {layer: vocabulary},
	"core/page":       {layer: service},
	"core/refusal":    {layer: service},
	"core/resource":   {layer: service},
	"core/revoke":     {layer: handler},
	"core/rule":       {layer: service},
	"core/snapshot":   {layer: service},
	"core/standing":   {layer: service},
	"core/token":      {layer: service, modules: []string{"github.com/golang-jwt/jwt/v5"}},
	"core/web":        {layer: vocabulary},

	"store":           {layer: records},
	"store/rights":    {layer: guard, modules: []string{"golang.org/x/sys"}},
	"store/seal":      {layer: guard, modules: []string{"golang.org/x/sys"}},
	"store/sqlite":    {layer: backend, modules: []string{"github.com/mattn/go-sqlite3"}},
	"store/storetest": {layer: double, modules: []string{"github.com/stretchr/testify", "pgregory.net/rapid"}},

	"cshim":         {layer: crossing},
	"filter":        {layer: library},
	"filter/bridge": {layer: bridge},

	"cmd/doapctl": {layer: program, modules: []string{"github.com/alecthomas/kong", "golang.org/x/sys"}},

	"standin":                {layer: standin},
	"standin/demo":           {layer: standin},
	"standin/endtoend":       {layer: standin},
	"standin/front":          {layer: standin},
	"standin/front/fakehost": {layer: standin},
	"standin/front/httpwire": {layer: standin},
	"standin/front/wire":     {layer: standin},
	"standin/hosttest":       {layer: standin},
	"standin/idp":            {layer: standin},
	"standin/target":         {layer: standin},

	"build/architecture":  {layer: build},
	"build/artifact":      {layer: build},
	"build/checklist":     {layer: build},
	"build/foreground":    {layer: build, modules: []string{"golang.org/x/sys"}},
	"build/installertest": {layer: build},
	"build/packaging":     {layer: build},
	"build/version":       {layer: build},
}

// testModules are for the tests of every package. golang-jwt and go-sqlite3 look into tokens and databases from outside.
var testModules = []string{
	"github.com/go-jose/go-jose/v4",
	"github.com/golang-jwt/jwt/v5",
	"github.com/stretchr/testify",
	"github.com/chromedp",
	"github.com/coreos/go-oidc/v3",
	"github.com/mattn/go-sqlite3",
	"github.com/rogpeppe/go-internal",
	"go.uber.org/goleak",
	"golang.org/x/oauth2",
	"golang.org/x/sys", // access lists of Windows
	"pgregory.net/rapid",
}

// mayUseC are the packages with import "C" or unsafe, which access lists and DPAPI of Windows take.
var mayUseC = []string{"cshim", "filter", "store/rights", "store/seal"}
