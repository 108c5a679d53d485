package config_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
)

// The marks are what the secrets of these tests consist of. No text of ours has three of these letters, or four of
// these digits, in a row, so that what has them quotes a secret, whatever happened to the file in between.
const (
	letterMarks = "qxzjQXZJ"
	digitMarks  = "38"
)

var marked = regexp.MustCompile(`(?i)[qxzj]{3}|[38]{4}`)

func secretOf(r *rand.Rand, marks string) string {
	b := make([]byte, 40)
	for i := range b {
		b[i] = marks[r.IntN(len(marks))]
	}
	return string(b)
}

// files are whole configurations; SECRET stands for a secret.
var files = []string{
	"listen: 127.0.0.1:8000\nallowed_hosts: [a.example, b.example]\nsimple_jwt:\n  ACCESS_TOKEN_LIFETIME: 15m\n  " +
		"SIGNING_KEY: SECRET\n  AUDIENCE: [shop, office]\n  LEEWAY: 5\nlog:\n  level: info\n",
	"simple_jwt:\n  SIGNING_KEY: \"SECRET\"\n  VERIFYING_KEY: 'SECRET'\n  ISSUER: https://auth.example\nclaims:\n  " +
		"plan: attributes.plan\nlogin: {answer: {id: id}, match: exact}\n",
	"simple_jwt: {SIGNING_KEY: SECRET, LEEWAY: 5, AUTH_HEADER_TYPES: [Bearer, JWT]}\nthrottles: {anon: 1/s, login: " +
		"5/m}\nlimits: {body_bytes: 1MiB}\n",
	"compat: \"5.5\"\nsimple_jwt:\n  ALGORITHM: RS256\n  SIGNING_KEY: |\n    -----BEGIN PRIVATE KEY-----\n    " +
		"SECRET\n    SECRET\n    -----END PRIVATE KEY-----\n  USER_ID_FIELD: email\nmetrics:\n  listen: \":9100\"\n",
	"{\"simple_jwt\": {\"SIGNING_KEY\": \"SECRET\", \"JTI_CLAIM\": \"jti\"}, \"cors\": {\"origins\": " +
		"[\"https://a.example\"], \"credentials\": true}, \"data\": \"data\"}\n",
	"# SECRET\nbrowser: {CSRF_TRUSTED_ORIGINS: [\"https://a.example\"], LOGIN_REDIRECT_URL: /x/}\ncookies: {enabled: " +
		"true}\nsimple_jwt:\n  SIGNING_KEY: >\n    SECRET\n\n    SECRET\n  SIGNING_KEY_FILE: SECRET\n",
	"simple_jwt:\n  SIGNING_KEY: SECRET # the secret\npassword:\n  memory: 19456\n  iterations: 2\ntls:\n  cert: " +
		"cert.pem\n  key: key.pem\ncheck:\n  headers:\n    X-User-Id: id\n  cookie: access\n",
}

// pieces are what YAML reads as more than text.
var pieces = strings.Split("|,>,|x,|9 x,|+,>-,: ,:,[,],{,},\",',#, #,\t,\n,\r,\n\n,- ,\n- ,&a ,*a,!!binary ,!!int ,? ,"+
	"\n---\n,\n...\n,%,@,`,<<: ,\\,\\q,\\u12,"+
	"\x00,\xff,\u2028,\ufeff, ,  ,    ,=,~,null,0x,1e5,.inf,2001-01-01", ",")

