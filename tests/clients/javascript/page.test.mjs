// Tests the page in a headless browser: Debian's chromium, or the one that CHROMIUM names. With SCREENSHOTS,
// the name of a folder, it writes pictures of what it tested there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import puppeteer from "puppeteer-core";
import { Account, CairoOption, CairoOptionVariant, CallData, cairo, Contract, PaymasterRpc, hash } from "starknet";
import { provider, sandbox, sessionKey, SessionSigner } from "./sandbox.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(executablePath) && `there is no browser at ${executablePath}`;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const { address, private_key: ownerKey } = sandbox.accounts[0];
const { STRK } = sandbox.tokens;
const ONE = 10n ** 18n;
const owner = new Account({ provider, address, signer: ownerKey });
const paymaster = new PaymasterRpc({ nodeUrl: sandbox.paymaster_url });
const transfer = (recipient, amount) => ({
  contractAddress: STRK,
  entrypoint: "transfer",
  calldata: CallData.compile([recipient, cairo.uint256(amount)]),
});
const sponsored = { feeMode: { mode: "sponsored" } };

async function withPage(use, { javaScript = true, width = 1280, scheme = "light" } = {}) {
  const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.setJavaScriptEnabled(javaScript);
    await page.goto(sandbox.page_url);
    await use(page, errors);
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}

/** Registers a session that may pay one merchant within a cap. It makes one payment, and another is refused. */
async function payAndBeRefused() {
  const { abi } = await provider.getClassAt(address);
  const contract = new Contract({ abi, address, providerOrAccount: provider });
  const key = sessionKey();
  const { timestamp } = await provider.getBlock("pre_confirmed");
  const validUntil = timestamp + 3600;
  const argument = new CairoOption(CairoOptionVariant.Some, { index: 0, value: "0x1234" });
  const toMerchant = { to: STRK, selector: hash.getSelectorFromName("transfer"), argument };
  const { transaction_hash } = await owner.execute([
    contract.populate("add_session_for_calls", [key.publicKey, validUntil, 6, [toMerchant]]),
    contract.populate("set_spending_policy", [key.publicKey, STRK, 2n * ONE, 5n * ONE, 86400]),
    contract.populate("set_session_fee_limit", [key.publicKey, 0]),
  ]);
  await provider.waitForTransaction(transaction_hash, { retryInterval: 100 });
  const session = new Account({ provider, paymaster, address, signer: new SessionSigner(key, validUntil) });
  const pay = () => session.executePaymasterTransaction([transfer("0x1234", ONE)], sponsored);
  await pay();
  await assert.rejects(session.executePaymasterTransaction([transfer("0x5678", ONE)], sponsored));
  const revoke = async () => {
    const revoked = await owner.execute(contract.populate("revoke_session_key", [key.publicKey]));
    await provider.waitForTransaction(revoked.transaction_hash, { retryInterval: 100 });
  };
  return { key: key.publicKey, pay, revoke };
}

/** Has a payment refused at the estimate, and another one before it can be signed. Returns a way to estimate again. */
async function beRefusedUnsent() {
  // No session has this key, and nobody has that much.
  const { timestamp } = await provider.getBlock("pre_confirmed");
  const signer = new SessionSigner(sessionKey(), timestamp + 3600);
  const session = new Account({ provider, paymaster, address, signer });
  await assert.rejects(session.buildPaymasterTransaction([transfer("0x1234", 10n ** 30n)], sponsored));
  const pay = () => session.estimateInvokeFee([transfer("0x1234", ONE)], { skipValidate: false });
  const estimate = () => assert.rejects(pay(), /Session: not found/);
  await estimate();
  return estimate;
}

const cardOf = (key) => `article[id$="-${BigInt(key).toString(16)}"]`;

