// Tests starknet.js 10.8, unmodified: plain session transactions, execute_from_outside_v2, the paymaster.
import assert from "node:assert/strict";
import test from "node:test";
import {
  Account, CairoOption, CairoOptionVariant, CallData, cairo, Contract, hash, num, OutsideExecutionVersion,
  PaymasterRpc, WebSocketChannel,
} from "starknet";
import { provider, sandbox, sessionKey, SessionSigner } from "./sandbox.mjs";

const [{ address, private_key: ownerKey }] = sandbox.accounts;
const { STRK } = sandbox.tokens;
const recipient = "0x1234";
const owner = new Account({ provider, address, signer: ownerKey });
const paymaster = new PaymasterRpc({ nodeUrl: sandbox.paymaster_url });

const transfer = (amount) => ({
  contractAddress: STRK,
  entrypoint: "transfer",
  calldata: CallData.compile([recipient, cairo.uint256(amount)]),
});
const balance = async () => {
  const call = { contractAddress: STRK, entrypoint: "balance_of", calldata: [recipient] };
  return BigInt((await provider.callContract(call))[0]);
};
const included = async ({ transaction_hash }) => {
  const receipt = await provider.waitForTransaction(transaction_hash, { retryInterval: 100 });
  assert.equal(receipt.execution_status, "SUCCEEDED");
  return receipt;
};
const untilIn = (seconds) => Math.floor(Date.now() / 1000) + seconds;
const register = async (allowed = [hash.getSelectorFromName("transfer")], maxCalls = 10) => {
  const key = sessionKey();
  const validUntil = untilIn(3600);
  const calldata = CallData.compile([key.publicKey, validUntil, maxCalls, allowed]);
  await included(await owner.execute({ contractAddress: address, entrypoint: "add_session", calldata }));
  const signer = new SessionSigner(key, validUntil);
  return { key, validUntil, account: (options = {}) => new Account({ provider, address, signer, ...options }) };
};
const { abi } = await provider.getClassAt(address);
const contract = new Contract({ abi, address, providerOrAccount: provider });
/** An entry of a list, as the account's ABI has it: any calldata, or `value` at the place `index`. */
const listed = (entrypoint, index, value) => ({
  to: STRK,
  selector: hash.getSelectorFromName(entrypoint),
  argument: index === undefined
    ? new CairoOption(CairoOptionVariant.None)
    : new CairoOption(CairoOptionVariant.Some, { index, value }),
});
const registerForCalls = async (calls, maxFee = 10n ** 18n) => {
  const key = sessionKey();
  const validUntil = untilIn(3600);
  await included(await owner.execute([
    contract.populate("set_session_fee_limit", [key.publicKey, maxFee]),
    contract.populate("add_session_for_calls", [key.publicKey, validUntil, 10, calls]),
  ]));
  const signer = new SessionSigner(key, validUntil);
  return { key, validUntil, account: (options = {}) => new Account({ provider, address, signer, ...options }) };
};
const history = async () => (await (await fetch(sandbox.page_url + "state.json")).json()).transactions;
const sponsored = { feeMode: { mode: "sponsored" } };

test("the chain is the one that the sandbox says, on a port that Node connects to", async () => {
  // This is the default port. The fetch standard forbids some ports.
  assert.equal(new URL(sandbox.rpc_url).port, "5163");
  assert.equal(await provider.getChainId(), sandbox.chain_id);
  assert.equal(BigInt(await provider.getClassHashAt(address)), BigInt(sandbox.class_hash));
});

test("a session signer sends a plain transaction", async () => {
  const before = await balance();
  const session = await register();
  await included(await session.account().execute(transfer(7)));
  assert.equal(await balance(), before + 7n);
  const [entry] = await history();
  assert.deepEqual(entry.signer, { kind: "session", session_key: num.toHex(session.key.publicKey) });
  assert.equal(entry.status, "accepted");
});

test("a wrong valid_until is named in the refusal of a plain transaction", async () => {
  const session = await register();
  const signer = new SessionSigner(session.key, session.validUntil + 1);
  const wrong = new Account({ provider, address, signer });
  await assert.rejects(wrong.execute(transfer(1)), (error) => {
    assert.match(error.message, /Session: wrong valid_until/);
    assert.match(error.message, new RegExp(`${session.validUntil + 1}, registered is ${session.validUntil}`));
    return true;
  });
});

