//! Web service whose handlers share one client.
//!
//! A client is cheap to clone. The clones share the connections, and request the project of the API key only once.
//!
//! ```sh
//! cargo run --example async_app                                # on an offline platform, with a few requests of its own
//! MEM0_API_KEY=m0-… cargo run --example async_app -- --serve   # on the hosted platform
//! ```

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use mem0::{AsyncMemoryClient, ProjectFields, ProjectUpdate};
use serde_json::{Value, json};

type HandlerResult = Result<Json<Value>, (StatusCode, String)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = mem0_local::LocalPlatform::start()?;
    let client = match std::env::var_os("MEM0_API_KEY") {
        Some(_) => AsyncMemoryClient::from_env()?,
        None => platform.async_client()?,
    };

    let app = Router::new()
        .route("/settings", get(settings))
        .route("/decay/{setting}", put(set_decay))
        .with_state(client);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    if std::env::args().any(|argument| argument == "--serve") {
        println!("GET {url}/settings\nPUT {url}/decay/on\nStop with Ctrl-C.");
        return Ok(server.await??);
    }
    let mut requests = vec![("GET", "/settings"), ("PUT", "/decay/sometimes")];
    if std::env::var_os("MEM0_API_KEY").is_none() {
        requests.extend([("PUT", "/decay/on"), ("GET", "/settings")]);
    }
    let http = reqwest::Client::new();
    for (method, path) in requests {
        let response = http.request(method.parse()?, format!("{url}{path}")).send().await?;
        println!("{method} {path} → {} {}", response.status(), response.text().await?);
    }
    Ok(())
}

async fn settings(State(client): State<AsyncMemoryClient>) -> HandlerResult {
    let fields = ProjectFields::new().name().decay().custom_categories();
    let project = client.project().get_fields(fields).await.map_err(error_response)?;
    Ok(Json(json!({ "name": project.name, "decay": project.decay, "categories": project.custom_categories })))
}

async fn set_decay(State(client): State<AsyncMemoryClient>, Path(setting): Path<String>) -> HandlerResult {
    let decay = match setting.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err((StatusCode::BAD_REQUEST, "decay must be on or off".to_owned())),
    };
    let message = client.project().update(ProjectUpdate::new().decay(decay)).await.map_err(error_response)?;
    Ok(Json(json!({ "message": message.message })))
}

/// Converts an error of the SDK into a response. Its message is safe to pass on: it shows no API key and no e-mail address.
fn error_response(error: mem0::Error) -> (StatusCode, String) {
    let status = match error.status() {
        Some(_) if error.is_not_found() => StatusCode::NOT_FOUND,
        // Other error statuses concern the API key or the requests of this service, not its caller.
        Some(_) => StatusCode::BAD_GATEWAY,
        None if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
        None => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, error.to_string())
}