// damage makes one change to a file.
func damage(r *rand.Rand, text string) string {
	at := func() int { return r.IntN(len(text) + 1) }
	from, to := at(), at()
	if from > to {
		from, to = to, from
	}
	if r.IntN(2) == 0 { // most changes are small
		to = min(to, from+1+r.IntN(12))
	}
	lines := strings.SplitAfter(text, "\n")
	line := r.IntN(len(lines))
	keys := config.Keys()
	switch r.IntN(12) {
	case 0:
		return text[:from] + text[to:]
	case 1:
		return text[:to] + text[from:]
	case 2:
		return text[:from] + pieces[r.IntN(len(pieces))] + text[from:]
	case 3:
		return text[:from] + pieces[r.IntN(len(pieces))] + text[to:]
	case 4:
		lines[line] = strings.Repeat(" ", r.IntN(6)) + lines[line]
		return strings.Join(lines, "")
	case 5:
		lines[line] = strings.TrimLeft(lines[line], " ")
		return strings.Join(lines, "")
	case 6:
		other := r.IntN(len(lines))
		lines[line], lines[other] = lines[other], lines[line]
		return strings.Join(lines, "")
	case 7:
		lines[line] = strings.TrimRight(lines[line], "\n")
		return strings.Join(lines, "")
	case 8: // the value of one key becomes that of another
		key := keys[r.IntN(len(keys))]
		return strings.Replace(text, "SIGNING_KEY", key[strings.LastIndexByte(key, '.')+1:], 1)
	case 9: // the secret stands at any key, with its block
		key := keys[r.IntN(len(keys))]
		block, name, below := strings.Cut(key, ".")
		if !below {
			return text + key + ": SECRET\n"
		}
		return text + []string{block + ":\n  " + name + ": SECRET\n", block + ": {" + name + ": [SECRET, SECRET]}\n",
			block + ": {" + name + ": {SECRET: SECRET}}\n"}[r.IntN(3)]
	case 10: // or where a key does
		return text + []string{"SECRET: 1\n", "simple_jwt:\n  SECRET\n", "claims: {SECRET: id}\n",
			"claims: {x: SECRET}\n", "SECRET\n", "listen: SECRET:1\n",
			"data: \"SECRET\\n\"\n", "cors: {origins: [http://SECRET/]}\n", "check: {headers: {SECRET: id}}\n",
			"SIGNING_KEY: ,SECRET\n", "SECRET.listen: 1\n",
			"simple_jwt: {SECRET.data: 1}\n", "SECRET.SIGNING_KEY: 1\n"}[r.IntN(13)]
	}
	return strings.Replace(text, "SIGNING_KEY: ", "SIGNING_KEY: "+pieces[r.IntN(len(pieces))], 1)
}

// damaged is a file with a secret in it and some changes.
func damaged(r *rand.Rand) string {
	text := files[r.IntN(len(files))]
	for range 1 + r.IntN(3) {
		text = damage(r, text)
	}
	marks := letterMarks
	if r.IntN(4) == 0 {
		marks = digitMarks
	}
	return strings.ReplaceAll(text, "SECRET", secretOf(r, marks))
}

// checkSecrecy loads a file and reports whether it is one that is refused.
func checkSecrecy(t *testing.T, text string) (refused bool) {
	cfg, err := config.LoadText("edgetoken.yaml", text)
	var shown string
	if err != nil {
		shown = err.Error() + fmt.Sprintf("%+v", err)
		var report *config.Report
		if errors.As(err, &report) {
			shown += fmt.Sprintf("%+v", report.Problems)
		}
	} else {
		shown = fmt.Sprint(cfg.Warnings)
	}
	if found := marked.FindString(shown); found != "" {
		t.Errorf("%q is shown of the file\n%s\nin\n%s", found, text, shown)
	}
	return err != nil
}

// TestNoTextOfTheFileIsShown damages files that hold secrets, in many ways; whatever the file says then, no message
// has a piece of one. The number of files is EDGETOKEN_TEST_DAMAGED.
func TestNoTextOfTheFileIsShown(t *testing.T) {
	n := 10_000 // ./build.sh test has 100,000, without the race detector, which takes ten times as long
	if text := os.Getenv("EDGETOKEN_TEST_DAMAGED"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(t.TempDir())
	const workers = 2
	var refusedBy [workers]int
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(7, 11+uint64(worker)))
			for i := worker; i < n && !t.Failed(); i += workers {
				if checkSecrecy(t, damaged(r)) {
					refusedBy[worker]++
				}
			}
		})
	}
	all.Wait()
	refused := refusedBy[0] + refusedBy[1]
	t.Logf("%d files, %d of them refused", n, refused)
	if refused < n/2 {
		t.Errorf("only %d of %d files are refused: the generator damages too little", refused, n)
	}
}

