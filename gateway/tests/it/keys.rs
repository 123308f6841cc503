//! `billing.access.v1` behind the door that it opens.

use billing_proto::billing::access::v1::Role;
use http::StatusCode;
use serde_json::json;

use crate::{
    client::Client,
    house::{Choices, House},
};

fn wanted(person: &str, role: &str) -> String {
    json!({ "person": person, "kind": "PRINCIPAL_KIND_PERSON", "grants": [{ "role": role }] }).to_string()
}

#[tokio::test]
async fn a_key_is_made_shown_once_used_and_revoked() {
    let house = House::new().await;
    let admin = house.client_in(&[Role::AccessAdmin]).await;
    let made = admin.post("/v1/apiKeys?requestId=1", wanted("grace", "ROLE_AUDITOR")).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.bytes);
    let made = made.json();
    let grace = Client::new(house.gateway.address(), made["token"].as_str().unwrap().to_owned());
    let caller = grace.get("/v1/caller").await.json();
    assert_eq!((&caller["person"], &caller["grants"][0]["role"]), (&json!("grace"), &json!("ROLE_AUDITOR")));

    let again = admin.post("/v1/apiKeys?requestId=1", wanted("grace", "ROLE_AUDITOR")).await.json();
    assert_eq!((&again["token"], &again["apiKey"]), (&json!(""), &made["apiKey"]));
    let other = admin.post("/v1/apiKeys?requestId=1", wanted("grace", "ROLE_SALES")).await;
    assert_eq!(other.reason(), "REQUEST_ID_REUSED");

    let name = made["apiKey"]["name"].as_str().unwrap();
    for request in ["{\"requestId\": \"2\"}", "{\"requestId\": \"2\"}", "{\"requestId\": \"3\"}"] {
        let revoked = admin.post(&format!("/v1/{name}:revoke"), request).await;
        assert_eq!(revoked.json()["revokeTime"], "2020-02-01T00:00:00Z", "{:?}", revoked.bytes);
    }
    let refused = grace.get("/v1/caller").await;
    assert_eq!((refused.status, refused.reason()), (StatusCode::UNAUTHORIZED, "KEY_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn grants_are_limited_as_they_were_given() {
    let house = House::new().await;
    let admin = house.client_in(&[Role::AccessAdmin]).await;
    let grant = json!({ "role": "ROLE_SALES", "billingEntities": ["billingEntities/ent_0000000000000000000000000000000a"],
        "territories": ["US-East"], "accounts": ["accounts/acc_0000000000000000000000000000000b"] });
    let key = json!({ "person": "p", "kind": "PRINCIPAL_KIND_PLATFORM", "grants": [grant, { "role": "ROLE_AUDITOR" }],
        "expireTime": "2020-02-01T01:00:00Z" });
    let made = admin.post("/v1/apiKeys?requestId=1", key.to_string()).await.json();
    assert_eq!(made["apiKey"]["grants"][0], grant);
    let client = Client::new(house.gateway.address(), made["token"].as_str().unwrap().to_owned());
    assert_eq!(client.get("/v1/caller").await.json()["grants"][0], grant);
    house.advance(3599);
    assert_eq!(client.get("/v1/caller").await.status, StatusCode::OK);
    house.advance(1);
    assert_eq!(client.get("/v1/caller").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_grants_roles_never_approves_money() {
    let house = House::new().await;
    let admin = house.client_in(&[Role::AccessAdmin]).await;
    for (id, role) in ["ROLE_BILLING_MANAGER", "ROLE_CONTROLLER", "ROLE_CFO"].into_iter().enumerate() {
        let refused = admin.post(&format!("/v1/apiKeys?requestId={id}"), wanted("ada", role)).await;
        assert_eq!(
            (refused.status, refused.reason()),
            (StatusCode::BAD_REQUEST, "ROLES_CONFLICT".to_owned())
        );
    }
    let both = json!({ "person": "x", "kind": "PRINCIPAL_KIND_PERSON",
        "grants": [{ "role": "ROLE_ACCESS_ADMIN" }, { "role": "ROLE_CFO" }] });
    assert_eq!(admin.post("/v1/apiKeys?requestId=9", both.to_string()).await.reason(), "ROLES_CONFLICT");
    let platform =
        json!({ "person": "ada", "kind": "PRINCIPAL_KIND_PLATFORM", "grants": [{ "role": "ROLE_SALES" }] });
    let conflict = admin.post("/v1/apiKeys?requestId=10", platform.to_string()).await;
    assert_eq!(conflict.reason(), "PERSON_KIND_CONFLICT");
    // A refused request left nothing behind: its id may be used again.
    assert_eq!(
        admin.post("/v1/apiKeys?requestId=0", wanted("ada", "ROLE_SALES")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn every_field_of_a_key_is_checked() {
    let house = House::new().await;
    let admin = house.client_in(&[Role::AccessAdmin]).await;
    let key = json!({ "person": "a b", "expireTime": "2020-01-01T00:00:00Z", "grants": [
        { "role": "ROLE_ACCESS_ADMIN", "territories": ["", "x"] },
        { "billingEntities": ["billingEntities/ent_1"], "accounts": ["acc_0000000000000000000000000000000b"] }] });
    let refused = admin.post("/v1/apiKeys?requestId=1", key.to_string()).await;
    assert_eq!(
        refused.violations(),
        [
            "api_key.person: must be 1 to 128 visible ASCII characters",
            "api_key.grants[0].role: is ROLE_ACCESS_ADMIN, which cannot be limited: it could grant more than it has",
            "api_key.grants[0].territories[0]: must not be empty or hold a NUL character",
            "api_key.grants[1].role: must be one of the roles",
            "api_key.grants[1].billing_entities[0]: must look like billingEntities/ent_… with 32 hexadecimal digits",
            "api_key.grants[1].accounts[0]: must look like accounts/acc_… with 32 hexadecimal digits",
            "api_key.kind: must be PRINCIPAL_KIND_PERSON or PRINCIPAL_KIND_PLATFORM",
            "api_key.expire_time: must be in the future",
        ]
    );
    let nameless = admin.post("/v1/apiKeys?requestId=1", "").await;
    assert_eq!(nameless.status, StatusCode::BAD_REQUEST);
    let unnamed = admin.post("/v1/apiKeys", wanted("x", "ROLE_SALES")).await;
    assert_eq!(
        unnamed.violations(),
        ["request_id: must be 1 to 128 visible ASCII characters, such as a UUID"]
    );
    let missing =
        admin.post("/v1/apiKeys/key_00000000000000000000000000000001:revoke", r#"{"requestId": "1"}"#).await;
    assert_eq!(missing.reason(), "API_KEY_NOT_FOUND");
}

#[tokio::test]
async fn keys_are_listed_by_pages_without_their_secrets() {
    let house = House::new().await;
    let admin = house.client_in(&[Role::AccessAdmin]).await;
    for person in ["a", "b", "c"] {
        house.token(person, &[Role::Sales, Role::Auditor]).await;
    }
    let mut people = Vec::new();
    let mut token = String::new();
    loop {
        let page = admin.get(&format!("/v1/apiKeys?pageSize=2&pageToken={token}")).await;
        assert!(!String::from_utf8(page.bytes.to_vec()).unwrap().contains("mk_"));
        let page = page.json();
        let keys = page["apiKeys"].as_array().unwrap().clone();
        people.extend(keys.iter().map(|key| key["person"].as_str().unwrap().to_owned()));
        token = page["nextPageToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(people, ["ada", "a", "b", "c"]);
    assert_eq!(admin.get("/v1/apiKeys?pageToken=x").await.reason(), "PAGE_TOKEN");
}

#[tokio::test]
async fn a_revocation_elsewhere_bites_when_the_key_is_forgotten() {
    let house = House::with(Choices { remember_keys_s: 1, ..Choices::default() }).await;
    let client = house.client().await;
    assert_eq!(client.get("/v1/caller").await.status, StatusCode::OK);
    sqlx::query("update api_key set revoked_at = now(), revoked_by = 'x'")
        .execute(&house.pool)
        .await
        .unwrap();
    assert_eq!(client.get("/v1/caller").await.status, StatusCode::OK);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(client.get("/v1/caller").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_whole_or_nothing() {
    let house = House::new().await;
    let token = house.token("ada", &[Role::Auditor]).await;
    let (head, _) = token.split_at(token.len() - 1);
    let last = if token.ends_with('0') { "1" } else { "0" };
    let unknown = format!("mk_{}_{}", "0".repeat(32), "0".repeat(64));
    for wrong in [format!("{head}{last}"), head.to_owned(), token.to_uppercase(), unknown, "x".to_owned()] {
        let client = Client::new(house.gateway.address(), wrong.clone());
        assert_eq!(client.get("/v1/caller").await.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let header = format!("bearer {token}");
    let answer =
        house.anonymous().send(http::Method::GET, "/v1/caller", &[("authorization", &header)], "").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn the_role_of_the_service_may_only_make_and_revoke() {
    let house = House::new().await;
    house.token("ada", &[Role::Auditor]).await;
    for statement in [
        "delete from api_key_grant",
        "delete from api_key",
        "update api_key set person = 'x'",
        "update api_key_grant set role = 'ROLE_CFO'",
        "truncate api_key cascade",
    ] {
        let error = sqlx::query(statement).execute(&house.pool).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{statement}: {error}");
    }
}
