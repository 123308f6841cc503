use calendar::Days;

refusal::refusals! {
    /// Why an order is not taken, in the order in which it is looked at.
    pub enum OrderRefusal {
        /// Which of two should be taken?
        Malformed "ORDER_REPEATED" OrderRepeated { external_id: String } =>
            "order {external_id} is in the batch more than once; send one revision in a batch",
        /// Somebody looked at it and did not take it.
        StateForbids "REVISION_REJECTED" RevisionRejected { external_id: String, revision: i64 } =>
            "order {external_id}: revision {revision} was rejected in review; send what is agreed as a new revision",
        /// The bill-to party does not exist, or not for this caller.
        Missing "UNKNOWN_ACCOUNT" UnknownAccount { account: String } =>
            "{account} does not exist, or is outside what this key may see; create the account first",
        /// The entity does not exist, or not for this caller.
        Missing "UNKNOWN_BILLING_ENTITY" UnknownBillingEntity { billing_entity: String } =>
            "{billing_entity} does not exist, or is outside what this key may see; create the billing entity first",
        /// Whoever owes the invoices so far would not be who owes the next.
        StateForbids "BILL_TO_MOVED" BillToMoved { external_id: String } =>
            "order {external_id} bills another account, and bill-to never moves; send a new order for the new account",
        /// Documents of one order are of one legal entity.
        StateForbids "BILLING_ENTITY_MOVED" BillingEntityMoved { external_id: String } =>
            "order {external_id} is invoiced by another billing entity, which never moves; send a new order for the new one",
        /// What was billed in one currency cannot be set off in another.
        StateForbids "CURRENCY_MOVED" CurrencyMoved { external_id: String, known: String, received: String } =>
            "order {external_id} is in {known}, and the currency never moves; send a new order for {received}",
        /// Something older than what is known.
        Stale "REVISION_STALE" RevisionStale { external_id: String, known: i64, received: i64 } =>
            "order {external_id}: revision {received} is older than the known revision {known}; nothing changed",
        /// The known revision with other content.
        StateForbids "REVISION_CONFLICT" RevisionConflict { external_id: String, revision: i64 } =>
            "order {external_id}: revision {revision} is known with other content; send the change as a new revision",
        /// A line cannot leave in silence.
        StateForbids "LINE_ABSENT" LineAbsent { line: String, revision: i64 } =>
            "line {line} is known and absent from revision {revision}; a line stays in every later revision",
        /// There is something to sell, and not more than can be looked at.
        Malformed "LINE_COUNT" LineCount { count: usize } => "an order has 1 to 5,000 lines, not {count}",
        /// A number names one line.
        Malformed "LINE_NUMBER_REPEATED" LineNumberRepeated { line: String } => "line {line} is there more than once",
        /// A flight of centuries is a slip of the pen.
        Malformed "FLIGHT_TOO_LONG" FlightTooLong { of: String, flight: Days } =>
            "the flight of {of}, {flight}, is longer than ten years",
        /// A line sells a product.
        Missing "UNKNOWN_PRODUCT" UnknownProduct { line: String, product: String } =>
            "line {line}: {product} does not exist; create the ad product first",
        /// The pricing model cannot bill without it.
        Malformed "TERM_MISSING" TermMissing { line: String, term: &'static str, pricing_model: &'static str } =>
            "line {line}: {term} is required for {pricing_model}",
        /// The pricing model has no use for it: it would be sold and never billed.
        Malformed "TERM_DOES_NOT_FIT" TermDoesNotFit { line: String, term: &'static str, pricing_model: &'static str } =>
            "line {line}: {term} does not go with {pricing_model}",
        /// Some usage would have no price, or two.
        Malformed "TIERS" Tiers { line: String, problem: String } => "line {line}: {problem}",
        /// No amount is both.
        Malformed "MINIMUM_ABOVE_MAXIMUM" MinimumAboveMaximum { line: String, days: Days, minimum: String, maximum: String } =>
            "line {line}: over {days} the minimum comes to {minimum}, which is above the budget, {maximum}; one of the two is wrong",
        /// More would be taken off than there is.
        Malformed "DISCOUNT_ABOVE_AMOUNT" DiscountAboveAmount { of: String, amount: String } =>
            "the discount of {of} is more than the {amount} that it is booked for",
        /// Nothing would ever bill.
        Malformed "SCHEDULE_WITHOUT_PERIODS" ScheduleWithoutPeriods { line: String } =>
            "line {line}: the schedule MILESTONE has no milestones, so that its fee would never bill; give each with its day and amount",
        /// The milestones are another fee, or bill when nothing runs.
        Malformed "MILESTONES" Milestones { line: String, problem: String } => "line {line}: the milestones do not fit: {problem}",
        /// A day without a quantity has no amount.
        Malformed "QUANTITIES" Quantities { line: String, first: String } =>
            "line {line}: the quantities begin on {first}, the first day of the flight, and follow each other within it",
        /// Units that bill in no period, or in two.
        Malformed "PERIOD_UNITS" PeriodUnits { line: String, problem: String } =>
            "line {line}: the units by period do not fit: {problem}",
        /// There is no part of a spot.
        Malformed "UNITS_NOT_WHOLE" UnitsNotWhole { line: String, units: String } =>
            "line {line}: {units} is not a number of spots: it has to be whole",
        /// A week that cannot be aired as it is written.
        Malformed "PLAN_WEEK" PlanWeek { line: String, week: Days, problem: &'static str } =>
            "line {line}: the week {week} {problem}",
        /// The plan and the line say different things.
        Malformed "PLAN_DOES_NOT_ADD_UP"
        PlanDoesNotAddUp { line: String, plan_units: u64, booked_units: u64, plan_amount: String, amount: String } =>
            "line {line}: the plan has {plan_units} spots for {plan_amount}, the line {booked_units} for {amount}",
        /// Opening balances stand where the order bills, each once.
        Malformed "OPENING_BALANCE_PERIOD" OpeningBalancePeriod { line: String, period: Days, expected: Days } =>
            "line {line}: the opening balance of {period} is not one for a billing period, such as {expected}, or is there twice",
        /// Beyond what can be added up, over many orders and exactly.
        Malformed "AMOUNT_TOO_LARGE" AmountTooLarge { line: String, term: &'static str } =>
            "line {line}: {term} has more than 15 digits before the point",
        /// It ends on one of its days, or never ran.
        Malformed "CANCELLED_ON" CancelledOn { line: String, day: String } =>
            "line {line}: it cannot be cancelled on {day}, which is not a day of its flight",
        /// It would hold for no term, and the change that it is for would hold from who knows when.
        Malformed "UNKNOWN_TERM" UnknownTerm { line: String, term: String, known: String } =>
            "line {line}: a scope names {term}, which is no term; name one of these, or none for all of them: {known}",
        /// Another system billed it once, and that is set off once.
        StateForbids "OPENING_BALANCES_MOVED" OpeningBalancesMoved { line: String } =>
            "line {line} has been billed here, and what another system billed of it before moves no more; keep its opening balances",
        /// No day of the line, or two.
        Malformed "SCOPE_DAY" ScopeDay { line: String, problem: String } => "line {line}: the scope cannot hold: {problem}",
        /// Two people would look at one line and see two prices: the draft's and the order's.
        StateForbids "LINE_IN_DRAFT" LineInDraft { line: String, run: String } =>
            "line {line} is in a signed draft of {run} and its money terms change; send the revision again once that run is issued or cancelled",
    }
}
