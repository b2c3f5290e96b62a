//! "Did you mean …?"

/// The candidate most similar to `word`, when one is similar enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 2)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_a_stranger_finds_none() {
        let domains = ["releases", "reddit", "ci"];
        assert_eq!(nearest("redit", domains), Some("reddit"));
        assert_eq!(nearest("kubernetes", domains), None);
    }
}
