//! The workspace's manifest for some of its crates: what they do not use is left out.

use alloc::collections::BTreeSet;

/// The root manifest with these members only, the first one being what cargo takes unless it is
/// told otherwise, and with these keys of `workspace.dependencies`. A comment goes with what stands
/// below it.
pub(super) fn narrowed(text: &str, members: &[&str], used: &BTreeSet<String>) -> String {
    let mut kept = String::new();
    let mut comments = String::new();
    let mut section = "";
    for line in text.lines() {
        if line.starts_with('#') {
            comments.push_str(line);
            comments.push('\n');
            continue;
        }
        if line.starts_with('[') {
            section = line;
        }
        if is_kept(section, line, members, used) {
            kept.push_str(&comments);
            kept.push_str(&in_place_of(section, line, members));
            kept.push('\n');
        }
        comments.clear();
    }
    // What was left out leaves more than one empty line behind.
    while kept.contains("\n\n\n") {
        kept = kept.replace("\n\n\n", "\n\n");
    }
    kept
}

fn is_kept(section: &str, line: &str, members: &[&str], used: &BTreeSet<String>) -> bool {
    let key = line.split([' ', '=', '.']).next().unwrap_or("");
    if key.is_empty() || line.starts_with('[') || !section.starts_with("[workspace.dep") {
        let profile = section
            .strip_prefix("[profile.dev.package.")
            .map(|name| name.trim_end_matches(']'));
        let for_nobody = profile.is_some_and(|name| name != "\"*\"" && !members.contains(&name));
        return !(for_nobody || section == "[workspace]" && key == "exclude");
    }
    used.contains(key)
}

fn in_place_of(section: &str, line: &str, members: &[&str]) -> String {
    let folders = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|n| format!("\"crates/{n}\"")).collect();
        quoted.join(", ")
    };
    if section == "[workspace]" && line.starts_with("members") {
        return format!("members = [{}]", folders(members));
    }
    if section == "[workspace]" && line.starts_with("default-members") {
        let first = members.get(..1).unwrap_or_default();
        return format!("default-members = [{}]", folders(first));
    }
    line.to_owned()
}

/// The `[[package]]` entries of a lock file, less those of the workspace itself, whose lists of
/// dependencies may shrink: name, version and checksum of each.
pub(crate) fn locked(text: &str) -> BTreeSet<String> {
    let entries = text.split("[[package]]").skip(1);
    let from_elsewhere = entries.filter(|entry| entry.contains("\nsource = "));
    from_elsewhere
        .map(|entry| {
            let of = |key: &str| entry.lines().find(|line| line.starts_with(key));
            let lines = ["name = ", "version = ", "checksum = "].map(|key| of(key).unwrap_or(""));
            lines.join(", ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\", \"xtask\"]\n\
        default-members = [\"crates/b\"]\nexclude = [\"fuzz\"]\n\n\
        [workspace.dependencies]\na = { path = \"crates/a\" }\nb = { path = \"crates/b\" }\n\n\
        # Of use.\nused = \"1\"\n# Of none.\nunused = \"1\"\n\n\
        [profile.dev.package.\"*\"]\nopt-level = 2\n[profile.dev.package.a]\nopt-level = 1\n\n\
        # Not here.\n[profile.dev.package.b]\nopt-level = 1\n";

    #[test]
    fn only_what_the_members_use_is_left() {
        let used = ["a", "used"].map(str::to_owned).into_iter().collect();
        let expected = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/a\", \"crates/c\"]\n\
            default-members = [\"crates/a\"]\n\n\
            [workspace.dependencies]\na = { path = \"crates/a\" }\n\n# Of use.\nused = \"1\"\n\n\
            [profile.dev.package.\"*\"]\nopt-level = 2\n[profile.dev.package.a]\nopt-level = 1\n\n";
        assert_eq!(narrowed(ROOT, &["a", "c"], &used), expected);
    }

    #[test]
    fn a_lock_is_compared_by_what_comes_from_elsewhere() {
        let entry = |name: &str, sum: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1\"\nsource = \"r\"\nchecksum = \"{sum}\"\n"
            )
        };
        let own = "[[package]]\nname = \"own\"\nversion = \"1\"\ndependencies = [\n \"a\",\n]\n";
        let whole = locked(&[&entry("a", "1"), &entry("b", "2"), own].concat());
        assert_eq!(whole.len(), 2);
        assert!(locked(&entry("b", "2")).is_subset(&whole));
        assert!(!locked(&entry("b", "3")).is_subset(&whole));
    }
}
