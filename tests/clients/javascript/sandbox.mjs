// Reads the file that `serve` wrote for clients, and makes and uses a session's two keys.
import { readFileSync } from "node:fs";
import { ec, encode, num, RpcProvider, Signer, transaction } from "starknet";

/** The file that `serve` wrote. */
export const sandbox = JSON.parse(readFileSync(process.env.SANDBOX ?? "sandbox.json", "utf8"));

/** A provider for the sandbox's chain. */
export const provider = new RpcProvider({ nodeUrl: sandbox.rpc_url });

/** A session's key pair, made here and sent nowhere. */
export function sessionKey() {
  const privateKey = "0x" + encode.buf2hex(ec.starkCurve.utils.randomPrivateKey());
  return { privateKey, publicKey: ec.starkCurve.getStarkKey(privateKey) };
}

/** Signs in SNIP-163's form: the session's key, then an ordinary signature, then the session's end. */
export class SessionSigner extends Signer {
  constructor({ privateKey, publicKey }, validUntil) {
    super(privateKey);
    this.publicKey = publicKey;
    this.validUntil = num.toHex(validUntil);
  }

  async signRaw(hash) {
    const { r, s } = ec.starkCurve.sign(hash, this.pk);
    return [this.publicKey, num.toHex(r), num.toHex(s), this.validUntil];
  }
}
