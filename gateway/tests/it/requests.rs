//! REST calls of one message and one answer.

use std::time::Duration;

use billing_proto::billing::access::v1::Role;
use http::{Method, StatusCode};
use serde_json::json;

use crate::house::House;

const ID: &str = "acc_00000000000000000000000000000001";

#[tokio::test]
async fn path_query_and_body_make_the_message() {
    let house = House::new().await;
    let client = house.client().await;

    let body = json!({ "code": "A-1", "kind": "ACCOUNT_KIND_AGENCY", "legalName": "Ünïon & Söhne 日本", "tax_ids": ["1", "2"],
        "address": { "lines": ["1 Main St"] }, "paymentTermsDays": 30 });
    let made = client.post("/v1/accounts?requestId=r%201+2", body.to_string()).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.bytes);
    let account = made.json();
    assert_eq!(account["etag"], "r 1 2");
    assert_eq!(account["kind"], "ACCOUNT_KIND_AGENCY");
    assert_eq!(account["legalName"], "Ünïon & Söhne 日本");
    assert_eq!(account["taxIds"], json!(["1", "2"]));
    assert_eq!(account["paymentTermsDays"], 30);

    let changed = client
        .send(
            Method::PATCH,
            &format!("/v1/accounts/{ID}?updateMask=legalName,address&request_id=r2"),
            &[],
            r#"{"legalName": "New"}"#,
        )
        .await
        .json();
    assert_eq!(changed["name"], format!("accounts/{ID}"));
    assert_eq!(changed["etag"], "legal_name+address r2");

    let listed = client.get("/v1/accounts/-/invoices?state=INVOICE_STATE_DRAFT&pageSize=7").await.json();
    assert_eq!(listed["nextPageToken"], "accounts/- INVOICE_STATE_DRAFT 7");
    let numbered = client.get("/v1/accounts/-/invoices?state=3").await.json();
    assert_eq!(numbered["nextPageToken"], "accounts/- INVOICE_STATE_ISSUED 0");
}

#[tokio::test]
async fn an_answer_shows_its_zeros_and_writes_64_bits_as_text() {
    let house = House::new().await;
    let invoice = house.client().await.get("/v1/accounts/a/invoices/i").await;
    assert_eq!(invoice.headers["content-type"], "application/json");
    assert_eq!(invoice.headers["cache-control"], "no-store");
    let invoice = invoice.json();
    assert_eq!(invoice["spots"], "2");
    assert_eq!(invoice["gross"], json!({ "currencyCode": "USD", "amount": "3883.34" }));
    assert_eq!(invoice["state"], "INVOICE_STATE_ISSUED");
    assert_eq!(invoice["number"], "");
    assert_eq!(invoice["paymentTermsDays"], 0);
    assert_eq!(invoice["lines"], json!([]));
    assert!(invoice.get("net").is_none());
}