/** Checks the page, as it is, against axe's rules, for example on contrast. */
async function check(page, name) {
  const violations = await page.evaluate(async (source) => {
    new Function(source).call(globalThis);
    const found = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => it.html).join("\n")}`);
  }, axe);
  assert.deepEqual(violations, [], name);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `${name}: it is wider than the window`);
  if (process.env.SCREENSHOTS) {
    await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}

const sizes = [
  { width: 390, scheme: "light" }, { width: 390, scheme: "dark" },
  { width: 1280, scheme: "light" }, { width: 1280, scheme: "dark" },
];
const bypassing = (use) => async (page, errors) => {
  await page.setBypassCSP(true);
  await page.reload();
  await use(page, errors);
};

test("an empty page has a snippet that works when it is pasted", { skip }, async () => {
  // This is the default port. The fetch standard forbids some ports.
  assert.equal(new URL(sandbox.page_url).port, "5163");
  await fetch(`${sandbox.page_url}reset`, { method: "POST" });
  await withPage(bypassing(async (page) => {
    const snippet = await page.$eval("#feed pre", (it) => it.textContent);
    for (const { width, scheme } of sizes) {
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await check(page, `empty-${width}-${scheme}`);
    }
    const folder = mkdtempSync(join(tmpdir(), "snippet-"));
    try {
      // The package that the snippet's first line installs is there already.
      const modules = dirname(dirname(createRequire(import.meta.url).resolve("axe-core")));
      symlinkSync(modules, join(folder, "node_modules"));
      const [install, ...lines] = snippet.split("\n");
      assert.equal(install, "npm install starknet@10.8.0");
      execFileSync("bash", ["-euc", lines.join("\n")], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    } finally {
      rmSync(folder, { recursive: true });
    }
    await page.waitForSelector("#transactions > li.accepted", { timeout: 10_000 });
    const row = await page.$eval("#transactions > li", (it) => it.innerText);
    assert.match(row, /accepted\s+transfer 1 STRK to 0x1234/);
    assert.match(row, /signed by the owner, sent by JSON-RPC, paid by account 1/);

    // The page shows a reset too.
    await fetch(`${sandbox.page_url}reset`, { method: "POST" });
    await page.waitForSelector("#feed > .lines pre", { timeout: 10_000 });
    assert.equal(await page.$("#transactions"), null);
  }));
});

test("the page shows live what happens, and who is doing something is not disturbed", { skip }, async () => {
  const first = await payAndBeRefused();
  await withPage(async (page) => {
    // A reader has opened a row by keyboard, selected text in it, and scrolled.
    const open = "#transactions > li.refused";
    await page.focus(`${open} summary`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${open} .whole-entry`);
    const all = await page.$eval(`${open} .whole-entry`, (it) => it.textContent);
    assert.match(all, new RegExp(`0x${BigInt(first.key).toString(16)}`), "the whole key");
    assert.match(all, /"primaryType": "OutsideExecution"/);
    const selected = await page.evaluate((row) => {
      const list = document.querySelector(row);
      list.dataset.kept = "yes";
      getSelection().selectAllChildren(list.querySelector("dd code"));
      scrollTo(0, 150);
      return getSelection().toString();
    }, open);
    const top = () => page.$eval("li[data-kept]", (it) => it.getBoundingClientRect().top);
    const before = await top();

    // The page is not reloaded, so it must notice the change itself.
    const { key } = await payAndBeRefused();
    await page.waitForSelector(cardOf(key), { timeout: 10_000 });
    await page.waitForFunction(() => document.querySelectorAll("#transactions > li.refused").length >= 2);
    assert.equal(await page.evaluate(() => getSelection().toString()), selected);
    assert.ok(await page.$("li[data-kept] details[open]"), "what was open stays open");
    assert.ok(Math.abs((await top()) - before) < 2, "what one reads stays where it is");

    const card = await page.$eval(cardOf(key), (it) => it.innerText);
    assert.match(card, /active/);
    assert.match(card, /5 of 6 left, (59 min|1 h)/);
    assert.match(card, /transfer of STRK with 0x1234 at place 0/);
    const bars = await page.$$eval(`${cardOf(key)} progress`, (all) => all.map((it) => [it.labels[0].innerText, it.value / it.max]));
    assert.deepEqual(bars.map(([label]) => label.trim()), ["transactions left", "4 STRK left in this window"]);
    assert.deepEqual(bars.map(([, left]) => left), [5 / 6, 0.8], "every bar shows what is left");
    assert.match(card, /1 STRK of 5 STRK spent, up to 2 STRK a call; reopens in (1 d|23 h)/);
    assert.match(card, /none of the account's own/);
    const [refused, paid, registered] = await page.$$eval("#transactions > li", (rows) => rows.map((it) => it.innerText));
    assert.match(refused, /refused\s+transfer 1 STRK to 0x5678\s+Session: call not allowed: the session's list/);
    assert.match(refused, /signed by session 0x[0-9a-f]+…[0-9a-f]+, sent through the paymaster, nothing paid/);
    assert.match(refused, /place 0 of its calldata must be 0x1234, found is 0x5678/);
    assert.match(registered, new RegExp("register session 0x[0-9a-f]+…[0-9a-f]+: STRK.transfer to 0x1234, at most 2 STRK a call and "
      + "5 STRK a day, fee limit 0, until [-0-9]+ [:0-9]+ UTC, 6 transactions"));
    assert.match(paid, /accepted\s+transfer 1 STRK to 0x1234/);
    assert.match(paid, /sent through the paymaster, paid by relayer [1-4], 5 left/);
    await page.click("#transactions > li.accepted summary");
    await page.waitForSelector("#transactions > li.accepted .whole-entry");
    const whole = await page.$eval("#transactions > li.accepted .whole-entry", (it) => it.innerText);
    const [, number, relayer] = whole.match(/by relayer ([1-4]), (0x[0-9a-f]+)\s+Copy/);
    assert.equal(BigInt(relayer), BigInt(sandbox.relayers[number - 1]));
  });
});