test("a call that is not on the list is named in the refusal of a plain transaction", async () => {
  const session = await register();
  const approve = { ...transfer(1), entrypoint: "approve" };
  await assert.rejects(session.account().execute(approve), (error) => {
    assert.match(error.message, /Session: call not allowed/);
    assert.match(error.message, /approve of 0x[0-9a-f]+ is not on the session's list/);
    return true;
  });
});

test("a pinned recipient is paid, and nobody else", async () => {
  const before = await balance();
  const other = "0x9999";
  const session = await registerForCalls([listed("transfer", 0, recipient), listed("transfer", 0, "0x5678")]);
  await included(await session.account().execute(transfer(7)));
  assert.equal(await balance(), before + 7n);
  const wrong = { ...transfer(7), calldata: CallData.compile([other, cairo.uint256(7)]) };
  await assert.rejects(session.account().execute(wrong), (error) => {
    assert.match(error.message, /Session: call not allowed/);
    assert.match(error.message, /place 0 of its calldata must be 0x1234 or 0x5678, found is 0x9999/);
    return true;
  });
  // The same holds through a paymaster.
  const account = session.account({ paymaster });
  await included(await account.executePaymasterTransaction([transfer(1)], sponsored));
  await assert.rejects(account.executePaymasterTransaction([wrong], sponsored), /Session: call not allowed/);
  assert.equal(await balance(), before + 8n);
  // In the default mode the paymaster appends a transfer to itself, which this list does not hold.
  const paid = { feeMode: { mode: "default", gasToken: STRK } };
  const { suggested_max_fee_in_gas_token: most } = await account.estimatePaymasterTransactionFee([transfer(1)], paid);
  await assert.rejects(
    account.executePaymasterTransaction([transfer(1)], paid, most * 2n), /the last call pays the paymaster/,
  );
});

test("what is listed without an argument may carry any calldata", async () => {
  const before = await balance();
  const session = await registerForCalls([listed("transfer"), listed("approve", 0, "0x5678")]);
  await included(await session.account().execute(transfer(2)));
  assert.equal(await balance(), before + 2n);
  const approve = { ...transfer(1), entrypoint: "approve" };
  await assert.rejects(session.account().execute(approve), /approve of .*place 0 of its calldata must be 0x5678/);
});

test("status and permissions read by the account's ABI", async () => {
  const { key, validUntil } = await registerForCalls([listed("transfer", 0, recipient)]);
  assert.deepEqual(await contract.get_session_status(key.publicKey), {
    is_active: true, valid_until: BigInt(validUntil), remaining_calls: 10n, allowed_len: 1n,
  });
  const ask = (calldata) => contract.is_call_allowed(key.publicKey, {
    to: STRK, selector: hash.getSelectorFromName("transfer"), calldata,
  });
  assert.equal(await ask([recipient, "1", "0"]), true);
  assert.equal(await ask(["0x5678", "1", "0"]), false);
  assert.equal(await ask([]), false);
});

test("a session logs itself out, plainly and by a paymaster", async () => {
  const end = ({ key }) => contract.populate("revoke_session", [key.publicKey]);
  const plain = await registerForCalls([listed("transfer")]);
  await included(await plain.account().execute(end(plain)));
  await assert.rejects(plain.account().execute(transfer(1)), /Session: not found/);

  // With the fee limit 0 a relayer pays for everything that a session does, its ending too.
  const relayed = await registerForCalls([listed("transfer")], 0n);
  const account = relayed.account({ paymaster });
  const both = [transfer(1), end(relayed)];
  await assert.rejects(account.executePaymasterTransaction(both, sponsored), /must be alone in its batch/);
  await included(await account.executePaymasterTransaction([end(relayed)], sponsored));
  const { is_active: isActive, valid_until: validUntil } = await contract.get_session_status(relayed.key.publicKey);
  assert.deepEqual([isActive, validUntil], [false, 0n]);
  const [last] = await history();
  assert.deepEqual([last.calls, last.signer.kind], [["revoke_session"], "session"]);
  const { sessions } = await (await fetch(sandbox.page_url + "state.json")).json();
  const shown = sessions.find((it) => BigInt(it.session_key) === BigInt(relayed.key.publicKey));
  assert.deepEqual([shown.state, shown.allowed], ["revoked", []]);
});

test("under the fee limit 0 an estimate succeeds and the transaction does not", async () => {
  const session = await registerForCalls([listed("transfer")], 0n);
  assert.ok((await session.account().estimateInvokeFee(transfer(1))).overall_fee > 0n);
  await assert.rejects(session.account().execute(transfer(1)), (error) => {
    assert.match(error.message, /Session: fee over limit/);
    assert.match(error.message, /the session's limit is 0: it works through a relayer only/);
    return true;
  });
});

test("under a spending policy a plain execute needs an estimate that validates", async () => {
  const before = await balance();
  const session = await registerForCalls([listed("transfer", 0, recipient)]);
  const { publicKey } = session.key;
  await included(await owner.execute(contract.populate("set_spending_policy", [publicKey, STRK, 100n, 1000n, 86400])));
  const account = session.account();
  // starknet.js estimates without a signature, so the account's checks of a session do not run. They use more than
  // it adds to the estimate.
  const { transaction_hash: tooLow } = await account.execute(transfer(7));
  const receipt = await provider.waitForTransaction(tooLow, { retryInterval: 100 });
  assert.match(receipt.revert_reason, /Insufficient max L2Gas/);
  const [row] = await history();
  assert.deepEqual([row.status, BigInt(row.transaction_hash)], ["refused", BigInt(tooLow)]);
  assert.match(row.explanation, /^the transaction used more gas than its resource bounds allow.*skipValidate: false/);
  await included(await account.execute(transfer(7), { skipValidate: false }));
  assert.equal(await balance(), before + 7n);

  // Such an estimate passes for what the account refuses, and the other one says why it is refused.
  assert.ok((await account.estimateInvokeFee(transfer(101))).overall_fee > 0n);
  const checked = account.estimateInvokeFee(transfer(101), { skipValidate: false });
  await assert.rejects(checked, /Spending: over call maximum/);
});

test("an owner's outside execution is submitted by somebody else", async () => {
  const before = await balance();
  const submitter = new Account({
    provider, address: sandbox.submitter.address, signer: sandbox.submitter.private_key,
  });
  assert.equal(await owner.getSnip9Version(), OutsideExecutionVersion.V2);
  const options = { caller: submitter.address, execute_after: 0, execute_before: untilIn(3600) };
  const outside = await owner.getOutsideTransaction(options, transfer(5), OutsideExecutionVersion.V2);
  await included(await submitter.executeFromOutside(outside));
  assert.equal(await balance(), before + 5n);
});

test("a session's outside execution is submitted by somebody else", async () => {
  const before = await balance();
  const session = await register();
  const submitter = new Account({
    provider, address: sandbox.submitter.address, signer: sandbox.submitter.private_key,
  });
  const options = { caller: "ANY_CALLER", execute_after: 0, execute_before: untilIn(3600) };
  const outside = await session.account().getOutsideTransaction(options, transfer(6), OutsideExecutionVersion.V2);
  assert.equal(outside.signature.length, 4);
  await included(await submitter.executeFromOutside(outside));
  assert.equal(await balance(), before + 6n);
});

test("the paymaster says what it is and what it takes", async () => {
  assert.equal(await paymaster.isAvailable(), true);
  const tokens = await paymaster.getSupportedTokens();
  assert.deepEqual(tokens.map((it) => it.token_address).sort(), [sandbox.tokens.ETH, STRK].sort());
});

test("the paymaster sponsors the owner and a session", async () => {
  const before = await balance();
  const payer = new Account({ provider, address, signer: ownerKey, paymaster });
  await included(await payer.executePaymasterTransaction([transfer(3)], sponsored));
  const session = await register();
  await included(await session.account({ paymaster }).executePaymasterTransaction([transfer(4)], sponsored));
  assert.equal(await balance(), before + 7n);
  const [last] = await history();
  assert.equal(last.via, "paymaster");
});

test("the paymaster is paid in a token by an appended transfer", async () => {
  const before = await balance();
  const payer = new Account({ provider, address, signer: ownerKey, paymaster });
  const details = { feeMode: { mode: "default", gasToken: STRK } };
  const fee = await payer.estimatePaymasterTransactionFee([transfer(2)], details);
  assert.ok(fee.suggested_max_fee_in_gas_token > 0n);
  const session = await register();
  const account = session.account({ paymaster });
  await included(await account.executePaymasterTransaction([transfer(2)], details, fee.suggested_max_fee_in_gas_token * 2n));
  assert.equal(await balance(), before + 2n);
});

test("the paymaster deploys an account and makes its first call", async () => {
  const key = sessionKey();
  const deployment = {
    class_hash: sandbox.class_hash,
    salt: "0x5",
    calldata: [key.publicKey],
    address: hash.calculateContractAddressFromHash("0x5", sandbox.class_hash, [key.publicKey], 0),
    version: 1,
  };
  const account = new Account({ provider, address: deployment.address, signer: key.privateKey, paymaster });
  const approve = { contractAddress: STRK, entrypoint: "approve", calldata: CallData.compile([recipient, cairo.uint256(1)]) };
  const details = { ...sponsored, deploymentData: deployment };
  await included(await account.executePaymasterTransaction([approve], details));
  assert.equal(BigInt(await provider.getClassHashAt(deployment.address)), BigInt(sandbox.class_hash));
});

test("the paymaster deploys an account that pays for it", async () => {
  const key = sessionKey();
  const deployment = {
    class_hash: sandbox.class_hash,
    salt: "0x6",
    calldata: [key.publicKey],
    address: hash.calculateContractAddressFromHash("0x6", sandbox.class_hash, [key.publicKey], 0),
    version: 1,
  };
  const funds = CallData.compile([deployment.address, cairo.uint256(10n ** 18n)]);
  await included(await owner.execute({ contractAddress: STRK, entrypoint: "transfer", calldata: funds }));
  const account = new Account({ provider, address: deployment.address, signer: key.privateKey, paymaster });
  const details = { feeMode: { mode: "default", gasToken: STRK }, deploymentData: deployment };
  const fee = await account.estimatePaymasterTransactionFee([transfer(1)], details);
  await included(await account.executePaymasterTransaction([transfer(1)], details, fee.suggested_max_fee_in_gas_token));
  assert.equal(BigInt(await provider.getClassHashAt(deployment.address)), BigInt(sandbox.class_hash));
});

test("the paymaster's refusal says which hash was computed and which one the signature fits", async () => {
  const session = await register();
  const invoke = { type: "invoke", invoke: { userAddress: address, calls: [transfer(1)] } };
  const parameters = { version: "0x1", ...sponsored };
  const { typed_data: typedData } = await paymaster.buildTransaction(invoke, parameters);
  const wrong = structuredClone(typedData);
  wrong.domain.chainId = "SN_MAIN";
  const account = session.account();
  const signature = await account.signMessage(wrong);
  const signed = { type: "invoke", invoke: { userAddress: address, typedData: wrong, signature } };
  await assert.rejects(paymaster.executeTransaction(signed, parameters), (error) => {
    assert.match(error.message, /the account computed the hash 0x/);
    assert.match(error.message, /fits the hash 0x[0-9a-f]+: the chain id in it is 0x534e5f4d41494e/);
    assert.match(error.message, /domain.chainId is .*SN_MAIN/);
    return true;
  });
});

test("a signed outside execution is executed once", async () => {
  const session = await register();
  const before = await balance();
  const invoke = { type: "invoke", invoke: { userAddress: address, calls: [transfer(1)] } };
  const parameters = { version: "0x1", ...sponsored };
  const { typed_data: typedData } = await paymaster.buildTransaction(invoke, parameters);
  const signature = await session.account().signMessage(typedData);
  const signed = { type: "invoke", invoke: { userAddress: address, typedData, signature } };
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => paymaster.executeTransaction(signed, parameters)));
  assert.equal(outcomes.filter((it) => it.status === "fulfilled").length, 1);
  for (const { reason } of outcomes.filter((it) => it.status === "rejected")) {
    assert.match(reason.message, /SRC9: duplicated nonce/);
  }
  assert.equal(await balance(), before + 1n);
});

test("new blocks are told by WebSocket", async (context) => {
  const channel = new WebSocketChannel({ nodeUrl: sandbox.ws_url });
  // Otherwise node would never end if the test fails.
  context.after(() => channel.disconnect());
  await channel.waitForConnection();
  const heads = await channel.subscribeNewHeads();
  const head = new Promise((resolve) => heads.on(resolve));
  await included(await owner.execute(transfer(1)));
  assert.ok((await head).block_number > 0);
  await heads.unsubscribe();
});
