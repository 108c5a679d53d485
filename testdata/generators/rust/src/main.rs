//! The client that openapi-generator makes (rust), used against a node whose URL is the argument.

use edgetoken::apis::configuration::Configuration;
use edgetoken::apis::{auth_api, customers_api, Error, ResponseContent};
use edgetoken::models::{BlacklistRequest, Faults, LoginRequest, RefreshRequest, Refusal, VerifyRequest};

/// failed is the body by which a call fails, and its status.
fn failed<T: std::fmt::Debug, E: std::fmt::Debug>(call: Result<T, Error<E>>) -> (u16, String) {
    match call {
        Err(Error::ResponseError(ResponseContent { status, content, .. })) => (status.as_u16(), content),
        other => panic!("{other:?}"),
    }
}

fn login(password: &str) -> LoginRequest {
    LoginRequest::new("ana@example.com".to_owned(), password.to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut node = Configuration { base_path: std::env::args().nth(1).expect("the URL of a node"), ..Configuration::new() };

    let (status, body) = failed(auth_api::post_auth_token(&node, login("wrong")).await);
    let refusal: Refusal = serde_json::from_str(&body)?;
    assert_eq!((status, refusal.detail.as_str()), (401, "No active account found with the given credentials"));
    match auth_api::post_auth_token(&node, login("")).await {
        Err(Error::ResponseError(ResponseContent { entity: Some(auth_api::PostAuthTokenError::Status400(Faults { password, .. })), .. })) => {
            assert_eq!(password, Some(vec!["This field may not be blank.".to_owned()]))
        }
        other => panic!("{other:?}"),
    }

    let pair = auth_api::post_auth_token(&node, login("correct horse 1")).await?;
    assert_eq!((pair.customer, pair.groups.len(), pair.plan), (9007199254740993, 0, Some(serde_json::json!("pro"))));
    let access = auth_api::post_auth_token_refresh(&node, RefreshRequest::new(pair.refresh.clone())).await?.access;
    auth_api::post_auth_token_verify(&node, VerifyRequest::new(access.clone())).await?;

    node.bearer_access_token = Some(access);
    let me = customers_api::get_customers_me(&node).await?;
    assert_eq!((me.id, me.first_name.as_str()), (9007199254740993, "Ana"));
    let everyone = customers_api::get_customers(&node).await?;
    assert_eq!(everyone.iter().map(|c| c.last_login.is_some()).collect::<Vec<_>>(), [true, false]);

    auth_api::post_auth_token_blacklist(&node, BlacklistRequest::new(pair.refresh.clone())).await?;
    let (status, body) = failed(auth_api::post_auth_token_refresh(&node, RefreshRequest::new(pair.refresh)).await);
    let refusal: Refusal = serde_json::from_str(&body)?;
    assert_eq!((status, refusal.code.as_deref()), (401, Some("token_not_valid")));
    let (_, body) = failed(customers_api::get_customers_me(&node).await);
    let refusal: Refusal = serde_json::from_str(&body)?;
    assert_eq!(refusal.messages.expect("why each class refused")[0].token_type, "access");
    Ok(())
}
