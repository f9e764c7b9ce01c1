// Tests that starknet.js 10.8 hashes and declares the committed class, from the files as they are.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import test from "node:test";
import { Account, hash, json, RpcProvider } from "starknet";

const read = (name) => json.parse(readFileSync(`${process.env.ARTIFACTS}/${name}.json`, "utf8"));
const manifest = read("manifest");
const contract = read("SessionAccount.contract_class");
const casm = read("SessionAccount.compiled_contract_class");
const classHash = (contract) => BigInt(hash.computeContractClassHash(contract));

test("the class hash is the manifest's", () => {
  assert.equal(classHash(contract), BigInt(manifest.class_hash));
});

test("the compiled class hash is the manifest's", () => {
  assert.equal(BigInt(hash.computeCompiledClassHash(casm)), BigInt(manifest.compiled_class_hash));
});

test("the order of the ABI's keys is part of the class hash", () => {
  // Without this check the first test would also pass for a file that a gateway declares under another hash.
  assert.notEqual(classHash({ ...contract, abi: sorted(contract.abi) }), BigInt(manifest.class_hash));
});

test("declare puts the class under the manifest's hash", async (context) => {
  const provider = await chain(context);
  await assert.rejects(provider.getClass(manifest.class_hash), /Class hash not found/);

  const [{ address, private_key: signer }] = await ask(provider, "devnet_getPredeployedAccounts");
  const account = new Account({ provider, address, signer });
  const { transaction_hash: sent, class_hash: declared } = await account.declare({ contract, casm });
  const receipt = await provider.waitForTransaction(sent, { retryInterval: 100 });
  assert.equal(receipt.execution_status, "SUCCEEDED");
  assert.equal(BigInt(declared), BigInt(manifest.class_hash));

  const found = await provider.getClass(manifest.class_hash);
  assert.deepEqual(found.sierra_program, contract.sierra_program);
  assert.deepEqual(found.abi, contract.abi);
  // starknet.js computes the hash from the CASM, with the hash function of the chain's version.
  const { compiled_class_hash: compiled } = await provider.getTransaction(sent);
  assert.equal(BigInt(compiled), BigInt(manifest.compiled_class_hash));
});

/** Starts a devnet that does not have the class yet. It ends with the test. */
async function chain(context) {
  const devnet = spawn(process.env.DEVNET, { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => devnet.kill());
  const [nodeUrl] = await once(createInterface({ input: devnet.stdout }), "line");
  return new RpcProvider({ nodeUrl });
}

/** Calls one of the devnet's own methods. */
async function ask(provider, method) {
  const answer = await provider.channel.fetch(method, {});
  return (await answer.json()).result;
}

/** The same value, with the keys of every object in alphabetical order. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
