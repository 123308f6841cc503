//! One server process: made, started, adopted, stopped.

use std::fs;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::binaries::Binaries;
use crate::home::Home;
use crate::{LaunchError, SUPERUSER};

/// Recovery after a crash replays what was written since the last checkpoint, which can take minutes on a small machine.
const START_LIMIT: Duration = Duration::from_secs(300);
/// How long a server that was killed may need until its last sessions have noticed.
const LEFTOVER_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// With a Unix socket a port is nothing but the end of the socket's name; clients assume this one.
const PORT: &str = "5432";

const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=300",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
    // Compiling pays for long queries only, and costs every short one.
    "jit=off",
];
const SETTINGS_NOT_DURABLE: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// A server process. Dropping it stops it, unless it was released.
#[derive(Debug)]
pub(crate) struct Server {
    pid: Pid,
    /// `None` when the server was adopted: it is not our child then.
    child: Option<Child>,
    data: PathBuf,
    log: PathBuf,
    socket: PathBuf,
    ours_to_stop: bool,
}

/// What `postmaster.pid` and the socket say.
enum State {
    Down,
    Starting,
    Ready(Pid),
}

/// The server that a killed parent left running on the home, once it is ready.
pub(crate) async fn adopt(home: &Home) -> Result<Option<Server>, LaunchError> {
    if home.made_by()?.is_none() {
        return Ok(None);
    }
    let socket = home.socket_dir()?;
    let since = Instant::now();
    loop {
        match state(&home.data(), &socket) {
            State::Down => return Ok(None),
            State::Ready(pid) => return Ok(Some(Server::new(pid, None, home, socket))),
            State::Starting if since.elapsed() < START_LIMIT => tokio::time::sleep(PAUSE).await,
            State::Starting => return Err(late(recorded_pid(&home.data()), START_LIMIT, &home.log())),
        }
    }
}

/// Starts a server on a home that has none, making the data when there is none.
pub(crate) async fn launch(home: &Home, bin: &Binaries, durable: bool) -> Result<Server, LaunchError> {
    if home.made_by()?.is_none() {
        make_data(home, bin, durable)?;
    }
    let since = Instant::now();
    loop {
        let mut server = spawn(home, bin, durable)?;
        match server.await_ready().await {
            // The sessions of a killed server hold its memory until they notice; the next attempt finds them gone.
            Err(LaunchError::Exited { tail, .. })
                if is_leftover(&tail) && since.elapsed() < LEFTOVER_LIMIT =>
            {
                tokio::time::sleep(PAUSE * 10).await;
                if let Some(server) = adopt(home).await? {
                    return Ok(server);
                }
            }
            Err(error) => return Err(error),
            Ok(()) => return Ok(server),
        }
    }
}

