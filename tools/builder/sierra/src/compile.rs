//! Compiles Cairo sources to contract classes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cairo_lang_compiler::CompilerConfig;
use cairo_lang_compiler::db::RootDatabase;
use cairo_lang_compiler::diagnostics::DiagnosticsReporter;
use cairo_lang_defs::ids::TopLevelLanguageElementId;
use cairo_lang_filesystem::db::{
    CrateConfiguration, CrateSettings, Edition, FilesGroup, init_dev_corelib,
};
use cairo_lang_filesystem::ids::{CrateId, CrateInput, Directory, FileId, FileLongId, SmolStrId};
use cairo_lang_filesystem::{override_file_content, set_crate_config};
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

/// A compiled contract.
pub struct Compiled {
    /// The name of its package.
    pub package: String,
    /// The name of its module.
    pub name: String,
    pub class: ContractClass,
}

/// Packages that can be compiled several times; the compiler repeats only what a change affects.
pub struct Workspace {
    db: RootDatabase,
    crates: Vec<CrateInput>,
}

impl Workspace {
    /// Opens `packages`, whose only dependency is the core library at `corelib`.
    pub fn new(packages: &[Package<'_>], corelib: &Path) -> Result<Self> {
        let mut db =
            RootDatabase::builder().with_default_plugin_suite(starknet_plugin_suite()).build()?;
        init_dev_corelib(&mut db, corelib.to_path_buf());
        let crates = packages.iter().map(|package| open(&mut db, package)).collect();
        Ok(Self { db, crates })
    }

    /// Compiles every contract. A warning is an error.
    pub fn compile(&self) -> Result<Vec<Compiled>> {
        let crates = CrateInput::into_crate_ids(&self.db, self.crates.clone());
        let contracts = find_contracts(&self.db, &crates);
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
                let (package, inner) =
                    path.split_once("::").context("a contract is in a package")?;
                let name = inner.rsplit("::").next().context("a contract has a name")?;
                Ok(Compiled { package: package.to_owned(), name: name.to_owned(), class })
            })
            .collect()
    }

    /// Replaces the content of the file `path` by `text`; `None` restores the content on disk.
    pub fn edit(&mut self, path: PathBuf, text: Option<&str>) {
        let db = &mut self.db;
        let file: FileId<'_> = FileLongId::OnDisk(path).intern(db);
        override_file_content!(db, file, text.map(Into::into));
    }
}

/// Adds `package` to `db`.
fn open(db: &mut RootDatabase, package: &Package<'_>) -> CrateInput {
    let id = CrateId::plain(db, SmolStrId::from(db, package.name));
    let root = Directory::Real(package.source.to_path_buf());
    // The edition in the packages' Scarb.toml.
    let settings = CrateSettings { edition: Edition::V2024_07, ..Default::default() };
    let configuration = CrateConfiguration { root, settings, cache_file: None };
    set_crate_config!(db, id, Some(configuration));
    let id = CrateId::plain(db, SmolStrId::from(db, package.name));
    id.long(db).clone().into_crate_input(db)
}
