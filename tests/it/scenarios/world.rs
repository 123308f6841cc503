//! What a story has come to: the suite, what its words mean there, and what happened last.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use billing_proto::billing::{
    adjustments::v1 as adj,
    invoicing::v1::{self as pb, import_airings_request::Part},
};
use tonic::Status;

use super::steps::Sent;
use crate::suite::{Client, Hold, Suite};

/// The system that owns the orders.
pub const ORDER_SYSTEM: &str = "traffic";
/// The system that knows what aired.
pub const PLAYOUT: &str = "playout";

pub struct World {
    pub suite: Suite,
    /// Resource names by the codes of the story: `HUDSON` is `accounts/acc_…`.
    names: BTreeMap<String, String>,
    requests: u32,
    /// The code of the entity that invoices.
    pub entity: String,
    /// Its currency, and the country in which it and its customers are.
    pub currency: String,
    pub country: String,
    /// What became of the order that was synced last.
    pub synced: Option<pb::SyncOrderResult>,
    /// The rows that were reported last with totals of their own.
    pub reported: Vec<Part>,
    pub batch: Option<pb::DeliveryBatch>,
    pub run: pb::BillingRun,
    /// The preview that was started last.
    pub preview: pb::BillingRun,
    /// Drafts as they were, by the order's id.
    pub noted: BTreeMap<String, pb::Invoice>,
    /// What was previewed last.
    pub effect: adj::AdjustmentEffect,
    /// Who must approve what was previewed or asked for last, and how it is measured.
    pub steps: Vec<adj::ApprovalStep>,
    pub measure: Option<adj::ApprovalMeasure>,
    /// What was asked for last.
    pub adjustment: adj::Adjustment,
    pub dispute: adj::Dispute,
    pub hold: Option<Hold>,
    pub refused: Option<Status>,
    pub sent: Option<Sent>,
    /// What was sent before the same was sent again.
    pub sent_before: Option<Sent>,
}

impl World {
    /// A suite on an empty database, in which nothing has happened.
    pub async fn new() -> Result<Self> {
        Ok(Self {
            suite: Suite::start().await?,
            names: BTreeMap::new(),
            requests: 0,
            entity: String::new(),
            currency: "USD".to_owned(),
            country: "US".to_owned(),
            synced: None,
            reported: Vec::new(),
            batch: None,
            run: pb::BillingRun::default(),
            preview: pb::BillingRun::default(),
            noted: BTreeMap::new(),
            effect: adj::AdjustmentEffect::default(),
            steps: Vec::new(),
            measure: None,
            adjustment: adj::Adjustment::default(),
            dispute: adj::Dispute::default(),
            hold: None,
            refused: None,
            sent: None,
            sent_before: None,
        })
    }

    /// The key of a person of the stories.
    pub fn person(&self, who: &str) -> Result<&'static str> {
        Ok(match who.to_lowercase().as_str() {
            "the first manager" => "billing_manager_1",
            "the second manager" => "billing_manager_2",
            "the controller" => "controller_1",
            "the analyst" => "billing_analyst",
            "collections" => "collections",
            "the platform" => "order_management",
            other => bail!("who is {other}?"),
        })
    }

    /// The suite as a person of the stories reaches it.
    pub fn client(&self, who: &str) -> Result<Client> {
        self.suite.client(self.person(who)?)
    }

    /// A request id that was not used before.
    pub fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("story-{}", self.requests)
    }

    pub fn learn(&mut self, code: &str, name: String) {
        self.names.insert(code.to_owned(), name);
    }

    /// What the story calls orders and accounts, by their resource names.
    pub fn codes(&self) -> BTreeMap<String, String> {
        self.names.iter().map(|(code, name)| (name.clone(), code.clone())).collect()
    }

    pub fn name(&self, code: &str) -> Result<String> {
        self.names.get(code).cloned().with_context(|| format!("the story has no {code}"))
    }
}
