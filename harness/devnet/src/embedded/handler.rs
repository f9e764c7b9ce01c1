//! The devnet's JSON-RPC, with estimates as the nodes of networks make them.

use async_trait::async_trait;
use axum::extract::ws::WebSocket;
use starknet_devnet_server::api::JsonRpcHandler;
use starknet_devnet_server::api::models::{
    JsonRpcRequest, StarknetSpecRequest, ToRpcResponseResult, to_json_rpc_request,
};
use starknet_devnet_server::rpc_core::request::RpcMethodCall;
use starknet_devnet_server::rpc_core::response::{ResponseResult, RpcResponse};
use starknet_devnet_server::rpc_handler::RpcHandler;

use super::estimate;

/// Answers JSON-RPC as the devnet does, except for estimates and simulations of transactions that
/// leave their L2 gas to be found out: the devnet lets those use none.
///
/// By WebSocket the devnet answers everything itself: what its subscriptions need is not public.
#[derive(Clone)]
pub struct Handler {
    devnet: JsonRpcHandler,
}

impl Handler {
    /// Returns the handler that stands before `devnet`.
    pub const fn new(devnet: JsonRpcHandler) -> Self {
        Self { devnet }
    }
}

#[async_trait]
impl RpcHandler for Handler {
    type Request = JsonRpcRequest;

    async fn on_request(&self, request: JsonRpcRequest, call: RpcMethodCall) -> ResponseResult {
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
