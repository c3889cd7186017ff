//! Files with secrets belong to their owner alone.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::exit::{Failure, Outcome};

/// Anything for the group or for all.
pub(crate) const OTHERS: u32 = 0o077;

/// Refuses an open file that others may read.
pub(crate) fn check(path: &Path, file: &File) -> Outcome {
    let mode = file.metadata()?.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err(Failure::usage(format!("{shown} holds secrets and may be read by others (mode {:o})", mode & 0o777))
        .hint(format!("chmod 600 {shown}")))
}
