// Tests starknet.js 10.8, unmodified, with a paymaster that answers as AVNU's does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Account, CallData, cairo, hash, PaymasterRpc, RpcProvider } from "starknet";
import { sessionKey, SessionSigner } from "./sandbox.mjs";

const sandbox = JSON.parse(readFileSync(process.env.SANDBOX_AVNU, "utf8"));
const provider = new RpcProvider({ nodeUrl: sandbox.rpc_url });
const [{ address, private_key: ownerKey }] = sandbox.accounts;
const { STRK } = sandbox.tokens;
const owner = new Account({ provider, address, signer: ownerKey });
const paymaster = (headers = {}) => new PaymasterRpc({ nodeUrl: sandbox.paymaster_url, headers });

const included = async ({ transaction_hash }) => {
  const receipt = await provider.waitForTransaction(transaction_hash, { retryInterval: 100 });
  assert.equal(receipt.execution_status, "SUCCEEDED");
};
const transfer = {
  contractAddress: STRK,
  entrypoint: "transfer",
  calldata: CallData.compile(["0x1234", cairo.uint256(7)]),
};
const balance = async (of) =>
  BigInt((await provider.callContract({ contractAddress: STRK, entrypoint: "balance_of", calldata: [of] }))[0]);

test("a session is sponsored by whoever has an API key, and pays what it costs in a token", async () => {
  const key = sessionKey();
  const validUntil = Math.floor(Date.now() / 1000) + 3600;
  const calldata = CallData.compile([key.publicKey, validUntil, 10, [hash.getSelectorFromName("transfer")]]);
  await included(await owner.execute({ contractAddress: address, entrypoint: "add_session", calldata }));
  const signer = new SessionSigner(key, validUntil);
  const session = (headers) => new Account({ provider, address, signer, paymaster: paymaster(headers) });

  const sponsored = { feeMode: { mode: "sponsored" } };
  await assert.rejects(session().executePaymasterTransaction([transfer], sponsored), /x-paymaster-api-key is invalid/);
  const withKey = session({ "x-paymaster-api-key": "any" });
  await included(await withKey.executePaymasterTransaction([transfer], sponsored));

  // The times are numbers, as starknet.js writes them.
  const timeBounds = { executeAfter: 1, executeBefore: validUntil };
  const paid = { feeMode: { mode: "default", gasToken: STRK }, timeBounds };
  const before = await balance(address);
  const fee = await session().estimatePaymasterTransactionFee([transfer], paid);
  await included(await session().executePaymasterTransaction([transfer], paid, fee.suggested_max_fee_in_gas_token * 2n));
  const cost = before - (await balance(address)) - 7n;
  assert.ok(cost > 0n && cost < fee.suggested_max_fee_in_gas_token, "the rest comes back");
});