impl Server {
    fn new(pid: Pid, child: Option<Child>, home: &Home, socket: PathBuf) -> Self {
        Self { pid, child, data: home.data(), log: home.log(), socket, ours_to_stop: true }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    pub(crate) fn takes_connections(&self) -> bool {
        matches!(state(&self.data, &self.socket), State::Ready(pid) if pid == self.pid)
    }

    pub(crate) fn release(&mut self) {
        self.ours_to_stop = false;
    }

    pub(crate) async fn stop(&mut self) -> Result<(), LaunchError> {
        self.ours_to_stop = false;
        self.signal(Signal::SIGINT);
        let since = Instant::now();
        while !self.is_gone() {
            if since.elapsed() > STOP_LIMIT {
                // What is committed is in the write-ahead log; the next start replays it.
                self.signal(Signal::SIGQUIT);
                return Err(late(Some(self.pid), STOP_LIMIT, &self.log));
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.clear_socket();
        Ok(())
    }

    async fn await_ready(&mut self) -> Result<(), LaunchError> {
        let since = Instant::now();
        while !self.takes_connections() {
            if self.is_gone() {
                return Err(LaunchError::Exited { log: self.log.clone(), tail: tail(&self.log) });
            }
            if since.elapsed() > START_LIMIT {
                return Err(late(Some(self.pid), START_LIMIT, &self.log));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// A child is gone when it was reaped. An adopted server is gone when it has taken back its pid file, the last thing
    /// that it does, or when nobody listens behind its socket.
    fn is_gone(&mut self) -> bool {
        match &mut self.child {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => recorded_pid(&self.data) != Some(self.pid) || !listens(&self.socket),
        }
    }

    /// A pid that is not certainly the server's gets no signal: the system may have given it to another process.
    fn signal(&mut self, signal: Signal) {
        if !self.is_gone() {
            // It fails only when the process has ended in between, which is what is wanted.
            let _ = kill(self.pid, signal);
        }
    }

    /// Nobody depends on an empty directory under /tmp: what cannot be removed is used again by the next start.
    fn clear_socket(&self) {
        let _ = fs::remove_dir_all(&self.socket);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.ours_to_stop {
            return;
        }
        self.signal(Signal::SIGINT);
        let since = Instant::now();
        while !self.is_gone() && since.elapsed() < STOP_LIMIT {
            thread::sleep(PAUSE);
        }
        self.clear_socket();
    }
}

/// Makes the data beside its place and then moves it there, so that data that is there is whole.
fn make_data(home: &Home, bin: &Binaries, durable: bool) -> Result<(), LaunchError> {
    for entry in fs::read_dir(home.dir()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("initdb-") {
            fs::remove_dir_all(entry.path()).map_err(LaunchError::folder(&entry.path()))?;
        }
    }
    let unfinished = home.dir().join(format!("initdb-{}", std::process::id()));
    let mut initdb = home.command(&bin.program("initdb"));
    initdb.arg("-D").arg(&unfinished).args([
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
    ]);
    if !durable {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().map_err(LaunchError::folder(&bin.program("initdb")))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(LaunchError::Initdb {
            data: home.data(),
            output: String::from_utf8_lossy(&said).into_owned(),
        });
    }
    fs::rename(&unfinished, home.data()).map_err(LaunchError::folder(&home.data()))
}

fn spawn(home: &Home, bin: &Binaries, durable: bool) -> Result<Server, LaunchError> {
    let socket = home.make_socket_dir()?;
    let log = home.open_log()?;
    let program = bin.program("postgres");
    let mut postgres = home.command(&program);
    postgres.arg("-D").arg(home.data()).arg("-k").arg(&socket).args(["-p", PORT]);
    let relaxed: &[&str] = if durable { &[] } else { &SETTINGS_NOT_DURABLE };
    for setting in SETTINGS.iter().chain(relaxed) {
        postgres.args(["-c", setting]);
    }
    // In a process group of its own: Ctrl-C at the terminal is for us, and we stop the server when we are done with it.
    postgres.process_group(0).stdout(Stdio::null()).stderr(log);
    let child = postgres.spawn().map_err(LaunchError::folder(&program))?;
    let pid = i32::try_from(child.id()).map_err(|error| LaunchError::User(error.to_string()))?;
    Ok(Server::new(Pid::from_raw(pid), Some(child), home, socket))
}

fn listens(socket: &Path) -> bool {
    UnixStream::connect(socket.join(format!(".s.PGSQL.{PORT}"))).is_ok()
}

/// The pid file survives a server that was killed, and its pid may belong to another process by now. Only a server
/// answers on the socket, so the file is believed when the socket answers.
fn state(data: &Path, socket: &Path) -> State {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines();
    let pid = lines.next().and_then(|line| line.trim().parse().ok()).map(Pid::from_raw);
    let status = lines.nth(6).map(str::trim);
    match (pid, status) {
        (Some(pid), Some("ready")) if listens(socket) => State::Ready(pid),
        (Some(_), _) if listens(socket) => State::Starting,
        _ => State::Down,
    }
}

fn recorded_pid(data: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
}

fn is_leftover(log: &str) -> bool {
    log.contains("pre-existing shared memory block") || log.contains("postmaster.pid\" already exists")
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(10)).copied().collect::<Vec<_>>().join("\n")
}

fn late(pid: Option<Pid>, limit: Duration, log: &Path) -> LaunchError {
    LaunchError::Late { pid: pid.map_or(0, Pid::as_raw), after_s: limit.as_secs(), log: log.to_owned() }
}
