//! One request and its answer, within a time and a size: connections, TLS, and what went wrong.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tki_storage::BoxError;
use tower_service::Service;

use super::builder::{BuildError, Versions};
use super::error::HttpError;

/// Largest answer that is not a record: an error, a version, what became of copies.
const MAX_TEXT: usize = 512 * 1024;

/// How long a connection is kept for the next call: less than the 30 seconds after which a server ends
/// it, since a write that leaves at that moment has an unknown outcome.
const IDLE: Duration = Duration::from_secs(20);

/// Largest headers of an answer.
const MAX_HEADERS: usize = 64 * 1024;

pub(super) type Connections = Client<InTime<HttpsConnector<HttpConnector>>, Full<Bytes>>;

/// A request that can be sent several times.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the server's address, with its slash.
    pub(super) path: String,
    /// What is sent, and its type.
    pub(super) body: Option<(&'static str, Bytes)>,
    /// The type of a good answer.
    pub(super) wants: &'static str,
    /// The most bytes of a good answer.
    pub(super) at_most: usize,
}

/// What came back, complete.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Without parameters, in lower case.
    pub(super) content_type: String,
    /// In whole seconds.
    pub(super) retry_after: Option<u64>,
    pub(super) location: Option<String>,
    pub(super) body: Bytes,
}

/// Why no answer came, and whether the request may have arrived.
#[derive(Debug)]
pub(super) enum Failed {
    /// It may have.
    Unanswered(HttpError),
    /// Not one byte of it has.
    Unsent(HttpError),
}

/// Sends requests to one server.
#[derive(Clone)]
pub(super) struct Transport {
    client: Connections,
    base: String,
    user_agent: HeaderValue,
    calling: Duration,
}

impl Transport {
    pub(super) const fn new(
        client: Connections,
        base: String,
        user_agent: HeaderValue,
        calling: Duration,
    ) -> Self {
        Self {
            client,
            base,
            user_agent,
            calling,
        }
    }

    /// Where the server is.
    pub(super) fn url(&self) -> &str {
        &self.base
    }

    /// Sends a request once and reads the whole answer.
    pub(super) async fn send(&self, call: &Call) -> Result<Answer, Failed> {
        let request = self.request(call).map_err(Failed::Unsent)?;
        match tokio::time::timeout(self.calling, self.exchange(request, call)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failed::Unanswered(HttpError::Late {
                seconds: self.calling.as_secs(),
            })),
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, HttpError> {
        let url = alloc::format!("{}{}", self.base, call.path);
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(url)
            .header(USER_AGENT, self.user_agent.clone())
            .header(ACCEPT, call.wants);
        let mut body = Bytes::new();
        if let Some((content_type, content)) = &call.body {
            request = request.header(CONTENT_TYPE, *content_type);
            body = content.clone();
        }
        request
            .body(Full::new(body))
            .map_err(|_| HttpError::Malformed {
                what: "the address of the request",
            })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, call: &Call) -> Result<Answer, Failed> {
        let response = self.client.request(request).await.map_err(|error| {
            if error.is_connect() {
                Failed::Unsent(HttpError::connecting(error))
            } else {
                Failed::Unanswered(HttpError::broken(error))
            }
        })?;
        let (head, body) = response.into_parts();
        let mut answer = Answer {
            status: head.status,
            content_type: content_type(&head.headers),
            retry_after: text(&head.headers, &RETRY_AFTER).and_then(|text| text.parse().ok()),
            location: text(&head.headers, &LOCATION).map(str::to_owned),
            body: Bytes::new(),
        };
        let is_good = head.status.is_success();
        if is_good && head.status != StatusCode::NO_CONTENT && answer.content_type != call.wants {
            // Somebody else's page: not worth reading.
            return Ok(answer);
        }
        // Step 7.1: up to a size, whatever length it names; and no redirect is followed anywhere.
        let at_most = if is_good { call.at_most } else { MAX_TEXT };
        let collected = Limited::new(body, at_most).collect().await;
        answer.body = collected
            .map_err(|error| {
                let error = if error.is::<LengthLimitError>() {
                    HttpError::TooLarge { limit: at_most }
                } else {
                    HttpError::broken(error)
                };
                Failed::Unanswered(error)
            })?
            .to_bytes();
        Ok(answer)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("base", &self.base)
            .field("calling", &self.calling)
            .finish_non_exhaustive()
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn content_type(headers: &HeaderMap) -> String {
    let whole = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let essence = whole.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// TLS with Mozilla's list of authorities and these, and HTTP/2 where the server offers it.
pub(super) fn tls(pem: &[u8]) -> Result<ClientConfig, BuildError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let known = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| BuildError::Roots)?;
        roots.add(certificate).map_err(|_| BuildError::Roots)?;
    }
    let has_some = pem.iter().any(|byte| !byte.is_ascii_whitespace());
    if has_some && roots.len() == known {
        return Err(BuildError::Roots);
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        // The provider has what the versions need; the error says when it has not.
        .map_err(|_| BuildError::Roots)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Connections to the server, kept for later calls.
pub(super) fn client(tls: ClientConfig, connecting: Duration, versions: Versions) -> Connections {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connecting));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .enable_http2()
        .wrap_connector(tcp);
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .http1_max_buf_size(MAX_HEADERS)
        .http2_only(versions == Versions::Two)
        .build(InTime {
            inner: connector,
            time: connecting,
        })
}

/// Makes connections, names and TLS included, within a time.
#[derive(Clone)]
pub(super) struct InTime<C> {
    inner: C,
    time: Duration,
}

impl<C> Service<Uri> for InTime<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Response: Send,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.time, self.inner.call(uri));
        let seconds = self.time.as_secs();
        Box::pin(async move {
            match connecting.await {
                Ok(connected) => connected.map_err(Into::into),
                Err(_) => Err(HttpError::Late { seconds }.into()),
            }
        })
    }
}
