//! Asking a person on /dev/tty: stdin is the stream of lines.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use il_core::member::{DecidedBy, Verdict};
use il_core::process::Program;
use il_core::say::Say;
use il_core::{environment, interrupt};

use crate::gate::{Decision, set, story, table, todo};
use crate::inputs::Inputs;
use crate::item::Item;

const HELP: &str = "  all       implement all of them
  none      implement none of them
  1 3-5     implement these
  s 2       show everything about number 2
  e         edit the list in $EDITOR
  q         leave them undecided (Ctrl-D does the same)
";

/// The terminal of the person who started us.
pub struct Terminal {
    file: File,
    pending: Vec<u8>,
}

/// What a person typed.
enum Typed {
    Line(String),
    End,
    Interrupted,
}

impl Terminal {
    /// The controlling terminal, if there is one.
    pub fn open() -> Option<Self> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        Some(Self { file, pending: Vec::new() })
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    /// The next line; wakes up to notice Ctrl-C.
    fn read_line(&mut self) -> io::Result<Typed> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Ok(Typed::Line(String::from_utf8_lossy(&line).trim().to_owned()));
            }
            if interrupt::requested() {
                return Ok(Typed::Interrupted);
            }
            if !self.is_ready()? {
                continue;
            }
            let mut chunk = [0; 1024];
            match self.file.read(&mut chunk) {
                Ok(0) => return Ok(Typed::End),
                Ok(read) => self.pending.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn is_ready(&self) -> io::Result<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut fds = [PollFd::new(&self.file, PollFlags::IN)];
        let wait = Timespec::try_from(Duration::from_millis(100)).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&wait)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Shows the table and takes orders until every proposed item has a verdict or the person leaves.
pub fn ask(
    terminal: &mut Terminal,
    items: &mut [Item],
    inputs: &Inputs,
    say: &Say,
) -> anyhow::Result<Decision> {
    // What was typed before the question is no answer to it.
    rustix::termios::tcflush(&terminal.file, rustix::termios::QueueSelector::IFlush)?;
    let text = table::table(items, say);
    terminal.print(&format!("{text}\n"))?;
    let proposed: Vec<usize> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.may_be_implemented())
        .map(|(index, _)| index)
        .collect();
    let count = proposed.len();
    loop {
        terminal.print(&format!(
            "Implement which? (all, none, numbers, s N, e, q, ?; at most {}) ",
            inputs.top
        ))?;
        let line = match terminal.read_line()? {
            Typed::Interrupted => {
                terminal.print("\n")?;
                return Ok(Decision::Interrupted);
            }
            Typed::End => return Ok(Decision::Done),
            Typed::Line(line) => line,
        };
        let verdicts = match order(&line, count) {
            Order::Verdicts(verdicts) => verdicts,
            Order::Edit => match edit(terminal, items, &proposed)? {
                Some(verdicts) => verdicts,
                None => continue,
            },
            Order::Show(number) => {
                terminal.print(&story::story(&items[proposed[number - 1]]))?;
                continue;
            }
            Order::Leave => return Ok(Decision::Done),
            Order::Help(why) => {
                terminal.print(&format!("{why}{HELP}"))?;
                continue;
            }
        };
        for (index, verdict) in proposed.iter().zip(verdicts) {
            let why = (verdict != Verdict::Accepted).then_some("not chosen at the gate");
            set(&mut items[*index], verdict, DecidedBy::Human, why);
        }
        return Ok(Decision::Done);
    }
}

/// What a line means.
#[derive(Debug, PartialEq)]
enum Order {
    Verdicts(Vec<Verdict>),
    Show(usize),
    Edit,
    Leave,
    Help(String),
}

fn order(line: &str, count: usize) -> Order {
    let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words[..] {
        [] | ["?" | "help" | "h"] => Order::Help(String::new()),
        ["all" | "a"] => Order::Verdicts(vec![Verdict::Accepted; count]),
        ["none" | "n"] => Order::Verdicts(vec![Verdict::Discarded; count]),
        ["e" | "edit"] => Order::Edit,
        ["q" | "quit"] => Order::Leave,
        ["s" | "show", number] => match number.parse() {
            Ok(number) if (1..=count).contains(&number) => Order::Show(number),
            _ => Order::Help(format!("expected a number from 1 to {count}, found `{number}`\n")),
        },
        _ => numbers(&words, count),
    }
}

fn numbers(words: &[&str], count: usize) -> Order {
    let mut verdicts = vec![Verdict::Discarded; count];
    for word in words {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first @ 1..), Ok(last)) if first <= last && last <= count => {
                verdicts[first - 1..last].fill(Verdict::Accepted);
            }
            _ => {
                return Order::Help(format!(
                    "expected numbers from 1 to {count}, found `{}`\n",
                    il_core::text::single_line(word, 20)
                ));
            }
        }
    }
    Order::Verdicts(verdicts)
}

/// Opens the list in an editor until it can be read; `None` when the editor failed.
fn edit(terminal: &mut Terminal, items: &[Item], proposed: &[usize]) -> anyhow::Result<Option<Vec<Verdict>>> {
    let shown: Vec<_> = proposed.iter().map(|index| &items[*index]).collect();
    let mut file = tempfile::Builder::new().prefix("il-triage-").suffix(".txt").tempfile()?;
    file.write_all(todo::text(&shown).as_bytes())?;
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(environment::var).unwrap_or_else(|| "vi".into());
    loop {
        // Through a shell, as git does: people set EDITOR="code --wait".
        let mut program =
            Program::new("sh")?.args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(file.path());
        for name in [
            "HOME",
            "TERM",
            "LANG",
            "LC_ALL",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "XDG_RUNTIME_DIR",
            "USER",
            "SHELL",
        ] {
            program = program.inherit(name);
        }
        let status = program.run_on_terminal()?;
        if !status.success() {
            terminal.print(&format!("the editor `{editor}` failed: nothing is decided\n"))?;
            return Ok(None);
        }
        match todo::parse(&std::fs::read_to_string(file.path())?, shown.len()) {
            Ok(verdicts) => return Ok(Some(verdicts)),
            Err(why) => {
                terminal.print(&format!("{why}\nEnter opens the editor again, q leaves the list: "))?;
                match terminal.read_line()? {
                    Typed::Line(line) if line != "q" => {}
                    _ => return Ok(None),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_choose() {
        let chosen = |line: &str| match order(line, 5) {
            Order::Verdicts(verdicts) => verdicts
                .iter()
                .enumerate()
                .filter(|(_, verdict)| **verdict == Verdict::Accepted)
                .map(|(index, _)| index + 1)
                .collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(chosen("1 3-5"), [1, 3, 4, 5]);
        assert_eq!(chosen("2,4"), [2, 4]);
        assert_eq!(chosen("all"), [1, 2, 3, 4, 5]);
        assert_eq!(chosen("none"), [0; 0]);
    }

    #[test]
    fn an_empty_line_or_a_mistake_decides_nothing() {
        for line in ["", "6", "0", "1-9", "3-1", "s 9", "yes", "-1"] {
            assert!(matches!(order(line, 5), Order::Help(_)), "{line}");
        }
    }
}
