// Nimbus JOSE + JWT, which fetches the key set by itself.

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

public class Use {
  private static JWKSource<SecurityContext> keys;

  /**
   * Reads the tasks from standard input and writes an answer for each: {"yes": value}, or {"no": the library's error}.
   */
  public static void main(String[] args) throws Exception {
    Map<String, Object> doc = JSONObjectUtils.parse(new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
    keys = JWKSourceBuilder.create(URI.create((String) doc.get("jwks")).toURL()).build();
    List<Object> answers = new ArrayList<>();
    for (Object each : (List<?>) doc.get("tasks")) {
      try {
        answers.add(Map.of("yes", answer((Map<String, Object>) each)));
      } catch (Exception e) {
        answers.add(Map.of("no", e.getClass().getSimpleName() + ": " + e.getMessage()));
      }
    }
    System.out.println(JSONArrayUtils.toJSONString(answers));
  }

  private static String answer(Map<String, Object> task) throws Exception {
    return switch ((String) task.get("do")) {
      case "verify" -> verify(task);
      case "sign" -> sign(task);
      default -> JWK.parse((Map<String, Object>) task.get("jwk")).computeThumbprint().toString();
    };
  }

  private static String verify(Map<String, Object> task) throws Exception {
    SignedJWT token = SignedJWT.parse((String) task.get("token"));
    if (!token.getHeader().getAlgorithm().equals(algorithm(task)) || !token.verify(verifier(task, token.getHeader()))) {
      throw new JOSEException("the signature is wrong");
    }
    JWTClaimsSet claims = token.getJWTClaimsSet();
    new DefaultJWTClaimsVerifier<>(null, Set.of("exp")).verify(claims, null);
    return claims.getStringClaim("user_id");
  }

  private static JWSVerifier verifier(Map<String, Object> task, JWSHeader header) throws Exception {
    if (task.containsKey("secret")) {
      return new MACVerifier(secret(task));
    }
    JWK key = keys.get(new JWKSelector(JWKMatcher.forJWSHeader(header)), null).get(0);
    return switch (((String) task.get("alg")).substring(0, 2)) {
      case "ES" -> new ECDSAVerifier(key.toECKey());
      case "Ed" -> new Ed25519Verifier(key.toOctetKeyPair());
      default -> new RSASSAVerifier(key.toRSAKey());
    };
  }

  private static String sign(Map<String, Object> task) throws Exception {
    JWSHeader header = new JWSHeader.Builder(algorithm(task)).keyID((String) task.get("kid")).build();
    SignedJWT token = new SignedJWT(header, JWTClaimsSet.parse((Map<String, Object>) task.get("claims")));
    token.sign(signer(task));
    return token.serialize();
  }

  private static JWSSigner signer(Map<String, Object> task) throws Exception {
    return switch (((String) task.get("alg")).substring(0, 2)) {
      case "HS" -> new MACSigner(secret(task));
      case "ES" -> new ECDSASigner((ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(pkcs8(task)));
      case "Ed" -> new Ed25519Signer(pair(task));
      default -> new RSASSASigner(KeyFactory.getInstance("RSA").generatePrivate(pkcs8(task)));
    };
  }

  private static PKCS8EncodedKeySpec pkcs8(Map<String, Object> task) {
    return new PKCS8EncodedKeySpec(der((String) task.get("private")));
  }

  /** The pair of an Ed25519 key: both encodings (RFC 8410) end with its 32 bytes. */
  private static OctetKeyPair pair(Map<String, Object> task) {
    Base64URL x = last32((String) task.get("public"));
    return new OctetKeyPair.Builder(Curve.Ed25519, x).d(last32((String) task.get("private"))).build();
  }

  private static Base64URL last32(String pem) {
    byte[] der = der(pem);
    return Base64URL.encode(Arrays.copyOfRange(der, der.length - 32, der.length));
  }

  private static byte[] der(String pem) {
    return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
  }

  private static byte[] secret(Map<String, Object> task) {
    return Base64.getUrlDecoder().decode((String) task.get("secret"));
  }

  private static JWSAlgorithm algorithm(Map<String, Object> task) {
    return JWSAlgorithm.parse((String) task.get("alg"));
  }
}
