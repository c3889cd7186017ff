use std::time::Duration;

use mongodb::IndexModel;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{IndexOptions, UpdateOptions};
use tokio::time::{Instant, sleep};

use super::fault::FaultKind;
use super::{Fault, Mongo};
use crate::{StoreError, StoreResult};

/// Where a service notes what is to be known of its collections.
const META: &str = "meta";
const VERSION: &str = "schema";
/// An index over a long history takes its time; what is late is finished by the server, and the next start finds it.
const SET_UP_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a start goes on with a server that was there and does not answer now.
const WAVERS_FOR: Duration = Duration::from_secs(30);
const AGAIN_AFTER: Duration = Duration::from_millis(500);
// Server error codes: IndexOptionsConflict and IndexKeySpecsConflict.
const OTHER_INDEX: [i32; 2] = [85, 86];

/// An index that a collection needs.
#[derive(Debug, Clone)]
pub struct Index {
    name: &'static str,
    keys: Document,
    unique: bool,
    only: Option<Document>,
}

impl Index {
    /// An index over these keys, as `createIndexes` names them. The name is what [`Duplicate`](super::Duplicate) tells.
    pub fn on(name: &'static str, keys: Document) -> Self {
        Index { name, keys, unique: false, only: None }
    }

    /// No two documents may have the same.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Holds only documents that match, so that it costs what they are and not the whole history.
    #[must_use]
    pub fn only(mut self, filter: Document) -> Self {
        self.only = Some(filter);
        self
    }

    fn model(&self) -> IndexModel {
        let options = IndexOptions::builder()
            .name(self.name.to_owned())
            .unique(self.unique.then_some(true))
            .partial_filter_expression(self.only.clone());
        IndexModel::builder().keys(self.keys.clone()).options(options.build()).build()
    }
}

/// What a service expects of its collections.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Whose collections; the beginning of their names.
    pub service: &'static str,
    /// Raised with every change that an older program must not meet.
    pub version: u32,
    /// The indexes of each collection.
    pub indexes: Vec<(&'static str, Vec<Index>)>,
}

impl Mongo {
    /// Creates the indexes that are missing and notes the schema's version. Any number of processes may do so at once, and
    /// again: a server that is gone for a moment does not end a start.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] when a later program wrote these collections; [`StoreError::Refused`] when our user may not
    /// write, or an index of that name is another one; [`StoreError::Corrupt`] when stored documents contradict a unique
    /// index.
    pub async fn prepare(&self, schema: &Schema) -> StoreResult<()> {
        let end = Instant::now() + WAVERS_FOR;
        loop {
            match self.prepare_once(schema).await {
                Err(error) if error.is_unavailable() && Instant::now() < end => {
                    tracing::warn!(store = self.shown(), ?error, "MongoDB went away while it was prepared");
                    sleep(AGAIN_AFTER).await;
                }
                ended => return ended,
            }
        }
    }

    async fn prepare_once(&self, schema: &Schema) -> StoreResult<()> {
        let found = self.check(schema).await?;
        for (collection, indexes) in &schema.indexes {
            let name = format!("{}_{collection}", schema.service);
            let collection = self.database().collection::<Document>(&name);
            let models: Vec<IndexModel> = indexes.iter().map(Index::model).collect();
            self.set_up(schema, &name, async move { collection.create_indexes(models).await.map(|_| ()) }).await?;
        }
        if found < Some(schema.version) {
            let name = format!("{}_{META}", schema.service);
            let meta = self.database().collection::<Document>(&name);
            let update = doc! { "$max": { "version": i64::from(schema.version) } };
            let note = async move {
                let upsert = UpdateOptions::builder().upsert(true).build();
                meta.update_one(doc! { "_id": VERSION }, update).with_options(upsert).await.map(|_| ())
            };
            self.set_up(schema, &name, note).await?;
        }
        Ok(())
    }

    /// Only looks whether we know these collections; tells the version, if one is noted.
    ///
    /// # Errors
    /// As [`Mongo::prepare`].
    pub async fn check(&self, schema: &Schema) -> StoreResult<Option<u32>> {
        let meta = self.database().collection::<Document>(&format!("{}_{META}", schema.service));
        let found = self.run_set_up(async move { meta.find_one(doc! { "_id": VERSION }).await }).await?;
        let found = found.map_err(|fault| self.refused(format!("{fault}, while the schema's version was read")))?;
        let Some(found) = found else { return Ok(None) };
        let version = match found.get("version") {
            Some(Bson::Int32(version)) => u32::try_from(*version).ok(),
            Some(Bson::Int64(version)) => u32::try_from(*version).ok(),
            _ => None,
        };
        let version = version.ok_or_else(|| StoreError::corrupt("the version of the schema", VERSION))?;
        if version > schema.version {
            return Err(StoreError::TooNew { found: version as usize, known: schema.version as usize });
        }
        Ok(Some(version))
    }

    fn refused(&self, why: String) -> StoreError {
        StoreError::Refused { store: self.shown().to_owned(), why }
    }

    async fn set_up(
        &self,
        schema: &Schema,
        collection: &str,
        call: impl Future<Output = mongodb::error::Result<()>> + Send + 'static,
    ) -> StoreResult<()> {
        match self.run_set_up(call).await? {
            Ok(()) => Ok(()),
            Err(fault) if fault.duplicate().is_some() => {
                let what = format!("documents of {collection} that must differ are the same");
                Err(StoreError::Corrupt { what, id: None })
            }
            Err(fault) if fault.code().is_some_and(|code| OTHER_INDEX.contains(&code)) => {
                let why = format!("{collection} has another index of a name that {} needs: drop it", schema.service);
                Err(self.refused(why))
            }
            Err(fault) => Err(self.refused(format!("{fault}, while {collection} was prepared"))),
        }
    }

    /// A call of the start. Missing rights are not waited out here.
    async fn run_set_up<T: Send + 'static>(
        &self,
        call: impl Future<Output = mongodb::error::Result<T>> + Send + 'static,
    ) -> StoreResult<Result<T, Fault>> {
        let call = async move {
            Ok(match call.await {
                Err(error) => match Fault::new(&error) {
                    fault if *fault.kind() == FaultKind::Away => return Err(error),
                    fault => Err(fault),
                },
                Ok(value) => Ok(value),
            })
        };
        self.run_within(SET_UP_TIMEOUT, call).await
    }
}
