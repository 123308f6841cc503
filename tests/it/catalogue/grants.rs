use anyhow::Result;

use super::Catalogue;

/// What is issued, posted or received is only ever added to.
const APPEND_ONLY: [&str; 12] = [
    "billed_to_date",
    "disputed_part",
    "document",
    "invoice",
    "invoice_line",
    "invoice_spot",
    "invoice_tax",
    "issued_number",
    "ledger_entry",
    "order_revision",
    "receivable_activity",
    "run_review",
];

/// The role that each service works in, and the schema that is its own.
const ROLES: [(&str, &str); 3] =
    [("invoicing_app", "invoicing"), ("adjustments_app", "adjustments"), ("access_app", "access")];

#[tokio::test]
async fn what_is_issued_cannot_be_changed() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    for table in APPEND_ONLY {
        let verbs: Vec<String> = sqlx::query_scalar(
            "select verb from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) verb
             where has_table_privilege('invoicing_app', 'invoicing.' || $1, verb)
                or verb = 'update' and has_any_column_privilege('invoicing_app', 'invoicing.' || $1, verb)",
        )
        .bind(table)
        .fetch_all(&mut catalogue.connection)
        .await?;
        assert_eq!(verbs, ["select", "insert"], "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn each_service_works_in_its_own_schema_and_owns_nothing() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    for (role, own) in ROLES {
        let elsewhere: Vec<String> = sqlx::query_scalar(
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'v', 'm', 'p') and n.nspname in ('invoicing', 'adjustments', 'access') and n.nspname <> $2
               and (has_any_column_privilege($1, c.oid, 'select, insert, update, references')
                    or has_table_privilege($1, c.oid, 'delete, truncate, trigger'))
             union all
             select nspname::text from pg_namespace
             where nspname in ('invoicing', 'adjustments', 'access') and nspname <> $2 and has_schema_privilege($1, oid, 'usage, create')",
        )
        .bind(role)
        .bind(own)
        .fetch_all(&mut catalogue.connection)
        .await?;
        assert_eq!(elsewhere, Vec::<String>::new(), "{role} reaches into another schema");
        let power: bool = sqlx::query_scalar(
            "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or has_schema_privilege($1, $2, 'create')
                    or exists (select from pg_class where relowner = r.oid)
                    or pg_has_role($1, $2 || '_owner', 'member')
             from pg_roles r where rolname = $1",
        )
        .bind(role)
        .bind(own)
        .fetch_one(&mut catalogue.connection)
        .await?;
        assert!(!power, "{role} can do more than work");
    }
    Ok(())
}
