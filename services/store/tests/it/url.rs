use std::path::PathBuf;

use store::{StoreUrl, StoreUrlError};

#[test]
fn a_url_names_a_file_or_a_server() {
    assert_eq!("sqlite:data/order.db".parse(), Ok(StoreUrl::Sqlite(PathBuf::from("data/order.db"))));
    assert_eq!("sqlite:/tmp/a b.db".parse::<StoreUrl>().unwrap().to_string(), "sqlite:/tmp/a b.db");
    for text in ["mongodb://localhost", "mongodb+srv://cluster.example/x", "mongodb://a:b@h1,h2:27017/x?replicaSet=r"] {
        assert_eq!(text.parse(), Ok(StoreUrl::Mongo(text.to_owned())));
    }
}

#[test]
fn anything_else_is_refused_with_its_reason() {
    for (text, why) in [
        ("", StoreUrlError::Scheme),
        ("postgres://ana:secret@host/db", StoreUrlError::Scheme),
        ("order.db", StoreUrlError::Scheme),
        ("sqlite:", StoreUrlError::NoPath),
        ("sqlite::memory:", StoreUrlError::InMemory),
        ("mongodb://", StoreUrlError::NoHost),
        ("mongodb://ana:secret@", StoreUrlError::NoHost),
        ("mongodb+srv:///db", StoreUrlError::NoHost),
    ] {
        let error = text.parse::<StoreUrl>().unwrap_err();
        assert_eq!(error, why, "{text}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn no_password_is_shown() {
    for (text, shown) in [
        ("mongodb://ana:s3cret@host:27017/lanchonete?authSource=admin", "mongodb://***@host:27017/lanchonete"),
        ("mongodb+srv://ana:s3cret/with?odd@signs@host/db", "mongodb+srv://***@host/db"),
        ("mongodb://host/db?tlsCertificateKeyFilePassword=s3cret", "mongodb://host/db"),
    ] {
        let url: StoreUrl = text.parse().unwrap();
        assert_eq!(url.to_string(), shown);
        assert_eq!(format!("{url:?}"), shown);
    }
}
