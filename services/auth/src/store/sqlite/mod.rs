mod erasure;
mod revocation;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use ::store::{NewWork, Sqlite, SqliteQueue, StoreError, StoreResult, WorkQueue, WorkTable};
use api::auth::Revocation;
use async_trait::async_trait;
use domain::{CustomerId, Email, ErasureId, Page, Role, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use rusqlite_migration::{M, Migrations};
use uuid::Uuid;

use super::{AuthStore, Inserted, KeyInserted, Persons, StoredKey};
use crate::cpf::{CpfDigest, SealedCpf};
use crate::erasure::{Erasure, Place};
use crate::password::PasswordText;
use crate::person::Person;

/// An id is its 16 bytes, a time its milliseconds. The primary key of persons runs with time, so newest first is a walk.
const PERSONS: &str = "
    CREATE TABLE person (
        id          BLOB PRIMARY KEY CHECK (length(id) = 16),
        role        TEXT NOT NULL,
        name        TEXT,
        email       TEXT UNIQUE,
        cpf_lookup  BLOB UNIQUE CHECK (length(cpf_lookup) = 32),
        cpf_sealed  BLOB,
        password    TEXT,
        created_at  INTEGER NOT NULL,
        CHECK ((cpf_lookup IS NULL) = (cpf_sealed IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX person_role ON person (role);
    CREATE TABLE signing_key (
        seq         INTEGER PRIMARY KEY,
        kid         TEXT NOT NULL UNIQUE,
        public      BLOB NOT NULL,
        wrapped     BLOB NOT NULL,
        created_at  INTEGER NOT NULL,
        signs_from  INTEGER NOT NULL,
        retired_at  INTEGER
    ) STRICT;";

/// `customer_id` goes when the erasure is done; what stays says nothing of a person.
///
/// The first statement fails on the file of another service at the same version, which then stays as it is.
const REVOCATIONS: &str = "
    DELETE FROM person WHERE false;
    CREATE TABLE revoked_token (
        jti         TEXT PRIMARY KEY,
        exp         INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE revoked_subject (
        sub         TEXT PRIMARY KEY,
        before      INTEGER NOT NULL,
        exp         INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE erasure (
        id           BLOB PRIMARY KEY CHECK (length(id) = 16),
        customer_id  BLOB UNIQUE CHECK (length(customer_id) = 16),
        requested_at INTEGER NOT NULL,
        completed_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE erased (
        erasure_id   BLOB NOT NULL REFERENCES erasure (id),
        place        TEXT NOT NULL,
        records      INTEGER NOT NULL,
        erased_at    INTEGER NOT NULL,
        PRIMARY KEY (erasure_id, place)
    ) STRICT, WITHOUT ROWID;";

const OUTBOX: WorkTable = WorkTable::new("outbox");

static SECOND: LazyLock<String> = LazyLock::new(|| [REVOCATIONS, &WorkTable::create_sql("outbox")].concat());

/// Every step from an empty file to the current schema.
fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(PERSONS), M::up(SECOND.as_str())])
}

const PERSON: &str = "id, role, name, email, cpf_lookup, cpf_sealed, password, created_at";

/// The auth service's database on SQLite.
pub(crate) struct SqliteAuth(pub(super) Sqlite);

impl SqliteAuth {
    /// Opens or creates the database.
    pub(crate) fn open(path: &Path) -> StoreResult<Self> {
        Sqlite::open(path, migrations()).map(SqliteAuth)
    }

    async fn one(&self, sql: String, key: impl rusqlite::ToSql + Send + 'static) -> StoreResult<Option<Person>> {
        self.0
            .read(move |c| match c.prepare_cached(&sql)?.query_row([key], raw).optional()? {
                Some(raw) => raw.person().map(Some),
                None => Ok(None),
            })
            .await
    }
}

/// A row of `person` before its texts are believed.
struct RawPerson {
    id: Uuid,
    role: String,
    name: Option<String>,
    email: Option<String>,
    cpf: Option<([u8; 32], Vec<u8>)>,
    password: Option<String>,
    created_at: i64,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawPerson> {
    let lookup: Option<[u8; 32]> = row.get(4)?;
    let sealed: Option<Vec<u8>> = row.get(5)?;
    Ok(RawPerson {
        id: Uuid::from_bytes(row.get(0)?),
        role: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        cpf: lookup.zip(sealed),
        password: row.get(6)?,
        created_at: row.get(7)?,
    })
}

impl RawPerson {
    fn person(self) -> StoreResult<Person> {
        let corrupt = |what: &str| StoreError::corrupt(what, self.id);
        Ok(Person {
            id: CustomerId::from_uuid(self.id),
            role: self.role.parse().map_err(|_| corrupt("the role of a person"))?,
            name: self.name,
            email: self.email.map(|text| text.parse()).transpose().map_err(|_| corrupt("the e-mail of a person"))?,
            cpf: self.cpf.map(|(lookup, sealed)| SealedCpf { lookup: CpfDigest(lookup), sealed }),
            password: self.password.map(PasswordText::from_stored),
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// Both questions are asked before storing, so that one refusal can name both.
fn taken(c: &Connection, person: &Person) -> rusqlite::Result<Inserted> {
    let email = match &person.email {
        Some(email) => c.prepare_cached("SELECT 1 FROM person WHERE email = ?1")?.exists([email.as_str()])?,
        None => false,
    };
    let cpf = match &person.cpf {
        Some(cpf) => c.prepare_cached("SELECT 1 FROM person WHERE cpf_lookup = ?1")?.exists([cpf.lookup.0])?,
        None => false,
    };
    Ok(if email || cpf { Inserted::Taken { email, cpf } } else { Inserted::New })
}

fn insert(c: &Connection, person: &Person) -> rusqlite::Result<()> {
    c.prepare_cached(
        "INSERT INTO person (id, role, name, email, cpf_lookup, cpf_sealed, password, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        person.id.uuid().into_bytes(),
        person.role.as_str(),
        person.name,
        person.email.as_ref().map(Email::as_str),
        person.cpf.as_ref().map(|cpf| cpf.lookup.0),
        person.cpf.as_ref().map(|cpf| cpf.sealed.as_slice()),
        person.password.as_ref().map(PasswordText::as_str),
        person.created_at.millis(),
    ])?;
    Ok(())
}

fn page_of(c: &Connection, only: Option<[u8; 16]>, page: Page) -> StoreResult<Persons> {
    let (filter, key) = match only {
        Some(id) => ("WHERE id = ?1", Some(id)),
        None => ("WHERE ?1 IS NULL", None),
    };
    let total = c
        .prepare_cached(&format!("SELECT count(*) FROM (SELECT 1 FROM person {filter} LIMIT ?2)"))?
        .query_row(params![key, Page::COUNT_CAP + 1], |row| row.get::<_, u32>(0))?;
    let sql = format!("SELECT {PERSON} FROM person {filter} ORDER BY id DESC LIMIT ?2 OFFSET ?3");
    let mut statement = c.prepare_cached(&sql)?;
    let items = statement.query_map(params![key, page.limit, page.skip], raw)?;
    let items =
        items.map(|row| row.map_err(StoreError::from).and_then(RawPerson::person)).collect::<StoreResult<_>>()?;
    Ok(Persons { items, total: total.into() })
}

fn key(row: &Row<'_>) -> rusqlite::Result<StoredKey> {
    Ok(StoredKey {
        seq: row.get(0)?,
        kid: row.get(1)?,
        public: row.get(2)?,
        wrapped: row.get(3)?,
        created_at: Timestamp::from_millis(row.get(4)?),
        signs_from: Timestamp::from_millis(row.get(5)?),
        retired_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
    })
}

#[async_trait]
impl AuthStore for SqliteAuth {
    async fn insert_person(&self, person: Person) -> StoreResult<Inserted> {
        self.0
            .write(move |c| {
                let answer = taken(c, &person)?;
                if answer == Inserted::New {
                    insert(c, &person)?;
                }
                Ok(answer)
            })
            .await
    }

    async fn person(&self, id: CustomerId) -> StoreResult<Option<Person>> {
        self.one(format!("SELECT {PERSON} FROM person WHERE id = ?1"), id.uuid().into_bytes()).await
    }

    async fn person_by_email(&self, email: &Email) -> StoreResult<Option<Person>> {
        self.one(format!("SELECT {PERSON} FROM person WHERE email = ?1"), email.as_str().to_owned()).await
    }

    async fn person_by_cpf(&self, cpf: CpfDigest) -> StoreResult<Option<Person>> {
        self.one(format!("SELECT {PERSON} FROM person WHERE cpf_lookup = ?1"), cpf.0).await
    }

    async fn persons(&self, only: Option<CustomerId>, page: Page) -> StoreResult<Persons> {
        self.0.read(move |c| page_of(c, only.map(|id| id.uuid().into_bytes()), page)).await
    }

    async fn replace_password(&self, id: CustomerId, old: &PasswordText, new: &PasswordText) -> StoreResult<bool> {
        let (old, new) = (old.clone(), new.clone());
        self.0
            .write(move |c| {
                let sql = "UPDATE person SET password = ?3 WHERE id = ?1 AND password = ?2";
                Ok(c.prepare_cached(sql)?.execute(params![id.uuid().into_bytes(), old.as_str(), new.as_str()])? == 1)
            })
            .await
    }

    async fn has_role(&self, role: Role) -> StoreResult<bool> {
        self.0
            .read(move |c| Ok(c.prepare_cached("SELECT 1 FROM person WHERE role = ?1")?.exists([role.as_str()])?))
            .await
    }

    async fn insert_key(&self, key: StoredKey) -> StoreResult<KeyInserted> {
        self.0
            .write(move |c| {
                let stored = c
                    .prepare_cached(
                        "INSERT INTO signing_key (seq, kid, public, wrapped, created_at, signs_from, retired_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (seq) DO NOTHING",
                    )?
                    .execute(params![
                        key.seq,
                        key.kid,
                        key.public,
                        key.wrapped,
                        key.created_at.millis(),
                        key.signs_from.millis(),
                        key.retired_at.map(Timestamp::millis),
                    ])?;
                Ok(if stored == 1 { KeyInserted::New } else { KeyInserted::Late })
            })
            .await
    }

    async fn keys(&self) -> StoreResult<Vec<StoredKey>> {
        self.0
            .read(|c| {
                let sql = "SELECT seq, kid, public, wrapped, created_at, signs_from, retired_at FROM signing_key ORDER BY seq";
                Ok(c.prepare_cached(sql)?.query_map([], key)?.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn retire_keys(&self, before: u32, at: Timestamp) -> StoreResult<()> {
        self.0
            .write(move |c| {
                let sql = "UPDATE signing_key SET retired_at = ?2 WHERE seq < ?1 AND coalesce(retired_at > ?2, 1)";
                c.prepare_cached(sql)?.execute(params![before, at.millis()])?;
                Ok(())
            })
            .await
    }

    async fn revoke(&self, revocation: Revocation) -> StoreResult<()> {
        self.0.write(move |c| Ok(revocation::insert(c, &revocation)?)).await
    }

    async fn revocations(&self, now: Timestamp) -> StoreResult<Vec<Revocation>> {
        self.0.read(move |c| Ok(revocation::living(c, now)?)).await
    }

    async fn prune_revocations(&self, now: Timestamp) -> StoreResult<()> {
        self.0.write(move |c| Ok(revocation::prune(c, now)?)).await
    }

    async fn begin_erasure(&self, erasure: Erasure, work: NewWork) -> StoreResult<ErasureId> {
        self.0.write(move |c| erasure::begin(c, &erasure, work)).await
    }

    async fn erasure(&self, id: ErasureId) -> StoreResult<Option<Erasure>> {
        self.0.read(move |c| erasure::find(c, id)).await
    }

    async fn note_erased(&self, id: ErasureId, place: Place, records: u32, at: Timestamp) -> StoreResult<()> {
        self.0.write(move |c| Ok(erasure::note(c, id, place, records, at)?)).await
    }

    async fn complete_erasure(&self, id: ErasureId, at: Timestamp) -> StoreResult<()> {
        self.0.write(move |c| Ok(erasure::complete(c, id, at)?)).await
    }

    async fn delete_person(&self, id: CustomerId) -> StoreResult<bool> {
        self.0
            .write(move |c| {
                let sql = "DELETE FROM person WHERE id = ?1";
                Ok(c.prepare_cached(sql)?.execute([id.uuid().into_bytes()])? == 1)
            })
            .await
    }

    async fn purge(&self) -> StoreResult<()> {
        self.0.truncate_wal().await
    }

    fn outbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(SqliteQueue::new(self.0.clone(), OUTBOX))
    }

    async fn release_leases(&self) -> StoreResult<()> {
        self.0.write(|c| OUTBOX.release_leases(c).map(|_| ())).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.0.ping().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
