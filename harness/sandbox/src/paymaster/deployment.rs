//! Accounts that a relayer deploys before they make their first calls.

use serde_json::Value;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};

use super::failure::{self, Failure};
use session_client::deploy::UDC;
use session_client::felt::selector;
use session_client::json::{felt, felts};

/// An account that is yet to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its class.
    class_hash: Felt,
    /// The salt.
    salt: Felt,
    /// The constructor's.
    calldata: Vec<Felt>,
}

impl Deployment {
    /// Reads it, and refuses data that does not lead to its address.
    pub fn read(value: &Value) -> Result<Self, Failure> {
        let part = |name: &str| {
            felt(&value[name])
                .ok_or_else(|| failure::deployment(format!("deployment.{name} must be a felt")))
        };
        let calldata = felts(&value["calldata"])
            .ok_or_else(|| failure::deployment("deployment.calldata must be a list of felts"))?;
        let (address, class_hash, salt) = (part("address")?, part("class_hash")?, part("salt")?);
        let deployed =
            get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &calldata);
        if deployed != address {
            return Err(failure::deployment(format!(
                "class_hash, salt and calldata lead to {deployed:#x}, not to deployment.address"
            )));
        }
        Ok(Self { class_hash, salt, calldata })
    }

    /// Returns the call of the Universal Deployer Contract that deploys it.
    pub fn call(&self) -> Call {
        let mut felts = vec![self.class_hash, self.salt, Felt::ZERO, self.calldata.len().into()];
        felts.extend_from_slice(&self.calldata);
        Call { to: UDC, selector: selector("deployContract"), calldata: felts }
    }
}
