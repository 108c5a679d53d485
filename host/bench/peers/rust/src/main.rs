//! jsonwebtoken, as a peer of the benchmark: see ../setup. Its arguments are a file of tokens and what claims become:
//! `struct`, the registered ones, or `value`, all of them.
use jsonwebtoken::{decode, Algorithm, DecodingKey, Validation};
use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::Value;
use std::hint::black_box;
use std::io::{stdin, stdout, BufRead, Write};

/// What the benchmark writes: the tokens and what is needed to verify them.
#[derive(Deserialize)]
struct Input {
    alg: Algorithm,
    secret: Option<String>,
    public_key: Option<String>, // in PEM
    iss: Option<String>,
    aud: Option<String>,
    tokens: Vec<String>,
}

/// The registered claims of RFC 7519 §4.1.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Registered {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<String>,
    exp: u64,
    nbf: Option<u64>,
    iat: Option<u64>,
    jti: Option<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let input: Input = serde_json::from_str(&std::fs::read_to_string(&args[1])?)?;
    let key = match (&input.secret, &input.public_key) {
        (Some(secret), _) => DecodingKey::from_secret(secret.as_bytes())?,
        (_, Some(pem)) => DecodingKey::from_ec_pem(pem.as_bytes())?,
        _ => return Err("no key".into()),
    };
    let mut validation = Validation::new(input.alg);
    validation.leeway = 0;
    if let Some(iss) = &input.iss {
        validation.set_issuer(&[iss]);
    }
    if let Some(aud) = &input.aud {
        validation.set_audience(&[aud]);
    }
    match args[2].as_str() {
        "struct" => serve::<Registered>(&input.tokens, &key, &validation),
        _ => serve::<Value>(&input.tokens, &key, &validation),
    }
}

/// Says its version, and answers "run N" and "try TOKEN".
fn serve<T: DeserializeOwned>(
    tokens: &[String],
    key: &DecodingKey,
    validation: &Validation,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut next = 0;
    say(&version())?;
    for line in stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("run", n)) => {
                let n: usize = n.parse()?;
                let before = processor_micros();
                for _ in 0..n {
                    black_box(decode::<T>(&tokens[next], key, validation)?);
                    next = (next + 1) % tokens.len();
                }
                say(&format!("{}", processor_micros() - before))?;
            }
            Some(("try", token)) => match decode::<T>(token, key, validation) {
                Ok(_) => say("yes")?,
                Err(refusal) => say(&format!("no: {refusal}"))?,
            },
            _ => return Err(format!("unknown line {line:?}").into()),
        }
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = stdout();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The processor time of all threads of this process.
fn processor_micros() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) }, 0);
    t.tv_sec as f64 * 1e6 + t.tv_nsec as f64 / 1e3
}

/// The versions of what does the work, from the lock file.
fn version() -> String {
    let crates = if cfg!(feature = "aws_lc") { ["aws-lc-rs"].as_slice() } else { ["hmac", "sha2", "p256"].as_slice() };
    let mut words = vec![format!("jsonwebtoken {}", locked("jsonwebtoken"))];
    words.extend(crates.iter().map(|name| format!("{name} {}", locked(name))));
    words.push(option_env!("PEER_RUSTC").unwrap_or("rustc").to_string());
    words.join(", ")
}

fn locked(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1);
    entry.and_then(|rest| rest.split('"').next()).unwrap_or("?")
}
