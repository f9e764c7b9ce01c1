//! The devnet's JSON-RPC, with estimates as the nodes of networks make them, and with the network in
//! front of it if there is one.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::extract::ws::WebSocket;
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_server::api::Api;
use starknet_devnet_server::api::JsonRpcHandler;
use starknet_devnet_server::api::models::{
    JsonRpcRequest, StarknetSpecRequest, ToRpcResponseResult, to_json_rpc_request,
};
use starknet_devnet_server::rpc_core::request::RpcMethodCall;
use starknet_devnet_server::rpc_core::response::{ResponseResult, RpcResponse};
use starknet_devnet_server::rpc_handler::RpcHandler;

use super::estimate;
use crate::StartError;
use crate::network::{Front, Settings};

/// Answers JSON-RPC as the devnet does, except for estimates and simulations of transactions that
/// leave their L2 gas to be found out: the devnet lets those use none.
///
/// By WebSocket the devnet answers everything itself: what its subscriptions need is not public.
#[derive(Clone)]
pub struct Handler {
    devnet: JsonRpcHandler,
    /// The network in front of the devnet, from when on there is one.
    network: Arc<OnceLock<Front>>,
}

impl Handler {
    /// Returns the handler that stands before `devnet`.
    pub fn new(devnet: JsonRpcHandler) -> Self {
        Self { devnet, network: Arc::default() }
    }

    /// Puts a network before the devnet's chain, for good.
    ///
    /// # Errors
    /// [`StartError`] if there is one already.
    pub async fn become_network(&self, settings: Settings) -> Result<(), StartError> {
        let mut starknet = self.devnet.api.starknet.lock().await;
        if self.network.get().is_some() {
            return Err(StartError::Start("the chain is a network already".to_owned()));
        }
        let front = Front::begin(&mut starknet, settings)?;
        self.network
            .set(front)
            .map_err(|_| StartError::Start("the chain is a network already".to_owned()))
    }

    /// Does something with the chain and with the network in front of it; `None` if there is none.
    pub async fn with_network<T>(
        &self,
        act: impl FnOnce(&Front, &mut Starknet) -> T + Send,
    ) -> Option<T> {
        let front = self.network.get()?;
        let _lifecycle = self.devnet.api.lifecycle.write().await;
        let mut starknet = self.devnet.api.starknet.lock().await;
        Some(act(front, &mut starknet))
    }

    /// Returns a node that stays at what the chain is now: a backend that has fallen behind.
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
            Some(front) => {
                let _lifecycle = self.devnet.api.lifecycle.read().await;
                let mut starknet = self.devnet.api.starknet.lock().await;
                match front.answer(&mut starknet, request) {
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
            self.network.get().and_then(|front| front.refuse_version(&call.method, &params()));
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
