import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  Account, CairoOption, CairoOptionVariant, CallData, cairo, Contract, ec, encode, hash, num, RpcProvider, Signer,
} from "starknet";

// What `serve` wrote.
const sandbox = JSON.parse(readFileSync(process.env.SANDBOX ?? "sandbox.json", "utf8"));
const provider = new RpcProvider({ nodeUrl: sandbox.rpc_url });
const { address, private_key: ownerKey } = sandbox.accounts[0];
const { STRK } = sandbox.tokens;
const merchant = "0x1234";

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

test("a session pays one merchant, and logs itself out", async () => {
  const { abi } = await provider.getClassAt(address);
  const contract = new Contract({ abi, address, providerOrAccount: provider });
  const included = async ({ transaction_hash }: { transaction_hash: string }) =>
    assert.ok((await provider.waitForTransaction(transaction_hash)).isSuccess());

  // The owner lets a session transfer STRK to the merchant and to nobody else, 10 times within an hour,
  // for up to 1 STRK of fees each time. The recipient is the first felt of transfer's calldata: place 0.
  const privateKey = "0x" + encode.buf2hex(ec.starkCurve.utils.randomPrivateKey());
  const sessionKey = ec.starkCurve.getStarkKey(privateKey);
  const validUntil = Math.floor(Date.now() / 1000) + 3600;
  const toMerchant = {
    to: STRK,
    selector: hash.getSelectorFromName("transfer"),
    argument: new CairoOption(CairoOptionVariant.Some, { index: 0, value: merchant }),
  };
  const owner = new Account({ provider, address, signer: ownerKey });
  await included(await owner.execute([
    contract.populate("set_session_fee_limit", [sessionKey, 10n ** 18n]),
    contract.populate("add_session_for_calls", [sessionKey, validUntil, 10, [toMerchant]]),
  ]));

  // The app pays with the session's key alone.
  const session = new Account({ provider, address, signer: new SessionSigner(privateKey, validUntil) });
  const pay = (recipient: string) => session.execute({
    contractAddress: STRK,
    entrypoint: "transfer",
    calldata: CallData.compile([recipient, cairo.uint256(7)]),
  });
  await included(await pay(merchant));
  await assert.rejects(pay("0x5678"), /place 0 of its calldata must be 0x1234, found is 0x5678/);

  // Logout: the session ends itself, without the owner's key.
  await included(await session.execute(contract.populate("revoke_session", [sessionKey])));
  await assert.rejects(pay(merchant), /Session: not found/);
});
