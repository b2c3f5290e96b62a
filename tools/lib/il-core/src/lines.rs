//! The rules of the stream.
//!
//! 1. Members that a tool does not own keep their text and their order;
//!    white space between members may go. Duplicate names are refused.
//! 2. Unknown members pass. Unknown values where safety depends on them are
//!    an error.
//! 3. One candidate line in, one line out, from triage on. A rejection is data
//!    with a reason, never a vanished line.
//! 4. A line that cannot be read is reported as `line N: member: expected,
//!    found`, goes whole to the rejects, is not passed on, and makes the exit
//!    code 1.
//! 5. Empty stdin is zero lines. A closed stdout starts nothing new and is not
//!    an error. Lines over 768 KiB and members over 64 KiB are refused.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Read as _, Seek as _, SeekFrom, Write};
use std::path::PathBuf;

use crate::exit::Exit;
use crate::line::{LINE_LIMIT, Line, LineError, too_long};
use crate::say::Say;

/// A line with the number it had on stdin, from 1.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// The number, from 1; 0 for a line that we made.
    pub number: usize,
    /// The line.
    pub line: Line,
}

/// Lines that cannot be used: nothing is lost. Held until it is known where they belong.
#[derive(Debug, Default)]
pub struct Rejects {
    path: Option<PathBuf>,
    held: Option<File>,
    count: usize,
    hinted: Vec<&'static str>,
}