#[tokio::test]
async fn a_file_is_answered_as_it_is() {
    let house = House::new().await;
    let client = house.client().await;
    let pdf = client.get("/v1/accounts/a/invoices/i:download").await;
    assert_eq!(pdf.headers["content-type"], "application/pdf");
    assert_eq!(&pdf.bytes[..], b"%PDF-1.7\n\x01");
    assert_eq!(
        pdf.headers["content-disposition"],
        "attachment; filename=\"Gr__e_1.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.pdf"
    );
    let json = client.get("/v1/accounts/a/invoices/i").await;
    assert!(json.headers.get("content-disposition").is_none(), "which is no file");
    let csv = client.get("/v1/accounts/a/invoices/i:download?format=INVOICE_FORMAT_CSV").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(&csv.bytes[..], b"number,amount\r\n");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_with_its_place() {
    let house = House::new().await;
    let client = house.client().await;
    let accounts = "/v1/accounts";
    for (method, path, body, expected) in [
        (Method::POST, accounts, &b"{"[..], "body: EOF while parsing an object at column 1"),
        (Method::POST, accounts, b"{\n \"code\": 7}", "body: code: invalid type: integer `7`"),
        (Method::POST, accounts, b"{\n \"code\": 7}", "line 2 column"),
        (
            Method::POST,
            accounts,
            br#"{"address": {"line": 1}}"#,
            "body: address: unrecognized field name 'line'",
        ),
        (Method::POST, accounts, br#"{"kind": "KIND_OF"}"#, "unrecognized enum value 'KIND_OF'"),
        (Method::POST, accounts, br#"{"paymentTermsDays": 99999999999}"#, "body: paymentTermsDays: "),
        (Method::POST, accounts, br#"{"paymentTermsDays": 1.5}"#, "body: paymentTermsDays: "),
        (Method::POST, accounts, b"{} {}", "body: trailing characters at column 4"),
        (Method::POST, accounts, b"[]", "body: "),
        (Method::POST, accounts, b"{\"code\": \"\xff\"}", "body: is not UTF-8 from byte 11 on"),
        (Method::POST, accounts, b"{\"code\": \"\0\"}", "control character"),
        (Method::POST, accounts, br#"{"taxIds": ["a", "b\u0000"]}"#, "body: taxIds[1] holds a NUL character"),
        (Method::POST, "/v1/accounts?account.code=1", b"{}", "account.code: belongs in the body"),
        (Method::POST, "/v1/orders:sync?requestId=1", b"{}", "request_id: belongs in the body"),
        (Method::GET, "/v1/accounts?colour=red", b"", "colour: is not a field of ListAccountsRequest"),
        (Method::GET, "/v1/accounts?pageSize=1&page_size=2", b"", "page_size: is given more than once"),
        (Method::GET, "/v1/accounts?pageSize=1&pageSize=2", b"", "page_size: is given more than once"),
        (Method::GET, "/v1/accounts?pageSize=many", b"", "page_size: is many, not a whole number from "),
        (
            Method::GET,
            "/v1/accounts?pageSize=99999999999",
            b"",
            "page_size: is 99999999999, not a whole number from ",
        ),
        (Method::GET, "/v1/accounts?code=%00", b"", "code: holds a NUL character"),
        (Method::GET, "/v1/accounts?code=%ff", b"", "code: is not UTF-8"),
        (Method::GET, "/v1/accounts/%ff", b"", "name: the path segment %ff is not UTF-8"),
        (Method::GET, "/v1/accounts/a?name=b", b"", "name: stands in the path already"),
        (
            Method::GET,
            "/v1/accounts/-/invoices?state=LOST",
            b"",
            "state: is LOST, none of INVOICE_STATE_UNSPECIFIED, ",
        ),
        (
            Method::GET,
            "/v1/billingEntities/e:trialBalance?asOf=2020-02-30",
            b"",
            "as_of: is 2020-02-30, not a day such as",
        ),
        (
            Method::GET,
            "/v1/billingEntities/e:trialBalance?asOf.year=x",
            b"",
            "as_of.year: is x, not a whole number from ",
        ),
        (
            Method::PATCH,
            "/v1/accounts/a",
            br#"{"name": "accounts/b"}"#,
            "account.name: is accounts/a in the path and something else",
        ),
    ] {
        let answer = client.send(method, path, &[], body.to_vec()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body:?}: {:?}", answer.bytes);
        assert_eq!(answer.json()["code"], 3);
        let violations = answer.violations().join("; ");
        assert!(violations.contains(expected), "{path} {body:?}: {violations:?} lacks {expected:?}");
        assert_eq!(answer.reason(), "MALFORMED");
    }
}

#[tokio::test]
async fn a_body_where_there_is_none_is_refused() {
    let house = House::new().await;
    let length = [("content-length", "2")];
    let answer = house.client().await.send(Method::GET, "/v1/accounts/a", &length, "{}").await;
    assert_eq!(answer.violations(), ["body: is not taken by this method"]);
}

#[tokio::test]
async fn the_path_may_be_repeated_in_the_body_when_it_is_the_same() {
    let house = House::new().await;
    let client = house.client().await;
    let same = client.send(Method::PATCH, "/v1/accounts/a", &[], r#"{"name": "accounts/a"}"#).await;
    assert_eq!(same.status, StatusCode::OK);
    let empty = client.post("/v1/accounts", "").await;
    assert_eq!(empty.status, StatusCode::OK);
}

#[tokio::test]
async fn paths_and_verbs_that_do_not_exist_are_told_apart() {
    let house = House::new().await;
    let client = house.client().await;
    for path in ["/", "/v1", "/v1/nothing", "/v1/accounts/", "/v1/accounts/a:fly", "/v2/accounts"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.reason(), "NO_SUCH_PATH");
    }
    let answer = client.send(Method::DELETE, "/v1/accounts", &[], "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers["allow"], "GET, POST");
    assert_eq!(answer.reason(), "NO_SUCH_METHOD");
    assert_eq!(client.get("/v1/orders:sync").await.headers["allow"], "POST");
}

#[tokio::test]
async fn refusals_of_the_service_come_with_their_details() {
    let house = House::new().await;
    let client = house.client().await;
    let missing = client.get("/v1/accounts/missing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(
        missing.json(),
        json!({ "code": 5, "message": "there is no such account", "details": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCOUNT_NOT_FOUND", "domain": "makegood",
            "metadata": { "name": "accounts/missing" } }] })
    );
    let malformed = client.get("/v1/accounts/malformed").await;
    assert_eq!(malformed.violations(), ["name: is wrong"]);
    let broken = client.get("/v1/accounts/broken").await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(broken.json()["message"].as_str().unwrap().starts_with("internal error; trace "));
}

#[tokio::test]
async fn who_may_not_is_refused_before_anything_is_read() {
    let house = House::new().await;
    let anonymous = house.anonymous().post("/v1/accounts", "{").await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    assert_eq!(anonymous.headers["www-authenticate"], "Bearer");
    assert_eq!(anonymous.reason(), "KEY_UNKNOWN");
    let sales = house.client_in(&[Role::Sales]).await;
    let refused = sales.post("/v1/accounts", "{").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.reason(), "ROLE_MISSING");
    assert_eq!(sales.get("/v1/accounts").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_deadline_ends_the_call() {
    let house = House::new().await;
    let client = house.client().await;
    for (name, value) in
        [("x-request-timeout", "0.2"), ("x-request-timeout", "200ms"), ("grpc-timeout", "200m")]
    {
        let started = tokio::time::Instant::now();
        let answer = client.send(Method::GET, "/v1/accounts/slow", &[(name, value)], "").await;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{:?}", answer.bytes);
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    let wrong = client.send(Method::GET, "/v1/accounts/a", &[("x-request-timeout", "soon")], "").await;
    assert_eq!(wrong.violations(), ["X-Request-Timeout: is soon, not seconds such as 30 or 0.5"]);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let house = House::new().await;
    let client = house.client().await;
    let body = format!(r#"{{"code": "{}"}}"#, "x".repeat(17 << 20));
    let answer = client.post("/v1/accounts", body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.reason(), "REQUEST_TOO_LARGE");
    let packed = client.send(Method::POST, "/v1/accounts", &[("content-encoding", "gzip")], "x").await;
    assert_eq!(packed.violations(), ["Content-Encoding: is not taken; send the body as it is"]);
}
