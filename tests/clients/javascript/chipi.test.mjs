// Tests @chipi-stack/backend 14.4, unmodified, for the life of a session through Chipi's endpoints.
//
// What this package reads of a session is wrong here. The account's get_session_data answers with SNIP-163's
// struct (valid_until, max_calls, calls_used, allowed_entrypoints_len), and this package decodes it as
// (is_active, valid_until, remaining_calls, …). So isActive is always false, validUntil is max_calls, and
// remainingCalls is calls_used. getSpendingPolicy reads correctly.
import assert from "node:assert/strict";
import test from "node:test";
import { ChipiSDK } from "@chipi-stack/backend";
import { CallData, hash } from "starknet";
import { provider, sandbox } from "./sandbox.mjs";

const { address, private_key: ownerKey } = sandbox.accounts[1];
const { STRK } = sandbox.tokens;
const recipient = "0x4321";
const encryptKey = "a key of the user's";
const bearer = "read by nobody";
const maxCalls = 9;

// The package logs a lot.
console.log = console.error = console.warn = () => {};

const sdk = new ChipiSDK({ apiPublicKey: "pk_dev_0123456789abcdef0123456789abcdef", apiSecretKey: "sk_dev_0", alphaUrl: sandbox.chipi_url });
const { encryptPrivateKey } = await import("./encrypt.mjs");
const wallet = { publicKey: address, encryptedPrivateKey: encryptPrivateKey(ownerKey, encryptKey), walletType: "CHIPI" };

const transfer = (amount) => ({
  contractAddress: STRK, entrypoint: "transfer", calldata: [recipient, "0x" + amount.toString(16), "0x0"],
});
const balance = async () => {
  const call = { contractAddress: STRK, entrypoint: "balance_of", calldata: [recipient] };
  return BigInt((await provider.callContract(call))[0]);
};
const included = async (transactionHash) => {
  const receipt = await provider.waitForTransaction(transactionHash, { retryInterval: 100 });
  assert.equal(receipt.execution_status, "SUCCEEDED");
};
const status = async (sessionPublicKey) => {
  const call = { contractAddress: address, entrypoint: "get_session_data", calldata: [sessionPublicKey] };
  const [validUntil, maxCalls, callsUsed] = (await provider.callContract(call)).map(Number);
  return { validUntil, maxCalls, callsUsed };
};
const register = async (allowed = ["transfer"]) => {
  const session = sdk.sessions.createSessionKey({ encryptKey });
  const sessionConfig = {
    sessionPublicKey: session.publicKey,
    validUntil: session.validUntil,
    maxCalls,
    allowedEntrypoints: allowed.map((name) => hash.getSelectorFromName(name)),
  };
  await included(await sdk.sessions.addSessionKeyToContract({ encryptKey, wallet, sessionConfig }, bearer));
  return session;
};
const execute = (session, calls) =>
  sdk.sessions.executeTransactionWithSession({ encryptKey, wallet, session, calls }, bearer);

test("createSessionKey and addSessionKeyToContract register a session", async () => {
  const session = await register();
  assert.deepEqual(await status(session.publicKey), { validUntil: session.validUntil, maxCalls, callsUsed: 0 });
});

test("executeTransactionWithSession executes, and counts", async () => {
  const session = await register();
  const before = await balance();
  await included(await execute(session, [transfer(7n)]));
  assert.equal(await balance(), before + 7n);
  assert.equal((await status(session.publicKey)).callsUsed, 1);
});

test("a call that is not on the list is refused by name", async () => {
  const session = await register(["approve"]);
  await assert.rejects(execute(session, [transfer(1n)]), (error) => {
    assert.match(error.message, /Session: call not allowed/);
    assert.match(error.message, /transfer of 0x[0-9a-f]+ is not on the session's list\non the list: approve/);
    return true;
  });
});

test("a valid_until that is not the registered one is told", async () => {
  const session = await register();
  const wrong = { ...session, validUntil: session.validUntil + 5 };
  await assert.rejects(execute(wrong, [transfer(1n)]), (error) => {
    assert.match(error.message, new RegExp(`is ${session.validUntil + 5}, registered is ${session.validUntil}`));
    return true;
  });
});

test("setSpendingPolicy limits what the session moves, and getSpendingPolicy reads it", async () => {
  const session = await register();
  const spendingPolicyConfig = {
    sessionPublicKey: session.publicKey, token: STRK, maxPerCall: 10n, maxPerWindow: 15n, windowSeconds: 3600,
  };
  await included(await sdk.sessions.setSpendingPolicy({ encryptKey, wallet, spendingPolicyConfig }, bearer));
  await included(await execute(session, [transfer(9n)]));
  await assert.rejects(execute(session, [transfer(11n)]), /Spending: over call maximum/);
  await assert.rejects(execute(session, [transfer(8n)]), /Spending: over window maximum/);
  const policy = await sdk.sessions.getSpendingPolicy({ walletAddress: address, sessionPublicKey: session.publicKey, token: STRK });
  assert.equal(policy.maxPerCall, 10n);
  assert.equal(policy.maxPerWindow, 15n);
  assert.equal(policy.windowSeconds, 3600);
  assert.equal(policy.spentInWindow, 9n);
});

test("revokeSessionKey ends the session", async () => {
  const session = await register();
  await included(await sdk.sessions.revokeSessionKey({ encryptKey, wallet, sessionPublicKey: session.publicKey }, bearer));
  await assert.rejects(execute(session, [transfer(1n)]), /Session: not found/);
});

test("getSessionData shows SNIP-163's fields under other names", async () => {
  const session = await register();
  await included(await execute(session, [transfer(1n)]));
  const data = await sdk.sessions.getSessionData({ walletAddress: address, sessionPublicKey: session.publicKey });
  // These fields do not hold what their names say: see the top of this file.
  assert.deepEqual(data, { isActive: false, validUntil: maxCalls, remainingCalls: 1, allowedEntrypoints: [] });
});