impl Rejects {
    /// Rejects that will be appended to `path`, or shown whole on stderr without one.
    #[must_use]
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, ..Self::default() }
    }

    /// Where they belong, unless that was decided before.
    pub fn to(&mut self, path: Option<PathBuf>) {
        self.path = self.path.take().or(path);
    }

    /// How many lines were refused.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Hands over what is held. `Done`, or `Incomplete` once a line was refused.
    ///
    /// # Errors
    /// When the file cannot be written: then they are shown, so that nothing is lost.
    pub fn finish(&mut self, say: &mut Say) -> io::Result<Exit> {
        if let Some(mut held) = self.held.take() {
            held.seek(SeekFrom::Start(0))?;
            if let Err(error) = self.hand_over(&mut held, say) {
                held.seek(SeekFrom::Start(0))?;
                show(&mut held, say)?;
                return Err(error);
            }
        }
        Ok(if self.count == 0 { Exit::Done } else { Exit::Incomplete })
    }

    fn hand_over(&self, held: &mut File, say: &mut Say) -> io::Result<()> {
        let Some(path) = &self.path else { return show(held, say) };
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("rejects `{}`: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(named)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(named)?;
        // All programs of a pipe share the run's file.
        file.lock().map_err(named)?;
        io::copy(held, &mut file).map_err(named)?;
        Ok(())
    }

    /// Reports a line that was read but cannot be used, and keeps it.
    ///
    /// # Errors
    /// When it cannot be held.
    pub fn refuse(&mut self, say: &mut Say, line: &Numbered, error: &LineError) -> io::Result<()> {
        self.report(say, line.number, error);
        self.keep(line.line.original().as_bytes())?;
        self.keep(b"\n")
    }

    fn report(&mut self, say: &mut Say, number: usize, error: &LineError) {
        self.count += 1;
        say.error(&format!("line {number}: {error}"));
        if let Some(hint) = error.hint
            && !self.hinted.contains(&hint)
        {
            self.hinted.push(hint);
            say.hint(hint);
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.held.is_none() {
            self.held = Some(tempfile::tempfile()?);
        }
        self.held.as_mut().map_or(Ok(()), |held| held.write_all(bytes))
    }
}

fn show(held: &mut File, say: &mut Say) -> io::Result<()> {
    let mut chunk = [0; 64 * 1024];
    loop {
        match held.read(&mut chunk)? {
            0 => return Ok(()),
            read => say.raw(&chunk[..read]),
        }
    }
}

/// Reads lines from a stream and keeps what cannot be read.
pub struct Reader<R> {
    input: R,
    number: usize,
}

impl<R: BufRead> Reader<R> {
    /// Starts at line 1.
    pub fn new(input: R) -> Self {
        Self { input, number: 0 }
    }

    /// The next readable line; `None` at the end. Blank lines are skipped.
    ///
    /// # Errors
    /// When the input cannot be read or the rejects cannot be written.
    pub fn next(&mut self, rejects: &mut Rejects, say: &mut Say) -> io::Result<Option<Numbered>> {
        loop {
            let mut bytes = Vec::new();
            // One byte over the limit tells "too long" from "exactly the limit" (and a line feed).
            let limit = LINE_LIMIT as u64 + 2;
            let read = io::Read::take(&mut self.input, limit).read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let whole = bytes.last() == Some(&b'\n') || (bytes.len() as u64) < limit;
            if !whole {
                self.refuse_endless(&bytes, rejects, say)?;
                continue;
            }
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match parse(&bytes) {
                Ok(line) => {
                    return Ok(Some(Numbered { number: self.number, line }));
                }
                Err(error) => {
                    rejects.report(say, self.number, &error);
                    rejects.keep(bytes.trim_ascii_end())?;
                    rejects.keep(b"\n")?;
                }
            }
        }
    }

    /// Every readable line.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn all(mut self, rejects: &mut Rejects, say: &mut Say) -> io::Result<Vec<Numbered>> {
        let mut lines = Vec::new();
        while let Some(line) = self.next(rejects, say)? {
            lines.push(line);
        }
        Ok(lines)
    }

    /// Copies the rest of an overlong line to the rejects in bounded memory.
    fn refuse_endless(&mut self, head: &[u8], rejects: &mut Rejects, say: &mut Say) -> io::Result<()> {
        let mut length = head.len();
        rejects.keep(head)?;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            length += part.len();
            rejects.keep(part)?;
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        rejects.keep(b"\n")?;
        rejects.report(say, self.number, &too_long(length));
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<Line, LineError> {
    let text = std::str::from_utf8(bytes.trim_ascii_end()).map_err(|error| {
        LineError::new(
            "",
            "UTF-8 text",
            format!("byte 0x{:02x} at column {}", bytes[error.valid_up_to()], error.valid_up_to() + 1),
        )
    })?;
    // Some editors start a file with a byte order mark.
    Line::parse(text.trim_start_matches('\u{feff}').to_owned())
}

/// Writes lines; a reader that has gone is noted, not an error.
pub struct Writer<W> {
    output: W,
    closed: bool,
}

impl<W: Write> Writer<W> {
    /// A writer; slow tools call [`Writer::flush`] after each line.
    pub fn new(output: W) -> Self {
        Self { output, closed: false }
    }

    /// True once nobody reads any more: start nothing new.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes one line.
    ///
    /// # Errors
    /// Any error but a closed pipe.
    pub fn write(&mut self, line: &Line) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = writeln!(self.output, "{line}");
        self.note_closed(result)
    }

    /// Hands over what was written.
    ///
    /// # Errors
    /// Any error but a closed pipe.
    pub fn flush(&mut self) -> io::Result<()> {
        let result = self.output.flush();
        self.note_closed(result)
    }

    fn note_closed(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::{Color, Level};

    fn read(input: &[u8]) -> (Vec<usize>, usize, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r/rejects.ndjson");
        let mut rejects = Rejects::new(Some(path.clone()));
        let mut say = Say::stderr("test", Level::Quiet, Color::Never);
        let lines = Reader::new(input).all(&mut rejects, &mut say).unwrap();
        let refused = rejects.count();
        let exit = rejects.finish(&mut say).unwrap();
        assert_eq!(exit == Exit::Done, refused == 0);
        let numbers = lines.iter().map(|line| line.number).collect();
        (numbers, refused, std::fs::read(path).unwrap_or_default())
    }

    #[test]
    fn a_line_over_the_limit_is_kept_whole_and_the_next_is_read() {
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(2 * 1024 * 1024));
        let input = format!("{{}}\n{long}\n{{}}\n");
        let (numbers, refused, kept) = read(input.as_bytes());
        assert_eq!((numbers, refused), (vec![1, 3], 1));
        assert_eq!(kept, format!("{long}\n").into_bytes());
    }

    #[test]
    fn bytes_that_are_not_text_are_kept_as_they_are() {
        let (numbers, refused, kept) = read(b"\xff{}\n\n  \n{}");
        assert_eq!((numbers, refused), (vec![4], 1));
        assert_eq!(kept, b"\xff{}\n");
    }

    #[test]
    fn empty_input_is_zero_lines() {
        assert_eq!(read(b""), (vec![], 0, vec![]));
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_forgiven() {
        assert_eq!(read("\u{feff}{}\r\n{}\r\n".as_bytes()).0, [1, 2]);
    }

    #[test]
    fn a_closed_stdout_is_not_an_error() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = Writer::new(Gone);
        writer.write(&Line::empty()).unwrap();
        assert!(writer.is_closed());
    }
}
