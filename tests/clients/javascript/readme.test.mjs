// Tests README's lines of TypeScript: they fit starknet.js's own types, and they pay with a session's key
// alone.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { Account, CairoOption, CairoOptionVariant, Contract, hash } from "starknet";
import ts from "typescript";
import { provider, sandbox, sessionKey } from "./sandbox.mjs";

const README = `${process.env.ARTIFACTS}/../README.md`;
const [, lines] = readFileSync(README, "utf8").match(/```ts\n([^]*?)```/);

test("README's TypeScript pays as it is printed", async () => {
  const { privateKey: key, publicKey } = sessionKey();
  const [{ address, private_key: signer }] = sandbox.accounts;
  const { timestamp } = await provider.getBlock("pre_confirmed");
  const validUntil = timestamp + 3600;
  const owner = new Account({ provider, address, signer });
  const { abi } = await provider.getClassAt(address);
  const account = new Contract({ abi, address, providerOrAccount: provider });
  const { STRK } = sandbox.tokens;
  // The safe way: under the fee limit 0 a paymaster alone can submit it.
  const argument = new CairoOption(CairoOptionVariant.None);
  const transfer = { to: STRK, selector: hash.getSelectorFromName("transfer"), argument };
  const registered = await owner.execute(
    account.populate("add_session_for_calls", [publicKey, validUntil, 1, [transfer]]),
  );
  await provider.waitForTransaction(registered.transaction_hash, { retryInterval: 100 });

  // The lines use these names without declaring them.
  const urls = { nodeUrl: sandbox.rpc_url, paymasterUrl: sandbox.paymaster_url };
  const given = { ...urls, address, key, validUntil, STRK, merchant: "0x77" };
  const declared = Object.entries(given).map(([name, it]) => `declare const ${name}: ${typeof it};`).join("\n");
  mkdirSync("readme", { recursive: true });
  writeFileSync("readme/given.d.ts", declared);
  writeFileSync("readme/session.ts", lines);
  assert.deepEqual(errors(["readme/given.d.ts", "readme/session.ts"]), []);

  const { outputText } = ts.transpileModule(lines, { compilerOptions: OPTIONS });
  writeFileSync("readme/session.mjs", outputText);
  Object.assign(globalThis, given);
  await import("./readme/session.mjs");
  const { remaining_calls: left } = await account.get_session_status(publicKey);
  assert.equal(left, 0n);
});

const OPTIONS = {
  strict: true, noImplicitOverride: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: [],
};

/** Returns the compiler's errors in `files`. */
function errors(files) {
  const found = ts.getPreEmitDiagnostics(ts.createProgram(files, OPTIONS));
  return found.map((it) => ts.flattenDiagnosticMessageText(it.messageText, "\n"));
}
