//! Resource names: `collection/id/collection/id`.

use calendar::Month;
use ids::{
    AccountId, ActivityId, AdCreditId, AgreementId, AiringId, BatchId, EntityId, ExceptionId, HoldId, Id,
    InvoiceId, Kind, LedgerEntryId, LineId, ObligationId, OrderId, ProductId, RateCardId, RunId, SeriesId,
    TaxRateId,
};
use refusal::Violations;

/// The id in a name `collection/<id>`, or a violation of `field`.
fn single<K: Kind>(v: &mut Violations, field: &str, name: &str, collection: &str) -> Option<Id<K>> {
    let parsed = split(name, [collection]).and_then(|[id]| id.parse().ok());
    v.take(field, parsed.ok_or_else(|| expected(&[(collection, K::PREFIX)])))
}

/// The ids in a name `outer/<id>/inner/<id>`, or a violation of `field`.
fn nested<O: Kind, I: Kind>(
    v: &mut Violations,
    field: &str,
    name: &str,
    collections: [&str; 2],
) -> Option<(Id<O>, Id<I>)> {
    let parsed =
        split(name, collections).and_then(|[outer, inner]| Some((outer.parse().ok()?, inner.parse().ok()?)));
    v.take(field, parsed.ok_or_else(|| expected(&[(collections[0], O::PREFIX), (collections[1], I::PREFIX)])))
}

fn split<'a, const N: usize>(name: &'a str, collections: [&str; N]) -> Option<[&'a str; N]> {
    let mut parts = name.split('/');
    let mut ids = [""; N];
    for (collection, id) in collections.into_iter().zip(&mut ids) {
        parts.next().filter(|part| *part == collection)?;
        *id = parts.next()?;
    }
    parts.next().is_none().then_some(ids)
}

fn expected(parts: &[(&str, &str)]) -> String {
    let form: Vec<String> =
        parts.iter().map(|(collection, prefix)| format!("{collection}/{prefix}_…")).collect();
    format!("must be a resource name {}", form.join("/"))
}

