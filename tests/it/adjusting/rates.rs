//! What is asked for in another currency than that of the books.

use anyhow::{Context, Result};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as adj, adjustment_service_client::AdjustmentServiceClient},
    invoicing::v1::{self as pb, account_service_client::AccountServiceClient},
};
use chassis::caller::Grant;
use tonic::{Code, Status};

use super::{
    house::{Door, House, amount, credit},
    reference::account,
};
use crate::suite::reason;

/// A house with a draft of a credit of 100.00 dollars, of an invoice of 40,000.00 dollars to a customer of its own.
async fn drafted() -> Result<(House, adj::Adjustment)> {
    let mut house = House::open().await?;
    let customer = pb::Account { currency_code: "USD".into(), ..account("AG-2") };
    let request = pb::CreateAccountRequest { account: Some(customer), request_id: "AG-2".into() };
    let door = house.billing("billing_manager_1", Role::BillingManager)?;
    house.account = AccountServiceClient::new(door).create_account(request).await?.into_inner().name;
    house.sell(&house.account, ("IO-2", "40000.00", "USD"), "15").await?;
    let invoice = house.bill().await?;
    let mut wanted = credit(&invoice, "100.00");
    for gross in wanted.lines.iter_mut().filter_map(|line| line.gross.as_mut()) {
        gross.currency_code = "USD".into();
    }
    let draft = house.draft(wanted, "draft").await?;
    Ok((house, draft))
}

async fn submit_at(
    mut client: AdjustmentServiceClient<Door>,
    draft: &adj::Adjustment,
    rate: &str,
) -> Result<adj::Adjustment, Status> {
    let request = adj::SubmitAdjustmentRequest {
        name: draft.name.clone(),
        rate: rate.into(),
        request_id: "submit".into(),
        ..adj::SubmitAdjustmentRequest::default()
    };
    Ok(client.submit_adjustment(request).await?.into_inner())
}

#[tokio::test]
async fn a_rate_is_said_by_a_controller_who_reaches_the_document() -> Result<()> {
    let (house, draft) = drafted().await?;
    let missing = house.submit(&draft).await.unwrap_err();
    assert_eq!(reason(&missing), "RATE_MISSING");
    // A controller of the north, who is an analyst everywhere.
    let grant = |role: Role, territories: &[&str]| Grant {
        role,
        entities: vec![],
        territories: territories.iter().map(|territory| (*territory).to_owned()).collect(),
        accounts: vec![],
    };
    let north = vec![grant(Role::Controller, &["NORTH"]), grant(Role::BillingAnalyst, &[])];
    for (who, client) in [
        ("an analyst", house.adjusting("analyst", Role::BillingAnalyst)?),
        ("a manager", house.adjusting("manager", Role::BillingManager)?),
        ("a controller of the north", house.adjusting_with("northern", north)?),
    ] {
        let refused = submit_at(client, &draft, "0.8").await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "RATE_OF_OTHERS"),
            "{who}: {}",
            refused.message()
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_it_would_do_is_shown_without_a_rate_and_who_approves_is_open() -> Result<()> {
    let (house, draft) = drafted().await?;
    let request = adj::PreviewAdjustmentRequest {
        parent: house.account.clone(),
        adjustment: Some(draft.clone()),
        rate: String::new(),
    };
    let effect = house.analyst()?.preview_adjustment(request.clone()).await?.into_inner();
    // 100.00 less 15 % is 85.00, with VAT of 17.00.
    let figures = [&effect.gross, &effect.commission, &effect.net, &effect.tax, &effect.total].map(amount);
    assert_eq!(figures, ["-100.00", "-15.00", "-85.00", "-17.00", "-102.00"]);
    assert_eq!((&effect.measure, &effect.steps[..], &effect.policy_rows[..]), (&None, &[][..], &[][..]));
    let [open] = &effect.notices[..] else { panic!("{effect:?}") };
    assert!(open.contains("it is in USD and limits are in GBP"), "{open}");
    let said = adj::PreviewAdjustmentRequest { rate: "0.8".into(), ..request };
    let controller =
        house.adjusting("controller_1", Role::Controller)?.preview_adjustment(said.clone()).await?;
    let effect = controller.into_inner();
    assert_eq!(
        (effect.measure.is_some(), effect.steps.is_empty(), &effect.notices[..]),
        (true, false, &[][..])
    );
    // Nothing is something that was said.
    let nothing = adj::PreviewAdjustmentRequest { rate: "0".into(), ..said };
    let refused =
        house.adjusting("controller_1", Role::Controller)?.preview_adjustment(nothing).await.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED");
    assert!(refused.message().contains("rate: is 0"), "{}", refused.message());
    Ok(())
}

#[tokio::test]
async fn a_rate_that_somebody_says_makes_nothing_small() -> Result<()> {
    use adj::ApproverRole::{BillingManager, Cfo, Controller};
    // 100.00 dollars at 0.01 were 1.00 pound, which the policy lets pass; but it is beyond every limit.
    let (house, draft) = drafted().await?;
    let controller = house.adjusting("controller_1", Role::Controller)?;
    let submitted = submit_at(controller, &draft, "0.01").await?;
    assert_eq!(submitted.state(), adj::AdjustmentState::Submitted);
    let approval = house.approval(&submitted.approval).await?;
    let asked: Vec<_> =
        approval.steps.iter().flat_map(|step| &step.needs).map(adj::ApproverNeed::role).collect();
    assert_eq!(asked, [BillingManager, Controller, Cfo]);
    assert!(approval.summary.contains("at the rate 0.01"), "{}", approval.summary);
    // What the sums of 30 days count.
    let measure = approval.measure.context("it is measured")?;
    assert_eq!((amount(&measure.this_amount), measure.largest.as_str()), ("1.00", "SAID_RATE"));
    let request = adj::PassInEmergencyRequest {
        name: submitted.approval.clone(),
        incident: "INC-1".into(),
        reason: "it is small".into(),
        request_id: "pass".into(),
    };
    let refused = house.approving("manager", Role::BillingManager)?.pass_in_emergency(request).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "BREAK_GLASS_CAP");
    assert!(refused.message().contains("measured at more than every limit"), "{}", refused.message());
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    let own = house.approve(&submitted, ("controller_1", Role::Controller)).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    house.approve(&submitted, ("controller_2", Role::Controller)).await?;
    house.approve(&submitted, ("cfo", Role::Cfo)).await?;
    house.until_executed(&submitted.name).await?;
    Ok(())
}
