//! One connection: HTTP/1.1 or HTTP/2, whichever the client begins with, with TLS or without.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::net::SocketAddr;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::timed::Timed;
use crate::app::App;
use crate::limits::clients::Client;
use crate::limits::sending::Sending;
use crate::router::{Answers, MAX_HEADERS};
use crate::tls::Tls;

/// Bytes of a head: the request line and all headers.
const MAX_HEAD: usize = 16 << 10;

/// Requests of one HTTP/2 connection at once.
const MAX_STREAMS: u32 = 64;

/// Requests that the client of an HTTP/2 connection may take back before they were looked at: one that
/// does nothing else takes no place among [`MAX_STREAMS`], and is cut off.
const MAX_TAKEN_BACK: usize = 20;

/// Requests of one HTTP/2 connection that may break the rules of HTTP/2 before it is cut off.
const MAX_BROKEN: usize = 64;

/// What the client of an HTTP/2 connection may send before it is read, in bytes: what is not yet in
/// the memory's budget.
const WINDOW: u32 = 128 << 10;

/// What a connection needs besides itself.
#[derive(Clone)]
pub(super) struct Server {
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    answers: Answers,
    protocol: Arc<Builder<TokioExecutor>>,
}

/// What a connection says of the requests that come over it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) sending: Sending,
}

impl Server {
    pub(super) fn new(app: Arc<App>, tls: Option<Arc<Tls>>) -> Self {
        let mut protocol = Builder::new(TokioExecutor::new());
        protocol
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(app.config.header_timeout)
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS);
        protocol
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_pending_accept_reset_streams(MAX_TAKEN_BACK)
            .max_local_error_reset_streams(MAX_BROKEN)
            .initial_connection_window_size(WINDOW)
            .initial_stream_window_size(WINDOW)
            .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
            .keep_alive_interval(app.config.header_timeout)
            .keep_alive_timeout(app.config.write_timeout);
        Self {
            answers: Answers::new(Arc::clone(&app)),
            app,
            tls,
            protocol: Arc::new(protocol),
        }
    }

    /// Serves the connection to its end, or to its last answer once the server is told to end.
    pub(super) async fn serve(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        end: watch::Receiver<bool>,
    ) {
        let config = &self.app.config;
        // A proxy has the connections of all its clients.
        let client = Client::of(peer.ip());
        let proxy = config.trusted_proxies.iter().any(|net| net.has(peer.ip()));
        let connected = self.app.connections.open(client);
        if connected.is_none() && !proxy {
            self.app.metrics.turned_away("connection");
            return;
        }
        let _counted = self.app.metrics.connection();
        // Small answers leave at once. A connection without this works as well.
        drop(stream.set_nodelay(true));
        let stream = Timed::new(stream, config.header_timeout, config.write_timeout);
        let Some(tls) = &self.tls else {
            return self.talk(stream, peer, end).await;
        };
        let handshake = tls.acceptor().accept(stream);
        if let Ok(Ok(stream)) = timeout(config.header_timeout, handshake).await {
            self.talk(stream, peer, end).await;
        }
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        address: SocketAddr,
        mut end: watch::Receiver<bool>,
    ) {
        let answers = &self.answers;
        let sending = Sending::default();
        let (overdue, unsent) = (sending.clone(), sending.clone());
        let peer = Peer { address, sending };
        let requests = Arc::<Requests>::default();
        let asked = Arc::clone(&requests);
        let service = service_fn(move |request: Request<Incoming>| {
            let answering = asked.begin();
            let (answers, peer) = (answers.clone(), peer.clone());
            async move {
                let request = request.map(Body::new);
                let answer = answers.answer(Some(&peer), request).await;
                drop(answering);
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = self
            .protocol
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let config = &self.app.config;
        let mut overdue = pin!(overdue.overdue(config.write_timeout));
        // HTTP/1.1 ends an idle connection by itself.
        let idle = || requests.idle(config.header_timeout, &unsent);
        tokio::select! {
            // How a connection ended is its client's business.
            _ = connection.as_mut() => return,
            () = overdue.as_mut() => return,
            () = idle() => {}
            _ = end.wait_for(|end| *end) => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = connection => {}
            () = overdue => {}
            () = idle() => {}
        }
    }
}

/// The requests of one connection.
#[derive(Debug, Default)]
struct Requests {
    /// Those that are being answered.
    going_on: AtomicUsize,
    /// Whether one has begun since somebody looked.
    lately: AtomicBool,
}

/// A request, until it is answered or given up.
struct Answering(Arc<Requests>);

impl Requests {
    fn begin(self: &Arc<Self>) -> Answering {
        self.lately.store(true, Ordering::Relaxed);
        self.going_on.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    /// Returns when for so long nothing was asked, and nothing is left to be answered or sent.
    async fn idle(&self, long: Duration, unsent: &Sending) {
        loop {
            sleep(long).await;
            let lately = self.lately.swap(false, Ordering::Relaxed);
            let going_on = self.going_on.load(Ordering::Relaxed) > 0;
            if !lately && !going_on && unsent.is_empty() {
                return;
            }
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.going_on.fetch_sub(1, Ordering::Relaxed);
    }
}
