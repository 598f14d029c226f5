//! The forms in which the kernels' files are shorter than what is compiled.
//!
//! WGSL has no macros, and compilers of software adapters unroll no loops, so the files use two forms that are written
//! out here. A line with `$p` in it stands for as many lines as `p` has values, each with the value in place of `$p`; and
//! `@p(text)` stands for the text as often, within its line. Each letter runs over so many values:
//!
//! | letter | runs over |
//! |---|---|
//! | `p` | the cells or tiles that an invocation computes at once |
//! | `q` | the vectors of channels that it computes for each |
//! | `r` | the channels of a vector: four, or the three of a photo |
//! | `x`, `y` | the places of a transformed patch, or of a kernel, along one side |
//! | `i`, `j` | the places of a tile along one side, or those of a kernel that reach a cell |
//! | `c` | the cells of a row that an invocation reads |

/// Appends `line`, with both forms written out; see the [module](self).
pub fn write_out(line: &str, letters: &[(char, usize)], source: &mut String) {
    let repeated = |text: &str, letter: char, count: usize| -> Vec<String> {
        (0..count).map(|value| text.replace(&format!("${letter}"), &value.to_string())).collect()
    };
    // Comments may speak of either form.
    if line.trim_start().starts_with("//") {
        return;
    }
    for &(letter, count) in letters {
        let opening = format!("@{letter}(");
        if let Some((before, rest)) = line.split_once(&opening) {
            let end = closing_parenthesis(rest);
            let text = repeated(&rest[..end], letter, count).concat();
            return write_out(&format!("{before}{text}{}", &rest[end + 1..]), letters, source);
        }
    }
    for &(letter, count) in letters {
        if line.contains(&format!("${letter}")) {
            for line in repeated(line, letter, count) {
                write_out(&line, letters, source);
            }
            return;
        }
    }
    source.push_str(line);
    source.push('\n');
}

/// Where the parenthesis that `text` stands in is closed. The files close every one: a test compiles them all.
fn closing_parenthesis(text: &str) -> usize {
    let mut depth = 0;
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return index,
            ')' => depth -= 1,
            _ => {}
        }
    }
    panic!("a shader leaves a parenthesis open: {text}")
}
