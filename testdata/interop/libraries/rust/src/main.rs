//! jsonwebtoken, which takes a key set that was fetched for it.
use jsonwebtoken::jwk::{Jwk, JwkSet, ThumbprintHash};
use jsonwebtoken::{decode, decode_header, encode, Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{json, Value};
use std::error::Error;
use std::str::FromStr;

type Answer = Result<String, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let doc: Value = serde_json::from_reader(std::io::stdin())?;
    let set = ureq::get(text(&doc, "jwks")).call()?.body_mut().read_to_string()?;
    let keys: Result<JwkSet, _> = serde_json::from_str(&set);
    let mut answers = Vec::new();
    for task in doc["tasks"].as_array().ok_or("no tasks")? {
        let answer = match text(task, "do") {
            "verify" => verify(task, &keys),
            "sign" => sign(task),
            _ => thumbprint(task),
        };
        answers.push(match answer {
            Ok(yes) => json!({ "yes": yes }),
            Err(no) => json!({ "no": no.to_string() }),
        });
    }
    println!("{}", Value::Array(answers));
    Ok(())
}

fn text<'a>(task: &'a Value, name: &str) -> &'a str {
    task[name].as_str().unwrap_or("")
}

/// The secret in base64 with its own alphabet, which the library reads.
fn secret(task: &Value) -> String {
    let text = text(task, "secret").replace('-', "+").replace('_', "/");
    format!("{text}{}", &"==="[..(4 - text.len() % 4) % 4])
}

fn verify(task: &Value, keys: &serde_json::Result<JwkSet>) -> Answer {
    let key = if task["secret"].is_string() {
        DecodingKey::from_base64_secret(&secret(task))?
    } else {
        let keys = keys.as_ref().map_err(|e| e.to_string())?;
        let kid = decode_header(text(task, "token"))?.kid.ok_or("no kid")?;
        DecodingKey::from_jwk(keys.find(&kid).ok_or("the key is not in the set")?)?
    };
    let validation = Validation::new(Algorithm::from_str(text(task, "alg"))?);
    let claims: Value = decode(text(task, "token"), &key, &validation)?.claims;
    Ok(text(&claims, "user_id").to_string())
}

fn sign(task: &Value) -> Answer {
    let algorithm = Algorithm::from_str(text(task, "alg"))?;
    let pem = text(task, "private").as_bytes();
    let key = match &text(task, "alg")[..2] {
        "HS" => EncodingKey::from_base64_secret(&secret(task))?,
        "ES" => EncodingKey::from_ec_pem(pem)?,
        "Ed" => EncodingKey::from_ed_pem(pem)?,
        _ => EncodingKey::from_rsa_pem(pem)?,
    };
    let mut header = Header::new(algorithm);
    header.kid = Some(text(task, "kid").to_string());
    Ok(encode(&header, &task["claims"], &key)?)
}

fn thumbprint(task: &Value) -> Answer {
    let key: Jwk = serde_json::from_value(task["jwk"].clone())?;
    Ok(key.thumbprint(ThumbprintHash::SHA256)?)
}
