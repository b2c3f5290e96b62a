//! One idea counts once, however often it is told.

use std::collections::HashMap;

use il_core::member::Verdict;

use crate::item::Item;

/// Merged ids that are named: a thousand rephrasings would not fit into one member.
const MERGED_SHOWN: usize = 50;

/// Discards every item whose key, or whose id in the same repo, stands on a better one.
/// Expects the best first. Where a person accepted one of them, that one stays.
pub fn dedupe(items: &mut [Item]) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| items[*index].is_open());
    let mut kept: HashMap<String, usize> = HashMap::new();
    for index in order {
        let item = &items[index];
        // Two ideas with one id would share a branch.
        let names =
            [format!("key {}", item.key), format!("id {}/{}", item.candidate.target_repo, item.candidate.id)];
        match names.iter().find_map(|name| kept.get(name)).copied() {
            Some(better) if items[index].is_open() => {
                let winner = items[better].candidate.id.to_string();
                let id = items[index].candidate.id.to_string();
                let detail = format!("the same idea as `{winner}`, which stays");
                items[index].reject(Verdict::Discarded, "duplicate", detail);
                let merged = &items[better].triage.merged_evidence;
                if id != winner && merged.len() < MERGED_SHOWN && !merged.contains(&id) {
                    items[better].triage.merged_evidence.push(id);
                }
            }
            Some(_) => {}
            None => {
                for name in names {
                    kept.insert(name, index);
                }
            }
        }
    }
}
