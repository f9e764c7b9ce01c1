//! Describes what a paymaster is asked for, and writes it as JSON.

use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};

use super::error::PaymasterError;
use crate::json::{hex, hexes};

/// A request: the calls that a paymaster is to submit for an account, and its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The account that signs.
    pub account: Felt,
    /// The calls, made in this order, all or none. May be empty if there is an account to deploy.
    pub calls: Vec<Call>,
    /// Who pays the fee.
    pub fee_mode: FeeMode,
    /// The tip, which decides how soon it is included; the paymaster chooses if it is `None`.
    pub tip: Option<Tip>,
    /// When it may be submitted. The paymaster chooses if it is `None`, within the next hour.
    pub time_bounds: Option<TimeBounds>,
    /// How the account is deployed in the same transaction, if it is not deployed yet.
    pub deployment: Option<Deployment>,
    /// Who may submit it.
    pub caller: AllowedCaller,
}

/// Who pays the fee of a paymaster's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeeMode {
    /// The paymaster, or the owner of its API key.
    Sponsored,
    /// The account, with a transfer of a token after its calls.
    Token {
        /// The token's address.
        token: Felt,
        /// The most that may be transferred, in the token's smallest unit.
        max_fee: u128,
    },
}

/// How soon a transaction should be included, by its tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tip {
    /// A tip below the usual one.
    Slow,
    /// The usual tip.
    Normal,
    /// A tip above the usual one.
    Fast,
    /// This tip, in FRI for each unit of L2 gas.
    Custom(u64),
}

/// When an outside execution may be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBounds {
    /// The Unix time in seconds after which it can be submitted; that second is excluded.
    pub execute_after: u64,
    /// The Unix time in seconds before which it can be submitted; that second is excluded.
    pub execute_before: u64,
}

/// The callers of the outside execution that the request agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AllowedCaller {
    /// One contract, whichever the paymaster names as its forwarder. Nobody else can then submit it.
    #[default]
    OneContract,
    /// Only this contract, to which the fee must go as well.
    Forwarder(Felt),
    /// Anyone, if the paymaster names no contract.
    Anyone,
}

/// An account that the Universal Deployer Contract is to deploy, at an address that does not depend on the
/// deployer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployment {
    /// The account's class.
    pub class_hash: Felt,
    /// The salt.
    pub salt: Felt,
    /// The constructor's calldata: the owner's public key for the session account.
    pub calldata: Vec<Felt>,
}

impl Request {
    /// Requests `calls` of `account`, paid as `fee_mode` says; the other fields have their defaults.
    #[must_use]
    pub const fn new(account: Felt, calls: Vec<Call>, fee_mode: FeeMode) -> Self {
        let caller = AllowedCaller::OneContract;
        Self { account, calls, fee_mode, tip: None, time_bounds: None, deployment: None, caller }
    }

    /// Sets who may submit it: by default the one contract that the paymaster names.
    ///
    /// ```
    /// use session_client::paymaster::{AllowedCaller, FeeMode, Request};
    /// use session_client::token::{STRK, transfer};
    ///
    /// let calls = vec![transfer(STRK, 0x1234.into(), 7)];
    /// // For a paymaster without a forwarder, such as this project's sandbox.
    /// let request = Request::new(0xacc.into(), calls, FeeMode::Sponsored).caller(AllowedCaller::Anyone);
    /// assert_eq!(request.caller, AllowedCaller::Anyone);
    /// ```
    #[must_use]
    pub fn caller(self, caller: AllowedCaller) -> Self {
        Self { caller, ..self }
    }

    /// Sets when it may be submitted.
    #[must_use]
    pub fn within(self, time_bounds: TimeBounds) -> Self {
        Self { time_bounds: Some(time_bounds), ..self }
    }

    /// Sets the tip.
    #[must_use]
    pub fn tipping(self, tip: Tip) -> Self {
        Self { tip: Some(tip), ..self }
    }