// TestTheMarksAreNoTextOfOurs: else the tests here would prove nothing, or fail by chance.
func TestTheMarksAreNoTextOfOurs(t *testing.T) {
	if found := marked.FindString(strings.Join(config.Keys(), " ")); found != "" {
		t.Errorf("a key has %q", found)
	}
	if !marked.MatchString("value "+secretOf(rand.New(rand.NewPCG(1, 1)), letterMarks)) ||
		!marked.MatchString(secretOf(rand.New(rand.NewPCG(1, 1)), digitMarks)) {
		t.Error("a secret is not found")
	}
}

// FuzzNoTextOfTheFileIsShown is the same for whatever a fuzzer makes.
func FuzzNoTextOfTheFileIsShown(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		f.Add(damaged(r))
	}
	f.Fuzz(func(t *testing.T, text string) { checkSecrecy(t, text) })
}

// What stood in messages before, each an input that showed the secret.
func TestMessagesThatShowedSecrets(t *testing.T) {
	const secret = "QxzjZqxjQzxjXqzjQxzjZqxjQzxjXqzj"
	for _, file := range []string{
		"simple_jwt:\n  SIGNING_KEY: | SECRET\n", "simple_jwt:\n  SIGNING_KEY: > SECRET\n",
		"simple_jwt:\n  SIGNING_KEY: |SECRET\n", "simple_jwt:\n  SIGNING_KEY: |9 SECRET\n",
		"simple_jwt: {SIGNING_KEY: ,SECRET}\n", "simple_jwt: {SIGNING_KEY: , SECRET: 1}\n",
		"simple_jwt:\n  SECRET: x\n", "SECRET: 1\n", "engine: SECRET\n",
		"engine: |\n  SIGNING_KEY: SECRET\n", "simple_jwt:\n  SIGNING_KEY_FILE: SECRET\n",
		"simple_jwt:\n  VERIFYING_KEY_FILE: SECRET\n", "claims: {x: SECRET}\n",
		"claims: {SECRET: x}\n", "cors: {origins: SECRET}\n", "simple_jwt: {AUTH_TOKEN_CLASSES: [SECRET]}\n",
		"listen: 127.0.0.1:SECRET\n", "throttles: {anon: SECRET}\n",
		"simple_jwt: {ISSUER: [SECRET]}\n", "allowed_hosts: {SECRET: 1}\n", "simple_jwt: {SIGNING_KEY: !SECRET x}\n",
		"simple_jwt: {SIGNING_KEY: *SECRET}\n", "%SECRET x\n---\na: 1\n",
		"simple_jwt:\n  SIGNING_KEY: \"\\q" + "SECRET\"\n", "check: {headers: {SECRET: id, \"SECRET \": x}}\n",
		"SECRET.listen: 1\n", "simple_jwt: {SECRET.listen: 1}\n",
		"simple_jwt:\n  ISSUER: |\n    SECRET\n  SIGNING_KEY: SECRET\n",
	} {
		_, err := load(t, strings.ReplaceAll(file, "SECRET", secret), nil)
		if err == nil {
			t.Errorf("Load(%q) is no mistake", file)
		} else if marked.MatchString(err.Error()) || !strings.Contains(err.Error(), "edgetoken.yaml:") {
			t.Errorf("Load(%q) = %v", file, err)
		}
	}
	// A configuration in the place of its path.
	for _, path := range []string{"simple_jwt: {SIGNING_KEY: " + secret + "}", "simple_jwt:\n  SIGNING_KEY: " +
		strings.Repeat(secret, 200)} {
		_, err := config.Load(config.Sources{File: path, FileNeeded: true})
		if err == nil || marked.MatchString(err.Error()) {
			t.Errorf("Load of the file %q: %v", path, err)
		}
	}
	// A secret in the place of its file, by a variable.
	for _, key := range []string{"SIGNING_KEY", "VERIFYING_KEY"} {
		_, err := load(t, "", []string{"EDGETOKEN_SIMPLE_JWT_" + key + "_FILE=" + secret})
		if err == nil || marked.MatchString(err.Error()) {
			t.Errorf("%s_FILE: %v", key, err)
		}
	}
}
