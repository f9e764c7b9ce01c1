//! Answers JSON-RPC: as the devnet, with the estimates of a real node, and with a simulated network if one
//! was started.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::extract::ws::WebSocket;
use serde_json::Value;
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_server::api::Api;
use starknet_devnet_server::api::JsonRpcHandler;
use starknet_devnet_server::api::models::{
    JsonRpcRequest, StarknetSpecRequest, ToRpcResponseResult, to_json_rpc_request,
};
use starknet_devnet_server::rpc_core::request::{Id, RequestParams, RpcMethodCall, Version};
use starknet_devnet_server::rpc_core::response::{ResponseResult, RpcResponse};
use starknet_devnet_server::rpc_handler::RpcHandler;

use super::estimate;
use crate::StartError;
use crate::network::{NetworkNode, Settings};

/// Answers JSON-RPC as the devnet does, except for estimates and simulations of transactions without L2 gas
/// bounds, which fail on the devnet.
///
/// By WebSocket the devnet answers everything itself, since the types of its subscriptions are not public.
#[derive(Clone)]
pub struct Handler {
    devnet: JsonRpcHandler,
    /// The simulated network, once it was started.
    network: Arc<OnceLock<NetworkNode>>,
}

impl Handler {
    /// Returns the handler that answers for `devnet`.
    pub fn new(devnet: JsonRpcHandler) -> Self {
        Self { devnet, network: Arc::default() }
    }

    /// Starts a simulated network on the devnet's chain. It cannot be stopped.
    ///
    /// # Errors
    /// [`StartError`] if the network was started before.
    pub async fn become_network(&self, settings: Settings) -> Result<(), StartError> {
        let mut starknet = self.devnet.api.starknet.lock().await;
        if self.network.get().is_some() {
            return Err(StartError::Start("the chain is a network already".to_owned()));
        }
        let node = NetworkNode::begin(&mut starknet, settings)?;
        self.network
            .set(node)
            .map_err(|_| StartError::Start("the chain is a network already".to_owned()))
    }

    /// Calls `act` with the network's node and the chain; `None` if there is no network.
    pub async fn with_network<T>(
        &self,
        act: impl FnOnce(&NetworkNode, &mut Starknet) -> T + Send,
    ) -> Option<T> {
        let node = self.network.get()?;
        let _lifecycle = self.devnet.api.lifecycle.write().await;
        let mut starknet = self.devnet.api.starknet.lock().await;
        Some(act(node, &mut starknet))
    }

    /// Calls `method` with any JSON as parameters, and returns the answer, whose id is `id`.
    pub async fn call(&self, id: Option<Value>, method: String, params: Value) -> Value {
        let params = match params {
            Value::Array(params) => RequestParams::Array(params),
            Value::Object(params) => RequestParams::Object(params),
            _ => RequestParams::None,
        };
        // The devnet's type for ids does not keep all of them.
        let call = RpcMethodCall { jsonrpc: Version::V2, method, params, id: Id::Null };
        let mut answer = serde_json::to_value(self.on_call(call).await).unwrap_or_default();
        answer["id"] = id.unwrap_or_default();
        answer
    }

    /// Returns a node that stays at the chain's present state, for tests of a backend that is behind.
    pub async fn stale(&self) -> Self {
        let mut behind = Starknet::default();
        self.devnet.api.starknet.lock().await.checkpoint().restore(&mut behind);
        let config = (*self.devnet.api.server_config).clone();
        let devnet = JsonRpcHandler { api: Api::new(behind, config), origin_caller: None };
        Self::new(devnet)
    }
}

#[async_trait]
impl RpcHandler for Handler {
    type Request = JsonRpcRequest;

    async fn on_request(&self, request: JsonRpcRequest, call: RpcMethodCall) -> ResponseResult {
        let request = match self.network.get() {
            None => request,
            Some(node) => {
                let _lifecycle = self.devnet.api.lifecycle.read().await;
                let mut starknet = self.devnet.api.starknet.lock().await;
                match node.answer(&mut starknet, request) {
                    ControlFlow::Break(answer) => return answer,
                    ControlFlow::Continue(request) => request,
                }
            }
        };
        match request {
            JsonRpcRequest::StarknetSpecRequest(StarknetSpecRequest::EstimateFee(input))
                if estimate::is_needed(&input) =>
            {
                let _lifecycle = self.devnet.api.lifecycle.read().await;
                let mut starknet = self.devnet.api.starknet.lock().await;
                estimate::fees(&mut starknet, &input).to_rpc_result()
            }
            JsonRpcRequest::StarknetSpecRequest(StarknetSpecRequest::SimulateTransactions(
                input,
            )) if estimate::is_needed_to_simulate(&input) => {
                let _lifecycle = self.devnet.api.lifecycle.read().await;
                let mut starknet = self.devnet.api.starknet.lock().await;
                estimate::simulations(&mut starknet, &input).to_rpc_result()
            }
            request => self.devnet.on_request(request, call).await,
        }
    }

    async fn on_call(&self, call: RpcMethodCall) -> RpcResponse {
        let id = call.id.clone();
        let params = || call.params.clone().into();
        let refused =
            self.network.get().and_then(|node| node.refuse_version(&call.method, &params()));
        if let Some(refused) = refused {
            return RpcResponse::new(id, refused);
        }
        match to_json_rpc_request(&call) {
            Ok(request) => RpcResponse::new(id, self.on_request(request, call).await),
            Err(error) => RpcResponse::from_rpc_error(error, id),
        }
    }

    async fn on_websocket(&self, socket: WebSocket) {
        self.devnet.on_websocket(socket).await;
    }
}

#[cfg(test)]
mod tests;
