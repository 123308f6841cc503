//! Requests for approval through the public door, as people with development tokens make and decide them.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::suite::{Answer, Suite, rest};

async fn call(suite: &Suite, person: &str, method: &str, path: &str, body: Value) -> Result<Answer> {
    let url = format!("{}/v1/{path}", suite.address());
    let body = if body.is_null() { String::new() } else { body.to_string() };
    rest(method, &url, Some(suite.token(person)?), &body).await
}

fn submission() -> Value {
    json!({
        "approvalCase": {
            "subjectKind": "SUBJECT_KIND_MANUAL_COUNT",
            "amount": { "currencyCode": "GBP", "amount": "10000.00" },
            "functionalCurrencyCode": "GBP",
        },
        "subject": "counts/1",
        "subjectDigest": "ab".repeat(32),
        "summary": "a count that was typed in by hand",
        "involved": [{ "person": "billing_analyst", "part": "INVOLVED_PART_MAKER" }],
        "requestId": "submit",
    })
}

#[tokio::test]
async fn an_analyst_asks_and_a_manager_and_a_controller_approve_through_the_door() -> Result<()> {
    let suite = Suite::start().await?;
    let asked = call(&suite, "billing_analyst", "POST", "approvals", submission()).await?;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let name = asked.json()?["name"].as_str().unwrap_or_default().to_owned();
    let who = call(&suite, "billing_analyst", "GET", &format!("{name}:whoCanApprove"), Value::Null)
        .await?
        .json()?;
    let may: Vec<&str> = who["people"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|person| person["mayDecide"] == json!(true))
        .filter_map(|person| person["person"].as_str())
        .collect();
    assert_eq!(may, ["billing_manager_1", "billing_manager_2"], "{who}");
    let approve = async |person: &str| {
        let body = json!({ "subjectDigest": "ab".repeat(32), "requestId": format!("approve-{person}") });
        call(&suite, person, "POST", &format!("{name}:approve"), body).await
    };
    let own = approve("billing_analyst").await?;
    assert_eq!((own.status, own.text().contains("SELF_APPROVAL")), (403, true), "{}", own.text());
    assert_eq!(approve("billing_manager_1").await?.json()?["state"], "APPROVAL_STATE_PENDING");
    assert_eq!(approve("controller_1").await?.json()?["state"], "APPROVAL_STATE_APPROVED");
    Ok(())
}

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_manager_proposes_a_payment_term_as_json_and_a_controller_approves_it() -> Result<()> {
    let suite = Suite::start().await?;
    let account = json!({
        "code": "AG-1",
        "kind": "ACCOUNT_KIND_AGENCY",
        "legalName": "Riverside Media",
        "address": { "lines": ["1 Thames Street"], "city": "London", "postalCode": "EC1A 1BB", "country": "GB" },
        "currencyCode": "GBP",
        "paymentTermsDays": 30,
    });
    let made = call(&suite, "billing_manager_1", "POST", "accounts?requestId=a", account).await?;
    assert_eq!(made.status, 200, "{}", made.text());
    let name = made.json()?["name"].as_str().unwrap_or_default().to_owned();
    let terms = json!({ "name": name, "paymentTermsDays": 60 });
    let path = format!("{name}?updateMask=paymentTermsDays&requestId=b");
    let direct = call(&suite, "billing_manager_1", "PATCH", &path, terms.clone()).await?;
    assert_eq!(
        (direct.status, direct.text().contains("APPROVAL_REQUIRED")),
        (403, true),
        "{}",
        direct.text()
    );

    let request = json!({
        "@type": "type.googleapis.com/billing.invoicing.v1.UpdateAccountRequest",
        "account": terms,
        "updateMask": "paymentTermsDays",
    });
    let body = json!({ "change": { "request": request, "reason": "As agreed" }, "requestId": "c" });
    let proposed = call(&suite, "billing_manager_1", "POST", "changes", body).await?;
    assert_eq!(proposed.status, 200, "{}", proposed.text());
    let proposed = proposed.json()?;
    assert_eq!(proposed["request"]["account"]["paymentTermsDays"], 60, "{proposed}");
    let text = |field: &str| proposed[field].as_str().unwrap_or_default().to_owned();
    let body = json!({ "subjectDigest": text("digest"), "requestId": "d" });
    let approved =
        call(&suite, "controller_1", "POST", &format!("{}:approve", text("approval")), body).await?;
    assert_eq!(approved.status, 200, "{}", approved.text());
    let since = Instant::now();
    loop {
        let now = call(&suite, "auditor", "GET", &text("name"), Value::Null).await?.json()?;
        if now["state"] == "CHANGE_STATE_EXECUTED" {
            break;
        }
        ensure!(since.elapsed() < PATIENCE, "we wait in vain: {now}");
        sleep(Duration::from_millis(20)).await;
    }
    let now = call(&suite, "auditor", "GET", &name, Value::Null).await?.json()?;
    assert_eq!(now["paymentTermsDays"], 60, "{now}");
    Ok(())
}

/// The largest body that the door takes, in bytes.
const BODY_MAX: usize = 16 << 20;

#[tokio::test]
async fn a_file_of_a_gigabyte_is_refused_long_before_it_has_arrived() -> Result<()> {
    let suite = Suite::start().await?;
    let host = suite.address().trim_start_matches("http://");
    let mut line = TcpStream::connect(host).await?;
    let id = "0198000000008000".repeat(2);
    let head = format!(
        "POST /v1/accounts/acc_{id}/adjustments/adj_{id}:addEvidence HTTP/1.1\r\nHost: {host}\r\n\
         Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        suite.token("billing_analyst")?,
        1 << 30
    );
    line.write_all(head.as_bytes()).await?;
    // One byte more than is taken, and no more: the rest is never asked for.
    line.write_all(&vec![b' '; BODY_MAX + 1]).await?;
    let mut answer = [0; 12];
    line.read_exact(&mut answer).await?;
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
    Ok(())
}

#[tokio::test]
async fn a_file_above_the_limit_is_told_the_limit() -> Result<()> {
    // 10,485,762 bytes of nothing: two more than are taken, and less than the door takes as a body.
    let suite = Suite::start().await?;
    let id = "01980000000070008000000000000001";
    let body = json!({
        "fileName": "scan.pdf",
        "mediaType": "application/pdf",
        "sha256": "ab".repeat(32),
        "content": "A".repeat(13_981_016),
        "requestId": "large",
    });
    let path = format!("accounts/acc_{id}/adjustments/adj_{id}:addEvidence");
    let refused = call(&suite, "billing_analyst", "POST", &path, body).await?;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let told = refused.text();
    assert!(told.contains("EVIDENCE_TOO_LARGE") && told.contains("at most 10485760"), "{told}");
    Ok(())
}
