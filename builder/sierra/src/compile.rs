//! Cairo sources to Sierra contract classes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cairo_lang_compiler::CompilerConfig;
use cairo_lang_compiler::db::RootDatabase;
use cairo_lang_compiler::diagnostics::DiagnosticsReporter;
use cairo_lang_compiler::project::update_crate_root;
use cairo_lang_defs::ids::TopLevelLanguageElementId;
use cairo_lang_filesystem::db::{CrateSettings, Edition, FilesGroupEx, init_dev_corelib};
use cairo_lang_filesystem::ids::{CrateId, CrateLongId, Directory, FileId};
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

/// Packages that can be compiled again and again: only what an edit changes is computed anew.
pub struct Workspace {
    db: RootDatabase,
    crates: Vec<CrateId>,
}

impl Workspace {
    pub fn new(packages: &[Package<'_>], corelib: &Path) -> Result<Self> {
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
        Ok(Self { db, crates })
    }

    /// Compiles every contract; returns each class under its module's name. A warning is an error.
    pub fn compile(&self) -> Result<Vec<(String, ContractClass)>> {
        let contracts = find_contracts(&self.db, &self.crates);
        let reporter = DiagnosticsReporter::stderr().with_crates(&self.crates);
        let classes = compile_prepared_db(
            &self.db,
            &contracts.iter().collect::<Vec<_>>(),
            CompilerConfig { diagnostics_reporter: reporter, ..CompilerConfig::default() },
        )?;
        contracts
            .iter()
            .zip(classes)
            .map(|(contract, class)| {
                let path = contract.submodule_id.full_path(&self.db);
                let name = path.rsplit("::").next().context("a contract has a name")?;
                Ok((name.to_owned(), class))
            })
            .collect()
    }

    /// Has the file `path` say `text`, or what it says on disk.
    pub fn edit(&mut self, path: PathBuf, text: Option<&str>) {
        let file = FileId::new(&self.db, path);
        self.db.override_file_content(file, text.map(Into::into));
    }
}
