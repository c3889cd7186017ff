use std::collections::BTreeMap;
use std::sync::Arc;

use ::store::mongo::bson::spec::BinarySubtype;
use ::store::mongo::bson::{Binary, Document, doc};
use ::store::mongo::{ConnectOptions, Docs, Index, MongoQueue, Part, Schema};
use ::store::{Mongo, NewWork, StoreError, StoreResult, WorkQueue};
use api::auth::Revocation;
use async_trait::async_trait;
use domain::{CustomerId, Email, ErasureId, Page, Role, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AuthStore, Inserted, KeyInserted, Persons, StoredKey};
use crate::cpf::{CpfDigest, SealedCpf};
use crate::erasure::{Erased, Erasure, Place};
use crate::password::PasswordText;
use crate::person::Person;

const EMAIL: &str = "email";
const CPF: &str = "cpf";
/// The field of an erasure with its work.
const OUTBOX: &str = "outbox";

/// Many have no e-mail and no CPF, so the unique indexes hold only who has one.
fn schema() -> Schema {
    let persons = vec![
        Index::on(EMAIL, doc! { "email": 1 }).unique().only(doc! { "email": { "$exists": true } }),
        Index::on(CPF, doc! { "cpf_lookup": 1 }).unique().only(doc! { "cpf_lookup": { "$exists": true } }),
        Index::on("role", doc! { "role": 1 }),
    ];
    let keys = vec![Index::on("kid", doc! { "kid": 1 }).unique()];
    let revocations = vec![Index::on("exp", doc! { "exp": 1 })];
    let under_way = doc! { "customer_id": { "$exists": true } };
    let erasures = vec![
        Index::on("customer", doc! { "customer_id": 1 }).unique().only(under_way),
        MongoQueue::index_inside(OUTBOX, OUTBOX),
    ];
    let indexes =
        vec![("persons", persons), ("signing_keys", keys), ("revocations", revocations), ("erasures", erasures)];
    Schema { service: "auth", version: 2, indexes }
}

/// The auth service's database on MongoDB.
pub(crate) struct MongoAuth {
    mongo: Mongo,
    persons: Docs,
    keys: Docs,
    revocations: Docs,
    erasures: Docs,
}

impl MongoAuth {
    /// Connects and prepares the collections.
    pub(crate) async fn open(url: &str, options: &ConnectOptions) -> StoreResult<Self> {
        let mongo = Mongo::connect(url, options).await?;
        mongo.prepare(&schema()).await?;
        let persons = mongo.docs("auth", "persons", "a person");
        let keys = mongo.docs("auth", "signing_keys", "a signing key");
        let revocations = mongo.docs("auth", "revocations", "a revocation");
        let erasures = mongo.docs("auth", "erasures", "an erasure");
        Ok(MongoAuth { mongo, persons, keys, revocations, erasures })
    }

    async fn one(&self, filter: Document) -> StoreResult<Option<Person>> {
        self.persons.get::<PersonDoc>(filter).await?.map(PersonDoc::person).transpose()
    }

    async fn change_erasure(&self, filter: Document, update: Document) -> StoreResult<()> {
        let changed = self.erasures.update(filter, update).await?;
        changed.map(|_| ()).map_err(|taken| StoreError::internal(format!("unexpected duplicate in {}", taken.index)))
    }

    /// Who has what the new person should have, so that one refusal names both.
    async fn taken(&self, person: &PersonDoc, index: &str) -> StoreResult<Inserted> {
        let email = match &person.email {
            Some(email) => self.persons.count_to(doc! { "email": email }, 1).await? > 0,
            None => false,
        };
        let cpf = match &person.cpf_lookup {
            Some(lookup) => self.persons.count_to(doc! { "cpf_lookup": lookup.clone() }, 1).await? > 0,
            None => false,
        };
        Ok(Inserted::Taken { email: email || index == EMAIL, cpf: cpf || index == CPF })
    }
}

