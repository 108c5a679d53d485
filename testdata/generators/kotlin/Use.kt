// The client that openapi-generator makes (kotlin), used against a node whose URL is the argument.

import org.openapitools.client.apis.AuthApi
import org.openapitools.client.apis.CustomersApi
import org.openapitools.client.infrastructure.ApiClient
import org.openapitools.client.infrastructure.ClientError
import org.openapitools.client.infrastructure.ClientException
import org.openapitools.client.infrastructure.Serializer
import org.openapitools.client.models.*

// failed is the answer by which a call fails, read as a T, and its status.
inline fun <reified T> failed(call: () -> Any): Pair<Int, T> {
    try {
        throw AssertionError(call())
    } catch (e: ClientException) {
        val body = (e.response as ClientError<*>).body as String
        return e.statusCode to Serializer.moshi.adapter(T::class.java).fromJson(body)!!
    }
}

fun login(password: String) = LoginRequest(email = "ana@example.com", password = password)

fun main(args: Array<String>) {
    val auth = AuthApi(args[0])

    val (wrong, refusal) = failed<Refusal> { auth.postAuthToken(login("wrong")) }
    check(wrong == 401 && refusal.detail == "No active account found with the given credentials") { refusal }
    val (blank, faults) = failed<Faults> { auth.postAuthToken(login("")) }
    check(blank == 400 && faults.password == listOf("This field may not be blank.")) { faults }

    val pair = auth.postAuthToken(login("correct horse 1"))
    check(pair.customer == 9007199254740993L && pair.groups.isEmpty() && pair.plan == "pro") { pair }
    val access = auth.postAuthTokenRefresh(RefreshRequest(pair.refresh)).access
    val verified = auth.postAuthTokenVerify(VerifyRequest(access))
    check(verified == emptyMap<String, Any>()) { verified }

    ApiClient.accessToken = access
    val customers = CustomersApi(args[0])
    val me = customers.getCustomersMe()
    check(me.id == 9007199254740993L && me.firstName == "Ana" && me.dateJoined.year >= 2026) { me }
    val everyone = customers.getCustomers()
    check(everyone.map { it.lastLogin == null } == listOf(false, true)) { everyone }

    auth.postAuthTokenBlacklist(BlacklistRequest(pair.refresh))
    val (_, ended) = failed<Refusal> { auth.postAuthTokenRefresh(RefreshRequest(pair.refresh)) }
    check(ended.code == "token_not_valid") { ended }
    val (_, refused) = failed<Refusal> { customers.getCustomersMe() }
    check(refused.messages!![0].tokenType == "access") { refused }
}
