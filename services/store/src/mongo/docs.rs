use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{self, Bson, Document, RawBsonRef, RawDocumentBuf};
use mongodb::options::{FindOneAndUpdateOptions, FindOptions, ReturnDocument, UpdateModifications, UpdateOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Duplicate, Mongo};
use crate::{StoreError, StoreResult};

/// The index that every collection has.
const ID_INDEX: &str = "_id_";

/// A collection of one service, with calls that end as [`Mongo::run`] says.
#[derive(Clone)]
pub struct Docs {
    mongo: Mongo,
    collection: Collection<RawDocumentBuf>,
    what: &'static str,
}

/// Which part of a list, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The order, as the database takes it.
    pub sort: Document,
    /// How many to pass over.
    pub skip: u32,
    /// How many at most; 0 means all.
    pub limit: u32,
    /// Which fields, if not all.
    pub only: Option<Document>,
}

/// A change of one document that is given back as it is then.
#[derive(Debug, Clone)]
pub struct Change {
    filter: Document,
    update: UpdateModifications,
    sort: Option<Document>,
    only: Option<Document>,
    upsert: bool,
}

impl Change {
    /// Changes the document that matches.
    pub fn new(filter: Document, update: impl Into<UpdateModifications>) -> Self {
        Change { filter, update: update.into(), sort: None, only: None, upsert: false }
    }

    /// The first of those that match, in this order.
    #[must_use]
    pub fn first_by(mut self, sort: Document) -> Self {
        self.sort = Some(sort);
        self
    }

    /// Gives back these fields only.
    #[must_use]
    pub fn only(mut self, fields: Document) -> Self {
        self.only = Some(fields);
        self
    }

    /// Makes the document if there is none.
    #[must_use]
    pub fn or_insert(mut self) -> Self {
        self.upsert = true;
        self
    }
}

impl Docs {
    pub(super) fn new(mongo: Mongo, collection: Collection<RawDocumentBuf>, what: &'static str) -> Self {
        Docs { mongo, collection, what }
    }

    /// The store that it belongs to.
    pub fn mongo(&self) -> &Mongo {
        &self.mongo
    }

    /// Its name in the database.
    pub fn name(&self) -> &str {
        self.collection.name()
    }

    /// The driver's collection, for what has no method here. Use it inside [`Mongo::run`] only.
    pub fn raw(&self) -> Collection<RawDocumentBuf> {
        self.collection.clone()
    }

    /// The document that matches.
    ///
    /// # Errors
    /// As [`Mongo::run`]; [`StoreError::Corrupt`] with its id when it cannot be read.
    pub async fn get<T: DeserializeOwned>(&self, filter: Document) -> StoreResult<Option<T>> {
        let collection = self.raw();
        let found = self.mongo.run(async move { collection.find_one(filter).await }).await?;
        found.map(|raw| self.read(&raw)).transpose()
    }

