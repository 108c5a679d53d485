package httpapi

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// emptySchema is the shape of {}.
var emptySchema = openapi.Empty().Named("Empty").About("An object without members.")

// customerField is the schema of a field of a customer. Any other name is an attribute.
func customerField(name string, ids core.IDKind) openapi.Schema {
	switch name {
	case "id":
		if ids == core.IntegerID {
			return openapi.Int64()
		}
		return openapi.Text()
	case "email", "first_name", "last_name":
		return openapi.Text()
	case "is_active", "is_staff", "is_superuser":
		return openapi.Flag()
	case "date_joined":
		return openapi.Time()
	case "last_login":
		return openapi.Time().Nullable().About("null: never.")
	case "groups", "permissions":
		return openapi.List(openapi.Text())
	}
	return openapi.Any("Any JSON; null where the customer does not have it.")
}

// customerSchema is the schema of customerValue.
func customerSchema(ids core.IDKind) openapi.Schema {
	var members []openapi.Member
	for _, name := range []string{
		"id", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined",
	} {
		members = append(members, openapi.Has(name, customerField(name, ids)))
	}
	return openapi.Object("Customer", members...)
}

// pairSchema is the schema of the answer to a log-in, with the members of LoginAnswer.
func pairSchema(c *Config) openapi.Schema {
	return loginSchema(c, "TokenPair", tokenMember("refresh", c), tokenMember("access", c))
}

func loginSchema(c *Config, name string, members ...openapi.Member) openapi.Schema {
	for _, m := range c.LoginAnswer {
		members = append(members, openapi.Has(m.Name, customerField(m.Field.String(), c.Node.IDs())))
	}
	return openapi.Object(name, members...)
}

// slidingLoginSchema is the schema of the answer to a log-in for a sliding token, with the members of LoginAnswer.
func slidingLoginSchema(c *Config) openapi.Schema {
	return loginSchema(c, "SlidingLogin", slidingMember(c))
}

// slidingSchema is the schema of the answer to the refresh of a sliding token.
func slidingSchema(c *Config) openapi.Schema { return openapi.Object("SlidingToken", slidingMember(c)) }

func slidingMember(c *Config) openapi.Member {
	m := tokenMember("token", c)
	m.Optional = c.slidesInCookies()
	return m
}

// accessSchema is the schema of the answer to a refresh.
func accessSchema(c *Config) openapi.Schema {
	if c.Node.Settings().RotateRefreshTokens {
		return openapi.Object("RotatedPair", tokenMember("access", c), tokenMember("refresh", c))
	}
	return openapi.Object("Access", tokenMember("access", c))
}

// tokenMember is a token in an answer. With TokenCookies it may be in a cookie instead.
func tokenMember(name string, c *Config) openapi.Member {
	token := openapi.Text().About("A compact JWT (RFC 7519).")
	return openapi.Member{Name: name, Schema: token, Optional: c.TokenCookies.On}
}

// The shapes of refusals.
var (
	detailSchema = openapi.Object("Detail",
		openapi.Has("detail", openapi.Text().About("Why, in the words of Django REST framework.")))
	refusalSchema = openapi.Object("Refusal",
		openapi.Has("detail", openapi.Text().About("Why, in the words of Django REST framework and simplejwt.")),
		openapi.MayHave("code", openapi.Text().About("The same for programs, such as token_not_valid.")),
		openapi.MayHave("messages", openapi.List(tokenMessageSchema)))
	tokenMessageSchema = openapi.Object("TokenMessage",
		openapi.Has("token_class", openapi.Text()),
		openapi.Has("token_type", openapi.Text()),
		openapi.Has("message", openapi.Text())).About("Why a token was refused as one of a class.")
)

// faultsSchema is the schema of the mistakes in a body. It names each field of each view. Few generators read
// a map beside named members: Kotlin's make a class that does not compile, Rust's drop the map.
func faultsSchema(views []*view) openapi.Schema {
	list := openapi.List(openapi.Text())
	members := []openapi.Member{
		openapi.MayHave("non_field_errors", list.About("What is wrong with the body as a whole.")),
		openapi.MayHave("detail", openapi.Text().About("Why the request cannot be read.")),
	}
	for _, v := range views {
		for _, f := range v.takenFields() {
			members = append(members, openapi.MayHave(f.name, list.About("What is wrong with the field "+f.name+".")))
		}
	}
	return openapi.Object("Faults", members...).
		About("What is wrong with a request: a detail, or the errors of each field.")
}
