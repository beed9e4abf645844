//! Small scripted peers over real sockets (wiremock): the client as it is used against foreign systems.

use shakedown_client::{CallPolicy, Client, ClientOptions, Credentials, Page, Secret};
use shakedown_wire::{Clock, network};
use wiremock::matchers::{basic_auth, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::fake::repository;

fn client(server: &MockServer, credentials: Credentials) -> Client {
    let base = server.uri().parse().unwrap();
    let options =
        ClientOptions { credentials, policy: CallPolicy::patient(), ..ClientOptions::new(base, Clock::real_time()) };
    Client::new(network::client(&network::NetworkOptions::default()), options)
}

#[tokio::test]
async fn a_token_is_fetched_over_tcp() {
    let server = MockServer::start().await;
    let challenge = format!(r#"Bearer realm="{}/token",service="reg",scope="repository:lab/app:pull""#, server.uri());
    let list = serde_json::json!({"name": "lab/app", "tags": ["a"]});
    Mock::given(path("/v2/lab/app/tags/list"))
        .and(header("authorization", "Bearer right"))
        .respond_with(ResponseTemplate::new(200).set_body_json(list))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/v2/lab/app/tags/list"))
        .respond_with(ResponseTemplate::new(401).insert_header("www-authenticate", challenge.as_str()))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/token"))
        .and(query_param("scope", "repository:lab/app:pull"))
        .and(basic_auth("ann", "pw"))
        .respond_with(ResponseTemplate::new(200).set_body_json(serde_json::json!({"access_token": "right"})))
        .expect(1)
        .mount(&server)
        .await;
    let credentials = Credentials::Basic { username: "ann".into(), password: Secret::new("pw") };
    let outcome = client(&server, credentials).tags(&repository(), &Page::default()).await;
    assert_eq!(outcome.findings, []);
    assert_eq!(outcome.unwrap().entries, ["a"]);
}

#[tokio::test]
async fn a_gateways_page_is_named_by_its_title() {
    let server = MockServer::start().await;
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>";
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(403).set_body_raw(page, "text/html"))
        .mount(&server)
        .await;
    let outcome = client(&server, Credentials::Anonymous).start_upload(&repository()).await;
    let error = outcome.result.unwrap_err().to_string().replace(&server.uri(), "http://server");
    insta::assert_snapshot!(error, @r#"POST http://server/v2/lab/app/blobs/uploads/: 403 Forbidden, an HTML page titled "502 Bad Gateway""#);
}

#[tokio::test]
async fn retry_after_zero_is_tried_at_once() {
    let server = MockServer::start().await;
    Mock::given(path("/v2/"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "0"))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(path("/v2/"))
        .respond_with(ResponseTemplate::new(200).insert_header("docker-distribution-api-version", "registry/2.0"))
        .mount(&server)
        .await;
    let outcome = client(&server, Credentials::Anonymous).ping().await;
    assert_eq!(outcome.traces.len(), 3);
    assert_eq!(outcome.unwrap().api_version.as_deref(), Some("registry/2.0"));
}
