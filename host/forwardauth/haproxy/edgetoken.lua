-- The action `edgetoken` asks the node's /auth/check/ who sent a request. It sets these variables of the transaction:
-- edgetoken_status  200: the customer is known; 401, 403: refused; 503: the node cannot tell
-- edgetoken_user, edgetoken_email  the customer, with 200
-- edgetoken_refusal, edgetoken_challenge, edgetoken_error  body, WWW-Authenticate and X-Auth-Error, with 401

local url = "http://" .. os.getenv("EDGETOKEN_NODE") .. "/auth/check/"
local timeout = 3000 -- milliseconds; less than tune.lua.session-timeout, which is 4 s

-- The request's headers that the node reads. It gets every value, as the service does, so that both read the same.
local passed = { "authorization", "cookie", "host", "origin" }

-- Answers to refused requests, as the node's own views give them. They are those of simplejwt 5.5: with
-- `compat: "5.2"`, "Token is invalid" is "Token is invalid or expired".
local messages = {
  blacklisted = "Token is blacklisted",
  expired = "Token is expired",
  no_exp = "Token has no 'exp' claim",
  no_id = "Token has no id",
  no_type = "Token has no type",
  wrong_type = "Token has wrong type",
}
local refusals = {
  bad_authorization_header = '{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}',
  no_user = '{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}',
  not_authenticated = '{"detail":"Authentication credentials were not provided."}',
  password_changed = '{"detail":"The user\'s password has been changed.","code":"password_changed"}',
  user_inactive = '{"detail":"User is inactive","code":"user_inactive"}',
  user_not_found = '{"detail":"User not found","code":"user_not_found"}',
}
local not_valid = '{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":'
  .. '[{"token_class":"AccessToken","token_type":"access","message":"%s"}]}'

local function refusal(error)
  return refusals[error] or not_valid:format(messages[error] or "Token is invalid")
end

core.register_action("edgetoken", { "http-req" }, function(txn)
  local sent, headers = txn.http:req_get_headers(), {}
  for _, name in ipairs(passed) do
    headers[name] = sent[name]
  end
  local answer = core.httpclient():get({ url = url, headers = headers, timeout = timeout })
  local function header(name)
    local values = answer.headers and answer.headers[name]
    return values and values[0]
  end

  local status, user = answer.status, header("x-user-id")
  if status == 200 and user and user ~= "" then
    txn:set_var("txn.edgetoken_user", user)
    txn:set_var("txn.edgetoken_email", header("x-user-email") or "")
  elseif status == 401 then
    local error = header("x-auth-error") or ""
    txn:set_var("txn.edgetoken_refusal", refusal(error))
    txn:set_var("txn.edgetoken_challenge", header("www-authenticate") or "")
    txn:set_var("txn.edgetoken_error", error)
  elseif status ~= 403 then
    status = 503
  end
  txn:set_var("txn.edgetoken_status", status)
end, 0)
