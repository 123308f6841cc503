//! The schema of a service on real PostgreSQL.

use std::borrow::Cow;

use chassis::{
    configuration::Secret,
    database::{DatabaseError, Login, connect, migrate},
    failure::Failure,
};
use refusal::{Class, Refusal};
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    query, query_scalar,
};
use testkit::TestDatabase;
use tonic::Code;

const ORDERS: &str = "create table orders (name text constraint orders_name_key unique);
    grant select, insert on orders to chassis_test_app;";

fn migrations() -> Migrator {
    let sql = ORDERS.into_sql_str();
    Migrator::with_migrations(vec![Migration::new(
        1,
        Cow::Borrowed("orders"),
        MigrationType::Simple,
        sql,
        false,
    )])
}

async fn empty() -> TestDatabase {
    TestDatabase::create("chassis empty", async |_| Ok(())).await.unwrap()
}

fn password() -> Secret {
    Secret::new("it's a 'password' \\ with %s")
}

async fn prepare(database: &TestDatabase) -> Result<Secret, DatabaseError> {
    let admin = Secret::new(database.url());
    let password = password();
    let owner = Login { role: "chassis_test_owner", password: &password };
    let app = Login { role: "chassis_test_app", password: &password };
    migrate(&admin, "chassis_test", &owner, &app, &migrations()).await?;
    app.url(&admin)
}

#[tokio::test]
async fn many_may_migrate_at_once_and_again() {
    let (one, other) = tokio::join!(empty(), empty());
    let (a, b, c, d) = tokio::join!(prepare(&one), prepare(&one), prepare(&other), prepare(&other));
    for url in [a, b, c, d] {
        let pool = connect(&url.unwrap(), "chassis_test", 2).await.unwrap();
        let tables: i64 = query_scalar("select count(*) from orders").fetch_one(&pool).await.unwrap();
        assert_eq!(tables, 0);
        pool.close().await;
    }
}

#[tokio::test]
async fn the_service_has_only_the_verbs_that_it_was_granted() {
    let database = empty().await;
    let pool = connect(&prepare(&database).await.unwrap(), "chassis_test", 2).await.unwrap();
    let role: String = query_scalar("select current_user::text").fetch_one(&pool).await.unwrap();
    assert_eq!(role, "chassis_test_app");
    query("insert into orders values ('x')").execute(&pool).await.unwrap();
    for forbidden in ["delete from orders", "update orders set name = ''", "create table mine (x int)"] {
        let error = query(forbidden).execute(&pool).await.unwrap_err();
        let code = error.as_database_error().unwrap().code().unwrap();
        assert_eq!(code, "42501", "{forbidden}");
    }
    let timeout: String = query_scalar("show statement_timeout").fetch_one(&pool).await.unwrap();
    assert_eq!(timeout, "1min");
    pool.close().await;
}

#[tokio::test]
async fn a_named_constraint_is_a_refusal_and_a_conflict_is_to_be_tried_again() {
    let database = empty().await;
    let pool = connect(&prepare(&database).await.unwrap(), "chassis_test", 4).await.unwrap();
    query("insert into orders values ('x')").execute(&pool).await.unwrap();
    let again = || async { query("insert into orders values ('x')").execute(&pool).await.unwrap_err() };
    let exists = Refusal::new(Class::Exists, "ORDER_EXISTS", "order x exists");
    let named = Failure::from_constraint(again().await, &[("orders_name_key", exists)]);
    assert_eq!(named.into_status().code(), Code::AlreadyExists);
    assert_eq!(Failure::from_constraint(again().await, &[]).into_status().code(), Code::Internal);

    let serializable = "set transaction isolation level serializable";
    let (mut one, mut other) = (pool.begin().await.unwrap(), pool.begin().await.unwrap());
    for transaction in [&mut one, &mut other] {
        query(serializable).execute(&mut **transaction).await.unwrap();
        query("select count(*) from orders").execute(&mut **transaction).await.unwrap();
        query("insert into orders values (gen_random_uuid()::text)")
            .execute(&mut **transaction)
            .await
            .unwrap();
    }
    one.commit().await.unwrap();
    let status = Failure::from(other.commit().await.unwrap_err()).into_status();
    assert_eq!((status.code(), status.message().contains("send the call again")), (Code::Unavailable, true));
    pool.close().await;
}

#[tokio::test]
async fn who_waits_too_long_for_a_lock_is_to_try_again() {
    let database = empty().await;
    let pool = connect(&prepare(&database).await.unwrap(), "chassis_test", 2).await.unwrap();
    let waits: String = query_scalar("show lock_timeout").fetch_one(&pool).await.unwrap();
    assert_eq!(waits, "20s");
    let (mut holder, mut waiter) = (pool.begin().await.unwrap(), pool.begin().await.unwrap());
    query("select pg_advisory_xact_lock(7)").execute(&mut *holder).await.unwrap();
    query("set local lock_timeout = '10ms'").execute(&mut *waiter).await.unwrap();
    let error = query("select pg_advisory_xact_lock(7)").execute(&mut *waiter).await.unwrap_err();
    let status = Failure::from(error).into_status();
    assert_eq!((status.code(), status.message().contains("send the call again")), (Code::Unavailable, true));
    drop((holder, waiter));
    pool.close().await;
}

#[tokio::test]
async fn a_database_that_does_not_let_us_in_is_named_without_its_password() {
    let nowhere = Secret::new("postgres://someone:hidden@127.0.0.1:1/nothing?sslmode=banana");
    let error = connect(&nowhere, "chassis_test", 1).await.unwrap_err().to_string();
    assert!(error.contains("the database URL cannot be read") && !error.contains("hidden"), "{error}");

    let database = empty().await;
    let missing = Secret::new(database.url().replace(database.name(), "no_such_database"));
    let error = connect(&missing, "chassis_test", 1).await.unwrap_err().to_string();
    assert!(error.contains("no_such_database") && error.contains("does not let us in"), "{error}");
}
