package house_test

// foreign are functions of Python, SQL and Java that comments and documents speak of, and words of JSON Schema.
var foreign = map[string]bool{
	"str": true, "repr": true, "isspace": true, "strip": true, "get_int_max_str_digits": true, "isoformat": true,
	"astimezone": true, "get_token": true, "get_user_model": true, "get_by_natural_key": true, "iterator": true,
	"geturl": true, "hexdigest": true, "UPPER": true, "getResponseBody": true, "func": true, "anyOf": true,
	"oneOf": true, "operationIds": true,
}
