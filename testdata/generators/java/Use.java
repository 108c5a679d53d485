import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AuthApi;
import org.openapitools.client.api.CustomersApi;
import org.openapitools.client.model.*;

/** The client that openapi-generator makes (java), used against a node whose URL is the argument. Node has what its libraries differ in. */
public class Use {
    /** A call that is to fail. */
    interface Call {
        Object run() throws ApiException;
    }

    public static void main(String[] args) throws Exception {
        AuthApi auth = Node.auth(args[0]);

        ApiException wrong = failed(() -> auth.postAuthToken(login("wrong")));
        Refusal refusal = Node.read(wrong.getResponseBody(), Refusal.class);
        hold(wrong.getCode() == 401 && refusal.getDetail().equals("No active account found with the given credentials"), wrong);
        ApiException blank = failed(() -> auth.postAuthToken(login("")));
        Faults faults = Node.read(blank.getResponseBody(), Faults.class);
        hold(blank.getCode() == 400 && faults.getPassword().equals(List.of("This field may not be blank.")), blank);

        TokenPair pair = auth.postAuthToken(login("correct horse 1"));
        hold(pair.getCustomer() == 9007199254740993L && pair.getGroups().isEmpty() && pair.getPlan().equals("pro"), pair);
        Access access = auth.postAuthTokenRefresh(new RefreshRequest().refresh(pair.getRefresh()));
        Object verified = auth.postAuthTokenVerify(new VerifyRequest().token(access.getAccess()));
        hold(verified.equals(Map.of()), verified);

        CustomersApi customers = Node.customers(args[0], access.getAccess());
        Customer me = customers.getCustomersMe();
        hold(me.getId() == 9007199254740993L && me.getFirstName().equals("Ana") && me.getDateJoined().getYear() >= 2026, me);
        List<Customer> everyone = customers.getCustomers();
        hold(everyone.size() == 2 && everyone.get(0).getLastLogin() != null && everyone.get(1).getLastLogin() == null, everyone);

        auth.postAuthTokenBlacklist(new BlacklistRequest().refresh(pair.getRefresh()));
        ApiException ended = failed(() -> auth.postAuthTokenRefresh(new RefreshRequest().refresh(pair.getRefresh())));
        hold(Node.read(ended.getResponseBody(), Refusal.class).getCode().equals("token_not_valid"), ended);
        ApiException refused = failed(customers::getCustomersMe);
        hold(Node.read(refused.getResponseBody(), Refusal.class).getMessages().get(0).getTokenType().equals("access"), refused);
    }

    static LoginRequest login(String password) {
        return new LoginRequest().email("ana@example.com").password(password);
    }

    static ApiException failed(Call call) {
        try {
            throw new AssertionError(call.run());
        } catch (ApiException expected) {
            return expected;
        }
    }

    static void hold(boolean holds, Object got) {
        if (!holds) {
            throw new AssertionError(got);
        }
    }
}
