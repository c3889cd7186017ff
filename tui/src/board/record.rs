//! A board's life in a file, to show what went wrong to somebody else: every message with its time, one JSON line
//! each. Played back through the same `update` it gives the same screens. Names, comments, reasons and what was typed
//! are masked letter by letter, so that widths, line breaks and odd characters stay as they were.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::{Model, Msg};
use said::{Said, Start};

mod mask;
mod said;

pub use said::{RecordError, read};

/// How much is written at most, in bytes.
const MOST: usize = 64 << 20;
/// How many lines may wait for the disk.
const WAITING: usize = 1024;

/// Writes what happens to a board.
#[derive(Debug)]
pub struct Recorder {
    lines: Option<SyncSender<String>>,
    writer: Option<JoinHandle<()>>,
    fault: Arc<Mutex<Option<String>>>,
    written: usize,
}

impl Recorder {
    /// Begins a new file, which only its owner may read.
    ///
    /// # Errors
    /// When the file is there already or can't be made.
    pub fn new(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let (lines, queue) = sync_channel(WAITING);
        let fault = Arc::new(Mutex::new(None));
        let told = Arc::clone(&fault);
        let writer = std::thread::spawn(move || {
            if let Err(error) = write(file, &queue) {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        });
        Ok(Recorder { lines: Some(lines), writer: Some(writer), fault, written: 0 })
    }

    /// The board as it begins.
    pub fn begin(&mut self, model: &Model) {
        self.line(serde_json::to_string(&Start::new(model)));
    }

    /// A message before the board takes it in.
    pub fn note(&mut self, model: &Model, msg: &Msg) {
        if let Some(said) = Said::masked(model, msg) {
            self.line(serde_json::to_string(&said));
        }
    }

    fn line(&mut self, line: serde_json::Result<String>) {
        let Some(sender) = &self.lines else { return };
        let sent = line.map_err(|error| error.to_string()).and_then(|mut line| {
            line.push('\n');
            self.written = self.written.saturating_add(line.len());
            if self.written > MOST {
                return Err(format!("{} MiB", MOST >> 20));
            }
            sender.try_send(line).map_err(|error| match error {
                TrySendError::Full(_) => "the disk is too slow".to_owned(),
                TrySendError::Disconnected(_) => "the file is closed".to_owned(),
            })
        });
        if let Err(why) = sent {
            self.lines = None;
            self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        }
    }

    /// Why nothing is written any more; said once.
    pub fn fault(&mut self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Recorder {
    /// Waits for the last lines.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn write(file: std::fs::File, queue: &Receiver<String>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(line) = queue.recv() {
        file.write_all(line.as_bytes())?;
        // Whatever ends the program, what was recorded so far is there.
        file.flush()?;
    }
    file.flush()
}
