package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/server"
)

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		want    string
	}{
		"unknown key": {"listne: x\n", nil, `edgetoken.yaml:1: listne: is unknown: did you mean listen?`},
		"other case":  {"Listen: x\n", nil, `edgetoken.yaml:1: Listen: is unknown: did you mean listen?`},
		"other case in a block": {"simple_jwt:\n  leeway: 1\n", nil,
			`edgetoken.yaml:2: simple_jwt.leeway: is unknown: did you mean LEEWAY?`},
		"outside its block": {"LEEWAY: 1\n", nil,
			`edgetoken.yaml:1: LEEWAY: is unknown here: it belongs under simple_jwt:`},
		"inside a block": {"simple_jwt:\n  listen: x\n", nil,
			`edgetoken.yaml:2: simple_jwt.listen: is unknown here: it belongs at the left margin`},
		"unknown, far off": {"x: 1\n", nil,
			`edgetoken.yaml:1: has a key that is unknown: see edgetoken config --help for the keys`},
		"small typo": {"simple_jwt:\n  ACESS_TOKEN_LIFETIME: 1\n", nil,
			`edgetoken.yaml:2: simple_jwt.ACESS_TOKEN_LIFETIME: is unknown: did you mean ACCESS_TOKEN_LIFETIME?`},
		"block as Django's": {"SIMPLE_JWT:\n  LEEWAY: 1\n", nil,
			`edgetoken.yaml:1: SIMPLE_JWT: is unknown: did you mean simple_jwt?`},
		"typo in a block": {"throtles:\n  anon: 1/s\n", nil,
			`edgetoken.yaml:1: throtles: is unknown: did you mean throttles?`},
		"variable, far off": {"", []string{"EDGETOKEN_X=1"},
			`EDGETOKEN_X: is no variable of edgetoken: see edgetoken config --help for their names`},
		"host with a scheme": {"data: x\nallowed_hosts: [a.example, \"https://b.example\"]\n", nil,
			`edgetoken.yaml:2: allowed_hosts: is no host: write a name such as auth.example.com without scheme, port and path, .example.com for a domain and all below it, or "*" for any`},
		"host with a port": {"allowed_hosts: \"b.example:8000\"\n", nil,
			`edgetoken.yaml:1: allowed_hosts: is no host: write a name such as auth.example.com without scheme, port and path, .example.com for a domain and all below it, or "*" for any`},
		"host with a path": {"", []string{"EDGETOKEN_ALLOWED_HOSTS=b.example/x"},
			`EDGETOKEN_ALLOWED_HOSTS: allowed_hosts: "b.example/x" is no host: write a name such as auth.example.com without scheme, port and path, .example.com for a domain and all below it, or "*" for any`},
		"host of IPv6": {"allowed_hosts: [\"::1\"]\n", nil,
			`edgetoken.yaml:1: allowed_hosts: is an address of IPv6, which stands in brackets, as in "[::1]"`},
		"PEM for HMAC": {"simple_jwt:\n  SIGNING_KEY: \"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\n-----END " +
			"PRIVATE KEY-----\"\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is a key pair's and no secret, which HS256 wants (PyJWT refuses it too): set ALGORITHM to that of the key, such as RS256, ES256 or EdDSA`},
		"ssh key for HMAC": {"allow_weak_signing_key: true\nsimple_jwt:\n  SIGNING_KEY: ssh-ed25519 " +
			"AAAAC3NzaC1lZDI1NTE5\n", nil, `edgetoken.yaml:3: simple_jwt.SIGNING_KEY: is a key pair's and no secret, which HS256 wants (PyJWT refuses it too): set ALGORITHM to that of the key, such as RS256, ES256 or EdDSA`},
		"metrics on listen": {"listen: 127.0.0.1:1\nmetrics: {listen: \"127.0.0.1:1\"}\n", nil,
			`edgetoken.yaml:2: metrics.listen: is the address of listen: choose another port`},
		"value with @": {"simple_jwt:\n  SIGNING_KEY: @" + longKey + "\n", nil,
			"edgetoken.yaml:2: is no YAML: '@' is a reserved character; " +
				"a value that begins with @, ` or %, or holds \": \", must be put in quotes"},
		"value with a colon": {"data: a: b\n", nil,
			"edgetoken.yaml:1: is no YAML: mapping value is not allowed in this context; " +
				"a value that begins with @, ` or %, or holds \": \", must be put in quotes"},
		"removed": {"simple_jwt:\n  SECRET_KEY: " + longKey + "\n", nil,
			`edgetoken.yaml:2: simple_jwt.SECRET_KEY: was removed from simplejwt: use SIGNING_KEY`},
		"twice": {"listen: :1\nlisten: :2\n", nil,
			`edgetoken.yaml:2: listen: is set twice, first at edgetoken.yaml:1: keep one`},
		"key and its file": {"simple_jwt:\n  SIGNING_KEY: " + longKey + "\n  SIGNING_KEY_FILE: edgetoken.yaml\n",
			nil, `edgetoken.yaml:3: simple_jwt.SIGNING_KEY_FILE: contradicts simple_jwt.SIGNING_KEY at edgetoken.yaml:2: keep one of the two`},
		"no block": {"simple_jwt: 5\n", nil,
			`edgetoken.yaml:1: simple_jwt: must be a block of keys, each on a line of its own`},
		"no mapping": {"- a\n", nil,
			`edgetoken.yaml:1: must consist of lines such as "listen: 127.0.0.1:8000"`},
		"second document": {"listen: :1\n---\ndata: x\n", nil,
			`edgetoken.yaml:3: holds a second document: keep one`},
		"window of an hour": {rotation + "refresh: {grace: 1h}\n", nil,
			`edgetoken.yaml:2: refresh.grace: must be between 0 and 5 minutes`},
		"window before the use": {"", []string{"EDGETOKEN_REFRESH_GRACE=-1s"},
			`EDGETOKEN_REFRESH_GRACE: refresh.grace: must be between 0 and 5 minutes`},
		"session shorter than its token": {"refresh: {max_session: 2d}\n", nil,
			`edgetoken.yaml:1: refresh.max_session: is shorter than simple_jwt.REFRESH_TOKEN_LIFETIME, so that a session would end before its refresh token does: raise it, or shorten that; 0 is without end`},
		"session of the default": {"simple_jwt: {REFRESH_TOKEN_LIFETIME: 60d}\nrefresh: {max_session: 30d}\n", nil,
			`edgetoken.yaml:2: refresh.max_session: is shorter than simple_jwt.REFRESH_TOKEN_LIFETIME, so that a session would end before its refresh token does: raise it, or shorten that; 0 is without end`},
		"idle without rotation": {"refresh: {idle: 1d}\n", nil,
			`edgetoken.yaml:1: refresh.idle: needs ROTATE_REFRESH_TOKENS: a refresh token that is not replaced does not show when it was used`},
		"misspelt window": {"refresh: {grce: 10s}\n", nil,
			`edgetoken.yaml:1: refresh.grce: is unknown: did you mean grace?`},
		"window without its block": {"refresh: 10s\n", nil,
			`edgetoken.yaml:1: refresh: must be a block of keys, each on a line of its own`},
		"boolean": {"blacklist_app: yes\n", nil,
			`edgetoken.yaml:1: blacklist_app: is neither true nor false`},
		"number for a boolean": {"blacklist_app: 1\n", nil,
			`edgetoken.yaml:1: blacklist_app: is neither true nor false`},
		"text for a number": {"max_instances: many\n", nil, `edgetoken.yaml:1: max_instances: is no whole number`},
		"octal":             {"max_instances: 010\n", nil, `edgetoken.yaml:1: max_instances: is no whole number`},
		"number out of bounds": {"max_instances: -1\n", nil,
			`edgetoken.yaml:1: max_instances: is not between 0 and 10000`},
		"number for a text": {"simple_jwt:\n  ISSUER: 5\n", nil,
			`edgetoken.yaml:2: simple_jwt.ISSUER: is no text: put it in quotes`},
		"version as number": {"compat: 5.5\n", nil,
			`edgetoken.yaml:1: compat: is no text: put it in quotes (use "5.5" or "5.2")`},
		"null": {"listen: null\n", nil,
			`edgetoken.yaml:1: listen: is null: give a value, or leave the key out for the default`},
		"anchor": {"listen: &a :1\n", nil,
			`edgetoken.yaml:1: listen: must be text, not an anchor, alias or tag`},
		"duration": {"simple_jwt:\n  LEEWAY: 1 00:00:00\n", nil,
			`edgetoken.yaml:2: simple_jwt.LEEWAY: is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"endless duration": {"simple_jwt:\n  LEEWAY: 1e300\n", nil,
			`edgetoken.yaml:2: simple_jwt.LEEWAY: is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"300 years": {"simple_jwt:\n  LEEWAY: 109500d\n", nil,
			`edgetoken.yaml:2: simple_jwt.LEEWAY: is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"negative": {"simple_jwt:\n  LEEWAY: -1\n", nil,
			`edgetoken.yaml:2: simple_jwt.LEEWAY: must not be negative`},
		"lifetime of zero": {"simple_jwt:\n  ACCESS_TOKEN_LIFETIME: 0\n", nil,
			`edgetoken.yaml:2: simple_jwt.ACCESS_TOKEN_LIFETIME: must be at least 1 second`},
		"empty secret": {"simple_jwt:\n  SIGNING_KEY: \"\"\n", nil,
			`edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment`},
		"secret begins with #": {"simple_jwt:\n  SIGNING_KEY: #abc\n", nil,
			`edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment`},
		"secret holds a #": {"simple_jwt:\n  SIGNING_KEY: " + longKey + " #abc\n", nil,
			`edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is cut off by a comment: put the whole secret in quotes, else it ends before the #`},
		"secret is a number": {"simple_jwt:\n  SIGNING_KEY: 1234567890\n", nil,
			`edgetoken.yaml:2: simple_jwt.SIGNING_KEY: must be text: put it in quotes`},
		"empty variable": {"", []string{"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY="},
			`EDGETOKEN_SIMPLE_JWT_SIGNING_KEY: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment`},
		"secret file missing": {"simple_jwt:\n  SIGNING_KEY_FILE: nowhere\n", nil,
			`edgetoken.yaml:2: simple_jwt.SIGNING_KEY_FILE: cannot be read: no such file or directory: give the path of a file; the key without _FILE takes the secret itself`},
		"weak": {"simple_jwt:\n  SIGNING_KEY: hunter2\n", nil,
			`edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is weak for HS256: the secret has 7 bytes and needs at least 32 (RFC 7518 §3.2); take a longer one, or set allow_weak_signing_key: true while old tokens are in use`},
		"weak for its hash": {"simple_jwt:\n  ALGORITHM: HS512\n  SIGNING_KEY: " + longKey + "\n", nil,
			`edgetoken.yaml:3: simple_jwt.SIGNING_KEY: is weak for HS512: the secret has 38 bytes and needs at least 64 (RFC 7518 §3.2); take a longer one, or set allow_weak_signing_key: true while old tokens are in use`},
		"no PEM": {"simple_jwt:\n  ALGORITHM: RS256\n  SIGNING_KEY: secret\n", nil,
			`edgetoken.yaml:3: simple_jwt.SIGNING_KEY: cannot be used with RS256: SIGNING_KEY is no PEM text: it begins with -----BEGIN PRIVATE KEY----- or the like`},
		"verifying alone": {"simple_jwt:\n  ALGORITHM: RS256\n  VERIFYING_KEY: x\n", nil,
			`edgetoken.yaml:3: simple_jwt.VERIFYING_KEY: cannot be used with RS256: VERIFYING_KEY is no PEM text: it begins with -----BEGIN PUBLIC KEY----- or the like`},
		"verifying alone, for a secret": {"simple_jwt:\n  VERIFYING_KEY: x\n", nil,
			`edgetoken.yaml:2: simple_jwt.VERIFYING_KEY: has no meaning for HS256, where one secret signs and checks: set ALGORITHM to that of the key, such as RS256, ES256 or EdDSA, or give the secret as SIGNING_KEY`},
		"algorithm none": {"simple_jwt:\n  ALGORITHM: none\n", nil,
			`edgetoken.yaml:2: simple_jwt.ALGORITHM: is unknown: use one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519`},
		"Python": {"simple_jwt:\n  TOKEN_OBTAIN_SERIALIZER: shop.Mine\n", nil,
			`edgetoken.yaml:2: simple_jwt.TOKEN_OBTAIN_SERIALIZER: names Python code, which cannot run here: claims: says what its get_token() adds and login.answer: what its validate() adds; leave it out`},
		"claim of no field": {"claims:\n  plan: plan\n", nil,
			`edgetoken.yaml:2: claims: a member is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claim of the password": {"claims:\n  x: password\n", nil,
			`edgetoken.yaml:2: claims: a member is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claim without a name": {"claims:\n  x: attributes.a..b\n", nil,
			`edgetoken.yaml:2: claims: a member is no attribute: each name between the dots has 1 to 255 bytes`},
		"claim of two kinds": {"claims:\n  x: [email]\n", nil,
			`edgetoken.yaml:2: claims: a member must be text, not a list`},
		"claim that is number": {"claims:\n  1: email\n", nil,
			`edgetoken.yaml:2: claims: a member must be text, not an anchor, alias or tag`},
		"claim twice": {"claims:\n  x: email\n  x: id\n", nil,
			`edgetoken.yaml:3: claims: a member is set twice, first at edgetoken.yaml:2: keep one`},
		"two claims": {"claims:\n  a: b\n\n  c: d\n", nil, "the configuration has 2 mistakes:\n" +
			`  edgetoken.yaml:2: claims: a member is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME` + "\n" + `  edgetoken.yaml:4: claims: a member is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claims of a list": {"claims: [email]\n", nil,
			`edgetoken.yaml:1: claims: must be a block of names with a field each, such as "plan: attributes.plan", not a list`},
		"claims of a variable": {"", []string{"EDGETOKEN_CLAIMS={a: b}"},
			`EDGETOKEN_CLAIMS: claims.a: "b" is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claims of no block": {"", []string{"EDGETOKEN_CLAIMS=email"},
			`EDGETOKEN_CLAIMS: claims: must be a block of names with a field each, such as "plan: attributes.plan", not "email"`},
		"registered claim": {"claims:\n  email: email\n  Sub: id\n", nil,
			`edgetoken.yaml:3: claims: a member is reserved: choose another name`},
		"configured claim": {"simple_jwt: {USER_ID_CLAIM: uid}\nclaims: {user_id: id, UID: id}\n", nil,
			`edgetoken.yaml:2: claims: a member is reserved: choose another name`},
		"folded claim": {"claims:\n  haſh_password: id\n", nil,
			`edgetoken.yaml:2: claims: a member is reserved: choose another name`},
		"claim without letters": {"claims:\n  \"\": id\n", nil,
			`edgetoken.yaml:2: claims: a member is no name: a name has 1 to 255 bytes of UTF-8`},
		"answer": {"login: {answer: {Access: id}}\n", nil,
			`edgetoken.yaml:1: login.answer: a member is reserved: choose another name`},
		"match": {"login:\n  match: fuzzy\n", nil,
			`edgetoken.yaml:2: login.match: is unknown: use exact or case_insensitive`},
		"field": {"login:\n  field: username\n", nil,
			`edgetoken.yaml:2: login.field: names what customers log in with, which is their e-mail address: set it to email, or leave it out`},
		"class": {"simple_jwt:\n  AUTH_TOKEN_CLASSES: [refresh]\n", nil,
			`edgetoken.yaml:2: simple_jwt.AUTH_TOKEN_CLASSES: is no class of tokens that is known here: use access or sliding`},
		"no classes": {"simple_jwt:\n  AUTH_TOKEN_CLASSES: []\n", nil,
			`edgetoken.yaml:2: simple_jwt.AUTH_TOKEN_CLASSES: must name at least one class: access or sliding`},
		"header name": {"simple_jwt:\n  AUTH_HEADER_NAME: X-Token\n", nil,
			`edgetoken.yaml:2: simple_jwt.AUTH_HEADER_NAME: is no header in Django's form: write X-Access-Token as HTTP_X_ACCESS_TOKEN`},
		"same claim": {"simple_jwt:\n  USER_ID_CLAIM: jti\n", nil,
			`edgetoken.yaml:2: simple_jwt.USER_ID_CLAIM: is the name that JTI_CLAIM has already`},
		"not in 5.2": {"compat: \"5.2\"\nsimple_jwt:\n  CHECK_REVOKE_TOKEN: true\n", nil,
			`edgetoken.yaml:3: simple_jwt.CHECK_REVOKE_TOKEN: does not exist in version 5.2: leave it out, or set compat: "5.5"`},
		"sessions without a blacklist": {"blacklist_app: false\nsessions:\n  list: true\n", nil,
			`edgetoken.yaml:3: sessions.list: is true and blacklist_app is false, so that no customer could end a log-in: set blacklist_app to true`},
		"address": {"listen: 8000\n", nil, `edgetoken.yaml:1: listen: is no text: put it in quotes`},
		"address without port": {"listen: localhost\n", nil,
			`edgetoken.yaml:1: listen: is no address: write host:port, such as 127.0.0.1:8000`},
		"port": {"listen: :http\n", nil,
			`edgetoken.yaml:1: listen: is no port: use a number up to 65535`},
		"password": {"password:\n  memory: 7\n", nil,
			`edgetoken.yaml:2: password.memory: must be 8 to 524288 KiB with 1 lane`},
		"no hosts": {"allowed_hosts: []\n", nil,
			`edgetoken.yaml:1: allowed_hosts: names no host, so that every request would be refused: name some, or "*" for any`},
		"open, in clear": {"listen: :1\n", nil,
			`edgetoken.yaml:1: listen: is open to other machines, where passwords and tokens would travel in clear: set tls.cert and tls.key, or behind_proxy: true where a proxy with TLS stands before the node; loopback needs neither`},
		"open, by name": {"listen: auth.example:1\nbehind_proxy: false\n", nil,
			`edgetoken.yaml:1: listen: is open to other machines, where passwords and tokens would travel in clear: set tls.cert and tls.key, or behind_proxy: true where a proxy with TLS stands before the node; loopback needs neither`},
		"certificate alone": {"tls: {cert: a}\n", nil,
			`edgetoken.yaml:1: tls.cert: stands alone: give tls.key, its private key, too`},
		"private key alone": {"listen: :1\ntls:\n  key: a\n", nil,
			`edgetoken.yaml:3: tls.key: stands alone: give tls.cert, its certificate, too`},
		"public key and file": {"simple_jwt:\n  SIGNING_KEY: " + longKey +
			"\n  VERIFYING_KEY: x\n  VERIFYING_KEY_FILE: edgetoken.yaml\n", nil,
			`edgetoken.yaml:4: simple_jwt.VERIFYING_KEY_FILE: contradicts simple_jwt.VERIFYING_KEY at edgetoken.yaml:3: keep one of the two`},
		"public file alone": {"simple_jwt:\n  ALGORITHM: RS256\n  VERIFYING_KEY_FILE: edgetoken.yaml\n", nil,
			`edgetoken.yaml:3: simple_jwt.VERIFYING_KEY_FILE: cannot be used with RS256: VERIFYING_KEY is no PEM text: it begins with -----BEGIN PUBLIC KEY----- or the like`},
		"size": {"limits:\n  body_bytes: 4MB\n", nil,
			`edgetoken.yaml:2: limits.body_bytes: is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, 4MiB, 1GiB`},
		"negative size": {"limits: {body_rate: -1}\n", nil,
			`edgetoken.yaml:1: limits.body_rate: is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, 4MiB, 1GiB`},
		"endless size": {"hashing: {memory: 9999999999GiB}\n", nil,
			`edgetoken.yaml:1: hashing.memory: is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, 4MiB, 1GiB`},
		"negative time": {"limits:\n  read_timeout: -5\n", nil,
			`edgetoken.yaml:2: limits.read_timeout: must not be negative`},
		"headers in too little": {"limits:\n  header_memory: 1MiB\n", nil,
			`edgetoken.yaml:2: limits.header_memory: must be at least 24 times limits.header_bytes, which is what one header may take`},
		"header after all": {"limits:\n  header_timeout: 40s\n", nil,
			`edgetoken.yaml:2: limits.header_timeout: must not be more than limits.read_timeout, which has the header in it`},
		"more than all": {"limits: {connections: 5, connections_per_address: 6}\n", nil,
			`edgetoken.yaml:1: limits.connections_per_address: must not be more than limits.connections`},
		"body over all bodies": {"limits: {body_bytes: 65MiB}\n", nil,
			`edgetoken.yaml:1: limits.body_bytes: must be less than limits.body_memory: raise that, or set it to 0, which makes room for two such bodies`},
		"body of all bodies": {"limits: {body_bytes: 1MiB, body_memory: 1MiB}\n", nil,
			`edgetoken.yaml:1: limits.body_bytes: must be less than limits.body_memory: raise that, or set it to 0, which makes room for two such bodies`},
		"more fields than Django": {"limits: {fields: 1001}\n", nil,
			`edgetoken.yaml:1: limits.fields: is not between 1 and 1000`},
		"hash over its memory": {"password: {memory: 200000}\n", nil,
			`edgetoken.yaml:1: password.memory: is more than hashing.memory: raise that, or no password could be hashed`},
		"rate": {"throttles:\n  login: 5\n", nil,
			`edgetoken.yaml:2: throttles.login: is no text: put it in quotes`},
		"rate without a period": {"throttles:\n  login: 5/\n", nil,
			`edgetoken.yaml:2: throttles.login: is no rate: write a number of requests and a period of s, m, h or d, as in "100/hour"`},
		"no rate": {"throttles:\n  login: \"\"\n", nil,
			`edgetoken.yaml:2: throttles.login: is empty: give a rate such as "100/hour", or null for none`},
		"keys too often": {"keys: {rotate_every: 30s, publish_before: 0}\n", nil,
			`edgetoken.yaml:1: keys.rotate_every: must be at least 1m, or 0 for off`},
		"keys before their time": {"keys: {rotate_every: 3d, publish_before: 2d}\n", nil,
			`edgetoken.yaml:1: keys.rotate_every: must be at least twice keys.publish_before: a key would be published before the one ahead of it signs`},
		"keys beside SIGNING_KEY": {"keys: {rotate_every: 30d}\nsimple_jwt: {SIGNING_KEY: " + longKey + "}\n", nil,
			`edgetoken.yaml:1: keys.rotate_every: has nothing to rotate while SIGNING_KEY signs: import that first (edgetoken keys import --signing-key), and remove SIGNING_KEY`},
		"keys without kid": {"wire: exact\nkeys: {rotate_every: 30d}\n", nil,
			`edgetoken.yaml:2: keys.rotate_every: needs wire: secure: with wire: exact tokens have no kid, and nobody could tell which key verifies them`},
		"negative notice": {"keys: {rotate_every: 3d, publish_before: -2d}\n", nil,
			`edgetoken.yaml:1: keys.publish_before: is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"short node secret": {"keys: {secret: hunter2}\n", nil,
			`edgetoken.yaml:1: keys.secret: the node secret has 7 bytes and needs at least 32: make one with openssl rand -base64 32`},
		"node secret twice": {"keys:\n  secret: " + longKey + "\n  secret_FILE: secret\n", nil,
			`edgetoken.yaml:3: keys.secret_FILE: contradicts keys.secret at edgetoken.yaml:2: keep one of the two`},
		"signer elsewhere": {"keys: {signer: \"https://kms.example\"}\n", nil,
			`edgetoken.yaml:1: keys.signer: is no signer: write unix: and the path of its socket, as in unix:/run/kms.sock`},
		"signer of a URL": {"", []string{"EDGETOKEN_KEYS_SIGNER=unix:///run/kms.sock"},
			`EDGETOKEN_KEYS_SIGNER: keys.signer: "unix:///run/kms.sock" is no signer: write unix: and the path of its socket, as in unix:/run/kms.sock`},
		"signer far down": {"keys: {signer: \"unix:" + strings.Repeat("x", 108) + "\"}\n", nil,
			`edgetoken.yaml:1: keys.signer: has a path that is longer than 107 bytes, more than a socket can have`},
		"signer of a module": {"engine: wasm-full\nkeys: {signer: \"unix:x\"}\n", nil,
			`edgetoken.yaml:2: keys.signer: needs engine: wasm or native: wasm-full signs inside the module, which a key elsewhere cannot enter`},
		"signer without time": {"keys: {signer_timeout: 0}\n", nil,
			`edgetoken.yaml:1: keys.signer_timeout: must be 10ms to 30s`},
		"fleet behind by 5 minutes": {"fleet:\n  staleness: 298s\n", nil,
			`edgetoken.yaml:2: fleet.staleness: must be less than 5 minutes together with twice fleet.skew`},
		"fleet without patience": {"fleet: {staleness: 4s}\n", nil,
			`edgetoken.yaml:1: fleet.staleness: must be at least 5s`},
		"fleet of wrong clocks": {"fleet: {skew: 1m}\n", nil, `edgetoken.yaml:1: fleet.skew: must be 100ms to 30s`},
		"fleet with no log": {"fleet: {log: {age: 5m, bytes: 1MiB}}\n", nil, `the configuration has 2 mistakes:
  edgetoken.yaml:1: fleet.log.age: must be at least 10m
  edgetoken.yaml:1: fleet.log.bytes: must be at least 16MiB`},
		"fleet of an own lane": {"fleet: {lane: amqp}\n", nil,
			`edgetoken.yaml:1: fleet.lane: is unknown: use nats or http`},
		"servers without NATS": {"fleet: {lane: http, servers: [\"tls://nats.example\"]}\n", nil,
			`edgetoken.yaml:1: fleet.servers: are for fleet.lane: nats alone: leave them out, or set that`},
		"credentials without servers": {"fleet: {credentials: x}\n", nil,
			`edgetoken.yaml:1: fleet.credentials: are for fleet.servers, and there are none: leave them out`},
		"credentials without recorder": {"fleet: {recorder: {credentials: x}}\n", nil,
			`edgetoken.yaml:1: fleet.recorder.credentials: are for fleet.recorder.servers, and there are none: leave them out`},
		"recorder that forgets": {"fleet: {recorder: {servers: [\"tls://a.example\"], age: 1h}}\n", nil,
			`edgetoken.yaml:1: fleet.recorder.age: must be at least 1d`},
		"server with a password": {"fleet: {servers: [\"tls://a.example:4222\", \"tls://me:secret@b.example\"]}\n",
			nil, `edgetoken.yaml:1: fleet.servers: item 2 is no NATS server: write tls://host:port, or nats://host:port in a network of your own; a file of credentials names who the node is`},
		"server of the web": {"fleet: {servers: [\"https://nats.example\"]}\n", nil,
			`edgetoken.yaml:1: fleet.servers: item 1 is no NATS server: write tls://host:port, or nats://host:port in a network of your own; a file of credentials names who the node is`},
		"every address": {"fleet: {address: [\"hub.example:7421\", \"0.0.0.0:7421\"]}\n", nil,
			`edgetoken.yaml:1: fleet.address: item 2 is no address that other machines can dial: write host:port, such as hub.example:7421`},
		"address of no host": {"", []string{"EDGETOKEN_FLEET_ADDRESS=:7421"},
			`EDGETOKEN_FLEET_ADDRESS: fleet.address: item 1 is no address that other machines can dial: write host:port, such as hub.example:7421`},
		"fleet on listen": {"behind_proxy: true\nlisten: :7421\nfleet: {listen: \":7421\"}\n", nil,
			`edgetoken.yaml:3: fleet.listen: is the address of listen: choose another port`},
		"two fleets at one port": {"fleet: {listen: \"h:1\", nats_listen: \"h:1\"}\n", nil,
			`edgetoken.yaml:1: fleet.nats_listen: is the address of fleet.listen: choose another port`},
		"unknown key of a fleet": {"fleet: {refresh: {durabilty: hub}}\n", nil,
			`edgetoken.yaml:1: fleet.refresh.durabilty: is unknown: did you mean durability?`},
		"no time to stop": {"shutdown_timeout: 0\n", nil,
			`edgetoken.yaml:1: shutdown_timeout: must be at least 1 second`},
		"unknown variable": {"", []string{"EDGETOKEN_LISTNE=x"},
			`EDGETOKEN_LISTNE: is no variable of edgetoken: did you mean EDGETOKEN_LISTEN?`},
		"wrong variable": {"", []string{"EDGETOKEN_ENGINE=v8"},
			`EDGETOKEN_ENGINE: engine: "v8" is unknown: use wasm, wasm-full or native`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.file, c.environ)
			if err == nil || err.Error() != c.want {
				t.Errorf("Load(%q, %q) =\n  %v\nwant\n  %s", c.file, c.environ, err, c.want)
			}
		})
	}
}

// A text that is no YAML is reported by its line; the parser's own message would quote the lines around it.
func TestSyntaxErrorShowsNoSecret(t *testing.T) {
	for name, file := range map[string]string{
		"open quote":      "simple_jwt:\n  SIGNING_KEY: \"" + longKey + "\n",
		"indented":        "simple_jwt:\n  SIGNING_KEY: " + longKey + "\n    LEEWAY: 1\n",
		"open list":       "simple_jwt: {SIGNING_KEY: " + longKey + ", x: [}\n",
		"tab":             "simple_jwt:\n\tSIGNING_KEY: " + longKey + "\n",
		"secret as a key": longKey + ": {x\n",
		"list as secret":  "simple_jwt:\n  SIGNING_KEY: [" + longKey + "]\n",
		"null in secret":  "simple_jwt:\n  SIGNING_KEY: !!binary " + longKey + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, file, nil)
			if err == nil || !strings.HasPrefix(err.Error(), "edgetoken.yaml:") {
				t.Fatalf("Load(%q) = %v, want a mistake with its line", file, err)
			}
			if strings.Contains(err.Error(), "thirty-two") {
				t.Errorf("Load(%q) shows the secret: %v", file, err)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := load(t, `listne: 127.0.0.1:8000
engine: v8
blacklist_app: perhaps
simple_jwt:
  ACCESS_TOKEN_LIFETIME: soon
  ALGORITHM: HS1
  SIGNING_KEY: #secret
  USER_ID_CLAIM: exp
  ROTATE_REFRESH_TOKENS: perhaps
`, []string{"EDGETOKEN_WIRE=loose"}, config.Flag{Key: "listen", Value: "8000"})
	want := `the configuration has 10 mistakes:
  edgetoken.yaml:1: listne: is unknown: did you mean listen?
  edgetoken.yaml:2: engine: is unknown: use wasm, wasm-full or native
  edgetoken.yaml:3: blacklist_app: is neither true nor false
  edgetoken.yaml:5: simple_jwt.ACCESS_TOKEN_LIFETIME: is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d
  edgetoken.yaml:6: simple_jwt.ALGORITHM: is unknown: use one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519
  edgetoken.yaml:7: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment
  edgetoken.yaml:8: simple_jwt.USER_ID_CLAIM: is a registered claim with a meaning of its own (RFC 7519 §4.1); choose another name
  edgetoken.yaml:9: simple_jwt.ROTATE_REFRESH_TOKENS: is neither true nor false
  EDGETOKEN_WIRE: wire: "loose" is unknown: use secure or exact
  --listen: listen: "8000" is no address: write host:port, such as 127.0.0.1:8000`
	if err == nil || err.Error() != want {
		t.Errorf("Load =\n%v\nwant\n%s", err, want)
	}
}

// TestLimitsHaveKeys: a mistake in any field of server.Limits is told under its key.
func TestLimitsHaveKeys(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[server.Limits]()) {
		if key := config.LimitKey(f.Name); !slices.Contains(config.Keys(), key) {
			t.Errorf("the key of Limits.%s is %s, which is none", f.Name, key)
		}
	}
}
