//! Every id of the suite. A derived id follows from the named parts and nothing else, never from an ordinal that moves
//! when a neighbour goes.

use crate::id::{Id, Kind};

macro_rules! registry {
    ($( $(#[$about:meta])* $id:ident = $kind:ident $prefix:literal $(of $parts:tt)? ;)*) => { $(
        #[doc = concat!("The kind of [`", stringify!($id), "`].")]
        #[derive(Debug)]
        pub enum $kind {}

        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }

        $(#[$about])*
        pub type $id = Id<$kind>;

        $( registry!(@derived $id $parts); )?
    )* };
    (@derived $id:ident ($($part:ident : $type:ty),* $(,)?)) => {
        impl $id {
            #[doc = concat!("The id that follows from ", $("`", stringify!($part), "` ",)* "by [`Id::derived`].")]
            pub fn of($($part: $type),*) -> Self {
                Self::derived(&[$($part.as_ref()),*])
            }
        }
    };
}

registry! {
    /// The legal entity that invoices (version 7).
    EntityId = BillingEntity "ent";
    /// A number series (version 7).
    SeriesId = Series "ser";
    /// A bill-to account (version 7).
    AccountId = Account "acc";
    /// An ad product (version 7).
    ProductId = Product "prd";
    /// What a product costs by the list (version 7).
    RateCardId = RateCard "rca";
    /// What is agreed over several orders (version 7).
    AgreementId = Agreement "agr";
    /// An ad credit of an account (version 7).
    AdCreditId = AdCredit "adc";
    /// What a tax code is taxed at in a place (version 7).
    TaxRateId = TaxRate "txr";
    /// An order; the revisions of an order share it.
    OrderId = Order "ord" of (source_system: &str, external_id: &str);
    /// A line of an order.
    LineId = Line "lin" of (order: OrderId, line_number: &str);
    /// What is owed for a missed spot: the spot's own id, or what follows from its printed name where nobody knows it.
    ObligationId = MakegoodObligation "mgo" of (order: OrderId, printed: &str);
    /// A batch of delivery (version 7).
    BatchId = Batch "bat";
    /// A spot. It may come before its line is known, so it is named by what its source names.
    AiringId = Airing "air" of (source: &str, order: OrderId, line_number: &str, spot_id: &str);
    /// A billing run (version 7).
    RunId = Run "run";
    /// An invoice or credit note of a run: any replica that rates it makes the same id.
    InvoiceId = Invoice "inv" of (run: RunId, account: AccountId, grouping_key: &str, currency: &str, kind: &str);
    /// An exception of a run: the same whenever the run finds it again.
    ExceptionId = BillingException "exc" of (run: RunId, order: OrderId, line_number: &str, reason: &str, origin: &str);
    /// A hold on an account, an order or a line (version 7).
    HoldId = Hold "hld";
    /// Something that becomes of a receivable: a receipt, what it is put on, a refund, a write-off (version 7).
    ActivityId = Activity "act";
    /// An entry of a ledger (version 7).
    LedgerEntryId = LedgerEntry "led";
    /// A request for approval (version 7).
    ApprovalId = Approval "apr";
    /// Authority that is lent to somebody (version 7).
    DelegationId = Delegation "dlg";
    /// What corrects a document (version 7).
    AdjustmentId = Adjustment "adj";
    /// Money of a customer that somebody wants to give back (version 7).
    RefundRequestId = RefundRequest "rfr";
    /// A change of what money follows that somebody proposes (version 7).
    ChangeId = Change "chg";
    /// What a customer does not want to pay (version 7).
    DisputeId = Dispute "dsp";
    /// What a customer asks, promises or complains of (version 7).
    CaseId = Case "cas";
    /// A root cause that comes back, and what is done about it (version 7).
    ImprovementId = Improvement "imp";
    /// Somebody who wants to be told (version 7).
    SubscriptionId = Subscription "sub";
    /// An event of a feed (version 7).
    EventId = Event "evt";
    /// An API key (version 7).
    KeyId = Key "key";
}
