use anyhow::Result;

use super::{ADJUSTED, Catalogue, HOT, LOCAL, REFERENCE};

/// Tables, constraint, and the columns on both sides.
type ForeignKey = (String, String, String, Vec<String>, Vec<String>);

#[tokio::test]
async fn hot_keys_begin_with_the_account() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    let hot = [&HOT[..], &ADJUSTED].concat();
    let unique: Vec<(String, String, String)> = sqlx::query_as(
        "select t.relname::text, i.relname::text, coalesce(a.attname::text, 'an expression')
         from pg_index x
         join pg_class t on t.oid = x.indrelid and t.relnamespace in ('invoicing'::regnamespace, 'adjustments'::regnamespace)
         join pg_class i on i.oid = x.indexrelid
         left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0] and a.attnum > 0
         where x.indisunique",
    )
    .fetch_all(&mut catalogue.connection)
    .await?;
    let of_hot = unique.iter().filter(|(table, ..)| hot.contains(&table.as_str()));
    let wrong: Vec<_> = of_hot.filter(|(_, _, first)| first != "account_id").collect();
    assert!(wrong.is_empty(), "table, index, first column: {wrong:?}");
    let keyless = hot
        .iter()
        .filter(|hot| !unique.iter().any(|(table, index, _)| table == *hot && index.ends_with("_pkey")));
    assert_eq!(keyless.collect::<Vec<_>>(), Vec::<&&str>::new(), "without a primary key");
    Ok(())
}

#[tokio::test]
async fn foreign_keys_stay_where_citus_can_hold_them() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    let columns = "array(select a.attname::text from unnest(keys) with ordinality k(n, nth)
                   join pg_attribute a on a.attrelid = oid and a.attnum = k.n order by k.nth)";
    let sql = format!(
        "select c.conname::text, f.relname::text, t.relname::text, {}, {}
         from pg_constraint c join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
         where c.contype = 'f' and f.relnamespace = 'invoicing'::regnamespace",
        columns.replace("keys", "c.conkey").replace(" oid ", " c.conrelid "),
        columns.replace("keys", "c.confkey").replace(" oid ", " c.confrelid "),
    );
    let keys: Vec<ForeignKey> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut catalogue.connection).await?;
    assert!(!keys.is_empty());
    for (name, from, to, ours, theirs) in keys {
        let account = |columns: &[String]| columns.iter().position(|column| column == "account_id");
        let among_hot = HOT.contains(&from.as_str()) && HOT.contains(&to.as_str());
        if among_hot {
            assert!(
                account(&ours).is_some() && account(&ours) == account(&theirs),
                "{name} leaves the account out"
            );
        } else {
            let to_reference = REFERENCE.contains(&to.as_str());
            let among_local = LOCAL.contains(&from.as_str()) && LOCAL.contains(&to.as_str());
            assert!(to_reference || among_local, "{name}: {from} → {to}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn hot_tables_have_no_triggers() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    let triggers: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, t.tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
         where not t.tgisinternal and c.relnamespace = 'invoicing'::regnamespace",
    )
    .fetch_all(&mut catalogue.connection)
    .await?;
    assert_eq!(triggers, [], "append-only is held by grants");
    Ok(())
}

#[tokio::test]
async fn constraints_that_refuse_have_names_that_somebody_chose() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    // PostgreSQL calls an unnamed check `<table>_<column>_check`, or `<table>_check`.
    let unnamed: Vec<(String, String)> = sqlx::query_as(
        r"select c.relname::text, k.conname::text from pg_constraint k join pg_class c on c.oid = k.conrelid
          where k.contype = 'c' and k.connamespace in ('invoicing'::regnamespace, 'adjustments'::regnamespace, 'access'::regnamespace)
            and k.conname ~ '_check\d*$'",
    )
    .fetch_all(&mut catalogue.connection)
    .await?;
    assert_eq!(unnamed, []);
    Ok(())
}
