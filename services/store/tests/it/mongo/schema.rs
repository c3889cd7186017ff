use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::mongo::bson::{Document, doc};
use store::mongo::{Index, Schema};

use super::server::{Place, on_mongo};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Person {
    _id: String,
    name: Option<String>,
}

fn person(id: &str, name: Option<&str>) -> Person {
    Person { _id: id.to_owned(), name: name.map(str::to_owned) }
}

fn schema(version: u32) -> Schema {
    let by_name = Index::on("by_name", doc! { "name": 1 }).unique().only(doc! { "name": { "$type": "string" } });
    Schema { service: "auth", version, indexes: vec![("persons", vec![by_name])] }
}

async fn it_is_made_once_by_however_many(place: Place) {
    let mongo = place.connect().await;
    assert_eq!(mongo.check(&schema(1)).await.unwrap(), None);
    let schema = schema(1);
    for made in join_all((0..8).map(|_| mongo.prepare(&schema))).await {
        made.unwrap();
    }
    assert_eq!(mongo.check(&schema).await.unwrap(), Some(1));
    let persons = mongo.docs("auth", "persons", "a person");
    assert_eq!(persons.name(), "auth_persons");
    let collection = persons.raw();
    let names = mongo.run(async move { collection.list_index_names().await }).await.unwrap();
    assert_eq!(names, ["_id_", "by_name"]);
}

async fn what_is_unique_is_an_answer_that_names_it(place: Place) {
    let mongo = place.connect().await;
    mongo.prepare(&schema(1)).await.unwrap();
    let persons = mongo.docs("auth", "persons", "a person");
    persons.insert(&person("1", Some("ana"))).await.unwrap().unwrap();
    for nobody in ["2", "3"] {
        persons.insert(&person(nobody, None)).await.unwrap().unwrap();
    }
    let same = persons.insert(&person("4", Some("ana"))).await.unwrap().unwrap_err();
    assert_eq!(same.index, "by_name");
    let same = persons.insert(&person("1", None)).await.unwrap().unwrap_err();
    assert_eq!(same.index, "_id_");
    let renamed = persons.update(doc! { "_id": "2" }, doc! { "$set": { "name": "ana" } }).await.unwrap();
    assert_eq!(renamed.unwrap_err().index, "by_name");
}

async fn a_newer_one_is_refused(place: Place) {
    let mongo = place.connect().await;
    mongo.prepare(&schema(3)).await.unwrap();
    let refused = mongo.prepare(&schema(2)).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 3, known: 2 }), "{refused:?}");
    mongo.prepare(&schema(4)).await.unwrap();
    assert_eq!(mongo.check(&schema(4)).await.unwrap(), Some(4));
    let other = Schema { service: "order", ..schema(1) };
    mongo.prepare(&other).await.unwrap();
}

async fn a_damaged_version_is_told_and_not_overwritten(place: Place) {
    let mongo = place.connect().await;
    let meta = mongo.docs("auth", "meta", "a note");
    meta.insert(&doc! { "_id": "schema", "version": "one" }).await.unwrap().unwrap();
    let refused = mongo.prepare(&schema(1)).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Corrupt { id: Some(id), .. } if id == "schema"), "{refused:?}");
    let left: Document = meta.get(doc! {}).await.unwrap().unwrap();
    assert_eq!(left.get_str("version").unwrap(), "one");
}

async fn an_index_that_cannot_be_is_told(place: Place) {
    let mongo = place.connect().await;
    let persons = mongo.docs("auth", "persons", "a person");
    for id in ["1", "2"] {
        persons.insert(&person(id, Some("ana"))).await.unwrap().unwrap();
    }
    let refused = mongo.prepare(&schema(1)).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Corrupt { what, .. } if what.contains("auth_persons")), "{refused:?}");
    assert!(!format!("{refused:?}").contains("ana"));
    assert!(persons.delete(doc! { "_id": "2" }).await.unwrap());
    mongo.prepare(&schema(1)).await.unwrap();
    let changed = Index::on("by_name", doc! { "name": -1 });
    let refused = mongo.prepare(&Schema { indexes: vec![("persons", vec![changed])], ..schema(1) }).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Refused { why, .. } if why.contains("another index")), "{refused:?}");
}

on_mongo! {
    it_is_made_once_by_however_many,
    what_is_unique_is_an_answer_that_names_it,
    a_newer_one_is_refused,
    a_damaged_version_is_told_and_not_overwritten,
    an_index_that_cannot_be_is_told,
}