/// A revocation as stored: what it is about is its id.
#[derive(Deserialize)]
struct RevocationDoc {
    #[serde(rename = "_id")]
    about: About,
    #[serde(default)]
    before: i64,
    exp: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum About {
    Jti(String),
    Sub(String),
}

impl From<RevocationDoc> for Revocation {
    fn from(stored: RevocationDoc) -> Self {
        let RevocationDoc { about, before, exp } = stored;
        match about {
            About::Jti(jti) => Revocation::Token { jti, exp },
            About::Sub(sub) => Revocation::Subject { sub, before, exp },
        }
    }
}

/// An erasure as stored, without its work.
#[derive(Deserialize)]
struct ErasureDoc {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    customer_id: Option<String>,
    requested_at: i64,
    #[serde(default)]
    completed_at: Option<i64>,
    erased: BTreeMap<String, ErasedDoc>,
}

#[derive(Deserialize)]
struct ErasedDoc {
    records: i64,
    erased_at: i64,
}

impl ErasureDoc {
    fn erasure(self) -> StoreResult<Erasure> {
        let corrupt = |what: &str| StoreError::corrupt(what, &self.id);
        let mut erased = Vec::new();
        for (place, found) in &self.erased {
            erased.push(Erased {
                place: Place::parse(place).ok_or_else(|| corrupt("a place of an erasure"))?,
                records: u32::try_from(found.records).unwrap_or(0),
                erased_at: Timestamp::from_millis(found.erased_at),
            });
        }
        erased.sort_by_key(|erased| erased.place);
        let customer_id = self.customer_id.as_deref().map(str::parse).transpose();
        Ok(Erasure {
            id: self.id.parse().map_err(|_| corrupt("the id of an erasure"))?,
            customer_id: customer_id.map_err(|_| corrupt("the person of an erasure"))?,
            requested_at: Timestamp::from_millis(self.requested_at),
            completed_at: self.completed_at.map(Timestamp::from_millis),
            erased,
        })
    }
}

fn binary(bytes: &[u8]) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() }
}

/// A person as stored. Nothing that is none is written, so that no index holds it.
#[derive(Serialize, Deserialize)]
struct PersonDoc {
    #[serde(rename = "_id")]
    id: String,
    role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpf_lookup: Option<Binary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpf_sealed: Option<Binary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    created_at: i64,
}

impl From<&Person> for PersonDoc {
    fn from(person: &Person) -> Self {
        PersonDoc {
            id: person.id.to_string(),
            role: person.role.as_str().to_owned(),
            name: person.name.clone(),
            email: person.email.as_ref().map(|email| email.as_str().to_owned()),
            cpf_lookup: person.cpf.as_ref().map(|cpf| binary(&cpf.lookup.0)),
            cpf_sealed: person.cpf.as_ref().map(|cpf| binary(&cpf.sealed)),
            password: person.password.as_ref().map(|password| password.as_str().to_owned()),
            created_at: person.created_at.millis(),
        }
    }
}

