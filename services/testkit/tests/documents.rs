//! The OpenAPI documents of all services: complete, true to themselves, and pinned.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What succeeds without a word: there is nothing to say.
const BARE: [&str; 2] = ["/payments/webhook", "/revoke"];

/// What tells refusals as OAuth does (RFC 6749 §5.2).
const OAUTH: [&str; 2] = ["/token", "/revoke"];

/// The services whose callers write code against the document.
fn documents() -> Vec<(&'static str, Value)> {
    [("auth", auth::openapi()), ("order", order::openapi()), ("payment", payment::openapi())]
        .map(|(name, document)| (name, serde_json::to_value(document).unwrap()))
        .into()
}

/// Every operation with its name: `order GET /orders`.
fn operations() -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    for (service, document) in documents() {
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{service} {} {path}", method.to_uppercase());
                found.push((name, operation.clone(), document.clone()));
            }
        }
    }
    assert!(found.len() > 40, "only {} operations", found.len());
    found
}

/// One that a change of the contract has to change.
#[test]
fn the_documents_are_these() {
    for (service, mut document) in documents() {
        assert_eq!(document["openapi"], "3.1.0");
        document["info"]["version"] = "[version]".into();
        insta::assert_json_snapshot!(service, document);
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for (name, operation, document) in operations() {
        let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
        let (service, id) = (name.split(' ').next().unwrap(), text("operationId"));
        if text("summary").is_empty() {
            faults.push(format!("{name} has no summary"));
        }
        if id.is_empty() || !ids.insert(format!("{service} {id}")) {
            faults.push(format!("{name}: operationId {id:?} is missing or taken"));
        }
        let known: Vec<&Value> = document["tags"].as_array().into_iter().flatten().map(|tag| &tag["name"]).collect();
        match operation["tags"].as_array().map(Vec::as_slice) {
            Some([tag]) if known.contains(&tag) => {}
            tags => faults.push(format!("{name}: one tag that the document describes, not {tags:?}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_operation_lists_its_answers() {
    let faults: Vec<String> = operations().iter().flat_map(|(name, operation, _)| missing(name, operation)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn missing(name: &str, operation: &Value) -> Vec<String> {
    let answers = operation["responses"].as_object().unwrap();
    let mut faults = Vec::new();
    let mut needs = |status: &str, because: &str| {
        if !answers.contains_key(status) {
            faults.push(format!("{name} {because} but does not list {status}"));
        }
    };
    needs("default", "is an operation");
    if operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty()) {
        needs("401", "takes a token");
        needs("403", "takes a token");
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if parameters.iter().any(|parameter| parameter["in"] == "path") {
        needs("404", "names an object");
    }
    if let Some(body) = operation["requestBody"]["content"].as_object() {
        needs("413", "takes a body");
        if body.contains_key("application/json") {
            ["400", "415", "422"].iter().for_each(|status| needs(status, "takes JSON"));
        }
    }
    if !answers.keys().any(|status| status.starts_with('2')) {
        faults.push(format!("{name} never succeeds"));
    }
    let (kind, schema) = match OAUTH.iter().any(|path| name.ends_with(path)) {
        true => ("application/json", "#/components/schemas/OAuthError"),
        false => ("application/problem+json", "#/components/schemas/Problem"),
    };
    for (status, answer) in answers.iter().filter(|(status, _)| !status.starts_with(['2', '3'])) {
        if answer["content"][kind]["schema"]["$ref"] != schema && !name.ends_with("/ready") {
            faults.push(format!("{name} {status}: a refusal is {kind}"));
        }
    }
    if answers["default"]["content"][kind]["schema"]["$ref"] != schema {
        faults.push(format!("{name}: any other refusal is {kind}"));
    }
    for (status, answer) in answers {
        let bare = matches!(status.as_str(), "204" | "304") || BARE.iter().any(|path| name.ends_with(path));
        if answer["description"].as_str().unwrap_or_default().is_empty() {
            faults.push(format!("{name} {status}: no description"));
        }
        if !bare && answer["content"].as_object().is_none_or(Map::is_empty) {
            faults.push(format!("{name} {status}: no body is described"));
        }
    }
    faults
}

/// Every body that is JSON or a form has an example, and the example holds against its schema.
#[test]
fn every_body_has_an_example_that_holds() {
    let mut checked = 0;
    let mut faults = Vec::new();
    for (name, operation, document) in operations() {
        let answers = operation["responses"].as_object().unwrap();
        let answers = answers.iter().map(|(status, answer)| (status.as_str(), answer));
        for (place, body) in answers.chain([("request", &operation["requestBody"])]) {
            for (kind, content) in body["content"].as_object().into_iter().flatten() {
                if kind.contains("json") || kind.contains("form") {
                    let wrong = against(content, &document).into_iter();
                    faults.extend(wrong.map(|fault| format!("{name} {place} {kind}: {fault}")));
                    checked += 1;
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(checked > 200, "only {checked} bodies were looked at");
}

/// What the schema of a body has against its example.
fn against(content: &Value, document: &Value) -> Vec<String> {
    let Some(example) = content.get("example") else { return vec!["no example".to_owned()] };
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).unwrap();
    validator.iter_errors(example).map(|e| format!("{}: {e}", e.instance_path().as_str())).collect()
}
