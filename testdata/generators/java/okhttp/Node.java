import org.openapitools.client.ApiClient;
import org.openapitools.client.JSON;
import org.openapitools.client.api.AuthApi;
import org.openapitools.client.api.CustomersApi;

/** A node by the library okhttp-gson. */
class Node {
    static AuthApi auth(String url) {
        return new AuthApi(new ApiClient().setBasePath(url));
    }

    static CustomersApi customers(String url, String access) {
        ApiClient client = new ApiClient().setBasePath(url);
        client.setBearerToken(access);
        return new CustomersApi(client);
    }

    static <T> T read(String body, Class<T> kind) {
        return JSON.deserialize(body, kind);
    }
}
