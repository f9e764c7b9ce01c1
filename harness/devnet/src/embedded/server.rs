//! The devnet's HTTP routes. The devnet's own server accepts only the devnet's own handler.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, header};
use axum::routing::{get, post};
use starknet_devnet_server::rpc_handler::{handle, handle_socket};
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

use super::handler::Handler;

/// The longest body that is read, in bytes; a declaration has some 4 MB.
pub const LONGEST: usize = 16 * 1_024 * 1_024;

/// Returns the routes on which `handler` answers JSON-RPC, by HTTP and by WebSocket. A request is aborted
/// after `time`.
pub fn router(handler: Handler, time: Duration) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_headers([header::CONTENT_TYPE])
        .allow_methods([Method::GET, Method::POST]);
    Router::new()
        .route("/", post(handle::<Handler>))
        .route("/rpc", post(handle::<Handler>))
        .route("/ws", get(handle_socket::<Handler>))
        .with_state(handler)
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time))
        .layer(DefaultBodyLimit::max(LONGEST))
        .layer(cors)
}
