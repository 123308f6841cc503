//! Fields of what invoicing is asked → fields of what was typed here: whoever is told where something is wrong has never seen the
//! messages between the services.

/// The field of an adjustment or a refund that a field of invoicing's was made of; any other stays as it is.
pub fn typed(theirs: &str) -> String {
    let (message, field) = theirs.split_once('.').unwrap_or((theirs, ""));
    match message {
        "rebill" if field == "account" => "adjustment.bill_to".to_owned(),
        "note" | "rebill" => format!("adjustment.{}", spots(field)),
        "tax_correction" => format!("adjustment.{}", right_tax(field)),
        "refund" => format!("refund_request.{field}"),
        // What is owed and released is asked for without a message around it.
        lines if lines.starts_with("lines") => format!("adjustment.{}", spots(theirs)),
        _ => theirs.to_owned(),
    }
}

/// Spots are names within a message there, and names here.
fn spots(field: &str) -> String {
    field.replace(".spots.names", ".spots").replace(".names", ".spots")
}

/// The right tax is the line itself there, and a part of it here.
fn right_tax(field: &str) -> String {
    match field.split_once("].") {
        Some((line, column)) if column != "line" => format!("{line}].right_tax.{column}"),
        Some(_) | None => field.to_owned(),
    }
}

#[cfg(test)]
mod tests;
