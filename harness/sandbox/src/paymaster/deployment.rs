//! Accounts that a relayer deploys before their first calls.

use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};

use super::failure::{self, Failure};
use session_client::deploy::UDC;
use session_client::felt::selector;
use session_client::json::{felt, felts, hex, hexes};

/// An account that is yet to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The address that the account will have.
    pub address: Felt,
    /// The account's class.
    pub class_hash: Felt,
    /// The salt of the deployment.
    salt: Felt,
    /// The constructor's calldata.
    calldata: Vec<Felt>,
    /// What accounts of other classes add to their signatures. It is given back, and nothing here uses it.
    sigdata: Option<Vec<Felt>>,
}

impl Deployment {
    /// Reads deployment data. Refuses data that does not lead to its address.
    pub fn read(value: &Value) -> Result<Self, Failure> {
        let part = |name: &str| {
            felt(&value[name])
                .ok_or_else(|| failure::deployment(format!("deployment.{name} must be a felt")))
        };
        let calldata = felts(&value["calldata"])
            .ok_or_else(|| failure::deployment("deployment.calldata must be a list of felts"))?;
        let (address, class_hash, salt) = (part("address")?, part("class_hash")?, part("salt")?);
        let sigdata = match value.get("sigdata") {
            None | Some(Value::Null) => None,
            Some(data) => Some(felts(data).ok_or_else(|| {
                failure::deployment("deployment.sigdata must be a list of felts")
            })?),
        };
        if felt(&value["version"]) != Some(Felt::ONE) {
            return Err(failure::deployment("deployment.version must be 1: that of Cairo"));
        }
        let deployed =
            get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &calldata);
        if deployed != address {
            return Err(failure::deployment(format!(
                "class_hash, salt and calldata lead to {deployed:#x}, not to deployment.address"
            )));
        }
        Ok(Self { address, class_hash, salt, calldata, sigdata })
    }

    /// Writes the deployment data in SNIP-29's form.
    pub fn json(&self) -> Value {
        let mut deployment = json!({
            "address": hex(self.address),
            "class_hash": hex(self.class_hash),
            "salt": hex(self.salt),
            "calldata": hexes(&self.calldata),
            "version": 1,
        });
        if let Some(sigdata) = &self.sigdata {
            deployment["sigdata"] = hexes(sigdata);
        }
        deployment
    }

    /// Returns the call of the Universal Deployer Contract that deploys the account.
    pub fn call(&self) -> Call {
        let mut felts = vec![self.class_hash, self.salt, Felt::ZERO, self.calldata.len().into()];
        felts.extend_from_slice(&self.calldata);
        Call { to: UDC, selector: selector("deployContract"), calldata: felts }
    }
}
