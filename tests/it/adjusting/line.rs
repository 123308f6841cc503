//! The line between two services, which a test can cut.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// How the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// Calls arrive, and no answer comes back.
    Deaf,
    /// What is connected ends, and nobody is connected.
    Cut,
}

/// A line to an address.
pub struct Line {
    pub address: SocketAddr,
    state: watch::Sender<State>,
}

impl Line {
    pub async fn to(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = watch::Sender::new(State::Open);
        let states = state.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *states.borrow() != State::Cut
                    && let Ok(server) = TcpStream::connect(server).await
                {
                    tokio::spawn(connect(client, server, states.clone()));
                }
            }
        });
        Ok(Self { address, state })
    }

    pub fn is(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn connect(client: TcpStream, server: TcpStream, mut states: watch::Receiver<State>) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let open = watch::Sender::new(State::Open).subscribe();
    tokio::select! {
        () = carry(from_client, to_server, open) => {}
        () = carry(from_server, to_client, states.clone()) => {}
        _ = states.wait_for(|state| *state == State::Cut) => {}
    }
}

/// Carries bytes until either side ends; what comes while the line is deaf is lost.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    states: watch::Receiver<State>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        let heard = *states.borrow() != State::Deaf;
        let Some(bytes) = bytes.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
        if heard && to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
