//! `openapi auth|order|payment`: the document, without running anything.

use crate::args::{OpenApi, OpenApiOf};
use crate::exit::{Failure, Outcome};
use crate::print::Printer;

pub(crate) fn run(args: OpenApi, printer: Printer) -> Outcome {
    let document = match args.service {
        OpenApiOf::Auth => auth::openapi(),
        OpenApiOf::Order => order::openapi(),
        OpenApiOf::Payment => payment::openapi(),
    };
    let text = document.to_pretty_json().map_err(|error| Failure::internal(error.to_string()))?;
    Ok(printer.text(&text)?)
}
