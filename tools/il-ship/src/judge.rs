//! The verdict on one merge request.

use il_core::clock;
use il_core::member::{Pipeline, PipelineStatus, Ship, ShipVerdict};
use il_core::say::Say;
use il_forge::{Forge, LABEL_AUTO_MERGEABLE, LABEL_NEEDS_REVIEW, RequestState, RequestView};

use crate::pipeline;
use crate::shipyard::Shipyard;
use crate::task::Task;

/// Looks at one merge request, labels or closes it, and writes the verdict on the line.
pub fn judge(shipyard: &Shipyard, task: &mut Task, say: &mut Say) {
    let outcome = look(shipyard, task, say);
    task.touched = true;
    task.ship = Some(outcome.unwrap_or_else(|why| Ship {
        verdict: ShipVerdict::Pending,
        pipeline: pipeline::missing(&why),
        review: None,
        measured: None,
        labels: Vec::new(),
        note: format!("could not be judged: {why}"),
    }));
}

fn look(shipyard: &Shipyard, task: &Task, say: &mut Say) -> Result<Ship, String> {
    let request = task.request().ok_or("the line has no merge request")?;
    let head = task
        .implement
        .as_ref()
        .and_then(|done| done.head_sha.as_deref())
        .ok_or("the line has no head_sha")?;
    let alias = &task.candidate.target_repo;
    let forge = shipyard.forge(alias).map_err(|stop| stop.message)?;
    let view = forge.get(request.iid).map_err(|error| error.to_string())?;
    if view.id != task.candidate.id.as_str() || view.head_sha != head {
        return Err(format!("merge request {} belongs to `{}`, not to this line", view.iid, view.id));
    }
    if let Some(note) = taken_over(&view) {
        return Ok(ship(ShipVerdict::TakenOver, pipeline::missing("a person acted"), view.labels, note));
    }
    let pipeline = pipeline_of(shipyard, task, head, say)?;
    decide(shipyard, &*forge, &view, pipeline)
}

/// A person pushed, merged or closed: hands off.
fn taken_over(view: &RequestView) -> Option<String> {
    match view.state {
        RequestState::Merged => Some("merged by a person".into()),
        RequestState::Closed => Some("closed by a person".into()),
        RequestState::Open if view.branch_sha.as_deref() != Some(&view.head_sha) => {
            Some("somebody pushed to the branch".into())
        }
        RequestState::Open => None,
    }
}

fn pipeline_of(shipyard: &Shipyard, task: &Task, head: &str, say: &mut Say) -> Result<Pipeline, String> {
    let alias = &task.candidate.target_repo;
    let target = shipyard.session.target(alias).map_err(|stop| stop.message)?;
    let Some(command) = &target.check else {
        return Ok(pipeline::missing("no check is configured for this target"));
    };
    if !shipyard.unsafe_no_sandbox {
        return Ok(pipeline::missing("the target's check was not run: it needs --unsafe-no-sandbox"));
    }
    say.detail(&format!("running `{command}` on {}", &head[..10.min(head.len())]));
    let mirror = shipyard.mirror(alias).map_err(|stop| stop.message)?;
    pipeline::run(&mirror, head, command, shipyard.limit())
}

fn decide(
    shipyard: &Shipyard,
    forge: &dyn Forge,
    view: &RequestView,
    pipeline: Pipeline,
) -> Result<Ship, String> {
    // As the request says: the line went through other hands.
    let trusted = view.worker == "recipe" && shipyard.session.home.config.ship.trust_recipes;
    let (verdict, note) = match pipeline.status {
        PipelineStatus::Success if trusted => {
            (ShipVerdict::AutoMergeable, format!("{}; made by a recipe and proven", ran(&pipeline)))
        }
        PipelineStatus::Success => {
            (ShipVerdict::NeedsReview, format!("{}; nobody has reviewed it", ran(&pipeline)))
        }
        PipelineStatus::Missing => (ShipVerdict::NeedsReview, format!("not verified: {}", pipeline.tail)),
        PipelineStatus::Failed | PipelineStatus::Timeout => {
            (ShipVerdict::Failed, format!("{}; closed: this needs a human plan", ran(&pipeline)))
        }
    };
    let labels: &[&str] = match verdict {
        ShipVerdict::AutoMergeable => &[LABEL_AUTO_MERGEABLE],
        ShipVerdict::NeedsReview => &[LABEL_NEEDS_REVIEW],
        _ => &[],
    };
    let told = explain(&note, &pipeline);
    if verdict == ShipVerdict::Failed {
        forge.close(view.iid, &told)
    } else {
        forge.judge(view.iid, labels, &told)
    }
    .map_err(|error| error.to_string())?;
    Ok(ship(verdict, pipeline, labels.iter().map(|label| (*label).to_owned()).collect(), note))
}

/// `` `./check.sh` passed on 1a2b3c4d5e in 0.1 s ``.
fn ran(pipeline: &Pipeline) -> String {
    let word = match pipeline.status {
        PipelineStatus::Success => "passed",
        PipelineStatus::Timeout => "did not end in time",
        PipelineStatus::Failed | PipelineStatus::Missing => "failed",
    };
    let sha = pipeline.sha.as_deref().unwrap_or_default();
    let time = pipeline.elapsed_seconds.map_or(String::new(), |seconds| {
        format!(" in {}", clock::human(std::time::Duration::from_secs_f64(seconds)))
    });
    let command = il_core::text::single_line(pipeline.command.as_deref().unwrap_or_default(), 80);
    format!("`{}` {word} on {}{time}", command.replace('`', "'"), &sha[..10.min(sha.len())])
}

/// The note on the merge request; the output of a red check is indented, so that it is only text.
fn explain(note: &str, pipeline: &Pipeline) -> String {
    let mut told = format!("{}.", note.trim_end_matches('.'));
    if matches!(pipeline.status, PipelineStatus::Failed | PipelineStatus::Timeout) {
        told.push_str("\n\nThe end of its output:\n\n");
        for line in pipeline.tail.lines() {
            told.push_str(&format!("    {line}\n"));
        }
    }
    told
}

fn ship(verdict: ShipVerdict, pipeline: Pipeline, labels: Vec<String>, note: String) -> Ship {
    Ship { verdict, pipeline, review: None, measured: None, labels, note }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(state: RequestState, branch_sha: Option<&str>) -> RequestView {
        RequestView {
            iid: 1,
            url: String::new(),
            state,
            id: "a".into(),
            key: "k".into(),
            branch: "improve-loop/a".into(),
            head_sha: "ours".into(),
            branch_sha: branch_sha.map(str::to_owned),
            labels: Vec::new(),
            worker: "recipe".into(),
        }
    }

    #[test]
    fn hands_off_as_soon_as_a_person_acted_and_not_before() {
        assert!(taken_over(&view(RequestState::Open, Some("theirs"))).is_some());
        assert!(taken_over(&view(RequestState::Merged, Some("ours"))).is_some());
        assert!(taken_over(&view(RequestState::Closed, None)).is_some());
        assert!(taken_over(&view(RequestState::Open, Some("ours"))).is_none());
    }
}
