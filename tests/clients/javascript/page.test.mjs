// The page, in a headless browser: Debian's chromium, or the one that CHROMIUM names.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import puppeteer from "puppeteer-core";
import { Account, CallData, cairo } from "starknet";
import { provider, sandbox, sessionKey, SessionSigner } from "./sandbox.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executablePath) && `there is no browser at ${executablePath}`;

const { address, private_key: ownerKey } = sandbox.accounts[0];
const transfer = {
  contractAddress: sandbox.tokens.STRK,
  entrypoint: "transfer",
  calldata: CallData.compile(["0x77", cairo.uint256(1)]),
};

async function withPage(javaScript, use) {
  const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.setJavaScriptEnabled(javaScript);
    await page.goto(sandbox.page_url);
    await use(page);
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}

/** A session that can make no transfer, and the refusal of one. */
async function refuse() {
  const owner = new Account({ provider, address, signer: ownerKey });
  const key = sessionKey();
  const validUntil = Math.floor(Date.now() / 1000) + 600;
  const calldata = CallData.compile([key.publicKey, validUntil, 4, ["0x1"]]);
  const { transaction_hash } = await owner.execute({ contractAddress: address, entrypoint: "add_session", calldata });
  await provider.waitForTransaction(transaction_hash, { retryInterval: 100 });
  const session = new Account({ provider, address, signer: new SessionSigner(key, validUntil) });
  await assert.rejects(session.execute(transfer));
  return key.publicKey;
}

test("the page shows live what happens, and the rule that refused it", { skip }, async () => {
  await withPage(true, async (page) => {
    const key = await refuse();
    // No reload: the page itself has to notice.
    const row = `#sessions code[title="${key}"]`;
    await page.waitForSelector(row, { timeout: 10_000 });
    const session = await page.$eval(row, (it) => it.closest("tr").innerText);
    assert.match(session, /active\s+4/);
    // The session may be there before its refusal is.
    const entry = `#transactions tr.refused code[title="${key}"]`;
    await page.waitForSelector(entry, { timeout: 10_000 });
    const refused = await page.$eval(entry, (it) => it.closest("tr").innerText);
    assert.match(refused, /session 0x/);
    assert.match(refused, /transfer/);
    assert.match(refused, /Session: call not allowed/);
    assert.equal((await page.$$("#accounts tr")).length, sandbox.accounts.length + 1);
  });
});

test("the page reads without a script", { skip }, async () => {
  const key = await refuse();
  await withPage(false, async (page) => {
    const { length } = await page.$$(`#sessions code[title="${key}"]`);
    assert.equal(length, 1);
  });
});
