//! Cairo sources to Sierra contract classes.

use std::path::Path;

use anyhow::{Context, Result};
use cairo_lang_compiler::CompilerConfig;
use cairo_lang_compiler::db::RootDatabase;
use cairo_lang_compiler::diagnostics::DiagnosticsReporter;
use cairo_lang_compiler::project::update_crate_root;
use cairo_lang_defs::ids::TopLevelLanguageElementId;
use cairo_lang_filesystem::db::{CrateSettings, Edition, init_dev_corelib};
use cairo_lang_filesystem::ids::{CrateLongId, Directory};
use cairo_lang_project::{AllCratesConfig, ProjectConfig, ProjectConfigContent};
use cairo_lang_starknet::compile::compile_prepared_db;
use cairo_lang_starknet::contract::find_contracts;
use cairo_lang_starknet::starknet_plugin_suite;
use cairo_lang_starknet_classes::contract_class::ContractClass;
use cairo_lang_utils::Intern;

/// A Cairo package: its name and the folder of its `lib.cairo`.
pub struct Package<'a> {
    pub name: &'a str,
    pub source: &'a Path,
}

/// Compiles every contract of `packages`; returns each class under its module's name. A warning is
/// an error.
pub fn compile(packages: &[Package<'_>], corelib: &Path) -> Result<Vec<(String, ContractClass)>> {
    let mut db = RootDatabase::builder().with_plugin_suite(starknet_plugin_suite()).build()?;
    init_dev_corelib(&mut db, corelib.to_path_buf());

    let config = ProjectConfig {
        base_path: Default::default(),
        content: ProjectConfigContent {
            crate_roots: Default::default(),
            crates_config: AllCratesConfig {
                global: CrateSettings { edition: Edition::V2024_07, ..Default::default() },
                ..Default::default()
            },
        },
        corelib: None,
    };
    let crates: Vec<_> = packages
        .iter()
        .map(|package| {
            let root = Directory::Real(package.source.to_path_buf());
            update_crate_root(&mut db, &config, package.name.into(), root);
            CrateLongId::Real(package.name.into()).intern(&db)
        })
        .collect();

    let contracts = find_contracts(&db, &crates);
    let reporter = DiagnosticsReporter::stderr().with_crates(&crates);
    let classes = compile_prepared_db(
        &db,
        &contracts.iter().collect::<Vec<_>>(),
        CompilerConfig { diagnostics_reporter: reporter, ..CompilerConfig::default() },
    )?;
    contracts
        .iter()
        .zip(classes)
        .map(|(contract, class)| {
            let path = contract.submodule_id.full_path(&db);
            let name = path.rsplit("::").next().context("a contract has a name")?;
            Ok((name.to_owned(), class))
        })
        .collect()
}
