import org.openapitools.client.ApiClient;
import org.openapitools.client.api.AuthApi;
import org.openapitools.client.api.CustomersApi;

/** A node by the library native. */
class Node {
    static AuthApi auth(String url) {
        return new AuthApi(client(url));
    }

    static CustomersApi customers(String url, String access) {
        return new CustomersApi(client(url).setRequestInterceptor(request -> request.header("Authorization", "Bearer " + access)));
    }

    static ApiClient client(String url) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        return client;
    }

    static <T> T read(String body, Class<T> kind) throws Exception {
        return new ApiClient().getObjectMapper().readValue(body, kind);
    }
}
