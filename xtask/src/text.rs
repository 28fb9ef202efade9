//! Reading Rust and markdown as text: enough for the checks, no more.

/// Rust text with its comments and the insides of its literals blanked, so that a search finds
/// code only. Lines and columns stay where they are.
pub(crate) fn code(text: &str) -> String {
    let mut scanner = Scanner {
        rest: text,
        code: String::with_capacity(text.len()),
    };
    while let Some(first) = scanner.rest.chars().next() {
        if scanner.rest.starts_with("//") {
            let end = scanner.rest.find('\n').unwrap_or(scanner.rest.len());
            scanner.blank(end);
        } else if scanner.rest.starts_with("/*") {
            scanner.blank(block_comment(scanner.rest));
        } else if let Some(length) = scanner.raw_string() {
            scanner.blank(length);
        } else if first == '"' {
            scanner.blank(string(scanner.rest));
        } else if first == '\'' {
            match character(scanner.rest) {
                Some(length) => scanner.blank(length),
                None => scanner.keep(first),
            }
        } else {
            scanner.keep(first);
        }
    }
    scanner.code
}

struct Scanner<'a> {
    rest: &'a str,
    code: String,
}

impl Scanner<'_> {
    fn keep(&mut self, character: char) {
        self.code.push(character);
        self.rest = self.rest.get(character.len_utf8()..).unwrap_or("");
    }

    fn blank(&mut self, length: usize) {
        let (gone, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        for character in gone.chars() {
            if character == '\n' {
                self.code.push('\n');
            } else {
                // As many bytes as before, so that positions hold in both texts.
                self.code
                    .extend(core::iter::repeat_n(' ', character.len_utf8()));
            }
        }
        self.rest = rest;
    }

    /// The length of the raw string that begins here, if one does.
    fn raw_string(&self) -> Option<usize> {
        if self.code.chars().next_back().is_some_and(is_word) {
            return None;
        }
        let unprefixed = self.rest.strip_prefix(['b', 'c']).unwrap_or(self.rest);
        let hashes_on = unprefixed.strip_prefix('r')?;
        let body = hashes_on.trim_start_matches('#').strip_prefix('"')?;
        let hashes = hashes_on.len().checked_sub(body.len())?.checked_sub(1)?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = body
            .find(&end)
            .map_or(body.len(), |at| at.saturating_add(end.len()));
        self.rest.len().checked_sub(body.len())?.checked_add(length)
    }
}

/// The length of the block comment at the start; block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    while let Some(rest) = text.get(at..) {
        let Some(next) = rest.chars().next() else {
            break;
        };
        let step = if rest.starts_with("/*") {
            depth = depth.saturating_add(1);
            2
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            2
        } else {
            next.len_utf8()
        };
        at = at.saturating_add(step);
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of the string literal at the start.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal at the start; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    let (_, first) = characters.next()?;
    if first == '\\' {
        characters.next()?;
        let (end, _) = characters.find(|(_, character)| *character == '\'')?;
        return end.checked_add(1);
    }
    let (end, quote) = characters.next()?;
    (quote == '\'').then_some(end.saturating_add(1))
}

/// Whether a name can hold this character.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where this word stands, as a whole word.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let after = text
                .get(at.saturating_add(word.len())..)
                .and_then(|text| text.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

/// What follows the first `length` bytes after `at`.
pub(crate) fn after(text: &str, at: usize, length: usize) -> &str {
    text.get(at.saturating_add(length)..).unwrap_or("")
}

/// What stands before `at`.
pub(crate) fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or("")
}

/// The name that a text begins with, after white space.
pub(crate) fn leading_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text
        .find(|character| !is_word(character))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

/// The number of the line that holds this position; lines count from 1.
pub(crate) fn line(text: &str, at: usize) -> usize {
    before(text, at).matches('\n').count().saturating_add(1)
}

/// The length of a bracketed text that begins at the start, brackets included; the text is code.
pub(crate) fn bracketed(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth = depth.checked_add(1)?,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return at.checked_add(character.len_utf8());
        }
    }
    None
}

/// Code without its inline test module, which stands last.
pub(crate) fn without_tests(code: &str) -> &str {
    code.find("mod tests {").map_or(code, |at| before(code, at))
}

/// The lines of a markdown text outside its fenced blocks, with their numbers.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1_usize..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    })
}

/// The fenced blocks of a markdown text: the line and language of each, and what is in it.
pub(crate) fn fences(text: &str) -> Vec<(usize, &str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    for (number, line) in (1_usize..).zip(text.lines()) {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((number, language.trim(), String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((number, language, mut body))) => {
                body.push_str(line);
                body.push('\n');
                open = Some((number, language, body));
            }
            (None, None) => {}
        }
    }
    blocks
}

/// A line of markdown without its `code` spans, and the spans.
pub(crate) fn spans(line: &str) -> (String, Vec<&str>) {
    let mut plain = String::new();
    let mut spans = Vec::new();
    for (position, part) in line.split('`').enumerate() {
        if position % 2 == 0 {
            plain.push_str(part);
        } else {
            spans.push(part);
        }
    }
    (plain, spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let code = code(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(
            code.split_whitespace().collect::<Vec<_>>().join(" "),
            expected
        );
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        check("a // b\nc", "a c");
        check("a /* b /* c */ d */ e", "a e");
        check(r#"a("b \" c", d)"#, "a( , d)");
        check("a(r#\"b \" c\"#, br\"d\", e)", "a( , , e)");
        check("a('b', '\\'', '\\u{41}', 'c d)", "a( , , , 'c d)");
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
        check("a(\"é\", b)", "a( , b)");
    }

    #[test]
    fn words_are_whole_words() {
        assert_eq!(
            words("seal sealed unseal seal_it seal", "seal").collect::<Vec<_>>(),
            [0, 27]
        );
    }

    #[test]
    fn brackets_match() {
        assert_eq!(bracketed("(a[b]{c}) d"), Some(9));
        assert_eq!(bracketed("(a"), None);
    }

    #[test]
    fn prose_is_what_is_not_fenced() {
        let text = "a\n```rust\nb\n```\nc\n";
        assert_eq!(prose(text).collect::<Vec<_>>(), [(1, "a"), (5, "c")]);
        assert_eq!(fences(text), [(2, "rust", "b\n".to_owned())]);
    }

    #[test]
    fn spans_are_taken_out() {
        assert_eq!(spans("a `b` c `d`"), ("a  c ".to_owned(), vec!["b", "d"]));
    }
}
