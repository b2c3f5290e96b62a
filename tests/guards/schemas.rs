//! `schemas/` is generated from the types: `IL_WRITE_SCHEMAS=1` writes it, without it a difference fails.

use il_core::config::Config;
use il_core::home::Run;
use il_core::member::{AssignmentLine, CandidateLine};
use il_core::state::State;
use il_tests::World;
use serde_json::{Value, json};

use super::read;

fn generated() -> Vec<(&'static str, Value)> {
    vec![
        ("candidate", schemars::schema_for!(CandidateLine).to_value()),
        ("assignment", schemars::schema_for!(AssignmentLine).to_value()),
        ("config", schemars::schema_for!(Config).to_value()),
        ("state", schemars::schema_for!(State).to_value()),
        ("run", schemars::schema_for!(Run).to_value()),
    ]
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for (name, schema) in generated() {
        let path = format!("schemas/{name}.schema.json");
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("IL_WRITE_SCHEMAS").is_some() {
            std::fs::write(il_tests::project().join(&path), &text).unwrap();
        }
        assert_eq!(read(&path), text, "{path} is not current: IL_WRITE_SCHEMAS=1 ./scripts/test schemas");
    }
}

fn validator(name: &str) -> jsonschema::Validator {
    let (_, schema) = generated().into_iter().find(|(found, _)| *found == name).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn what_the_tools_write_fits_the_schemas() {
    let world = World::new();
    world.repo("web").with_waste();
    world.write("improve-loop.toml", "[targets.web]\npath = \"web\"\ncheck = \"true\"\n");
    let plan = world.il("preflight").run().expect(0);
    let found = world.il("discover").stdin(plan.stdout.clone()).run().expect(0);
    let triaged = world.il("triage").arg("--auto").stdin(found.stdout.clone()).run().expect(0);
    let done = world.il("implement").stdin(triaged.stdout.clone()).run().expect(0);
    let shipped = world.il("ship").arg("--unsafe-no-sandbox").stdin(done.stdout.clone()).run().expect(0);
    for line in plan.lines() {
        assert!(validator("assignment").is_valid(&line), "{line}");
    }
    let candidate = validator("candidate");
    for line in [found, triaged, done, shipped].iter().flat_map(|done| done.lines()) {
        let errors: Vec<_> = candidate.iter_errors(&line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{line}");
    }
    let run = plan.lines()[0]["assignment"]["run"].as_str().unwrap().to_owned();
    let run: Value =
        serde_json::from_str(&world.read(&format!(".improve-loop/runs/{run}/run.json"))).unwrap();
    assert!(validator("run").is_valid(&run), "{run}");
    let state = world.read("docs/runtime/improve-loop-state.yaml");
    let config: toml::Table = world.read("improve-loop.toml").parse().unwrap();
    assert!(validator("config").is_valid(&serde_json::to_value(config).unwrap()));
    assert!(state.starts_with("# The memory of improve-loop"), "{state}");
}

#[test]
fn the_schema_refuses_what_the_tools_refuse() {
    let candidate = validator("candidate");
    let good = il_tests::candidate("a");
    assert!(candidate.is_valid(&good));
    for (member, value) in
        [("risk", json!("lowish")), ("id", json!("a/b")), ("effort_estimate_hours", json!("two"))]
    {
        let mut bad = good.clone();
        bad[member] = value;
        assert!(!candidate.is_valid(&bad), "{member}");
    }
}