    /// Deploys the account in the same transaction.
    #[must_use]
    pub fn deploying(self, deployment: Deployment) -> Self {
        Self { deployment: Some(deployment), ..self }
    }

    /// Refuses an invalid request.
    pub(super) fn validate(&self) -> Result<(), PaymasterError> {
        if self.calls.is_empty() && self.deployment.is_none() {
            return Err(PaymasterError::Request("it asks for no call and no deployment"));
        }
        if self.deployment.as_ref().is_some_and(|it| it.address() != self.account) {
            let why = "its class hash, salt and calldata do not lead to the account's address";
            return Err(PaymasterError::Request(why));
        }
        if self.time_bounds.is_some_and(|it| it.execute_after >= it.execute_before) {
            return Err(PaymasterError::Request("execute_after must come before execute_before"));
        }
        Ok(())
    }

    /// Writes the `transaction` of `paymaster_buildTransaction`.
    pub(super) fn transaction(&self) -> Value {
        let calls: Value = self
            .calls
            .iter()
            .map(|call| {
                let calldata = hexes(&call.calldata);
                json!({ "to": hex(call.to), "selector": hex(call.selector), "calldata": calldata })
            })
            .collect();
        let invoke = json!({ "user_address": hex(self.account), "calls": calls });
        match &self.deployment {
            None => json!({ "type": "invoke", "invoke": invoke }),
            Some(it) if self.calls.is_empty() => {
                json!({ "type": "deploy", "deployment": it.json() })
            }
            Some(it) => {
                json!({ "type": "deploy_and_invoke", "deployment": it.json(), "invoke": invoke })
            }
        }
    }

    /// Writes the `parameters` of `paymaster_buildTransaction` and `paymaster_executeTransaction`.
    pub(super) fn parameters(&self, times: TimesAs) -> Value {
        let mut fee_mode = match self.fee_mode {
            FeeMode::Sponsored => json!({ "mode": "sponsored" }),
            FeeMode::Token { token, .. } => json!({ "mode": "default", "gas_token": hex(token) }),
        };
        if let Some(tip) = self.tip {
            fee_mode["tip"] = match tip {
                Tip::Slow => json!("slow"),
                Tip::Normal => json!("normal"),
                Tip::Fast => json!("fast"),
                Tip::Custom(tip) => json!({ "custom": tip }),
            };
        }
        let mut parameters = json!({ "version": "0x1", "fee_mode": fee_mode });
        if let Some(TimeBounds { execute_after, execute_before }) = self.time_bounds {
            parameters["time_bounds"] = json!({
                "execute_after": times.json(execute_after),
                "execute_before": times.json(execute_before),
            });
        }
        parameters
    }
}

impl Deployment {
    /// Describes the deployment of an account of the class `class_hash`, with `salt`, by the constructor's
    /// `calldata`.
    #[must_use]
    pub const fn new(class_hash: Felt, salt: Felt, calldata: Vec<Felt>) -> Self {
        Self { class_hash, salt, calldata }
    }

    /// Computes the address of the deployed account.
    #[must_use]
    pub fn address(&self) -> Felt {
        let (unique, calldata) = (UdcUniqueness::NotUnique, &self.calldata);
        get_udc_deployed_address(self.salt, self.class_hash, &unique, calldata)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "address": hex(self.address()),
            "class_hash": hex(self.class_hash),
            "salt": hex(self.salt),
            "calldata": hexes(&self.calldata),
            "version": 1,
        })
    }
}

/// The form in which a paymaster takes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimesAs {
    /// Numbers, for AVNU's paymaster.
    Numbers,
    /// Text, as the SNIP requires.
    Text,
}

impl TimesAs {
    fn json(self, seconds: u64) -> Value {
        match self {
            Self::Numbers => json!(seconds),
            Self::Text => json!(seconds.to_string()),
        }
    }
}
