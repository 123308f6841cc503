//! The ports: HTTP/1.1 and HTTP/2 on one listener, until the gateway ends.

use axum::serve::{Listener, ListenerExt};
use chassis::serve::CONNECTION_WINDOW_BYTES;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How much of a stream may wait here unread. Clients are far: much has to be on its way at once.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// Serves until the gateway ends, and then until the calls that are under way are done.
pub fn serve(listener: TcpListener, routes: axum::Router, ending: CancellationToken) -> JoinHandle<()> {
    let mut listener = listener.tap_io(|connection| {
        // Without it small answers wait; where it is refused they still come.
        let _ = connection.set_nodelay(true);
    });
    tokio::spawn(async move {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http2()
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        let connections = GracefulShutdown::new();
        while let Some((connection, from)) = ending.run_until_cancelled(listener.accept()).await {
            let routes = TowerToHyperService::new(routes.clone());
            let serving = http.serve_connection(TokioIo::new(connection), routes).into_owned();
            let serving = connections.watch(serving);
            tokio::spawn(async move {
                if let Err(error) = serving.await {
                    tracing::debug!(%from, error, "a connection broke off");
                }
            });
        }
        drop(listener);
        connections.shutdown().await;
    })
}
