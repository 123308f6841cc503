//! Resource names: `collection/id`.

use ids::{
    AccountId, ActivityId, AdjustmentId, ApprovalId, CaseId, ChangeId, DelegationId, DisputeId, EntityId, Id,
    ImprovementId, InvoiceId, Kind, ProductId, RefundRequestId, RunId, SubscriptionId,
};
use refusal::Violations;

use super::text;

/// The id in a name `collection/<id>`, or a violation of `field`.
fn single<K: Kind>(v: &mut Violations, field: &str, name: &str, collection: &str) -> Option<Id<K>> {
    let id =
        name.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/')).and_then(|id| id.parse().ok());
    v.take(field, id.ok_or_else(|| format!("must be a resource name {collection}/{}_…", K::PREFIX)))
}

/// The ids in a name `accounts/acc_…/collection/<id>`, or a violation of `field`.
fn of_account<K: Kind>(
    v: &mut Violations,
    field: &str,
    name: &str,
    collection: &str,
) -> Option<(AccountId, Id<K>)> {
    v.take(
        field,
        parts(name, collection)
            .ok_or_else(|| format!("must be a resource name accounts/acc_…/{collection}/{}_…", K::PREFIX)),
    )
}

fn parts<K: Kind>(name: &str, collection: &str) -> Option<(AccountId, Id<K>)> {
    let (account, rest) = name.strip_prefix("accounts/")?.split_once('/')?;
    let id = rest.strip_prefix(collection)?.strip_prefix('/')?;
    Some((account.parse().ok()?, id.parse().ok()?))
}

/// `accounts/acc_…`
pub fn account(v: &mut Violations, field: &str, name: &str) -> Option<AccountId> {
    single(v, field, name, "accounts")
}

/// `accounts/acc_…`
pub fn account_name(id: AccountId) -> String {
    format!("accounts/{id}")
}

/// `accounts/acc_…/adjustments/adj_…`
pub fn adjustment(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, AdjustmentId)> {
    of_account(v, field, name, "adjustments")
}

/// `accounts/acc_…/adjustments/adj_…`
pub fn adjustment_name(account: AccountId, id: AdjustmentId) -> String {
    format!("accounts/{account}/adjustments/{id}")
}

/// `accounts/acc_…/invoices/inv_…`
pub fn invoice(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, InvoiceId)> {
    of_account(v, field, name, "invoices")
}

/// `accounts/acc_…/invoices/inv_…`
pub fn invoice_name(account: AccountId, id: InvoiceId) -> String {
    format!("accounts/{account}/invoices/{id}")
}

/// `accounts/acc_…/receipts/act_…`
pub fn receipt(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, ActivityId)> {
    of_account(v, field, name, "receipts")
}

/// `accounts/acc_…/receipts/act_…`
pub fn receipt_name(account: AccountId, id: ActivityId) -> String {
    format!("accounts/{account}/receipts/{id}")
}

/// `accounts/acc_…/refundRequests/rfr_…`
pub fn refund_request(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, RefundRequestId)> {
    of_account(v, field, name, "refundRequests")
}

/// `accounts/acc_…/refundRequests/rfr_…`
pub fn refund_request_name((account, id): (AccountId, RefundRequestId)) -> String {
    format!("accounts/{account}/refundRequests/{id}")
}

/// `billingRuns/run_…`, where it is one.
pub fn run(name: &str) -> Option<RunId> {
    name.strip_prefix("billingRuns/").and_then(|id| id.parse().ok())
}

/// `changes/chg_…`
pub fn change(v: &mut Violations, field: &str, name: &str) -> Option<ChangeId> {
    single(v, field, name, "changes")
}

/// `changes/chg_…`
pub fn change_name(id: ChangeId) -> String {
    format!("changes/{id}")
}

/// Whether a subject is a change that is proposed here.
pub fn is_change(subject: &str) -> bool {
    subject.strip_prefix("changes/").is_some_and(|id| id.parse::<ChangeId>().is_ok())
}