    /// The documents that match. One that cannot be read is left out, and the log says which.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn list<T: DeserializeOwned>(&self, filter: Document, part: Part) -> StoreResult<Vec<T>> {
        let readable = |raw: &RawDocumentBuf| {
            let left_out = |error: &StoreError| {
                tracing::error!(collection = self.collection.name(), ?error, "a document is left out");
            };
            self.read(raw).inspect_err(left_out).ok()
        };
        Ok(self.find(filter, part).await?.iter().filter_map(readable).collect())
    }

    /// Every document that matches, in this order, for small collections that are useless in part.
    ///
    /// # Errors
    /// As [`Docs::get`].
    pub async fn all<T: DeserializeOwned>(&self, filter: Document, sort: Document) -> StoreResult<Vec<T>> {
        let found = self.find(filter, Part { sort, ..Part::default() }).await?;
        found.iter().map(|raw| self.read(raw)).collect()
    }

    async fn find(&self, filter: Document, part: Part) -> StoreResult<Vec<RawDocumentBuf>> {
        let (collection, limit) = (self.raw(), self.mongo.call_timeout());
        let options = FindOptions::builder()
            .sort(part.sort)
            .skip(u64::from(part.skip))
            .limit(i64::from(part.limit))
            .projection(part.only)
            .max_time(limit)
            .build();
        self.mongo.run(async move { collection.find(filter).with_options(options).await?.try_collect().await }).await
    }

    /// How many match, counted no further than `cap`.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn count_to(&self, filter: Document, cap: u32) -> StoreResult<u32> {
        let (collection, limit) = (self.raw(), self.mongo.call_timeout());
        let count = async move { collection.count_documents(filter).limit(u64::from(cap)).max_time(limit).await };
        let found = self.mongo.run(count).await?;
        Ok(u32::try_from(found).unwrap_or(cap))
    }

    /// Stores a new document, whose `_id` the caller has made: an id that only this document can have, so that the insert
    /// may be repeated when its outcome is not known.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn insert<T: Serialize>(&self, document: &T) -> StoreResult<Result<(), Duplicate>> {
        let raw = bson::serialize_to_raw_document_buf(document).map_err(StoreError::internal)?;
        let write = || {
            let (collection, raw) = (self.raw(), raw.clone());
            async move { collection.insert_one(raw).await.map(|_| ()) }
        };
        self.mongo.run_twice(ID_INDEX, write).await
    }

    /// Stores a new document whose `_id` others may make as well. An insert of unknown outcome is
    /// [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn insert_named<T: Serialize>(&self, document: &T) -> StoreResult<Result<(), Duplicate>> {
        let raw = bson::serialize_to_raw_document_buf(document).map_err(StoreError::internal)?;
        let collection = self.raw();
        self.mongo.run_unique(async move { collection.insert_one(raw).await.map(|_| ()) }).await
    }

    /// Changes the one document that matches; whether there was one.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn update(
        &self,
        filter: Document,
        update: impl Into<UpdateModifications>,
    ) -> StoreResult<Result<bool, Duplicate>> {
        let (collection, update) = (self.raw(), update.into());
        self.mongo.run_unique(async move { Ok(collection.update_one(filter, update).await?.matched_count > 0) }).await
    }

    /// Changes the document that matches, or makes it; whether it was made. Two that make it at once are not an error:
    /// one changes what the other made.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn upsert(&self, filter: Document, update: impl Into<UpdateModifications>) -> StoreResult<bool> {
        let update = update.into();
        let upsert = || {
            let (collection, filter, update) = (self.raw(), filter.clone(), update.clone());
            async move {
                let options = UpdateOptions::builder().upsert(true).build();
                let result = collection.update_one(filter, update).with_options(options).await?;
                Ok(result.upserted_id.is_some())
            }
        };
        match self.mongo.run_unique(upsert()).await? {
            Ok(made) => Ok(made),
            Err(_) => self.mongo.run(upsert()).await,
        }
    }

    /// Changes every document that matches; how many changed.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn update_all(&self, filter: Document, update: impl Into<UpdateModifications>) -> StoreResult<u64> {
        let (collection, update) = (self.raw(), update.into());
        self.mongo.run(async move { Ok(collection.update_many(filter, update).await?.modified_count) }).await
    }

    /// Changes one document and gives it back; `None` when none matches.
    ///
    /// # Errors
    /// As [`Docs::get`].
    pub async fn change<T: DeserializeOwned>(&self, change: Change) -> StoreResult<Result<Option<T>, Duplicate>> {
        let collection = self.raw();
        let options = FindOneAndUpdateOptions::builder()
            .return_document(ReturnDocument::After)
            .upsert(change.upsert)
            .sort(change.sort)
            .projection(change.only)
            .build();
        let call =
            async move { collection.find_one_and_update(change.filter, change.update).with_options(options).await };
        match self.mongo.run_unique(call).await? {
            Ok(found) => Ok(Ok(found.map(|raw| self.read(&raw)).transpose()?)),
            Err(duplicate) => Ok(Err(duplicate)),
        }
    }

    /// Takes the document that matches away; whether there was one.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn delete(&self, filter: Document) -> StoreResult<bool> {
        let collection = self.raw();
        self.mongo.run(async move { Ok(collection.delete_one(filter).await?.deleted_count > 0) }).await
    }

    /// What a pipeline makes of the collection.
    ///
    /// # Errors
    /// As [`Mongo::run`]; [`StoreError::Internal`] when the answer is not what the pipeline should make.
    pub async fn aggregate<T: DeserializeOwned>(&self, pipeline: Vec<Document>) -> StoreResult<Vec<T>> {
        let (collection, limit) = (self.raw(), self.mongo.call_timeout());
        let found: Vec<Document> = self
            .mongo
            .run(async move { collection.aggregate(pipeline).max_time(limit).await?.try_collect().await })
            .await?;
        found.into_iter().map(|row| bson::deserialize_from_document(row).map_err(StoreError::internal)).collect()
    }

    /// A document as a value. Which field is wrong is told, and not what is in it.
    fn read<T: DeserializeOwned>(&self, raw: &RawDocumentBuf) -> StoreResult<T> {
        bson::deserialize_from_slice(raw.as_bytes()).map_err(|_| {
            let id = raw.get("_id").ok().flatten().map_or_else(|| "?".to_owned(), id_text);
            let place = bson::deserialize_from_slice::<Document>(raw.as_bytes())
                .ok()
                .and_then(|document| {
                    let value = bson::Deserializer::new(Bson::Document(document));
                    serde_path_to_error::deserialize::<_, T>(value).err()
                })
                .map(|error| format!(", at {}", error.path()));
            StoreError::corrupt(format!("{}{}", self.what, place.unwrap_or_default()), id)
        })
    }
}

fn id_text(id: RawBsonRef<'_>) -> String {
    match id {
        RawBsonRef::String(id) => id.to_owned(),
        RawBsonRef::Int32(id) => id.to_string(),
        RawBsonRef::Int64(id) => id.to_string(),
        RawBsonRef::ObjectId(id) => id.to_hex(),
        RawBsonRef::Binary(id) => match id.bytes.try_into().map(bson::Uuid::from_bytes) {
            Ok(id) => id.to_string(),
            Err(_) => "?".to_owned(),
        },
        _ => "?".to_owned(),
    }
}
