// How Chipi's packages keep a private key: what `crypto-es` gives for AES with a passphrase.
import CryptoES from "crypto-es";

export const encryptPrivateKey = (privateKey, passphrase) => CryptoES.AES.encrypt(privateKey, passphrase).toString();
