//! What later inputs would do to the drafts of a run: its stale accounts, rated as they stand now, and nothing recorded.

use std::collections::BTreeMap;

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
    page::Page,
};
use ids::{AccountId, RunId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    billing_run::{BillingRun, check_stale},
};
use jiff::civil::Date;
use money::{Currency, Money};
use sqlx::PgConnection;
use tonic::Request;
use uuid::Uuid;

use super::{Rpc, billing_run_service::run_id};
use crate::{
    store::{self, input_change::Cause, rating_input::Settles},
    wire::{money::message as amount, name},
    work::{self, TaxEngines},
};

/// What accounts come to, net of commission.
type Amounts = BTreeMap<(AccountId, Currency), Money>;

/// A page of the stale accounts of a run.
pub async fn list(
    rpc: &Rpc,
    request: Request<pb::ListStaleAccountsRequest>,
) -> Result<pb::ListStaleAccountsResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let arguments =
        pb::ListStaleAccountsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<Uuid> = Page::of(&rpc.seal, &call, &arguments, message.page_size, &message.page_token)?;
    let id = run_id("parent", &message.parent)?;
    // One snapshot: what is drafted, what has changed and what it would come to belong together.
    let mut transaction = rpc.pool.begin_with("begin isolation level repeatable read").await?;
    let run = store::billing_run::get(&mut transaction, id, call.scope.json().as_ref()).await?;
    check_stale(&run).or_refuse()?;
    let loaded = store::stale::accounts(&mut transaction, id, page.after, Some(page.fetch())).await?;
    let (stale, next_page_token) = page.cut(loaded, |(account, _)| account.uuid())?;
    let accounts: Vec<AccountId> = stale.iter().map(|(account, _)| *account).collect();
    let drafted = drafted(&mut transaction, run.id, &accounts).await?;
    let entity = store::billing_entity::get(&mut transaction, run.entity, None).await?;
    let now = BillingRun { data_as_of: call.at, ..run };
    // As a refresh would see it; the transaction ends without a commit.
    store::stale::look_ahead(&mut transaction, now.id).await?;
    let today = entity.zone.day_of(call.at);
    let expected = expected(&mut transaction, (&now, &entity), &accounts, (today, &rpc.tax_engines)).await?;
    transaction.rollback().await?;
    let stale_accounts: Result<_, Failure> =
        stale.into_iter().map(|stale| stale_message(stale, &drafted, &expected)).collect();
    Ok(pb::ListStaleAccountsResponse { stale_accounts: stale_accounts?, next_page_token })
}

async fn drafted(
    connection: &mut PgConnection,
    run: RunId,
    accounts: &[AccountId],
) -> Result<Amounts, Failure> {
    let sums = store::draft::sums(connection, run, accounts).await?;
    Ok(sums.into_iter().map(|(account, net)| ((account, net.currency()), net)).collect())
}

async fn expected(
    connection: &mut PgConnection,
    of: (&BillingRun, &BillingEntity),
    accounts: &[AccountId],
    (today, engines): (Date, &TaxEngines),
) -> Result<Amounts, Failure> {
    let mut expected = Amounts::new();
    let settles = Settles::OfRun { today };
    for blueprint in
        work::rate_accounts(connection, of, accounts, (today, settles), engines).await?.blueprints
    {
        let draft = blueprint.draft;
        let sum = expected.entry((draft.account, draft.currency)).or_insert(Money::zero(draft.currency));
        *sum = sum.plus(draft.net).map_err(anyhow::Error::from)?;
    }
    Ok(expected)
}

fn stale_message(
    (account, causes): (AccountId, Vec<Cause>),
    drafted: &Amounts,
    expected: &Amounts,
) -> Result<pb::StaleAccount, Failure> {
    let mut currencies: Vec<Currency> =
        drafted.keys().chain(expected.keys()).filter(|key| key.0 == account).map(|key| key.1).collect();
    currencies.sort();
    currencies.dedup();
    let amounts = currencies.into_iter().map(|currency| {
        // An account without a draft in a currency is billed nothing in it.
        let of = |amounts: &Amounts| {
            amounts.get(&(account, currency)).copied().map_or(Money::zero(currency), |net| net)
        };
        let (drafted, expected) = (of(drafted), of(expected));
        let difference = expected.minus(drafted).map_err(anyhow::Error::from)?;
        Ok(pb::StaleAmount {
            drafted: Some(amount(drafted)),
            expected: Some(amount(expected)),
            difference: Some(amount(difference)),
        })
    });
    Ok(pb::StaleAccount {
        account: name::account_name(account),
        causes: causes.into_iter().map(|cause| input_cause(cause).into()).collect(),
        amounts: amounts.collect::<Result<_, Failure>>()?,
    })
}

fn input_cause(cause: Cause) -> pb::InputCause {
    match cause {
        Cause::Order => pb::InputCause::Order,
        Cause::Delivery => pb::InputCause::Delivery,
        Cause::Reference => pb::InputCause::Reference,
        Cause::Tax => pb::InputCause::Tax,
        Cause::Adjustment => pb::InputCause::Adjustment,
    }
}
