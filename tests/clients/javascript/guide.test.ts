import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Account, CallData, cairo, ec, encode, hash, num, RpcProvider, Signer } from "starknet";

// What `serve` wrote.
const sandbox = JSON.parse(readFileSync(process.env.SANDBOX ?? "sandbox.json", "utf8"));
const provider = new RpcProvider({ nodeUrl: sandbox.rpc_url });
const { address, private_key: ownerKey } = sandbox.accounts[0];

/** Signs as SNIP-163 has it: [session_key, r, s, valid_until]. */
class SessionSigner extends Signer {
  constructor(privateKey: string, private readonly validUntil: number) {
    super(privateKey);
  }

  protected async signRaw(hash: string): Promise<string[]> {
    const { r, s } = ec.starkCurve.sign(hash, num.toHex(this.pk as string));
    const key = ec.starkCurve.getStarkKey(this.pk as string);
    return [key, num.toHex(r), num.toHex(s), num.toHex(this.validUntil)];
  }
}

test("a session pays", async () => {
  // The owner registers a session for transfers, an hour long.
  const privateKey = "0x" + encode.buf2hex(ec.starkCurve.utils.randomPrivateKey());
  const validUntil = Math.floor(Date.now() / 1000) + 3600;
  const owner = new Account({ provider, address, signer: ownerKey });
  const registered = await owner.execute({
    contractAddress: address,
    entrypoint: "add_session",
    calldata: CallData.compile([
      ec.starkCurve.getStarkKey(privateKey),
      validUntil,
      10,
      [hash.getSelectorFromName("transfer")],
    ]),
  });
  await provider.waitForTransaction(registered.transaction_hash);

  // The app pays with the session's key alone.
  const session = new Account({ provider, address, signer: new SessionSigner(privateKey, validUntil) });
  const paid = await session.execute({
    contractAddress: sandbox.tokens.STRK,
    entrypoint: "transfer",
    calldata: CallData.compile(["0x1234", cairo.uint256(7)]),
  });
  const receipt = await provider.waitForTransaction(paid.transaction_hash);
  assert.ok(receipt.isSuccess());
});
