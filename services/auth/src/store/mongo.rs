use ::store::mongo::bson::spec::BinarySubtype;
use ::store::mongo::bson::{Binary, doc};
use ::store::mongo::{ConnectOptions, Docs, Index, Part, Schema};
use ::store::{Mongo, StoreError, StoreResult};
use async_trait::async_trait;
use domain::{CustomerId, Email, Page, Role, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AuthStore, Inserted, KeyInserted, Persons, StoredKey};
use crate::cpf::{CpfDigest, SealedCpf};
use crate::password::PasswordText;
use crate::person::Person;

const EMAIL: &str = "email";
const CPF: &str = "cpf";

/// Many have no e-mail and no CPF, so the unique indexes hold only who has one.
fn schema() -> Schema {
    let persons = vec![
        Index::on(EMAIL, doc! { "email": 1 }).unique().only(doc! { "email": { "$exists": true } }),
        Index::on(CPF, doc! { "cpf_lookup": 1 }).unique().only(doc! { "cpf_lookup": { "$exists": true } }),
        Index::on("role", doc! { "role": 1 }),
    ];
    let keys = vec![Index::on("kid", doc! { "kid": 1 }).unique()];
    Schema { service: "auth", version: 1, indexes: vec![("persons", persons), ("signing_keys", keys)] }
}

/// The auth service's database on MongoDB.
pub(crate) struct MongoAuth {
    mongo: Mongo,
    persons: Docs,
    keys: Docs,
}

impl MongoAuth {
    /// Connects and prepares the collections.
    pub(crate) async fn open(url: &str, options: &ConnectOptions) -> StoreResult<Self> {
        let mongo = Mongo::connect(url, options).await?;
        mongo.prepare(&schema()).await?;
        let persons = mongo.docs("auth", "persons", "a person");
        let keys = mongo.docs("auth", "signing_keys", "a signing key");
        Ok(MongoAuth { mongo, persons, keys })
    }

    async fn one(&self, filter: ::store::mongo::bson::Document) -> StoreResult<Option<Person>> {
        self.persons.get::<PersonDoc>(filter).await?.map(PersonDoc::person).transpose()
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
        let keys: Vec<KeyDoc> = self.keys.all(doc! { "_id": 1 }).await?;
        Ok(keys.into_iter().map(StoredKey::from).collect())
    }

    async fn ping(&self) -> StoreResult<()> {
        self.mongo.ping().await
    }

    async fn close(&self) {
        self.mongo.close().await;
    }
}
