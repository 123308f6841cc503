//! The measured process: gateway, invoicing and adjustments, as they run anywhere, in a process of its own, so that its
//! memory is its own.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use billing_proto::billing::access::v1::{PrincipalKind, Role};
use chassis::{
    caller::{Caller, Grant},
    clock::Clock,
    configuration::Secret,
    database::Passwords,
};
use gateway::{LimitSettings, access::NewKey};
use serde::{Deserialize, Serialize};

use crate::{memory, postgres::Postgres};

/// Only this machine's bench knows it, and only for as long as it runs.
const CALLER_SECRET: &str = "the bench signs its callers itself, on this machine, while it runs";

/// How many connections each service may open.
const CONNECTIONS_MAX: u32 = 24;

/// What the bench calls as. The second approves what the first has started.
const ROLES: [Role; 5] =
    [Role::BillingManager, Role::Controller, Role::OrderManagement, Role::ProductOps, Role::Auditor];

/// Where the database is.
#[derive(Serialize, Deserialize)]
struct Databases {
    admin: String,
    invoicing: String,
    adjustments: String,
    access: String,
}

/// Where the measured process listens, and what opens it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoints {
    /// `http://127.0.0.1:…`: gRPC and REST.
    pub gateway: String,
    /// The invoicing service itself: gRPC with a signed caller.
    pub service: String,
    /// The adjustments service itself, in the same way.
    pub adjustments: String,
    pub starter: String,
    pub approver: String,
}

/// The measured process, seen from the bench. It is killed with this value.
pub struct Suite {
    process: Child,
    pub endpoints: Endpoints,
}

impl Suite {
    /// Starts it on a server.
    pub fn start(postgres: &Postgres) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("suite")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the measured process does not start")?;
        let databases = Databases {
            admin: postgres.url(),
            invoicing: postgres.url_as("invoicing_app"),
            adjustments: postgres.url_as("adjustments_app"),
            access: postgres.url_as("access_app"),
        };
        let input = process.stdin.as_mut().context("the measured process has no input")?;
        writeln!(input, "{}", serde_json::to_string(&databases)?)?;
        let output = process.stdout.take().context("the measured process has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let endpoints = serde_json::from_str(&line).context("the measured process did not come up")?;
        Ok(Self { process, endpoints })
    }

    /// Forgets the peak of its memory so far.
    pub fn forget_peak(&self) {
        memory::forget_peak(self.process.id());
    }

    /// The peak of its memory since then, in MB.
    pub fn peak_mb(&self) -> Option<u64> {
        memory::peak_mb(self.process.id())
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed.
pub async fn serve() -> Result<()> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let databases: Databases = serde_json::from_str(&line).context("standard input names no database")?;
    let admin = Secret::new(databases.admin.as_str());
    let passwords = || Passwords { owner: Secret::new("unasked"), app: Secret::new("unasked") };
    invoicing_svc::migrate(&admin, &passwords()).await?;
    adjustments_svc::migrate(&admin, &passwords()).await?;
    gateway::migrate(&admin, &passwords()).await?;
    let clock = Clock::system();
    let access = Secret::new(databases.access.as_str());
    let pool = gateway::connect(&access, 1).await?;
    let mut tokens = Vec::new();
    for person in ["bench_1", "bench_2"] {
        tokens.push(gateway::access::create_key(&pool, key(person, &clock)).await?);
    }
    pool.close().await;
    let invoicing = invoicing_svc::start(
        invoicing_svc::Configuration {
            listen: loopback(),
            database_url: Secret::new(databases.invoicing.as_str()),
            connections_max: CONNECTIONS_MAX,
            caller_secret: Secret::new(CALLER_SECRET),
            tax_engines: BTreeMap::new(),
            approvals: None,
        },
        clock.clone(),
    )
    .await?;
    let service = format!("http://{}", invoicing.address());
    let adjusting = adjustments_svc::Configuration {
        listen: loopback(),
        database_url: Secret::new(databases.adjustments.as_str()),
        connections_max: CONNECTIONS_MAX,
        caller_secret: Secret::new(CALLER_SECRET),
        invoicing_url: service.clone(),
        notifications: adjustments_svc::Notifications::default(),
    };
    let adjusting = adjustments_svc::start(adjusting, clock.clone()).await?;
    let adjustments = format!("http://{}", adjusting.address());
    let upstreams = [("invoicing", &service), ("adjustments", &adjustments)];
    let upstreams = upstreams.map(|(name, address)| (name.to_owned(), address.clone()));
    let gateway = gateway::start(door(access, BTreeMap::from(upstreams)), clock, None).await?;
    let [starter, approver] = <[String; 2]>::try_from(tokens).map_err(|_| anyhow::anyhow!("two people"))?;
    let gateway_address = format!("http://{}", gateway.address());
    let endpoints = Endpoints { gateway: gateway_address, service, adjustments, starter, approver };
    println!("{}", serde_json::to_string(&endpoints)?);
    chassis::serve::told_to_end().await?;
    gateway.stop().await;
    adjusting.stop().await;
    invoicing.stop().await;
    Ok(())
}

/// Without a limit per key: the bench is one caller, where a door has many.
fn door(database_url: Secret, upstreams: BTreeMap<String, String>) -> gateway::Configuration {
    gateway::Configuration {
        listen: loopback(),
        health_listen: loopback(),
        database_url,
        connections_max: CONNECTIONS_MAX,
        caller_secret: Secret::new(CALLER_SECRET),
        remember_keys_s: 5,
        upstreams,
        limits: LimitSettings { concurrency_max: 1024, calls_per_second: 1_000_000, burst: 1_000_000 },
    }
}

fn grants() -> Vec<Grant> {
    let grant = |role| Grant { role, entities: Vec::new(), territories: Vec::new(), accounts: Vec::new() };
    ROLES.into_iter().map(grant).collect()
}

fn key(person: &str, clock: &Clock) -> NewKey {
    NewKey {
        person: person.to_owned(),
        kind: PrincipalKind::Person,
        grants: grants(),
        created_at: clock.now(),
        created_by: "bench".to_owned(),
        expires_at: None,
    }
}

/// What the gateway would sign for a person who may do everything.
pub fn caller(person: &str) -> (Caller, Secret) {
    let caller = Caller {
        person: person.to_owned(),
        kind: PrincipalKind::Person,
        key: "bench".to_owned(),
        grants: grants(),
    };
    (caller, Secret::new(CALLER_SECRET))
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