test("a card in which somebody has selected is left alone, and shows what is new afterwards", { skip }, async () => {
  const { key, pay } = await payAndBeRefused();
  const card = cardOf(key);
  await withPage(async (page) => {
    await page.focus(`${card} summary`);
    await page.keyboard.press("Enter");
    const selected = await page.evaluate((card) => {
      const it = document.querySelector(card);
      it.dataset.kept = "yes";
      getSelection().selectAllChildren(it.querySelector("details dd code"));
      scrollTo(0, 150);
      return getSelection().toString();
    }, card);
    assert.equal(BigInt(selected), BigInt(key));
    const top = () => page.$eval(card, (it) => it.getBoundingClientRect().top);
    const before = await top();

    // The card gets new content, and another card is put before it.
    await pay();
    const { key: other } = await payAndBeRefused();
    await page.waitForSelector(cardOf(other), { timeout: 10_000 });
    assert.equal(await page.evaluate(() => getSelection().toString()), selected);
    assert.ok(await page.$(`${card}[data-kept] details[open]`), "it is the same element, and open");
    assert.match(await page.$eval(card, (it) => it.innerText), /5 of 6 left/);
    assert.ok(Math.abs((await top()) - before) < 2, "what one reads stays where it is");

    await page.evaluate(() => getSelection().removeAllRanges());
    await page.waitForFunction(
      (card) => document.querySelector(card).innerText.includes("4 of 6 left"), { timeout: 10_000 }, card,
    );
    assert.ok(await page.$(`${card} details[open]`), "what was open stays open");
    assert.ok(await page.$eval(card, (it) => it.contains(document.activeElement)), "the focus stays too");
    assert.ok(Math.abs((await top()) - before) < 2, "and where it is");
  });
});

test("a line repeats what was sent, and a session that is revoked is no more than that", { skip }, async () => {
  const { key, revoke } = await payAndBeRefused();
  await withPage(async (page) => {
    await page.click("#transactions > li.refused summary");
    const region = '#transactions [aria-label^="the repeating line"]';
    await page.waitForSelector(region);
    const line = await page.$eval(region, (it) => it.textContent);
    const told = execFileSync("bash", ["-euc", line], { encoding: "utf8" });
    assert.match(told, /Session: call not allowed/);

    await revoke();
    await page.waitForFunction(
      (card) => document.querySelector(card)?.innerText.includes("revoked"), { timeout: 10_000 }, cardOf(key),
    );
    const card = await page.$eval(cardOf(key), (it) => it.innerText);
    assert.match(card, /It can do nothing any more/);
    assert.doesNotMatch(card, /Until|anything|1970|AM/);
  });
});

