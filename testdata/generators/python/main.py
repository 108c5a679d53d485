"""The client that openapi-python-client makes, used against a node whose URL is the argument."""
import sys

from edgetoken import AuthenticatedClient, Client
from edgetoken.api.auth import post_auth_token, post_auth_token_blacklist, post_auth_token_refresh, post_auth_token_verify
from edgetoken.api.customers import get_customers, get_customers_me
from edgetoken.models import BlacklistRequest, Customer, Faults, LoginRequest, RefreshRequest, Refusal, TokenPair, VerifyRequest

node = sys.argv[1]
anybody = Client(base_url=node)

wrong = post_auth_token.sync(client=anybody, body=LoginRequest(email="ana@example.com", password="wrong"))
assert isinstance(wrong, Refusal) and wrong.detail == "No active account found with the given credentials", wrong
blank = post_auth_token.sync(client=anybody, body=LoginRequest(email="", password=""))
assert isinstance(blank, Faults) and blank.email and blank.password == ["This field may not be blank."], blank

pair = post_auth_token.sync(client=anybody, body=LoginRequest(email="ana@example.com", password="correct horse 1"))
assert isinstance(pair, TokenPair) and (pair.customer, pair.groups, pair.plan) == (9007199254740993, [], "pro"), pair
access = post_auth_token_refresh.sync(client=anybody, body=RefreshRequest(refresh=pair.refresh)).access
verified = post_auth_token_verify.sync_detailed(client=anybody, body=VerifyRequest(token=access))
assert verified.status_code == 200, verified

ana = AuthenticatedClient(base_url=node, token=access)
me = get_customers_me.sync(client=ana)
assert isinstance(me, Customer) and me.id == 9007199254740993 and me.first_name == "Ana" and me.date_joined.year >= 2026, me
everyone = get_customers.sync(client=ana)
assert [c.email for c in everyone] == ["ana@example.com", "eva@example.com"] and everyone[0].last_login and everyone[1].last_login is None, everyone

ended = post_auth_token_blacklist.sync_detailed(client=anybody, body=BlacklistRequest(refresh=pair.refresh))
assert ended.status_code == 200, ended
refused = post_auth_token_refresh.sync(client=anybody, body=RefreshRequest(refresh=pair.refresh))
assert isinstance(refused, Refusal) and refused.code == "token_not_valid", refused
refused = get_customers_me.sync(client=ana)
assert isinstance(refused, Refusal) and refused.messages[0].token_type == "access", refused
