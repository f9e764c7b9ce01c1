// The committed vectors (tests/vectors/), computed anew by starknet.js 10.8, which made them: each file is what
// comes of the inputs that stand in it, byte for byte.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ec, hash, num, shortString, typedData, TypedDataRevision } from "starknet";

const text = (name) => readFileSync(`${process.env.ARTIFACTS}/../tests/vectors/${name}.json`, "utf8");
const same = (name, vectors) => assert.equal(JSON.stringify(vectors, null, 1), text(name).trimEnd());

/** Signs, and writes felts as the file does: in hexadecimal without leading zeros. */
function signed(message, key) {
  const { r, s } = ec.starkCurve.sign(message, key);
  return { message_hash: message, r: num.toHex(r), s: num.toHex(s) };
}

test("outside executions have the hashes and signatures of the file", () => {
  const vectors = JSON.parse(text("outside_execution"));
  const key = vectors.session_private_key;
  vectors.session_public_key = ec.starkCurve.getStarkKey(key);
  assert.ok(vectors.cases.length > 9);
  vectors.cases = vectors.cases.map((inputs) => ({
    ...inputs,
    ...signed(typedData.getMessageHash(outsideExecution(inputs), inputs.account), key),
  }));
  same("outside_execution", vectors);
});

test("the acceptance of an owner change has the hash and signature of the file", () => {
  const vectors = JSON.parse(text("owner_change"));
  vectors.new_public_key = ec.starkCurve.getStarkKey(vectors.new_private_key);
  const felts = vectors.message.map((it) => vectors[it] ?? shortString.encodeShortString(it));
  const message = num.toHex(hash.computePoseidonHashOnElements(felts));
  same("owner_change", { ...vectors, ...signed(message, vectors.new_private_key) });
});

test("selectors and the ids of SNIP-163 are those of the file", () => {
  const vectors = JSON.parse(text("selectors"));
  const { selectors, interface_ids: ids } = vectors;
  for (const name of Object.keys(selectors)) selectors[name] = hash.getSelectorFromName(name);
  const xor = (...names) => num.toHex(names.reduce((id, name) => id ^ BigInt(selectors[name]), 0n));
  ids.snip163_session_key_manager =
    xor("add_or_update_session_key", "revoke_session_key", "get_session_data");
  ids.spending_policy_by_the_same_rule =
    xor("set_spending_policy", "get_spending_policy", "remove_spending_policy");
  same("selectors", vectors);
});

/** Makes SNIP-9's typed data, version 2. */
function outsideExecution({ chain_id, caller, nonce, execute_after, execute_before, calls }) {
  const named = (fields) => Object.entries(fields).map(([name, type]) => ({ name, type }));
  return {
    types: {
      StarknetDomain: named({
        name: "shortstring", version: "shortstring", chainId: "shortstring", revision: "shortstring",
      }),
      OutsideExecution: named({
        Caller: "ContractAddress", Nonce: "felt", "Execute After": "u128", "Execute Before": "u128",
        Calls: "Call*",
      }),
      Call: named({ To: "ContractAddress", Selector: "selector", Calldata: "felt*" }),
    },
    primaryType: "OutsideExecution",
    domain: {
      name: "Account.execute_from_outside", version: 2, chainId: chain_id,
      revision: TypedDataRevision.ACTIVE,
    },
    message: {
      Caller: caller, Nonce: nonce, "Execute After": execute_after, "Execute Before": execute_before,
      Calls: calls.map(({ to, selector, calldata }) => ({ To: to, Selector: selector, Calldata: calldata })),
    },
  };
}