test("what is refused before it is sent is told apart, and an open row says how often", { skip }, async () => {
  const estimate = await beRefusedUnsent();
  await withPage(async (page) => {
    const [estimated, built] = await page.$$eval("#transactions > li.unsent", (rows) => rows.map((it) => it.innerText));
    assert.match(estimated, /refused at the estimate\s+transfer 1 STRK to 0x1234\s+Session: not found: /);
    assert.match(estimated, /signed by session 0x[0-9a-f]+…[0-9a-f]+, asked by JSON-RPC, never sent, [-0-9]+ [:0-9]+$/);
    assert.match(built, /refused before signing\s+transfer [0-9,.]+ STRK to 0x1234\s+the calls revert with '/);
    assert.match(built, /not signed yet, asked through the paymaster, never sent/);

    const open = "#transactions > li.unsent";
    await page.click(`${open} summary`);
    await page.waitForSelector(`${open} .whole-entry`);
    await page.$eval(open, (it) => { it.dataset.kept = "yes"; });
    await estimate();
    await estimate();
    const told = () => page.$$eval("li[data-kept] .times", (all) => all.map((it) => it.textContent));
    await page.waitForFunction(() => document.querySelector("li[data-kept] .times").textContent === ", 3 times", { timeout: 10_000 });
    assert.deepEqual(await told(), [", 3 times", ", 3 times"], "in the row, and where it is open");
    assert.ok(await page.$("li[data-kept] details[open] .whole-entry"), "what was open stays open");
  });
});

test("it is readable on a phone and a desktop, in light and dark, by axe's rules", { skip }, async () => {
  const { revoke } = await payAndBeRefused();
  await revoke();
  await payAndBeRefused();
  const estimate = await beRefusedUnsent();
  await estimate();
  await withPage(bypassing(async (page) => {
    for (const row of ["li.refused:not(.unsent)", "li.unsent"]) {
      await page.click(`#transactions > ${row} summary`);
      await page.waitForSelector(`#transactions > ${row} .whole-entry`);
    }
    await page.click("#transactions > li.accepted summary");
    await page.waitForSelector("#transactions > li.accepted .whole-entry");
    for (const { width, scheme } of sizes) {
      await page.setViewport({ width, height: 900 });
      const cut = await page.$eval(".refusal pre", (it) => it.scrollHeight - it.clientHeight);
      assert.equal(cut, 0, "a refusal is shown whole");
      const marker = await page.$eval("#transactions summary", (it) => getComputedStyle(it, "::before").content);
      assert.notEqual(marker, "none", "a row shows that it opens");
      const broken = await page.$$eval(".short", (all) => all.filter((it) => it.getClientRects().length > 1).map((it) => it.innerText));
      assert.deepEqual(broken, [], "no felt breaks that is shown in short");
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await check(page, `used-${width}-${scheme}`);
    }
  }));
});

test("it says that it is stopped, and that it is back", { skip }, async () => {
  await withPage(bypassing(async (page, errors) => {
    await page.setOfflineMode(true);
    await page.waitForFunction(() => document.querySelector("#notice").textContent.startsWith("Stopped"));
    assert.equal(await page.title(), "Session sandbox (stopped)");
    for (const { width, scheme } of sizes) {
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await check(page, `stopped-${width}-${scheme}`);
    }
    await page.setOfflineMode(false);
    await page.waitForFunction(() => document.querySelector("#notice").textContent === "");
    // The browser itself logs this for each request that failed. Everything else is an error of the page.
    const offline = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED";
    errors.splice(0, errors.length, ...errors.filter((it) => it !== offline));
  }));
});

test("the page reads without a script", { skip }, async () => {
  const { key } = await payAndBeRefused();
  await withPage(async (page) => {
    assert.ok(await page.$(cardOf(key)));
    await page.goto(await page.$eval("#transactions > li a", (it) => it.href));
    const whole = await page.$eval(".whole-entry", (it) => it.textContent);
    assert.match(whole, new RegExp(`0x${BigInt(key).toString(16)}`));
  }, { javaScript: false });
});