/// Whether the approval of a subject is asked for by this service itself, and by nobody else.
pub fn is_asked_for_here(subject: &str) -> bool {
    parts::<ids::Adjustment>(subject, "adjustments").is_some()
        || parts::<ids::RefundRequest>(subject, "refundRequests").is_some()
        || is_change(subject)
        || run(subject).is_some()
}

/// `accounts/acc_…/cases/cas_…`
pub fn case(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, CaseId)> {
    of_account(v, field, name, "cases")
}

/// `accounts/acc_…/cases/cas_…`
pub fn case_name((account, id): (AccountId, CaseId)) -> String {
    format!("accounts/{account}/cases/{id}")
}

/// `accounts/acc_…/disputes/dsp_…`
pub fn dispute(v: &mut Violations, field: &str, name: &str) -> Option<(AccountId, DisputeId)> {
    of_account(v, field, name, "disputes")
}

/// `accounts/acc_…/disputes/dsp_…`
pub fn dispute_name((account, id): (AccountId, DisputeId)) -> String {
    format!("accounts/{account}/disputes/{id}")
}

/// `approvals/apr_…`
pub fn approval(v: &mut Violations, field: &str, name: &str) -> Option<ApprovalId> {
    single(v, field, name, "approvals")
}

/// `approvals/apr_…`
pub fn approval_name(id: ApprovalId) -> String {
    format!("approvals/{id}")
}

/// `delegations/dlg_…`
pub fn delegation(v: &mut Violations, field: &str, name: &str) -> Option<DelegationId> {
    single(v, field, name, "delegations")
}

/// `delegations/dlg_…`
pub fn delegation_name(id: DelegationId) -> String {
    format!("delegations/{id}")
}

/// `billingEntities/ent_…`, or nothing where it is empty. The outer `None` is a violation.
pub fn optional_entity(v: &mut Violations, field: &str, name: &str) -> Option<Option<EntityId>> {
    if name.is_empty() { Some(None) } else { single(v, field, name, "billingEntities").map(Some) }
}

/// `accounts/acc_…`, or nothing where it is empty. The outer `None` is a violation.
pub fn optional_account(v: &mut Violations, field: &str, name: &str) -> Option<Option<AccountId>> {
    if name.is_empty() { Some(None) } else { single(v, field, name, "accounts").map(Some) }
}

/// `adProducts/prd_…`
pub fn product(v: &mut Violations, field: &str, name: &str) -> Option<ProductId> {
    single(v, field, name, "adProducts")
}

/// `adProducts/prd_…`
pub fn product_name(id: ProductId) -> String {
    format!("adProducts/{id}")
}

/// `improvements/imp_…`
pub fn improvement(v: &mut Violations, field: &str, name: &str) -> Option<ImprovementId> {
    single(v, field, name, "improvements")
}

/// `improvements/imp_…`
pub fn improvement_name(id: ImprovementId) -> String {
    format!("improvements/{id}")
}

/// `subscriptions/sub_…`
pub fn subscription(v: &mut Violations, field: &str, name: &str) -> Option<SubscriptionId> {
    single(v, field, name, "subscriptions")
}

/// `subscriptions/sub_…`
pub fn subscription_name(id: SubscriptionId) -> String {
    format!("subscriptions/{id}")
}

/// `people/<account>`
pub fn person(v: &mut Violations, field: &str, name: &str) -> Option<String> {
    match name.strip_prefix("people/") {
        Some(account) => text::account(v, field, account),
        None => {
            v.add(field, "must be a resource name people/ and the account as keys name it");
            None
        }
    }
}

/// `people/<account>`
pub fn person_name(account: &str) -> String {
    format!("people/{account}")
}

/// `policies/3`; the inner `None` is `policies/-`, the one in force.
pub fn policy(v: &mut Violations, field: &str, name: &str) -> Option<Option<u32>> {
    let number = name.strip_prefix("policies/");
    if number == Some("-") {
        return Some(None);
    }
    let number = number.and_then(|number| number.parse::<u32>().ok()).filter(|number| *number > 0);
    v.take(field, number.ok_or("must be a resource name policies/3, or policies/- for the one in force"))
        .map(Some)
}

/// `policies/3`
pub fn policy_name(number: u32) -> String {
    format!("policies/{number}")
}
