use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use sqlx::{AssertSqlSafe, Column, Either, Executor, SqlSafeStr, Statement, TypeInfo};

use super::{Catalogue, HOT};
use crate::repository;

/// A file of `.sqlx`, as far as it says something about the database.
#[derive(Deserialize)]
struct Stored {
    query: String,
    describe: Description,
}

#[derive(Deserialize)]
struct Description {
    columns: Vec<StoredColumn>,
    parameters: Parameters,
}

#[derive(Deserialize)]
struct StoredColumn {
    name: String,
    type_info: serde_json::Value,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "Left")]
    types: Vec<serde_json::Value>,
}

/// The services and the schemas that their queries are for.
const SERVICES: [(&str, &str); 3] =
    [("invoicing-svc", "invoicing"), ("adjustments-svc", "adjustments"), ("gateway", "access")];

fn stored(service: &str) -> Result<Vec<(String, Stored)>> {
    let folder = repository::root().join(service).join(".sqlx");
    let read = |path: &Path| -> Result<(String, Stored)> {
        let query =
            serde_json::from_str(&fs::read_to_string(path)?).with_context(|| path.display().to_string())?;
        Ok((path.display().to_string(), query))
    };
    fs::read_dir(folder)?.map(|entry| read(&entry?.path())).collect()
}

#[tokio::test]
async fn stored_descriptions_of_queries_are_true() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    for (service, schema) in SERVICES {
        let path = format!("set search_path = {schema}");
        sqlx::query(AssertSqlSafe(path)).execute(&mut catalogue.connection).await?;
        let queries = stored(service)?;
        ensure!(!queries.is_empty(), "{service} has no stored queries");
        for (file, query) in queries {
            check(&mut catalogue, &query)
                .await
                .with_context(|| format!("{file}; `make sqlx` writes it anew"))?;
        }
    }
    Ok(())
}

async fn check(catalogue: &mut Catalogue, stored: &Stored) -> Result<()> {
    let sql = AssertSqlSafe(stored.query.clone()).into_sql_str();
    let statement = catalogue.connection.prepare(sql).await?;
    let columns: Vec<(String, String)> = statement
        .columns()
        .iter()
        .map(|each| (each.name().to_owned(), plain(each.type_info().name())))
        .collect();
    let described: Vec<(String, String)> =
        stored.describe.columns.iter().map(|each| (each.name.clone(), name(&each.type_info))).collect();
    ensure!(columns == described, "columns: stored {described:?}, the database says {columns:?}");
    let parameters: Vec<String> = match statement.parameters() {
        Some(Either::Left(types)) => types.iter().map(|each| plain(each.name())).collect(),
        Some(Either::Right(_)) | None => Vec::new(),
    };
    let described: Vec<String> = stored.describe.parameters.types.iter().map(name).collect();
    ensure!(parameters == described, "parameters: stored {described:?}, the database says {parameters:?}");
    Ok(())
}

/// `"TextArray"` is `TEXT[]`; a type that is not built in is an object with its name.
fn name(stored: &serde_json::Value) -> String {
    match stored.as_str() {
        Some(name) => name.strip_suffix("Array").map_or_else(|| plain(name), |of| format!("{}[]", plain(of))),
        None => stored.to_string(),
    }
}

/// Both sides in one case; `"CHAR"` is written with its quotes by one and not by the other.
fn plain(name: &str) -> String {
    name.to_uppercase().replace('"', "")
}

/// On a distributed table a statement that does not name the account would go to every node.
#[test]
fn updates_and_deletes_of_hot_rows_name_their_account() -> Result<()> {
    for (file, query) in stored("invoicing-svc")? {
        let words: Vec<String> = query.query.to_lowercase().split_whitespace().map(str::to_owned).collect();
        for pair in words.windows(2) {
            let [verb, table] = pair else { continue };
            let changes = (verb == "update" || verb == "from" && words.contains(&"delete".to_owned()))
                && HOT.contains(&table.trim_matches([';', ')']));
            ensure!(
                !changes || query.query.contains("account_id"),
                "{file} changes {table} without its account"
            );
        }
    }
    Ok(())
}
