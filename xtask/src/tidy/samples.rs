//! For each rule, texts that break it and texts that do not.

/// A small tree, and the number of faults that the rule finds in it.
pub(super) struct Sample {
    pub(super) rule: &'static str,
    pub(super) faults: usize,
    pub(super) files: &'static [(&'static str, &'static str)],
}

const fn bad(
    rule: &'static str,
    faults: usize,
    files: &'static [(&'static str, &'static str)],
) -> Sample {
    Sample {
        rule,
        faults,
        files,
    }
}

const fn good(rule: &'static str, files: &'static [(&'static str, &'static str)]) -> Sample {
    Sample {
        rule,
        faults: 0,
        files,
    }
}

/// All of them.
pub(super) fn samples() -> Vec<Sample> {
    let mut all = rust();
    all.extend(one_place());
    all.extend(one_file());
    all.extend(bare());
    all.extend(fuzzed());
    all.extend(secrets());
    all.extend(spec());
    all.extend(crates());
    all.extend(documents());
    all.extend(claims());
    all.extend(needs());
    all
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn rust() -> Vec<Sample> {
    vec![
        bad(
            "file-header",
            1,
            &[("crates/a/src/b.rs", "use core::fmt;\n")],
        ),
        bad(
            "file-header",
            1,
            &[(
                "crates/a/src/b.rs",
                "#![doc = include_str!(\"../README.md\")]\n",
            )],
        ),
        good("file-header", &[("crates/a/src/b.rs", "//! A sentence.\n")]),
        good(
            "file-header",
            &[(
                "crates/a/src/lib.rs",
                "#![doc = include_str!(\"../README.md\")]\n",
            )],
        ),
        bad(
            "bare-matches",
            1,
            &[(
                "crates/a/tests/it/b.rs",
                "fn f() { matches!(a, B { .. }); }",
            )],
        ),
        bad(
            "bare-matches",
            1,
            &[("crates/a/src/b.rs", "x();\n    matches!(\n a,\n B\n);\n")],
        ),
        good(
            "bare-matches",
            &[(
                "crates/a/src/b.rs",
                "// matches!(a, b);\nassert!(matches!(a, b));\n",
            )],
        ),
        good(
            "bare-matches",
            &[(
                "crates/a/src/b.rs",
                "fn f() -> bool {\n matches!(a, b)\n}\n",
            )],
        ),
        bad(
            "tests-that-test",
            1,
            &[(
                "crates/a/src/b.rs",
                concat!("#[should", "_panic]\nfn f() {}\n"),
            )],
        ),
        bad(
            "tests-that-test",
            1,
            &[(
                "crates/a/tests/b.rs",
                concat!("#[ign", "ore = \"slow\"]\nfn f() {}"),
            )],
        ),
        bad(
            "tests-that-test",
            1,
            &[(
                "crates/a/tests/b.rs",
                "#[cfg_attr(miri, ignore)]\nfn f() {}",
            )],
        ),
        bad(
            "tests-that-test",
            1,
            &[(
                "crates/a/src/b.rs",
                "/// ```rust,ignore\n/// f();\n/// ```\n",
            )],
        ),
        good(
            "tests-that-test",
            &[(
                "crates/a/src/b.rs",
                concat!("/// Not `#[ign", "ore]`.\nfn ignore(ignore: u8) {}"),
            )],
        ),
        bad(
            "tests-that-sleep",
            1,
            &[("crates/a/tests/it/b.rs", "std::thread::sleep(second);")],
        ),
        bad(
            "tests-that-sleep",
            1,
            &[(
                "crates/a/src/b.rs",
                "mod tests { f(tokio::time::sleep(s)) }",
            )],
        ),
        good(
            "tests-that-sleep",
            &[(
                "crates/a/src/b.rs",
                "fn wait() { std::thread::sleep(second) }",
            )],
        ),
        bad(
            "allow",
            1,
            &[("crates/a/src/b.rs", "#[allow(dead_code)]\nfn f() {}\n")],
        ),
        bad(
            "allow",
            2,
            &[(
                "crates/a/src/b.rs",
                "#![allow(a)]\n#[cfg_attr(b, allow(c))]\nfn f() {}\n",
            )],
        ),
        good(
            "allow",
            &[(
                "crates/a/src/b.rs",
                "// #[allow(a)]\n#[expect(a, reason = \"b\")]\nallow(1);\n",
            )],
        ),
        bad(
            "unfinished",
            1,
            &[("crates/a/src/b.rs", concat!("fn f() { to", "do!() }\n"))],
        ),
        bad(
            "unfinished",
            1,
            &[("crates/a/src/b.rs", concat!("// TO", "DO: later.\n"))],
        ),
        good(
            "unfinished",
            &[("crates/a/src/b.rs", concat!("// TO", "DO(#12): later.\n"))],
        ),
    ]
}

fn one_place() -> Vec<Sample> {
    vec![
        bad(
            "one-codec",
            1,
            &[("crates/tki-metadata/src/wire.rs", "use bincode::Encode;\n")],
        ),
        good(
            "one-codec",
            &[
                ("crates/tki-metadata/src/codec.rs", "use bincode::Encode;\n"),
                (
                    "crates/tki-metadata/src/wire.rs",
                    "//! Never hash what bincode made.\n",
                ),
            ],
        ),
        bad(
            "one-quorum",
            1,
            &[(
                "crates/tki-engine/src/open.rs",
                "let s = tki_math::combine(&a, t)?;",
            )],
        ),
        bad(
            "one-quorum",
            1,
            &[("crates/tki-cli/src/a.rs", "let s = combine::<C>(&a, t)?;")],
        ),
        good(
            "one-quorum",
            &[
                (
                    "crates/tki-engine/src/quorum.rs",
                    "let s = combine(&a, t)?;",
                ),
                (
                    "crates/tki-engine/tests/it/attack.rs",
                    "let s = combine(&a, t)?;",
                ),
                ("crates/tki-math/src/combine.rs", "pub fn combine() {}"),
                (
                    "crates/tki-engine/src/open.rs",
                    "// combine(a)\nlet combine = 1;",
                ),
            ],
        ),
    ]
}

fn one_file() -> Vec<Sample> {
    vec![
        bad(
            "one-unsafe",
            1,
            &[("fuzz/src/a.rs", "fn f() { unsafe { g() } }")],
        ),
        good(
            "one-unsafe",
            &[
                ("xtask/taint/src/requests.rs", "fn f() { unsafe { g() } }"),
                ("xtask/src/a.rs", "// unsafe\nconst A: &str = \"unsafe\";"),
            ],
        ),
        bad(
            "vector-readers",
            1,
            &[("crates/tki-record/tests/it/a.rs", "var(\"TKI_VECTORS\")")],
        ),
        good(
            "vector-readers",
            &[(
                "crates/tki-seal/tests/it/vectors.rs",
                "var(\"TKI_VECTORS\")",
            )],
        ),
    ]
}

fn bare() -> Vec<Sample> {
    vec![
        bad(
            "bare-crates",
            1,
            &[("crates/a/src/lib.rs", "//! A.\n#![no_std]\n")],
        ),
        good(
            "bare-crates",
            &[
                ("crates/tki-math/src/lib.rs", "//! A.\n#![no_std]\n"),
                ("crates/a/src/lib.rs", "//! A.\n"),
            ],
        ),
    ]
}

fn fuzzed() -> Vec<Sample> {
    const DECODER: (&str, &str) = (
        "crates/a/src/b.rs",
        "impl Key {\n    pub fn decode(a: &[u8]) -> Option<Self> {}\n}\n",
    );
    vec![
        bad("fuzzed", 1, &[DECODER]),
        good(
            "fuzzed",
            &[
                DECODER,
                (
                    "fuzz/src/b.rs",
                    "fn b(data: &[u8]) {\n    Key::<C>::decode(data);\n    PlainFile::new(a);\n    \
                     PassphraseFile::new(a);\n    LocalAnchor::open(a);\n    \
                     KeyringFile::new(a);\n    Secp256k1::uncompressed(a);\n    \
                     Answer::read(a);\n    LocalBlindEvaluator::open(a);\n}\n",
                ),
            ],
        ),
    ]
}

fn secrets() -> Vec<Sample> {
    const DERIVED: &str =
        "use zeroize::ZeroizeOnDrop;\n#[derive(Clone, ZeroizeOnDrop)]\npub struct Nonce {}\n";
    const IMPLEMENTED: &str =
        "pub enum Nonce<C> {}\nimpl<C: Curve> ZeroizeOnDrop for Nonce<C> {}\n";
    const GENERATED: &str = "macro_rules! secret { ($name:ident) => {\n#[derive(ZeroizeOnDrop)]\npub struct $name([u8; 32]);\n} }\nsecret! { Nonce }\nsecret!(#[doc] Salt);\n";
    const INSIDE: &str = "#[derive(ZeroizeOnDrop)]\npub(crate) struct Nonce {}\n";
    const PROOF: &str = "use tki_seal::{Key, Nonce};\nassert_not_impl_any!(Nonce: Copy, Debug);\n";
    vec![
        bad("secret-types", 1, &[("crates/a/src/b.rs", DERIVED)]),
        bad(
            "secret-types",
            1,
            &[
                ("crates/a/src/b.rs", IMPLEMENTED),
                (
                    "crates/a/tests/it/secret_types.rs",
                    "use tki_seal::{Key, Nonce};\nassert(Key);\n",
                ),
            ],
        ),
        good(
            "secret-types",
            &[
                ("crates/a/src/b.rs", DERIVED),
                ("crates/a/tests/it/secret_types.rs", PROOF),
            ],
        ),
        good(
            "secret-types",
            &[
                ("crates/a/src/b.rs", IMPLEMENTED),
                ("crates/a/tests/it/secret_types.rs", PROOF),
            ],
        ),
        bad("secret-types", 2, &[("crates/a/src/b.rs", GENERATED)]),
        good("secret-types", &[("crates/a/src/b.rs", INSIDE)]),
        bad("glossary", 1, &[("crates/a/src/b.rs", DERIVED)]),
        bad(
            "glossary",
            2,
            &[
                ("crates/a/src/b.rs", DERIVED),
                (
                    "docs/glossary.md",
                    "# Secret types\n\n- `Nonse`: a nonce\n\n# Others\n\n- `Nonce`\n",
                ),
            ],
        ),
        good(
            "glossary",
            &[
                ("crates/a/src/b.rs", DERIVED),
                (
                    "docs/glossary.md",
                    "# Secret types\n\n| type | crate |\n|---|---|\n| `Nonce` | `a` |\n",
                ),
            ],
        ),
    ]
}

fn spec() -> Vec<Sample> {
    const SPEC: &str =
        "# Box\n\nImplemented in: `crates/a/src/b.rs`.\n\n- Step 1.1: do.\n### Step 1.2. Do.\n";
    vec![
        bad(
            "spec-steps",
            1,
            &[
                ("docs/spec/a.md", SPEC),
                ("crates/a/src/b.rs", "// Step 1.1: do.\n"),
            ],
        ),
        bad(
            "spec-steps",
            1,
            &[
                ("docs/spec/a.md", SPEC),
                (
                    "crates/a/src/b.rs",
                    "// Step 1.1: do.\n// Step 1.2: do.\n// Step 1.3: do.\n",
                ),
            ],
        ),
        bad(
            "spec-steps",
            1,
            &[("crates/a/src/b.rs", "// Step 7: of nothing.\n")],
        ),
        bad(
            "spec-steps",
            1,
            &[("docs/spec/a.md", "# Box\n\n- Step 1.1: do.\n")],
        ),
        good(
            "spec-steps",
            &[
                ("docs/spec/a.md", SPEC),
                (
                    "crates/a/src/b.rs",
                    "// Step 1.1: do.\n    /// Step 1.2: do.\n",
                ),
                ("crates/a/src/c.rs", "// Steps are counted.\n"),
            ],
        ),
    ]
}

fn crates() -> Vec<Sample> {
    const MANIFEST: &str = "[package]\n\n[lints]\nworkspace = true\n";
    const INCLUDED: &str = "//! A sentence.\n#![doc = include_str!(\"../README.md\")]\n";
    vec![
        bad(
            "crate-manifest",
            1,
            &[("crates/a/Cargo.toml", "[package]\n")],
        ),
        bad(
            "crate-manifest",
            1,
            &[("crates/a/Cargo.toml", "[lints.rust]\nunused = \"allow\"\n")],
        ),
        bad(
            "crate-manifest",
            1,
            &[("Cargo.toml", "[patch.crates-io]\n")],
        ),
        good(
            "crate-manifest",
            &[
                ("crates/a/Cargo.toml", MANIFEST),
                ("Cargo.toml", "[workspace]\n"),
            ],
        ),
        bad(
            "crate-readme",
            2,
            &[
                ("crates/a/Cargo.toml", MANIFEST),
                ("crates/a/src/lib.rs", "//! A.\n"),
            ],
        ),
        good(
            "crate-readme",
            &[
                ("crates/a/Cargo.toml", MANIFEST),
                ("crates/a/README.md", "# a\n"),
                ("crates/a/src/lib.rs", INCLUDED),
            ],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn documents() -> Vec<Sample> {
    const SHOWN: &str = "# tki\n```rust\nlet a = 1;\n```\n";
    const TABLE: &str =
        "| threat | test |\n|---|---|\n| rollback | `crates/a/tests/it/b.rs::refused` |\n";
    vec![
        bad(
            "root-readme",
            1,
            &[
                ("README.md", SHOWN),
                ("crates/tki/README.md", "let a = 1;\n"),
            ],
        ),
        good(
            "root-readme",
            &[
                ("README.md", SHOWN),
                ("crates/tki/README.md", "```\nuse b;\nlet a = 1;\n```\n"),
            ],
        ),
        bad(
            "machine-path",
            1,
            &[("docs/a.md", concat!("It is in /ro", "ot/tki.\n"))],
        ),
        good("machine-path", &[("docs/a.md", "The root/framework.\n")]),
        bad(
            "local-link",
            2,
            &[("docs/a.md", "See [b](b.md) and [c](../../c.md).\n")],
        ),
        good(
            "local-link",
            &[
                (
                    "docs/a.md",
                    "See [b](b.md#part), [up](../docs), [web](https://e.org), [here](#part).\n",
                ),
                (
                    "docs/b.md",
                    "`[x](y.md)`, [`K`](crate::K)\n```text\n[x](y.md)\n```\n",
                ),
            ],
        ),
        bad(
            "anchors",
            2,
            &[
                ("docs/a.md", "See [b](b.md#other) and [here](#there).\n"),
                ("docs/b.md", "# Part\n"),
            ],
        ),
        good(
            "anchors",
            &[
                (
                    "docs/a.md",
                    "[b](b.md#3-a-part-of-it), [here](#here), [web](https://e.org#x), [c](c.rs#L1)\n## Here\n",
                ),
                ("docs/b.md", "# Part\n### 3. A `part` of it\n"),
                ("docs/c.rs", ""),
            ],
        ),
        bad(
            "book-index",
            1,
            &[("docs/README.md", "# Book\n"), ("docs/spec/a.md", "# A\n")],
        ),
        good(
            "book-index",
            &[
                ("docs/README.md", "- [A](spec/a.md)\n- [B](b/README.md)\n"),
                ("docs/spec/a.md", "# A\n"),
                ("docs/b/README.md", "[1](1.md)\n"),
                ("docs/b/1.md", "# 1\n"),
            ],
        ),
        bad("threat-tests", 1, &[("docs/threat-model.md", TABLE)]),
        bad(
            "threat-tests",
            1,
            &[("docs/threat-model.md", "| answer |\n|---|\n| works |\n")],
        ),
        bad(
            "threat-tests",
            1,
            &[(
                "docs/threat-model.md",
                "| threat | test |\n|---|---|\n| a | b |\n",
            )],
        ),
        bad(
            "threat-tests",
            1,
            &[
                ("docs/threat-model.md", TABLE),
                ("crates/a/tests/it/b.rs", "// #[test]\nfn refused() {}\n"),
            ],
        ),
        good(
            "threat-tests",
            &[
                ("docs/threat-model.md", TABLE),
                ("crates/a/tests/it/b.rs", "#[test]\nfn refused() {}\n"),
            ],
        ),
        good(
            "threat-tests",
            &[
                (
                    "docs/threat-model.md",
                    "| answer |\n|---|\n| works |\n\n| threat | test |\n|---|---|\n",
                ),
                ("crates/a/tests/it/b.rs", ""),
            ],
        ),
    ]
}

/// A row whose steps, code, tests and vectors are in these files.
const CLAIM: &str = "| claim | source | steps | code | tests | vectors |\n|---|---|---|---|---|---|\n\
    | it holds | Shamir 1979 | `docs/spec/a.md` 1, 2.1 | `crates/tki-math/src/a.rs` | `crates/tki-math/tests/it/a.rs::it_holds` | `crates/tki-math/tests/vectors/a-*.json` |\n";
const CLAIMED: (&str, &str) = ("docs/audit/claims.md", CLAIM);
const CLAIM_SPEC: (&str, &str) = (
    "docs/spec/a.md",
    "Implemented in: `crates/tki-math/src/a.rs`.\n\n- Step 1: one.\n- Step 2.1: two.\n",
);
const CLAIM_CODE: (&str, &str) = ("crates/tki-math/src/a.rs", "// Step 1: one.\n");
const CLAIM_TEST: (&str, &str) = (
    "crates/tki-math/tests/it/a.rs",
    "#[test]\nfn it_holds() {}\n",
);
const CLAIM_VECTOR: (&str, &str) = ("crates/tki-math/tests/vectors/a-b.json", "{}");

fn claims() -> Vec<Sample> {
    const WHOLE: &[(&str, &str)] = &[CLAIMED, CLAIM_SPEC, CLAIM_CODE, CLAIM_TEST, CLAIM_VECTOR];
    const NO_VECTORS: &[(&str, &str)] = &[CLAIMED, CLAIM_SPEC, CLAIM_CODE, CLAIM_TEST];
    const UNMARKED: &[(&str, &str)] = &[
        CLAIMED,
        CLAIM_SPEC,
        ("crates/tki-math/src/a.rs", "// Step 3: three.\n"),
        CLAIM_TEST,
        CLAIM_VECTOR,
    ];
    const UNCLAIMED: &[(&str, &str)] = &[
        CLAIMED,
        (
            "docs/spec/a.md",
            "Implemented in: `crates/tki-math/src/a.rs`.\n- Step 1: a.\n- Step 2.1: b.\n- Step 4: c.\n",
        ),
        CLAIM_CODE,
        CLAIM_TEST,
        CLAIM_VECTOR,
    ];
    vec![
        good("claims", WHOLE),
        bad("claims", 1, NO_VECTORS),
        bad("claims", 1, UNMARKED),
        bad("claims", 1, UNCLAIMED),
        // Neither step, no code, no test, no vectors.
        bad("claims", 4, &[CLAIMED]),
        bad("claims", 1, &[]),
    ]
}

fn needs() -> Vec<Sample> {
    const PAGE: &str = "docs/coverage-of-needs.md";
    const NEED: &str =
        "| id | need | tests |\n|---|---|---|\n| A1 | works | by `--use`: `a: b::works` |\n";
    const INNER: &str =
        "| id | need | tests |\n|---|---|---|\n| A1 | works | `a: b::tests::works` |\n";
    const PLAIN: &str = "| id | need | tests |\n|---|---|---|\n| A1 | works | it does |\n";
    const OPEN: &str = "| id | need | tests |\n|---|---|---|\n| A1 | works | not yet |\n";
    const TEST: &str = "#[test]\nfn works() {}\n";
    vec![
        good("needs", &[(PAGE, NEED), ("crates/a/tests/it/b.rs", TEST)]),
        good("needs", &[(PAGE, NEED), ("crates/a/src/b.rs", TEST)]),
        good("needs", &[(PAGE, INNER), ("crates/a/src/b.rs", TEST)]),
        good("needs", &[(PAGE, OPEN)]),
        bad("needs", 1, &[(PAGE, NEED)]),
        bad("needs", 1, &[(PAGE, PLAIN)]),
        bad(
            "needs",
            1,
            &[(PAGE, NEED), ("crates/a/tests/it/c.rs", TEST)],
        ),
        bad("needs", 1, &[]),
    ]
}
