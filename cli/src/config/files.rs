//! One SQLite file holds one service: the tables of two are in each other's way.

use std::path::{Path, PathBuf};

use store::StoreUrl;

use super::read::Reader;
use super::{Place, Service};

/// Notes each service whose file an earlier one has already.
pub(super) fn each_its_own(reader: &mut Reader<'_>, places: [(Service, &Place); 4]) {
    let files = places.map(|(service, place)| match &place.database {
        StoreUrl::Sqlite(path) => Some((service, identity(path))),
        StoreUrl::Mongo(_) => None,
    });
    let files: Vec<(Service, PathBuf)> = files.into_iter().flatten().collect();
    for (at, (service, file)) in files.iter().enumerate() {
        if let Some((first, _)) = files[..at].iter().find(|(_, taken)| taken == file) {
            let flags = [*first, *service].map(|service| format!("--{}-database", service.name()));
            reader.fault(
                &format!("{}.database", service.name()),
                format_args!(
                    "this is the file of {}, and an SQLite file holds one service: name two with {}, or none and a --data-dir",
                    first.name(),
                    flags.join(" and ")
                ),
            );
        }
    }
}

/// What the file is, however its path is written.
fn identity(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let in_its_directory = || Some(absolute.parent()?.canonicalize().ok()?.join(absolute.file_name()?));
    absolute.canonicalize().ok().or_else(in_its_directory).unwrap_or(absolute)
}
