//! `tki questions`: what answers can be given to, and what is bad about questions of one's own.

use serde::Serialize;
use tki::formats::answers::AnswerKind;
use tki::formats::questions::{self, Flaw, Question};

use crate::args::{Global, Questions};
use crate::describe::line;
use crate::error::Failure;
use crate::machine;
use crate::output::{Output, SCHEMA};

#[derive(Serialize)]
struct Catalogue {
    schema: u32,
    language: &'static str,
    questions: Vec<Entry>,
}

/// A question of the catalogue.
#[derive(Serialize)]
struct Entry {
    id: &'static str,
    text: &'static str,
    kind: &'static str,
    /// What an answer is typically worth.
    bits: u16,
    flaws: Vec<String>,
    why: &'static str,
}

/// What can be said of a question of one's own.
#[derive(Serialize)]
struct Own {
    schema: u32,
    kind: &'static str,
    bits: u16,
    flaws: Vec<String>,
}

/// `tki questions`. Needs no home.
pub(crate) fn run(global: &Global, arguments: &Questions) -> Result<(), Failure> {
    let output = Output::new(global);
    if let Some(own) = &arguments.check {
        return check(output, own, arguments.kind);
    }
    let language = arguments.language.unwrap_or_else(machine::language);
    let entries = Question::all().iter().map(|question| Entry {
        id: question.id,
        text: question.text(language),
        kind: question.kind.name(),
        bits: question.typical_bits,
        flaws: names(question.flaws),
        why: question.why,
    });
    let catalogue = Catalogue {
        schema: SCHEMA,
        language: language.code(),
        questions: entries.collect(),
    };
    output.result(&catalogue, &catalogue.text())
}

/// What is bad about a question of one's own.
fn check(output: Output, question: &str, kind: AnswerKind) -> Result<(), Failure> {
    let flaws = questions::lint(question);
    let own = Own {
        schema: SCHEMA,
        kind: kind.name(),
        bits: questions::typical_bits(kind, &flaws),
        flaws: names(&flaws),
    };
    let mut text = String::new();
    for flaw in &own.flaws {
        line(&mut text, format_args!("not a good question: {flaw}"));
    }
    if own.flaws.is_empty() {
        line(
            &mut text,
            format_args!("nothing bad is found in its words, which does not make it good"),
        );
    }
    let (kind, bits) = (own.kind, own.bits);
    line(
        &mut text,
        format_args!("an answer ({kind}) is counted as {bits} bits at most"),
    );
    output.result(&own, &text)
}

impl Catalogue {
    fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.questions {
            let Entry {
                id,
                text: asked,
                kind,
                bits,
                flaws,
                why,
            } = entry;
            line(&mut text, format_args!("{id} ({kind}, {bits} bits)"));
            line(&mut text, format_args!("  {asked}"));
            if flaws.is_empty() {
                line(&mut text, format_args!("  {why}"));
            } else {
                line(&mut text, format_args!("  not a good question: {why}"));
            }
        }
        text
    }
}

fn names(flaws: &[Flaw]) -> Vec<String> {
    flaws.iter().map(ToString::to_string).collect()
}