macro_rules! names {
    ($( $(#[$about:meta])* $function:ident $written:ident: $collection:literal $id:ident; )*) => { $(
        $(#[$about])*
        pub fn $function(v: &mut Violations, field: &str, name: &str) -> Option<$id> {
            single(v, field, name, $collection)
        }

        $(#[$about])*
        pub fn $written(id: $id) -> String {
            format!(concat!($collection, "/{}"), id)
        }
    )* };
}

names! {
    /// `billingEntities/ent_…`
    entity entity_name: "billingEntities" EntityId;
    /// `accounts/acc_…`
    account account_name: "accounts" AccountId;
    /// `adProducts/prd_…`
    product product_name: "adProducts" ProductId;
    /// `agreements/agr_…`
    agreement agreement_name: "agreements" AgreementId;
    /// `billingRuns/run_…`
    run run_name: "billingRuns" RunId;
    /// `rateCards/rca_…`
    rate_card rate_card_name: "rateCards" RateCardId;
    /// `taxRates/txr_…`
    tax_rate tax_rate_name: "taxRates" TaxRateId;
    /// `deliveryBatches/bat_…`
    batch batch_name: "deliveryBatches" BatchId;
}

/// `airings/air_…`
pub fn airing_name(airing: AiringId) -> String {
    format!("airings/{airing}")
}

/// `billingEntities/ent_…/numberSeries/ser_…`
pub fn series(v: &mut Violations, field: &str, name: &str) -> Option<(EntityId, SeriesId)> {
    nested(v, field, name, ["billingEntities", "numberSeries"])
}

/// `billingEntities/ent_…/numberSeries/ser_…`
pub fn series_name(entity: EntityId, series: SeriesId) -> String {
    format!("billingEntities/{entity}/numberSeries/{series}")
}

/// `billingEntities/ent_…/accountingPeriods/2026-01`
pub fn accounting_period(v: &mut Violations, field: &str, name: &str) -> Option<(EntityId, Month)> {
    let parsed = split(name, ["billingEntities", "accountingPeriods"])
        .and_then(|[entity, month]| Some((entity.parse().ok()?, month.parse().ok()?)));
    v.take(
        field,
        parsed.ok_or("must be a resource name billingEntities/ent_…/accountingPeriods/ and a month, 2026-01"),
    )
}

/// `billingEntities/ent_…/accountingPeriods/2026-01`
pub fn accounting_period_name(entity: EntityId, month: Month) -> String {
    format!("billingEntities/{entity}/accountingPeriods/{month}")
}

/// `billingRuns/run_…/exceptions/exc_…`
pub fn exception(v: &mut Violations, field: &str, name: &str) -> Option<(RunId, ExceptionId)> {
    nested(v, field, name, ["billingRuns", "exceptions"])
}

/// `billingRuns/run_…/exceptions/exc_…`
pub fn exception_name(run: RunId, exception: ExceptionId) -> String {
    format!("billingRuns/{run}/exceptions/{exception}")
}

/// `accounts/acc_…/holds/hld_…`
pub fn hold(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, HoldId)> {
    nested(v, field, name, ["accounts", "holds"])
}

/// `accounts/acc_…/holds/hld_…`
pub fn hold_name(account: AccountId, hold: HoldId) -> String {
    format!("accounts/{account}/holds/{hold}")
}

/// `accounts/acc_…/adCredits/adc_…`
pub fn ad_credit(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, AdCreditId)> {
    nested(v, field, name, ["accounts", "adCredits"])
}

/// `accounts/acc_…/adCredits/adc_…`
pub fn ad_credit_name(account: AccountId, credit: AdCreditId) -> String {
    format!("accounts/{account}/adCredits/{credit}")
}

/// `accounts/acc_…/orders/ord_…`
pub fn order(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, OrderId)> {
    nested(v, field, name, ["accounts", "orders"])
}

/// `accounts/acc_…/orders/ord_…`
pub fn order_name(account: AccountId, order: OrderId) -> String {
    format!("accounts/{account}/orders/{order}")
}

/// A parent `accounts/acc_…/orders/ord_…`, with `-` in either place for all.
pub fn order_or_all(
    v: &mut Violations,
    field: &str,
    name: &str,
) -> Option<(Option<AccountId>, Option<OrderId>)> {
    fn one_or_all<K: Kind>(id: &str) -> Option<Option<Id<K>>> {
        if id == "-" { Some(None) } else { id.parse().ok().map(Some) }
    }
    let parsed = split(name, ["accounts", "orders"])
        .and_then(|[account, order]| Some((one_or_all(account)?, one_or_all(order)?)));
    v.take(
        field,
        parsed.ok_or_else(|| {
            format!("{}, with - for all", expected(&[("accounts", "acc"), ("orders", "ord")]))
        }),
    )
}

/// `accounts/acc_…/orders/ord_…/makegoodObligations/mgo_…`
pub fn obligation(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, OrderId, ObligationId)> {
    let ids = split(name, ["accounts", "orders", "makegoodObligations"]);
    let parsed = ids.and_then(|[account, order, obligation]| {
        Some((account.parse().ok()?, order.parse().ok()?, obligation.parse().ok()?))
    });
    let parts = [("accounts", "acc"), ("orders", "ord"), ("makegoodObligations", "mgo")];
    v.take(field, parsed.ok_or_else(|| expected(&parts)))
}

/// `accounts/acc_…/orders/ord_…/makegoodObligations/mgo_…`
pub fn obligation_name(account: AccountId, order: OrderId, obligation: ObligationId) -> String {
    format!("{}/makegoodObligations/{obligation}", order_name(account, order))
}

/// `accounts/acc_…/orders/ord_…/makegoodBalance`
pub fn makegood_balance(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, OrderId)> {
    let parent = name.strip_suffix("/makegoodBalance").map_or("", |parent| parent);
    order(v, field, parent)
}

/// `accounts/acc_…/orders/ord_…/reviews/2`: an order in review by its revision.
pub fn order_review(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, OrderId, i64)> {
    let parsed = split(name, ["accounts", "orders", "reviews"]).and_then(|[account, order, revision]| {
        Some((
            account.parse().ok()?,
            order.parse().ok()?,
            revision.parse().ok().filter(|revision| *revision > 0)?,
        ))
    });
    let parts = [("accounts", "acc"), ("orders", "ord")];
    v.take(field, parsed.ok_or_else(|| format!("{}/reviews/2", expected(&parts))))
}

/// `accounts/acc_…/orders/ord_…/reviews/2`
pub fn order_review_name(account: AccountId, order: OrderId, revision: i64) -> String {
    format!("accounts/{account}/orders/{order}/reviews/{revision}")
}

/// `accounts/acc_…/orders/ord_…/lines/lin_…`
pub fn line(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, OrderId, LineId)> {
    let ids = split(name, ["accounts", "orders", "lines"]);
    let parsed = ids.and_then(|[account, order, line]| {
        Some((account.parse().ok()?, order.parse().ok()?, line.parse().ok()?))
    });
    v.take(field, parsed.ok_or_else(|| expected(&[("accounts", "acc"), ("orders", "ord"), ("lines", "lin")])))
}

/// `accounts/acc_…/orders/ord_…/lines/lin_…`
pub fn line_name(account: AccountId, order: OrderId, line: LineId) -> String {
    format!("accounts/{account}/orders/{order}/lines/{line}")
}

/// `accounts/acc_…/invoices/inv_…`
pub fn invoice(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, InvoiceId)> {
    nested(v, field, name, ["accounts", "invoices"])
}

/// `accounts/acc_…/invoices/inv_…/lines/1`: a line by its number on the document.
pub fn invoice_line(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, InvoiceId, i32)> {
    let parsed = split(name, ["accounts", "invoices", "lines"]).and_then(|[account, invoice, number]| {
        Some((
            account.parse().ok()?,
            invoice.parse().ok()?,
            number.parse().ok().filter(|number| *number > 0)?,
        ))
    });
    let parts = [("accounts", "acc"), ("invoices", "inv")];
    v.take(field, parsed.ok_or_else(|| format!("{}/lines/1", expected(&parts))))
}

/// `accounts/acc_…/invoices/inv_…/lines/1`
pub fn invoice_line_name((account, invoice, number): (AccountId, InvoiceId, i32)) -> String {
    format!("{}/lines/{number}", invoice_name(account, invoice))
}

/// `accounts/acc_…/invoices/inv_…`
pub fn invoice_name(account: AccountId, invoice: InvoiceId) -> String {
    format!("accounts/{account}/invoices/{invoice}")
}

/// `accounts/acc_…/receipts/act_…`
pub fn receipt(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, ActivityId)> {
    nested(v, field, name, ["accounts", "receipts"])
}

/// `accounts/acc_…/receipts/act_…`
pub fn receipt_name(account: AccountId, receipt: ActivityId) -> String {
    format!("accounts/{account}/receipts/{receipt}")
}

/// `accounts/acc_…/writeOffs/act_…`
pub fn write_off(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, ActivityId)> {
    nested(v, field, name, ["accounts", "writeOffs"])
}

/// `accounts/acc_…/writeOffs/act_…`
pub fn write_off_name(account: AccountId, write_off: ActivityId) -> String {
    format!("accounts/{account}/writeOffs/{write_off}")
}

/// `accounts/acc_…/refunds/act_…`
pub fn refund_name(account: AccountId, refund: ActivityId) -> String {
    format!("accounts/{account}/refunds/{refund}")
}

/// `accounts/acc_…/activities/act_…`
pub fn activity_name(account: AccountId, activity: ActivityId) -> String {
    format!("accounts/{account}/activities/{activity}")
}

/// `accounts/acc_…/ledgerEntries/led_…`
pub fn ledger_entry_name(account: AccountId, entry: LedgerEntryId) -> String {
    format!("accounts/{account}/ledgerEntries/{entry}")
}

/// A parent `accounts/acc_…`, or `accounts/-` for all: then the inner `None`.
pub fn account_or_all(v: &mut Violations, field: &str, name: &str) -> Option<Option<AccountId>> {
    if name == "accounts/-" { Some(None) } else { account(v, field, name).map(Some) }
}
