//! `verify`: checks that a class on chain is the one that these sources compile to.

use clap::Args;
use serde_json::Value;
use session_client::Error;
use session_client::NEXT_BLOCK;
use starknet_rust::core::types::{ContractClass, Felt, FlattenedSierraClass, StarknetError};
use starknet_rust::providers::{Provider, ProviderError};

use super::account;
use super::answer::{Answer, Printer};
use super::chain::Chain;
use super::class::ClassOptions;
use super::exit::{Failure, Kind};
use super::options::{Globals, NodeOptions};
use super::settings::Settings;
use super::value::hexadecimal;

/// Compare a class on chain with the one that these sources compile to
///
/// The command fetches the class and compares all of it, not only its hash. It needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness verify --network devnet")]
pub struct Verify {
    /// Compare the class with this hash, instead of an account's class
    #[arg(long, value_name = "HASH", value_parser = hexadecimal)]
    class_hash: Option<Felt>,

    #[command(flatten)]
    class: ClassOptions,
    #[command(flatten)]
    node: NodeOptions,
}

impl Verify {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let build = self.class.build()?;
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let (claimed, of) = match self.class_hash {
            Some(class_hash) => (class_hash, "what --class-hash names".to_owned()),
            None => {
                let address = account::address(&settings, &chain).await?;
                let class_hash = chain.class_of(address).await?.ok_or_else(|| {
                    Failure::new(
                        Kind::Chain,
                        format!("there is no contract at {address:#066x} on {}", chain.network),
                    )
                    .remedy("check the address and the network")
                })?;
                (class_hash, format!("the account {address:#066x}"))
            }
        };

        let expected = build.artifact.class_hash;
        if claimed != expected {
            let by = build.compiler;
            return Err(Failure::new(
                Kind::Check,
                format!("{of} is of the class {claimed:#066x}, and {by} makes {expected:#066x}"),
            )
            .remedy(
                "the builder and Scarb compile these sources to the same class, so the other class comes \
                 from other sources or another compiler. If you have built it from sources that you \
                 know, give it with --class and --casm; else do not trust the account",
            ));
        }
        let found = fetch(&chain, claimed).await?;
        // A devnet may have been given either form of the class; both have this hash.
        let is_for_devnet =
            chain.is_devnet().await? && is_same(&found, &build.artifact.for_devnet().class);
        if !is_for_devnet && !is_same(&found, &build.artifact.class) {
            return Err(Failure::new(
                Kind::Network,
                format!("the class that the node gives for {claimed:#066x} is another one"),
            )
            .remedy("do not trust this node; ask another one"));
        }
        let answer = Answer::new("the class on chain is this build's")
            .felt("class_hash", claimed)
            .with("compiler", build.compiler)
            .with("sources_sha256", build.sources_sha256)
            .with("network", chain.network.to_string());
        Printer { json: globals.json }.print(answer)
    }
}

/// Returns the class that the node gives for `class_hash`.
async fn fetch(chain: &Chain, class_hash: Felt) -> Result<FlattenedSierraClass, Failure> {
    match chain.node.get_class(NEXT_BLOCK, class_hash).await {
        Ok(ContractClass::Sierra(class)) => Ok(class),
        Ok(ContractClass::Legacy(_)) => Err(Failure::new(
            Kind::Check,
            format!(
                "{class_hash:#066x} is a Cairo 0 class, so it does not come from these sources"
            ),
        )),
        Err(ProviderError::StarknetError(StarknetError::ClassHashNotFound)) => Err(Failure::new(
            Kind::Chain,
            format!("the class {class_hash:#066x} is not declared on {}", chain.network),
        )
        .remedy("run `declare` first, or check the hash")),
        Err(error) => Err(Error::from(error).into()),
    }
}

/// Says whether both are the same class. The ABIs are compared as JSON values, because nodes format the ABI's
/// text differently, and so its hash differs.
fn is_same(found: &FlattenedSierraClass, built: &FlattenedSierraClass) -> bool {
    let abi = |class: &FlattenedSierraClass| serde_json::from_str::<Value>(&class.abi).ok();
    found.sierra_program == built.sierra_program
        && found.entry_points_by_type == built.entry_points_by_type
        && found.contract_class_version == built.contract_class_version
        && abi(found).is_some_and(|found| Some(found) == abi(built))
}
