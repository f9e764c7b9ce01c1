// Gives starknet.js a WebSocket, which it looks for when it is loaded. Node itself has one only from version
// 22 on.
import WebSocket from "ws";

globalThis.WebSocket ??= WebSocket;
