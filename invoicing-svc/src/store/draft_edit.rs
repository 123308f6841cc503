//! What people write on drafts where no money is touched.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, Revision};
use invoicing_domain::billing_run::Act;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::written::{revision, revision_number};

/// What is written on a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftEdit {
    /// [`Revision::FIRST`] before anything was written.
    pub revision: Revision,
    /// `None`: as the order says.
    pub purchase_order: Option<String>,
    pub note: String,
    pub contact: String,
    pub attachment: String,
}

/// What is written on a draft; nothing where nobody wrote.
pub async fn get(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
) -> Result<DraftEdit, Failure> {
    let row = sqlx::query!(
        "select revision, purchase_order, note, contact, attachment from draft_edit where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(DraftEdit {
            revision: Revision::FIRST,
            purchase_order: None,
            note: String::new(),
            contact: String::new(),
            attachment: String::new(),
        });
    };
    Ok(DraftEdit {
        revision: revision(row.revision)?,
        purchase_order: row.purchase_order,
        note: row.note,
        contact: row.contact,
        attachment: row.attachment,
    })
}

/// Records what is written on a draft, as its next revision.
pub async fn record(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    edit: &DraftEdit,
    act: &Act,
) -> Result<(), Failure> {
    let next = edit.revision.next().context("the draft has had every revision")?;
    sqlx::query!(
        "insert into draft_edit (account_id, invoice_id, revision, purchase_order, note, contact, attachment, edited_by, edited_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (account_id, invoice_id) do update set
           revision = excluded.revision, purchase_order = excluded.purchase_order, note = excluded.note,
           contact = excluded.contact, attachment = excluded.attachment, edited_by = excluded.edited_by,
           edited_at = excluded.edited_at",
        account.uuid(),
        invoice.uuid(),
        revision_number(next)?,
        edit.purchase_order,
        edit.note,
        edit.contact,
        edit.attachment,
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
