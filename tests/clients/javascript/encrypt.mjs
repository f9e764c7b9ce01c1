// Encrypts a private key as Chipi's packages do: AES with a passphrase, as `crypto-es` computes it.
import CryptoES from "crypto-es";

export const encryptPrivateKey = (privateKey, passphrase) => CryptoES.AES.encrypt(privateKey, passphrase).toString();
