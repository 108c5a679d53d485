package envoy

import (
	"encoding/json"
	"fmt"
	"testing"
)

type object = map[string]any

// listener is a listener of Envoy with one HTTP filter, or none, in front of an answer of Envoy's own.
type listener struct {
	port   int
	filter object // nil: none
}

func (l listener) url() string { return fmt.Sprintf("http://127.0.0.1:%d/", l.port) }

// ofEdgetoken is our filter with a configuration. All listeners share one module, compiled once.
func ofEdgetoken(id, configuration string) object {
	return object{"name": "edgetoken", "typed_config": object{
		"@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
		"config": object{
			"name": "edgetoken", "root_id": id, "failure_policy": "FAIL_RELOAD",
			"vm_config": object{
				"vm_id": "edgetoken", "runtime": "envoy.wasm.runtime.v8",
				"code": object{"local": object{"filename": "edgetoken-envoy.wasm"}},
			},
			"configuration": object{
				"@type": "type.googleapis.com/google.protobuf.StringValue", "value": configuration,
			},
		},
	}}
}

// ofJwtAuthn is Envoy's own filter for JWTs, with keys and a header from a claim.
func ofJwtAuthn(jwks string) object {
	return object{"name": "jwt_authn", "typed_config": object{
		"@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
		"providers": object{"edgetoken": object{
			"local_jwks":       object{"inline_string": jwks},
			"claim_to_headers": []object{{"header_name": "x-user-id", "claim_name": "user_id"}},
		}},
		"rules": []object{{"match": object{"prefix": "/"}, "requires": object{"provider_name": "edgetoken"}}},
	}}
}

// configured is the configuration of an Envoy with listeners.
func configured(t *testing.T, listeners ...listener) string {
	t.Helper()
	var list []object
	for _, l := range listeners {
		filters := []object{{"name": "router", "typed_config": object{
			"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
		}}}
		if l.filter != nil {
			filters = []object{l.filter, filters[0]}
		}
		manager := object{
			"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3." +
				"HttpConnectionManager",
			"stat_prefix": "test",
			"route_config": object{"virtual_hosts": []object{{
				"name": "all", "domains": []string{"*"}, "routes": []object{{
					"match":           object{"prefix": "/"},
					"direct_response": object{"status": 200, "body": object{"inline_string": "passed"}},
				}},
			}}},
			"http_filters": filters,
		}
		list = append(list, object{
			"name": fmt.Sprint("at ", l.port), "address": address(l.port),
			"filter_chains": []object{{"filters": []object{{"name": "http", "typed_config": manager}}}},
		})
	}
	text, err := json.Marshal(object{
		"admin": object{"address": address(9901)}, "static_resources": object{"listeners": list},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func address(port int) object {
	return object{"socket_address": object{"address": "127.0.0.1", "port_value": port}}
}

// everywhere is a configuration of our filter that asks for a token on every path.
func everywhere(keys string) string {
	return `{"policy": {"jwks": {"keys": [` + keys + `]}}, "rules": [{"path": "/", "require": "token"}]}`
}
