//! Web service whose handlers share one client.
//!
//! A client is cheap to clone. The clones share the connections, and request the project of the API key only once.
//!
//! ```sh
//! cargo run --example async_app                      # on an offline platform, with a few requests of its own
//! MEM0_API_KEY=m0-… cargo run --example async_app    # on the hosted platform, until Ctrl-C
//! ```

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use mem0::projects::Project;
use mem0::{AsyncMemoryClient, Error, ProjectFields, ProjectUpdate};

type HandlerResult<V> = Result<V, (StatusCode, String)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    if std::env::var_os("MEM0_API_KEY").is_some() {
        println!("GET {url}/settings\nPUT {url}/decay/true");
        return Ok(axum::serve(listener, app(AsyncMemoryClient::from_env()?)).await?);
    }
    let platform = mem0_local::LocalPlatform::start()?;
    let app = app(platform.async_client()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    for (method, path) in [("GET", "/settings"), ("PUT", "/decay/true"), ("GET", "/settings")] {
        let request = reqwest::Client::new().request(method.parse()?, format!("{url}{path}"));
        let response = request.send().await?;
        println!("{method} {path} → {} {}", response.status(), response.text().await?);
    }
    Ok(())
}

fn app(client: AsyncMemoryClient) -> Router {
    let router = Router::new().route("/settings", get(settings)).route("/decay/{on}", put(set_decay));
    router.with_state(client)
}

async fn settings(State(client): State<AsyncMemoryClient>) -> HandlerResult<Json<Project>> {
    let fields = ProjectFields::new().name().decay().custom_categories();
    client.project().get_fields(fields).await.map(Json).map_err(error_response)
}

async fn set_decay(State(client): State<AsyncMemoryClient>, Path(on): Path<bool>) -> HandlerResult<()> {
    client.project().update(ProjectUpdate::new().decay(on)).await.map(drop).map_err(error_response)
}

/// Converts an error of the SDK into a response. Its message shows no API key and no e-mail address.
fn error_response(error: Error) -> (StatusCode, String) {
    // Other errors concern the API key or the requests of this service, not its caller.
    let status = if error.is_timeout() { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
    (status, error.to_string())
}
