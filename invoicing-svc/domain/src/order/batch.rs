use crate::control_total::ControlTotal;

/// What a batch of orders holds, as its sender says or as it was counted.
#[derive(Clone, Copy, Debug)]
pub struct BatchTotals {
    pub orders: i64,
    pub lines: i64,
    /// Sum of the lines' amounts as sent; a line without one counts nothing.
    pub amount: ControlTotal,
}

refusal::refusals! {
    /// Why a batch of orders is refused whole.
    pub enum OrderBatchRefusal {
        /// A batch was lost between the sender and us.
        StateForbids "SEQUENCE_GAP" SequenceGap { source_system: String, expected: i64, got: i64 } =>
            "{source_system}: the next batch is number {expected}, this one is {got}; send the missing ones first",
        /// A batch under a number that was used.
        StateForbids "SEQUENCE_REPEATED" SequenceRepeated { source_system: String, expected: i64, got: i64 } =>
            "{source_system}: batch {got} was taken before, the next one is number {expected}",
        /// Something was lost or changed on the way.
        Malformed "CONTROL_TOTALS" ControlTotals {
            orders_sent: i64, orders_counted: i64, orders_difference: i64,
            lines_sent: i64, lines_counted: i64, lines_difference: i64,
            amount_sent: String, amount_counted: String, amount_difference: String,
        } =>
            "the control totals do not match, so nothing was taken: orders {orders_sent} said, {orders_counted} counted, difference {orders_difference}; lines {lines_sent} said, {lines_counted} counted, difference {lines_difference}; amount {amount_sent} said, {amount_counted} counted, difference {amount_difference}",
    }
}

/// Checks that the batch follows the last one of its source without a gap.
pub fn check_sequence(source_system: &str, last: Option<i64>, got: i64) -> Result<(), OrderBatchRefusal> {
    let expected = last.map_or(1, |last| last.saturating_add(1));
    let source_system = source_system.to_owned();
    match got.cmp(&expected) {
        std::cmp::Ordering::Less => Err(OrderBatchRefusal::SequenceRepeated { source_system, expected, got }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(OrderBatchRefusal::SequenceGap { source_system, expected, got }),
    }
}

/// Checks what was counted against what the sender says. A difference is said − counted.
pub fn check_totals(said: BatchTotals, counted: BatchTotals) -> Result<(), OrderBatchRefusal> {
    let amount_difference = said.amount.minus(counted.amount);
    let amounts_match = amount_difference.is_some_and(ControlTotal::is_zero);
    if said.orders == counted.orders && said.lines == counted.lines && amounts_match {
        return Ok(());
    }
    Err(OrderBatchRefusal::ControlTotals {
        orders_sent: said.orders,
        orders_counted: counted.orders,
        orders_difference: said.orders.saturating_sub(counted.orders),
        lines_sent: said.lines,
        lines_counted: counted.lines,
        lines_difference: said.lines.saturating_sub(counted.lines),
        amount_sent: said.amount.to_string(),
        amount_counted: counted.amount.to_string(),
        amount_difference: amount_difference
            .map_or_else(|| "too large to be told".to_owned(), |d| d.to_string()),
    })
}
