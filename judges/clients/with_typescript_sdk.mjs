import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { converse, environment } from "./conversation.mjs";

const [kind, where] = process.argv.slice(2);
const [command, ...args] = where.split(" ");
const over = {
  stdio: () => new StdioClientTransport({ command, args, env: environment() }),
  http: () => new StreamableHTTPClientTransport(new URL(where)),
  sse: () => new SSEClientTransport(new URL(where)),
};
const client = new Client({ name: "judge", version: "1" });
await client.connect(over[kind]());
console.log(JSON.stringify(await converse(client)));
await client.close();
process.exit(0);