impl PersonDoc {
    fn person(self) -> StoreResult<Person> {
        let corrupt = |what: &str| StoreError::corrupt(what, &self.id);
        let cpf = match (&self.cpf_lookup, &self.cpf_sealed) {
            (None, None) => None,
            (Some(lookup), Some(sealed)) => {
                let lookup = lookup.bytes.as_slice().try_into().map_err(|_| corrupt("the CPF of a person"))?;
                Some(SealedCpf { lookup: CpfDigest(lookup), sealed: sealed.bytes.clone() })
            }
            _ => return Err(corrupt("the CPF of a person")),
        };
        let email = self.email.as_deref().map(str::parse::<Email>).transpose();
        Ok(Person {
            id: self.id.parse().map_err(|_| corrupt("the id of a person"))?,
            role: self.role.parse().map_err(|_| corrupt("the role of a person"))?,
            email: email.map_err(|_| corrupt("the e-mail of a person"))?,
            cpf,
            name: self.name,
            password: self.password.map(PasswordText::from_stored),
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// A signing key as stored: its place in the line is its id.
#[derive(Serialize, Deserialize)]
struct KeyDoc {
    #[serde(rename = "_id")]
    seq: u32,
    kid: String,
    public: Binary,
    wrapped: Binary,
    created_at: i64,
    signs_from: i64,
    retired_at: Option<i64>,
}

impl From<&StoredKey> for KeyDoc {
    fn from(key: &StoredKey) -> Self {
        KeyDoc {
            seq: key.seq,
            kid: key.kid.clone(),
            public: binary(&key.public),
            wrapped: binary(&key.wrapped),
            created_at: key.created_at.millis(),
            signs_from: key.signs_from.millis(),
            retired_at: key.retired_at.map(Timestamp::millis),
        }
    }
}

impl From<KeyDoc> for StoredKey {
    fn from(key: KeyDoc) -> Self {
        StoredKey {
            seq: key.seq,
            kid: key.kid,
            public: key.public.bytes,
            wrapped: key.wrapped.bytes,
            created_at: Timestamp::from_millis(key.created_at),
            signs_from: Timestamp::from_millis(key.signs_from),
            retired_at: key.retired_at.map(Timestamp::from_millis),
        }
    }
}

#[async_trait]
impl AuthStore for MongoAuth {
    async fn insert_person(&self, person: Person) -> StoreResult<Inserted> {
        let person = PersonDoc::from(&person);
        match self.persons.insert(&person).await? {
            Ok(()) => Ok(Inserted::New),
            Err(taken) => self.taken(&person, &taken.index).await,
        }
    }

    async fn person(&self, id: CustomerId) -> StoreResult<Option<Person>> {
        self.one(doc! { "_id": id.to_string() }).await
    }

    async fn person_by_email(&self, email: &Email) -> StoreResult<Option<Person>> {
        self.one(doc! { "email": email.as_str() }).await
    }

    async fn person_by_cpf(&self, cpf: CpfDigest) -> StoreResult<Option<Person>> {
        self.one(doc! { "cpf_lookup": binary(&cpf.0) }).await
    }

    async fn persons(&self, only: Option<CustomerId>, page: Page) -> StoreResult<Persons> {
        let filter = only.map_or_else(|| doc! {}, |id| doc! { "_id": id.to_string() });
        let total = self.persons.count_to(filter.clone(), Page::COUNT_CAP + 1).await?;
        let part = Part { sort: doc! { "_id": -1 }, skip: page.skip, limit: page.limit, only: None };
        let found: Vec<PersonDoc> = self.persons.list(filter, part).await?;
        // One person that somebody damaged by hand does not hide the others.
        let readable = |person: PersonDoc| {
            person.person().inspect_err(|error| tracing::error!(%error, "a person is left out of the list")).ok()
        };
        Ok(Persons { items: found.into_iter().filter_map(readable).collect(), total: total.into() })
    }

    async fn replace_password(&self, id: CustomerId, old: &PasswordText, new: &PasswordText) -> StoreResult<bool> {
        let still = doc! { "_id": id.to_string(), "password": old.as_str() };
        let replaced = self.persons.update(still, doc! { "$set": { "password": new.as_str() } }).await?;
        replaced.map_err(|taken| StoreError::internal(format!("unexpected duplicate in {}", taken.index)))
    }

    async fn has_role(&self, role: Role) -> StoreResult<bool> {
        Ok(self.persons.count_to(doc! { "role": role.as_str() }, 1).await? > 0)
    }

    async fn insert_key(&self, key: StoredKey) -> StoreResult<KeyInserted> {
        // Others may make the same place in the line, so an insert of unknown outcome is not repeated.
        match self.keys.insert_named(&KeyDoc::from(&key)).await? {
            Ok(()) => Ok(KeyInserted::New),
            Err(taken) if taken.index == "_id_" => Ok(KeyInserted::Late),
            Err(taken) => Err(StoreError::internal(format!("two signing keys have the same {}", taken.index))),
        }
    }

    async fn keys(&self) -> StoreResult<Vec<StoredKey>> {
        // All of them or none: a token that a key left out has signed would be refused.
        let keys: Vec<KeyDoc> = self.keys.all(doc! {}, doc! { "_id": 1 }).await?;
        Ok(keys.into_iter().map(StoredKey::from).collect())
    }

    async fn retire_keys(&self, before: u32, at: Timestamp) -> StoreResult<()> {
        let open = vec![doc! { "retired_at": null }, doc! { "retired_at": { "$gt": at.millis() } }];
        let old = doc! { "_id": { "$lt": i64::from(before) }, "$or": open };
        self.keys.update_all(old, doc! { "$set": { "retired_at": at.millis() } }).await.map(|_| ())
    }

    async fn revoke(&self, revocation: Revocation) -> StoreResult<()> {
        let (id, times) = match revocation {
            Revocation::Token { jti, exp } => (doc! { "_id": { "jti": jti } }, doc! { "exp": exp }),
            Revocation::Subject { sub, before, exp } => {
                (doc! { "_id": { "sub": sub } }, doc! { "before": before, "exp": exp })
            }
        };
        self.revocations.upsert(id, doc! { "$max": times }).await.map(|_| ())
    }

    async fn revocations(&self, now: Timestamp) -> StoreResult<Vec<Revocation>> {
        // All of them or none: a token that one left out takes back would hold.
        let living = doc! { "exp": { "$not": { "$lte": now.seconds() } } };
        let found: Vec<RevocationDoc> = self.revocations.all(living, doc! { "_id": 1 }).await?;
        Ok(found.into_iter().map(Revocation::from).collect())
    }

    async fn prune_revocations(&self, now: Timestamp) -> StoreResult<()> {
        let (collection, over) = (self.revocations.raw(), doc! { "exp": { "$lte": now.seconds() } });
        self.mongo.run(async move { collection.delete_many(over).await.map(|_| ()) }).await
    }

    async fn begin_erasure(&self, erasure: Erasure, work: NewWork) -> StoreResult<ErasureId> {
        let (work, _) = MongoQueue::entries(&[work], true, erasure.requested_at)?;
        let customer = erasure.customer_id.map(|id| id.to_string());
        let document = doc! {
            "_id": erasure.id.to_string(), "customer_id": &customer,
            "requested_at": erasure.requested_at.millis(), "erased": {}, OUTBOX: work,
        };
        if self.erasures.insert(&document).await?.is_ok() {
            return Ok(erasure.id);
        }
        let under_way: Option<ErasureDoc> = self.erasures.get(doc! { "customer_id": customer }).await?;
        under_way
            .map(ErasureDoc::erasure)
            .transpose()?
            .map(|erasure| erasure.id)
            .ok_or_else(|| StoreError::unavailable("the erasure of this person ended just now"))
    }

    async fn erasure(&self, id: ErasureId) -> StoreResult<Option<Erasure>> {
        let found: Option<ErasureDoc> = self.erasures.get(doc! { "_id": id.to_string() }).await?;
        found.map(ErasureDoc::erasure).transpose()
    }

    async fn note_erased(&self, id: ErasureId, place: Place, records: u32, at: Timestamp) -> StoreResult<()> {
        let records = i64::from(records);
        let update = doc! {
            "$inc": { format!("erased.{}.records", place.as_str()): records },
            "$set": { format!("erased.{}.erased_at", place.as_str()): at.millis() },
        };
        self.change_erasure(doc! { "_id": id.to_string() }, update).await
    }

    async fn complete_erasure(&self, id: ErasureId, at: Timestamp) -> StoreResult<()> {
        let open = doc! { "_id": id.to_string(), "completed_at": { "$exists": false } };
        let update = doc! { "$set": { "completed_at": at.millis() }, "$unset": { "customer_id": "" } };
        self.change_erasure(open, update).await
    }

    async fn delete_person(&self, id: CustomerId) -> StoreResult<bool> {
        self.persons.delete(doc! { "_id": id.to_string() }).await
    }

    /// Nothing: no query finds what was erased; the server's journal and oplog let go of it as they age.
    async fn purge(&self) -> StoreResult<()> {
        Ok(())
    }

    fn outbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(MongoQueue::inside(self.erasures.clone(), OUTBOX))
    }

    /// Nothing: others work here too, and what a process held that was killed comes back when its leases end.
    async fn release_leases(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn ping(&self) -> StoreResult<()> {
        self.mongo.ping().await
    }

    async fn close(&self) {
        self.mongo.close().await;
    }
}
