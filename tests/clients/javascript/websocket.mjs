// Node has a WebSocket of its own from version 22 on; starknet.js looks for it when it is loaded.
import WebSocket from "ws";

globalThis.WebSocket ??= WebSocket;
